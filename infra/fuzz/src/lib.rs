//! The work of the fuzz targets, for any channel: see `infra/fuzz/run`.
//!
//! A failure is a panic: of the channel, or of a check here. Among the checks is that a webhook cannot grow: what goes to the
//! queue for it is at most a few times as large, plus what every event needs.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::id::AccountId;
use domain::inbound::{Inbound, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Handshake, Proof, Signer, Verified, Webhook, seal, verify};
use http::{HeaderMap, HeaderValue};

/// The factor by which a webhook's events may be larger than it.
const GROWTH: usize = 8;

/// The bytes that every event needs whatever the webhook says: its own fields, and the least envelope around what it keeps.
/// Nothing smaller than that can hold: `{}` in a list is an item, and so an event.
const PER_EVENT: usize = 1024;

/// The size from which on a webhook's plain growth is told.
const SIZEABLE: usize = 1024;

/// When every webhook is received.
const RECEIVED: i64 = 1_795_262_400;

const SECRET: &str = "fuzz-Secret-0123456789abcdef";
const VERIFY: &str = "fuzz-verify";

/// Where every webhook is sent.
const ADDRESS: &str = "https://hooks.example.com/webhooks/fuzz";

/// A channel's parser, with those accounts as ours that are so in its fixtures.
pub struct Reader {
    inbound: &'static Inbound,
    accounts: Vec<AccountId>,
}

impl Reader {
    /// The parser of the source of this name: of a channel, or of one that carries it beside its first.
    ///
    /// # Panics
    /// If there is none, or its fixtures name no accounts.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut sources = channels::ALL.iter().flat_map(|it| it.inbound);
        let inbound = sources.find(|it| it.name == name).expect("a source of that name");
        let file = format!("{}/../../events/{name}/accounts.json", env!("CARGO_MANIFEST_DIR"));
        let accounts = std::fs::read(file).expect("a list of accounts");
        Self { inbound, accounts: serde_json::from_slice(&accounts).expect("a list of accounts") }
    }

    /// Reads one input as the body of a proven webhook.
    ///
    /// # Panics
    /// If the channel does, or does what no channel may.
    pub fn read(&self, body: &[u8]) {
        parser(self.inbound, &self.accounts, body);
    }
}

fn parser(inbound: &Inbound, accounts: &[AccountId], body: &[u8]) {
    let read = |body: &[u8]| {
        let webhook = Verified::vouched(body, accounts, Timestamp::from_secs(RECEIVED));
        (inbound.parse)(&webhook)
    };
    let Ok(events) = read(body) else { return };
    let mut size = 0;
    for event in &events {
        assert!(!event.key.as_str().is_empty(), "an event has an empty key");
        let text = serde_json::to_string(event).expect("an event is JSON");
        let again = serde_json::from_str(&text).expect("an event reads back");
        assert_eq!(*event, again, "an event changes when the queue's JSON is read back");
        if let Some(kept) = event.kind.kept() {
            let again = read(kept.0.as_bytes()).unwrap_or_default();
            assert!(again.contains(event), "what is kept is not read again as it was");
        }
        size += text.len();
    }
    let most = GROWTH * body.len() + PER_EVENT * events.len();
    assert!(size <= most, "{} bytes became {} events of {size} bytes", body.len(), events.len());
    report(body.len(), size, events.len());
}

/// Prints how much a webhook grew, whenever that is a new record.
fn report(before: usize, after: usize, n_events: usize) {
    static RECORD: AtomicUsize = AtomicUsize::new(0);
    static PLAIN: AtomicUsize = AtomicUsize::new(0);
    let beside = after.saturating_sub(PER_EVENT * n_events);
    for (record, size, what) in [(&RECORD, beside, "growth beside needs"), (&PLAIN, after, "growth, plain")] {
        let percent = size * 100 / before.max(1);
        if SIZEABLE <= before && record.fetch_max(percent, Ordering::Relaxed) < percent {
            eprintln!("{what}: {percent} % ({before} bytes, {n_events} events)");
        }
    }
}

