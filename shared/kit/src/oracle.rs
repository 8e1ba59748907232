//! Answers of ours that would prove a webhook of somebody else's making.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::inbound::{Inbound, Source};
use domain::webhook::{Encoding, Handshake, Proof};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::bench::{Bench, SECRET, Sent};
use crate::failures::Failures;

/// The characters that short JSON is written with, one of each kind.
const JSON_CHARACTERS: &str = "{}[]\":,-+.eE 0129truefalsn";

/// Proves that no handshake lets a stranger sign a webhook: the body of each fixture, every JSON text of up to three
/// characters and texts that look like nonces are put in as the challenge, with the right verify token even, and nothing that
/// the answer gives away proves those bytes. Prints the number of those that were answered at all.
///
/// # Panics
/// With every body that an answer proves.
pub fn check_no_oracle(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let Source::Http { proof, handshake, .. } = inbound.source else { return };
    let Some(header) = proof.header() else { return };
    let bodies: Vec<_> = bench.cases.iter().map(|it| it.body.clone()).chain(short_json()).collect();
    let mut failures = Failures::default();
    let mut n_answered = 0_usize;
    for body in &bodies {
        let asked = handshake.and_then(|it| it.answer(&bench.secrets, &query(&it, body)));
        let Some(answer) = asked else { continue };
        n_answered += 1;
        for value in given_away(&proof, &answer.body) {
            let Ok(value) = HeaderValue::try_from(&value) else { continue };
            let headers = HeaderMap::from_iter([(header.parse().unwrap(), value)]);
            let sent = Sent { headers, query: String::new(), body: body.clone() };
            let believed = bench.verify(&proof, &sent).is_ok();
            failures.check(!believed, String::from_utf8_lossy(body), "is proven by our answer");
        }
    }
    failures.finish("forgeries by our own answers");
    #[expect(clippy::print_stdout, reason = "the counts are what a reader of the test run wants")]
    {
        let n = bodies.len();
        println!("{}: {n} bodies as challenges, {n_answered} answered, 0 proven", inbound.name);
    }
}

/// Every JSON text of one to three of these characters, and longer words that a nonce may look like.
fn short_json() -> Vec<Vec<u8>> {
    let characters: Vec<_> = JSON_CHARACTERS.chars().map(String::from).collect();
    let mut texts = characters.clone();
    for _ in 0..2 {
        let longer = texts.iter().flat_map(|it| characters.iter().map(move |c| format!("{it}{c}")));
        texts = [longer.collect(), characters.clone()].concat();
    }
    texts.retain(|it| serde_json::from_str::<Value>(it).is_ok());
    assert!(
        texts.len() > 100 && texts.contains(&"{}".to_owned()) && texts.contains(&"0".to_owned())
    );
    let words = ["9a1b2c3d-crc", "eyJhIjoxfQ==", "a+b/c", "true", "null", "1158201444", "-1e9"];
    texts.into_iter().chain(words.map(str::to_owned)).map(String::into_bytes).collect()
}

/// A handshake with these bytes as its challenge.
fn query(handshake: &Handshake, bytes: &[u8]) -> String {
    let challenged = String::from_utf8_lossy(bytes);
    let mut query = Serializer::new(String::new());
    match *handshake {
        Handshake::EchoIfToken { mode, mode_value, token, challenge } => query
            .append_pair(mode, mode_value)
            .append_pair(token, "kit-verify")
            .append_pair(challenge, &challenged),
        Handshake::SignedEcho { nonce, .. } => query.append_pair(nonce, &challenged),
    }
    .finish()
}

/// Every value of the proving header that somebody can make of an answer.
fn given_away(proof: &Proof, answer: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(answer).unwrap_or_default();
    let fields = json.as_object().into_iter().flatten().filter_map(|it| it.1.as_str());
    let texts: Vec<_> = fields.chain([answer]).collect();
    let bare = texts.iter().filter_map(|it| it.split_once('=')).map(|it| it.1);
    let mut values: Vec<_> = texts.iter().copied().chain(bare).map(str::to_owned).collect();
    if let Proof::Hmac { prefix, encoding, .. } = *proof {
        let macs: Vec<_> = values
            .iter()
            .flat_map(|it| [STANDARD.decode(it).ok(), hex::decode(it).ok()])
            .flatten()
            .collect();
        let written = macs.iter().map(|it| match encoding {
            Encoding::Hex => hex::encode(it),
            Encoding::Base64 => STANDARD.encode(it),
        });
        values.extend(written.map(|it| format!("{prefix}{it}")).collect::<Vec<_>>());
    }
    assert!(!values.iter().any(|it| it.contains(SECRET)), "an answer holds a secret");
    values
}
