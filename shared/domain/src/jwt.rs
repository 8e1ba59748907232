//! JSON Web Tokens, put together and taken apart; the MACs are ring's.
//!
//! Signatures by a private key take chance, so those are made at the edge, of what [`unsigned`] gives.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The form in which a shared key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Its bytes are the text's.
    Text,
    /// It is standard base64.
    Base64,
}

/// The way in which a JWT is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA256 by a shared key.
    Hs256(KeyForm),
    /// RSA with SHA-256 by a private key.
    Rs256,
}

/// The claims of a token that this key signed by HMAC-SHA256, and by nothing else whatever the token says of itself.
#[must_use]
pub fn verify(token: &str, form: KeyForm, secret: &SecretString) -> Option<Value> {
    let (signed, mac) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    hmac::verify(&key(form, secret)?, signed.as_bytes(), &mac).ok()?;
    let read =
        |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let header = read(header)?;
    // RFC 7515, 4.1.11: what a token says must be understood, and nothing of the kind is known here.
    let is_plain = header.get("alg")? == "HS256" && header.get("crit").is_none();
    read(claims).filter(|it| is_plain && it.is_object())
}

/// A token by a shared key; `None` if the key is not of its form.
#[must_use]
pub fn by_key(claims: &Value, form: KeyForm, secret: &SecretString) -> Option<String> {
    let unsigned = unsigned(claims, Algorithm::Hs256(form));
    let mac = hmac::sign(&key(form, secret)?, unsigned.as_bytes());
    Some(signed(&unsigned, mac.as_ref()))
}

/// The part of a token that is signed: its header and its claims.
#[must_use]
pub fn unsigned(claims: &Value, algorithm: Algorithm) -> String {
    let algorithm = match algorithm {
        Algorithm::Hs256(_) => "HS256",
        Algorithm::Rs256 => "RS256",
    };
    let header = json!({ "alg": algorithm, "typ": "JWT" });
    let [header, claims] = [&header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
    format!("{header}.{claims}")
}

/// The token of what was signed.
#[must_use]
pub fn signed(unsigned: &str, signature: &[u8]) -> String {
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn key(form: KeyForm, secret: &SecretString) -> Option<hmac::Key> {
    let text = secret.expose_secret();
    let bytes = match form {
        KeyForm::Text => text.as_bytes().to_vec(),
        KeyForm::Base64 => STANDARD.decode(text).ok()?,
    };
    (!bytes.is_empty()).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}
