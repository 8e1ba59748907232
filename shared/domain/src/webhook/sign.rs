//! Proofs as a platform makes them: the inverse of verifying, for fixtures and models of platforms.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Proof, Webhook, key};
use crate::time::Timestamp;

/// The header and its value that prove a body, of a proof that rests on nothing else: see [`seal`] for the others.
#[must_use]
pub fn sign(proof: &Proof, secret: &SecretString, body: &[u8]) -> (&'static str, String) {
    let webhook = Webhook { headers: &http::HeaderMap::new(), address: "", query: "", body };
    let signer = Signer { secret, audience: None, at: Timestamp::default() };
    seal(proof, &signer, &webhook).header.unwrap_or_default()
}

/// A platform that signs.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The secret that it shares with us.
    pub secret: &'a SecretString,
    /// Its name for us.
    pub audience: Option<&'a str>,
    /// When it signs.
    pub at: Timestamp,
}

/// A webhook as its platform sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The header that proves it; `None` if the body does.
    pub header: Option<(&'static str, String)>,
    /// Its query.
    pub query: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// Proves a webhook as its platform would.
#[must_use]
pub fn seal(proof: &Proof, signer: &Signer<'_>, webhook: &Webhook<'_>) -> Signed {
    let secret = signer.secret;
    let mut sent =
        Signed { header: None, query: webhook.query.to_owned(), body: webhook.body.to_vec() };
    sent.header = match proof {
        Proof::Token { header } => Some((header, secret.expose_secret().to_owned())),
        Proof::Hmac { header, prefix, encoding } => {
            let mac = hmac::sign(&key(secret), webhook.body);
            Some((header, format!("{prefix}{}", encoding.encode(mac.as_ref()))))
        }
        Proof::Address(it) => {
            let mac;
            (mac, sent.query) = it.mac(secret, webhook);
            Some((it.header, mac))
        }
        Proof::BodyToken { field } => {
            sent.body = with_field(webhook.body, field, secret.expose_secret());
            None
        }
        Proof::Jwt(it) => Some((it.header, it.make(secret, signer.audience, webhook, signer.at))),
    };
    sent
}

/// A JSON object with one more field; what is none stays as it is.
fn with_field(body: &[u8], field: &str, value: &str) -> Vec<u8> {
    let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return body.to_vec();
    };
    object.insert(field.to_owned(), value.into());
    Value::from(object).to_string().into_bytes()
}
