//! What every fuzz target does, for any channel: see `infra/fuzz/run`.
//!
//! A failure is a panic: of the channel, or of a check here. Among the checks is that a webhook cannot grow: what goes to the
//! queue for it is at most eight times as large, plus what every event needs.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::id::AccountId;
use domain::inbound::{Inbound, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Proof, Verified, Webhook, sign, verify};
use http::{HeaderMap, HeaderValue};

/// How much larger than a webhook its events may be.
const GROWTH: usize = 8;

/// What every event needs whatever the webhook says: its own fields, and the least envelope around what it keeps.
const PER_EVENT: usize = 1024;

/// When every webhook is received.
const RECEIVED: i64 = 1_795_262_400;

const SECRET: &str = "fuzz-Secret-0123456789abcdef";

/// Lets a channel verify and read one input. `accounts` is a JSON list of those that are ours.
///
/// # Panics
/// If the channel does, or does what no channel may.
pub fn webhook(inbound: &Inbound, accounts: &str, data: &[u8]) {
    let accounts: Vec<AccountId> = serde_json::from_str(accounts).expect("a list of accounts");
    parse(inbound, &accounts, data);
    if let Source::Http { proof, handshake, .. } = inbound.source {
        let secrets = WebhookSecrets {
            signing: vec!["another-active-secret".into(), SECRET.into()],
            verify: vec!["fuzz-verify".into()],
            accounts,
        };
        believe(&proof, &secrets, data);
        if let (Some(handshake), Ok(query)) = (handshake, std::str::from_utf8(data)) {
            drop(handshake.answer(&secrets, query));
        }
    }
}

/// Reads the input as the body of a proven webhook.
fn parse(inbound: &Inbound, accounts: &[AccountId], body: &[u8]) {
    let webhook = Verified::vouched(body, accounts, Timestamp::from_secs(RECEIVED));
    let Ok(events) = (inbound.parse)(&webhook) else { return };
    let mut size = 0;
    for event in &events {
        assert!(!event.key.as_str().is_empty(), "an event has an empty key");
        let text = serde_json::to_string(event).expect("an event is JSON");
        let again = serde_json::from_str(&text).expect("an event reads back");
        assert_eq!(*event, again, "an event changes when the queue's JSON is read back");
        size += text.len();
    }
    let most = GROWTH * body.len() + PER_EVENT * events.len();
    assert!(size <= most, "{} bytes became {} events of {size} bytes", body.len(), events.len());
    report(body.len(), size.saturating_sub(PER_EVENT * events.len()));
}

/// Prints how much a webhook grew, whenever that is a new record.
fn report(before: usize, after: usize) {
    static RECORD: AtomicUsize = AtomicUsize::new(0);
    let percent = after * 100 / before.max(1);
    if RECORD.fetch_max(percent, Ordering::Relaxed) < percent {
        eprintln!(
            "growth so far: {percent} % of a webhook of {before} bytes, beside what its events need"
        );
    }
}

/// Takes the input as the value of the proving header, up to the first line break, and a body: nothing may be believed but
/// the very proof. Then signs the body, which must be believed.
fn believe(proof: &Proof, secrets: &WebhookSecrets, data: &[u8]) {
    let at = data.iter().position(|it| *it == b'\n').unwrap_or(data.len());
    let (value, body) = data.split_at(at);
    let proofs = secrets.signing.iter().map(|it| sign(proof, it, body).1);
    let honest: Vec<_> = proofs.collect();
    if let Ok(header) = HeaderValue::from_bytes(value) {
        let is_honest = honest.iter().any(|it| it.as_bytes() == value);
        assert_eq!(
            believed(proof, secrets, header, body),
            is_honest,
            "believed and not proven, or the reverse"
        );
    }
    for value in honest {
        let header = HeaderValue::try_from(value).expect("a proof is a header");
        assert!(believed(proof, secrets, header, body), "proven and not believed");
    }
}

fn believed(proof: &Proof, secrets: &WebhookSecrets, value: HeaderValue, body: &[u8]) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert(proof.header(), value);
    let webhook = Webhook { headers: &headers, query: "", body };
    verify(proof, secrets, &webhook, Timestamp::from_secs(RECEIVED)).is_ok()
}