/// Lets a channel's verifier look at one input: up to the first line break it is how an honest proof is changed, what a
/// forged one is, and a handshake's query; after it, the body. Nothing may be believed but the very proof.
///
/// # Panics
/// If the verifier does, believes what is not proven, or does not believe what is.
pub fn verifier(inbound: &Inbound, data: &[u8]) {
    let Source::Http { proof, handshake, .. } = inbound.source else { return };
    let secrets = WebhookSecrets {
        signing: vec!["another-active-secret".into(), SECRET.into()],
        verify: vec![VERIFY.into()],
        audience: Some("fuzz-audience".to_owned()),
        ..WebhookSecrets::default()
    };
    let at = data.iter().position(|it| *it == b'\n').unwrap_or(data.len());
    let (changes, body) = data.split_at(at);
    // A longer body takes longer to sign and is not another case.
    let body = &body[..body.len().min(512)];
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let webhook = Webhook { headers: &headers, address: ADDRESS, query: "", body };
    let at = Timestamp::from_secs(RECEIVED);
    let honest = secrets.signing.iter().filter_map(|secret| {
        let signer = Signer { secret, audience: secrets.audience.as_deref(), at };
        seal(&proof, &signer, &webhook).header
    });
    let honest: Vec<_> = honest.map(|it| it.1.into_bytes()).collect();
    // A token in the body is not of a header, and an empty form is proven by nothing.
    let provable = !matches!(proof, Proof::Address(_)) || body.iter().any(|it| !b"&=".contains(it));
    let believed = |values: &[&[u8]]| believed(&proof, &secrets, values, &webhook);
    for value in honest.iter().filter(|_| provable) {
        assert_eq!(believed(&[value]), Some(true), "proven and not believed");
        assert_eq!(believed(&[value, value]), Some(false), "believed a proof that is there twice");
        for forged in [changed(value, changes), changes.to_vec()] {
            let is_honest = honest.contains(&forged);
            let found = believed(&[&forged]);
            assert!(found.is_none_or(|it| it == is_honest), "believed and not proven, or the reverse");
        }
    }
    if let Some(handshake) = handshake {
        greet(&handshake, &secrets, changes, body);
    }
}

/// A text with some of its bytes replaced, removed or doubled, as three bytes each say.
fn changed(text: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for change in changes.chunks_exact(3).take(8) {
        let at = usize::from(change[1]) % text.len().max(1);
        match change[0] % 3 {
            _ if text.is_empty() => {}
            0 => text[at] = change[2],
            1 => drop(text.remove(at)),
            _ => text.insert(at, text[at]),
        }
    }
    text
}

/// Asks for a handshake with any query, and with an honest one that has any challenge: an echo is plain text of ours to
/// choose, or a MAC.
fn greet(handshake: &Handshake, secrets: &WebhookSecrets, query: &[u8], challenge: &[u8]) {
    let (query, challenge) = (String::from_utf8_lossy(query), String::from_utf8_lossy(challenge));
    let honest = match *handshake {
        Handshake::EchoIfToken { mode, mode_value, token, challenge: name } => {
            format!("{mode}={mode_value}&{token}={VERIFY}&{name}={challenge}")
        }
        Handshake::SignedEcho { nonce, .. } => format!("{nonce}={challenge}"),
    };
    for query in [&*query, &honest] {
        let Some(reply) = handshake.answer(secrets, query) else { continue };
        let is_safe = |it: u8| it.is_ascii_alphanumeric() || b"+/=_-".contains(&it);
        let is_echo = reply.body.len() <= 256 && reply.body.bytes().all(is_safe);
        match handshake {
            Handshake::EchoIfToken { .. } => {
                assert!(is_echo, "a handshake echoes a page");
                assert!(query.contains(VERIFY) || query.contains('%'), "a stranger is greeted");
            }
            Handshake::SignedEcho { .. } => assert!(reply.body.len() < 256, "a long reply"),
        }
    }
}

/// Whether a webhook with these values of the proving header is believed; `None` if they cannot stand in a header.
fn believed(
    proof: &Proof,
    secrets: &WebhookSecrets,
    values: &[&[u8]],
    webhook: &Webhook<'_>,
) -> Option<bool> {
    let mut headers = webhook.headers.clone();
    for value in values {
        headers.append(proof.header()?, HeaderValue::from_bytes(value).ok()?);
    }
    let webhook = Webhook { headers: &headers, ..*webhook };
    Some(verify(proof, secrets, &webhook, Timestamp::from_secs(RECEIVED)).is_ok())
}
