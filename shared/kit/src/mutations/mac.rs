//! Forgeries of a MAC of the body.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use domain::webhook::Encoding;
use hmac::{Hmac, KeyInit, Mac};
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{Forgery, other_body};
use crate::bench::{Bench, Case, SECRET};
use crate::scramble::Scramble;

/// The text before a MAC, and its encoding.
type Form<'a> = (&'a str, Encoding);

pub(super) fn change(
    forged: &mut Forgery,
    form: Form<'_>,
    bench: &Bench<'_>,
    case: &Case,
    chance: &mut Scramble,
) -> &'static str {
    match chance.below(6) {
        0 => forged.change_secret(bench, case, chance),
        1 => {
            forged.bare.body = other_body(&forged.bare.body, chance);
            "another body"
        }
        2 => change_prefix(forged, form, chance),
        3 => change_encoding(forged, form, chance),
        4 => change_algorithm(forged, form, chance),
        _ => change_mac(forged, form, chance),
    }
}

fn change_prefix(forged: &mut Forgery, form: Form<'_>, chance: &mut Scramble) -> &'static str {
    let others = ["", "sha1=", "SHA256=", "sha256:", "sha512=", "sha256", "sha256= ", "v1=", "="];
    let (right, encoding) = form;
    let mac = right_mac(forged);
    let twice = format!("{right}{right}");
    let other = if chance.below(8) == 0 { &twice } else { *chance.pick(&others) };
    if other != right {
        forged.values[0] = format!("{other}{}", encode(encoding, &mac)).into_bytes();
    }
    "another prefix"
}

fn change_encoding(forged: &mut Forgery, form: Form<'_>, chance: &mut Scramble) -> &'static str {
    let (prefix, encoding) = form;
    let mac = right_mac(forged);
    let base64 = STANDARD.encode(&mac);
    let text = match (chance.below(6), encoding) {
        (0, Encoding::Hex) => base64,
        (0, Encoding::Base64) | (1, _) => hex::encode_upper(&mac),
        (2, _) => STANDARD_NO_PAD.encode(&mac),
        (3, _) => URL_SAFE.encode(hex::encode(&mac)),
        (4, _) => format!("0x{}", hex::encode(&mac)),
        (_, _) => mac.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    };
    forged.values[0] = format!("{prefix}{text}").into_bytes();
    "another encoding"
}

fn change_algorithm(forged: &mut Forgery, form: Form<'_>, chance: &mut Scramble) -> &'static str {
    let (secret, body) = (SECRET.as_bytes(), forged.bare.body.as_slice());
    let mac = match chance.below(8) {
        0 => mac::<Hmac<Sha512>>(secret, body),
        1 => mac::<Hmac<Sha384>>(secret, body),
        2 => mac::<Hmac<Sha224>>(secret, body),
        3 => Sha256::digest(body).to_vec(),
        4 => Sha256::digest([secret, body].concat()).to_vec(),
        5 => Sha256::digest([body, secret].concat()).to_vec(),
        6 => mac::<Hmac<Sha256>>(body, secret),
        _ => mac::<Hmac<Sha512>>(secret, body)[..32].to_vec(),
    };
    set_mac(forged, form, &mac);
    "another algorithm"
}

fn change_mac(forged: &mut Forgery, form: Form<'_>, chance: &mut Scramble) -> &'static str {
    let mut mac = right_mac(forged);
    garble(&mut mac, chance);
    set_mac(forged, form, &mac);
    "another MAC"
}

/// Makes another MAC of one.
pub(super) fn garble(mac: &mut Vec<u8>, chance: &mut Scramble) {
    let n = mac.len();
    match chance.below(5) {
        0 => mac.fill(0),
        1 => mac.reverse(),
        2 => mac.truncate(chance.below(n)),
        3 => mac.push(0),
        _ => mac[chance.below(n)] ^= 1 << chance.below(8),
    }
}

fn set_mac(forged: &mut Forgery, (prefix, encoding): Form<'_>, mac: &[u8]) {
    forged.values[0] = format!("{prefix}{}", encode(encoding, mac)).into_bytes();
}

fn right_mac(forged: &Forgery) -> Vec<u8> {
    mac::<Hmac<Sha256>>(SECRET.as_bytes(), &forged.bare.body)
}

fn encode(encoding: Encoding, mac: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(mac),
        Encoding::Base64 => STANDARD.encode(mac),
    }
}

pub(super) fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
