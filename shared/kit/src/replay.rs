//! An item that could not be read is kept as a webhook that can be read again, and an event is the same behind the queue.

use domain::event::InboundEvent;
use domain::inbound::Inbound;
use serde_json::{Value, json};

use crate::bench::{Bench, form_with};
use crate::failures::Failures;
use crate::json;

/// Proves that whatever an event keeps as it came is a whole webhook that becomes the same event, so that a replay needs
/// today's parser and nothing else; and that the queue's JSON of every event becomes that event. It tries every fixture, and
/// every fixture that is JSON with each value in turn replaced by odd ones.
///
/// # Panics
/// With every webhook of which that is not true, or if no fixture keeps anything.
pub fn check_replay(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut replay = Replay { bench: &bench, failures: Failures::default(), n_kept: 0 };
    for case in &bench.cases {
        replay.check(&case.name, case.parsed_bytes());
    }
    let Replay { failures, n_kept, .. } = &mut replay;
    failures.check(0 < *n_kept, "the fixtures", "keep nothing");
    for case in &bench.cases {
        for (at, field) in case.fields().into_iter().flatten().enumerate() {
            let fields = case.fields().unwrap_or_default();
            for odd in ["", "007", "-0", "1e3", "\"\\\u{1}", "é&=+%", " "] {
                let name = format!("{} at {}", case.name, field.0);
                replay.check(&name, &form_with(&fields, at, odd));
            }
        }
        let Ok(webhook) = serde_json::from_slice::<Value>(case.parsed_bytes()) else { continue };
        for at in json::pointers(&webhook, json::is_leaf) {
            for odd in odd_values() {
                let mut webhook = webhook.clone();
                *webhook.pointer_mut(&at).unwrap() = odd;
                replay.check(&format!("{} at {at}", case.name), webhook.to_string().as_bytes());
            }
        }
    }
    replay.failures.finish("kept webhooks");
}

/// Values that a platform has not sent yet: numbers written as texts, numbers with all the digits that there are, texts that
/// must be escaped, and values that are no text or number at all.
fn odd_values() -> [Value; 8] {
    [
        json!("007"),
        json!("-0"),
        json!("1e3"),
        json!("4.30000000000000071"),
        json!(-42.169_179_417_026_356),
        json!("\"\\\u{1}"),
        json!(null),
        json!([{}]),
    ]
}

struct Replay<'a> {
    bench: &'a Bench<'a>,
    failures: Failures,
    n_kept: usize,
}

impl Replay<'_> {
    /// Checks the events of one webhook.
    fn check(&mut self, name: &str, body: &[u8]) {
        for event in self.bench.parse_body(body).unwrap_or_default() {
            let queued = serde_json::to_string(&event).unwrap();
            let is_same = serde_json::from_str::<InboundEvent>(&queued).is_ok_and(|it| it == event);
            self.failures.check(is_same, name, "is another event behind the queue");
            let Some(raw) = event.kind.kept() else { continue };
            self.n_kept += 1;
            let again = self.bench.parse_body(raw.0.as_bytes()).unwrap_or_default();
            self.failures.check(again == [event], name, "is not read again as the same event");
        }
    }
}
