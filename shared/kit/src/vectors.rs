//! Proofs and handshakes that somebody else computed: from a platform's documentation, or by another implementation.

use domain::inbound::{Inbound, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Handshake, HandshakeReply, Proof, Webhook, verify};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::failures::Failures;

/// A body and its proof in a header.
#[derive(Clone, Copy)]
pub struct Vector {
    /// The secret that it was signed with.
    pub secret: &'static str,
    /// The very bytes.
    pub body: &'static str,
    /// The value of the proving header.
    pub proof: &'static str,
}

/// A handshake and its answer.
#[derive(Clone, Copy)]
pub struct Greeting {
    /// The secret that it takes: of those that sign, or of those that are shown.
    pub secret: &'static str,
    /// The query, encoded.
    pub query: &'static str,
    /// The media type of the answer.
    pub content_type: &'static str,
    /// The answer.
    pub body: &'static str,
}

/// Proves that a channel believes each vector with its secret alone and as the second of two, and does not with another
/// secret, without the header, with a character changed, added or left out; and, where the proof is of the body, with
/// another body, with the same JSON written anew, and without what stands before the MAC.
///
/// # Panics
/// With every vector that fails.
pub fn check_vectors(inbound: &Inbound, vectors: &[Vector]) {
    let Source::Http { proof, .. } = inbound.source else {
        panic!("{} proves nothing", inbound.name)
    };
    let mut failures = Failures::default();
    for (n, vector) in vectors.iter().enumerate() {
        let Vector { secret, body, proof: value } = *vector;
        let mut check = |holds: bool, what: &str| failures.check(holds, n, what);
        let believed = |secrets: &[&str], body: &str, value: &str| {
            is_believed(&proof, secrets, body.as_bytes(), Some(value))
        };
        check(believed(&[secret], body, value), "is not believed");
        check(believed(&["new", secret], body, value), "is not believed beside a new secret");
        check(!believed(&["new"], body, value), "is believed with another secret");
        check(!believed(&[], body, value), "is believed without a secret");
        let bare = is_believed(&proof, &[secret], body.as_bytes(), None);
        check(!bare, "is believed without its proof");
        for near in near(value) {
            check(!believed(&[secret], body, &near), &format!("is believed with {near}"));
        }
        if let Proof::Hmac { prefix, .. } = proof {
            let mac = value.strip_prefix(prefix).unwrap_or_default();
            check(!believed(&[secret], body, mac), "is believed without its prefix");
            check(!believed(&[secret], &format!("{body} "), value), "is believed with more in it");
            let anew = serde_json::from_str::<Value>(body).map(|it| it.to_string());
            let anew = anew.unwrap_or_default();
            check(anew == body || !believed(&[secret], &anew, value), "is believed written anew");
        }
    }
    failures.finish("vectors");
}

/// Proves that a channel answers each handshake so, also with a new secret beside the old one where that is no choice, and
/// not without one of its parameters, with one of them twice, or without its secret.
///
/// # Panics
/// With every handshake that fails.
pub fn check_greetings(inbound: &Inbound, greetings: &[Greeting]) {
    let Source::Http { handshake: Some(handshake), .. } = inbound.source else {
        panic!("{} makes no handshake", inbound.name)
    };
    let mut failures = Failures::default();
    for (n, greeting) in greetings.iter().enumerate() {
        let Greeting { secret, query, content_type, body } = *greeting;
        let mut check = |holds: bool, what: &str| failures.check(holds, n, what);
        let answer = |secret: &str, query: &str| handshake.answer(&secrets(&[secret]), query);
        let right = Some(HandshakeReply { content_type, body: body.to_owned() });
        check(answer(secret, query) == right, "is answered otherwise");
        check(answer("another", query) != right, "is answered with another secret");
        check(answer("", query).is_none(), "is answered without a secret");
        if let Handshake::EchoIfToken { .. } = handshake {
            let both = handshake.answer(&secrets(&["new", secret]), query);
            check(both == right, "is not answered beside a new secret");
        }
        let parameters: Vec<_> = query.split('&').collect();
        for (i, parameter) in parameters.iter().enumerate() {
            let mut without = parameters.clone();
            without.remove(i);
            let without = answer(secret, &without.join("&"));
            check(without.is_none(), &format!("is answered without {parameter}"));
            let twice = answer(secret, &format!("{query}&{parameter}"));
            check(twice.is_none(), &format!("is answered with two {parameter}"));
        }
    }
    failures.finish("handshakes");
}

/// Values that differ from this one in one place.
fn near(value: &str) -> Vec<String> {
    let cut: String = value.chars().take(value.chars().count().saturating_sub(1)).collect();
    let mut near = vec![cut, format!("{value}0"), format!(" {value}"), String::new()];
    near.extend([value.to_uppercase(), value.to_lowercase()].into_iter().filter(|it| it != value));
    near
}

fn secrets(all: &[&str]) -> WebhookSecrets {
    let all = || all.iter().map(|it| (*it).into()).collect();
    WebhookSecrets { signing: all(), verify: all(), ..WebhookSecrets::default() }
}

fn is_believed(proof: &Proof, active: &[&str], body: &[u8], value: Option<&str>) -> bool {
    let mut headers = HeaderMap::new();
    if let (Some(name), Some(value)) = (proof.header(), value) {
        headers.insert(name, HeaderValue::try_from(value).unwrap());
    }
    let webhook = Webhook { headers: &headers, address: "", query: "", body };
    verify(proof, &secrets(active), &webhook, Timestamp::default()).is_ok()
}
