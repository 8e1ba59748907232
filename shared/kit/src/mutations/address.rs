//! Forgeries of a MAC of the address and of what the body says.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use domain::time::Timestamp;
use domain::webhook::{AddressProof, Proof, Signer, seal};
use hmac::Hmac;
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256, Sha512};
use url::form_urlencoded;

use super::mac::{garble, mac};
use super::{Forgery, other_body};
use crate::bench::{Bench, Case, SECRET, Sent};
use crate::scramble::Scramble;

pub(super) fn change(
    forged: &mut Forgery,
    proof: &AddressProof,
    bench: &Bench<'_>,
    case: &Case,
    chance: &mut Scramble,
) -> &'static str {
    match chance.below(8) {
        0 => forged.change_secret(bench, case, chance),
        1 => change_body(forged, chance),
        2 => change_query(forged, proof, chance),
        3 => change_address(forged, proof, bench, case, chance),
        4 => change_algorithm(forged, bench, chance),
        5 => change_settings(forged, proof, chance),
        6 => change_encoding(forged, chance),
        _ => change_kind(forged, proof, chance),
    }
}

/// Another body, if it says something else: where a name ends and in which order fields come the proof does not say.
fn change_body(forged: &mut Forgery, chance: &mut Scramble) -> &'static str {
    let other = other_body(&forged.bare.body, chance);
    if said(&other) == said(&forged.bare.body) {
        forged.bare.body.extend_from_slice(b"&Body2=more");
    } else {
        forged.bare.body = other;
    }
    "another body"
}

fn change_query(forged: &mut Forgery, proof: &AddressProof, chance: &mut Scramble) -> &'static str {
    let query = forged.bare.query.clone();
    forged.bare.query = match chance.below(4) {
        0 => format!("{query}&more=1"),
        1 => format!("more=1&{query}"),
        2 if !query.is_empty() => String::new(),
        _ => format!("{query}&{}={}", proof.digest, "0".repeat(64)),
    };
    "another query"
}

/// Signs for another address than ours.
fn change_address(
    forged: &mut Forgery,
    proof: &AddressProof,
    bench: &Bench<'_>,
    case: &Case,
    chance: &mut Scramble,
) -> &'static str {
    let ours = &bench.address;
    let address = match chance.below(6) {
        0 => ours.replace("https:", "http:"),
        1 => format!("{ours}/"),
        2 => ours.to_uppercase(),
        3 => ours.replace("hooks.example.com", "hooks.example.com:8443"),
        4 => ours.replace("hooks.example.com", "hooks.example.net"),
        _ => String::new(),
    };
    let signer = Signer { secret: &SECRET.into(), audience: None, at: Timestamp::default() };
    let sent = seal(&Proof::Address(*proof), &signer, &case.unsigned().webhook(&address));
    forged.values[0] = sent.header.unwrap().1.into_bytes();
    "another address"
}

fn change_algorithm(
    forged: &mut Forgery,
    bench: &Bench<'_>,
    chance: &mut Scramble,
) -> &'static str {
    let text = text(bench, &forged.bare);
    let (secret, text) = (SECRET.as_bytes(), text.as_slice());
    let mac = match chance.below(6) {
        0 => mac::<Hmac<Sha256>>(secret, text),
        1 => mac::<Hmac<Sha512>>(secret, text),
        2 => Sha256::digest([secret, text].concat()).to_vec(),
        3 => Sha256::digest(text).to_vec(),
        4 => mac::<Hmac<Sha256>>(text, secret),
        _ => mac::<Hmac<Sha512>>(secret, text)[..20].to_vec(),
    };
    forged.values[0] = STANDARD.encode(mac).into_bytes();
    "another algorithm"
}

/// Names another algorithm than the MAC is made by.
fn change_settings(
    forged: &mut Forgery,
    proof: &AddressProof,
    chance: &mut Scramble,
) -> &'static str {
    let name = HeaderName::try_from(proof.settings).unwrap();
    let settings = ["algorithm=HMAC_SHA256", "algorithm=", "algorithm=HMAC_MD5", "algorithm=none"];
    let setting = *chance.pick(&settings);
    forged.bare.headers.insert(name.clone(), HeaderValue::from_static(setting));
    if chance.below(4) == 0 {
        let right = HeaderValue::from_static("algorithm=HMAC_SHA1");
        forged.bare.headers.append(name, right);
    }
    "another algorithm in the settings"
}

fn change_encoding(forged: &mut Forgery, chance: &mut Scramble) -> &'static str {
    let mut mac = STANDARD.decode(&forged.values[0]).unwrap();
    let text = match chance.below(4) {
        0 => hex::encode(&mac),
        1 => STANDARD_NO_PAD.encode(&mac),
        2 => URL_SAFE.encode(hex::encode(&mac)),
        _ => {
            garble(&mut mac, chance);
            STANDARD.encode(&mac)
        }
    };
    forged.values[0] = text.into_bytes();
    "another encoding or MAC"
}

/// Says that the body is of another kind than it was signed as: a form that it is none, anything else that it is one.
fn change_kind(forged: &mut Forgery, proof: &AddressProof, chance: &mut Scramble) -> &'static str {
    let is_form = !forged.bare.query.contains(proof.digest);
    let kinds = ["application/json", "text/plain", "application/x-www-form-urlencoded2"];
    let kind = if is_form { *chance.pick(&kinds) } else { "application/x-www-form-urlencoded" };
    forged.bare.headers.insert("content-type", HeaderValue::from_static(kind));
    if is_form && chance.below(2) == 0 {
        let digest = hex::encode(Sha256::digest(&forged.bare.body));
        forged.bare.query = format!("{}={digest}&{}", proof.digest, forged.bare.query);
    }
    "another kind of body"
}

/// The text that a form is signed as, by another hand than that of the verifier.
fn text(bench: &Bench<'_>, sent: &Sent) -> Vec<u8> {
    let and = if sent.query.is_empty() { "" } else { "?" };
    format!("{}{and}{}{}", bench.address, sent.query, said(&sent.body)).into_bytes()
}

fn said(body: &[u8]) -> String {
    let fields: BTreeSet<_> = form_urlencoded::parse(body).into_owned().collect();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}
