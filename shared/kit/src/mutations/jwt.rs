//! Forgeries of a JWT: signed by the right key and saying the wrong thing, or the reverse.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::jwt::KeyForm;
use domain::webhook::JwtProof;
use hmac::Hmac;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use super::mac::mac;
use super::{Forgery, other_body};
use crate::bench::{Bench, Case, SECRET};
use crate::scramble::Scramble;

pub(super) fn change(
    forged: &mut Forgery,
    proof: &JwtProof,
    bench: &Bench<'_>,
    case: &Case,
    chance: &mut Scramble,
) -> &'static str {
    match chance.below(4) {
        0 => forged.change_secret(bench, case, chance),
        1 if proof.digest.is_some() => {
            forged.bare.body = other_body(&forged.bare.body, chance);
            "another body"
        }
        2 => change_header(forged, proof, chance),
        _ => change_claims(forged, proof, chance),
    }
}

/// Another algorithm, in what the token says or in what it is.
fn change_header(forged: &mut Forgery, proof: &JwtProof, chance: &mut Scramble) -> &'static str {
    let claims = claims(forged, proof);
    let key = key(proof);
    let (algorithm, hash): (_, fn(&[u8], &[u8]) -> Vec<u8>) = match chance.below(8) {
        0 => ("none", |_, _| Vec::new()),
        1 => ("none", mac::<Hmac<Sha256>>),
        2 => ("HS512", mac::<Hmac<Sha512>>),
        3 => ("HS256", mac::<Hmac<Sha384>>),
        4 => ("RS256", mac::<Hmac<Sha256>>),
        5 => ("hs256", mac::<Hmac<Sha256>>),
        6 => ("HS256", |_, _| Vec::new()),
        _ => ("HS256", mac::<Hmac<Sha256>>),
    };
    let mut header = json!({ "alg": algorithm, "typ": "JWT" });
    if algorithm == "HS256" {
        // A rule that the token rests on, and that nobody here knows.
        header["crit"] = json!(["b64"]);
    }
    set(forged, proof, &header, &claims, |it| hash(&key, it));
    "another algorithm"
}

/// The right key signs what is not of this webhook, not of now, or not for us.
fn change_claims(forged: &mut Forgery, proof: &JwtProof, chance: &mut Scramble) -> &'static str {
    let mut claims = claims(forged, proof);
    let made = claims["iat"].as_i64().unwrap();
    let (name, value) = match chance.below(8) {
        0 => ("iat", json!(made - proof.within_s - 1)),
        1 => ("iat", json!(made + 61)),
        2 => ("iat", json!(null)),
        3 => ("iat", json!(made.to_string())),
        4 => ("exp", json!(made - 61)),
        5 => ("nbf", json!(made + 61)),
        6 if proof.addressed => ("aud", json!(chance.pick(&["", "kit", "kit-Audience"]))),
        7 if proof.digest.is_some() => (proof.digest.unwrap_or_default(), json!("0".repeat(64))),
        _ => ("iat", json!(made * 1000)),
    };
    claims[name] = value;
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let key = key(proof);
    set(forged, proof, &header, &claims, |it| mac::<Hmac<Sha256>>(&key, it));
    "other claims"
}

fn claims(forged: &Forgery, proof: &JwtProof) -> Value {
    let token = &forged.values[0][proof.prefix.len()..];
    let claims = token.split(|it| *it == b'.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn key(proof: &JwtProof) -> Vec<u8> {
    match proof.key {
        KeyForm::Text => SECRET.as_bytes().to_vec(),
        KeyForm::Base64 => STANDARD.decode(SECRET).unwrap(),
    }
}

fn set(
    forged: &mut Forgery,
    proof: &JwtProof,
    header: &Value,
    claims: &Value,
    sign: impl Fn(&[u8]) -> Vec<u8>,
) {
    let [header, claims] = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    forged.values[0] = format!("{}{signed}.{signature}", proof.prefix).into_bytes();
}
