//! Webhooks become the events of their fixtures, and only when they are proven.

use std::collections::HashMap;

use domain::event::{InboundEvent, Kind};
use domain::id::EventKey;
use domain::inbound::Inbound;
use domain::webhook::Proof;
use serde_json::Value;

use crate::bench::{Bench, Case, SECRET, Sent, names};
use crate::failures::Failures;
use crate::json;

/// Proves that every fixture of a channel, signed, becomes the events of its `.out.json`, and for each of them, for free:
/// unsigned, signed with another key or with one byte changed it is refused; its events come back from the queue's JSON as
/// they were; it is parsed the same way twice; no two facts of the channel share an event key, and no two messages an id: the
/// table keeps one message under an id, so the second would be taken for the first one again.
///
/// # Panics
/// With every case that fails.
pub fn check_inbound(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut failures = Failures::default();
    let mut keys = Keys::default();
    for case in &bench.cases {
        check_case(&bench, case, &mut keys, &mut failures);
        if let Some(proof) = bench.proof() {
            check_refusals(&bench, case, &proof, &mut failures);
        }
    }
    for name in names(&bench.folder, ".out.json") {
        let known = bench.cases.iter().any(|it| it.name == name);
        failures.check(known, &name, "an .out.json without its .in.json");
    }
    failures.finish("webhooks");
}

fn check_case(bench: &Bench<'_>, case: &Case, keys: &mut Keys, failures: &mut Failures) {
    let found = match bench.parse(case) {
        Ok(events) => {
            check_events(bench, case, &events, failures);
            keys.note(case, &events, failures);
            serde_json::to_value(&events).unwrap()
        }
        Err(_) => Value::from("malformed"),
    };
    let path = bench.folder.join(format!("{}.out.json", case.name));
    if let Err(what) = json::compare(&path, &found) {
        failures.add(&case.name, what);
    }
}

fn check_events(bench: &Bench<'_>, case: &Case, events: &[InboundEvent], failures: &mut Failures) {
    for event in events {
        let text = serde_json::to_string(event).unwrap();
        let same = serde_json::from_str::<InboundEvent>(&text).is_ok_and(|it| it == *event);
        failures.check(same, &case.name, "an event changes when the queue's JSON is read back");
        failures.check(
            event.channel == bench.inbound.channel,
            &case.name,
            "an event names another channel",
        );
        failures.check(!event.key.as_str().is_empty(), &case.name, "an event has an empty key");
    }
    let again = bench.parse(case).is_ok_and(|it| it == events);
    failures.check(again, &case.name, "a second parse of the same bytes differs");
}

fn check_refusals(bench: &Bench<'_>, case: &Case, proof: &Proof, failures: &mut Failures) {
    let mut refuse = |sent: &Sent, what: &str| {
        failures.check(bench.verify(proof, sent).is_err(), &case.name, format!("believed {what}"));
    };
    refuse(&case.unsigned(), "though unsigned");
    refuse(&bench.signed(case, &"another key".into()), "though signed with another key");
    if !proof.binds_body() {
        // It proves the sender, not the body.
        return;
    }
    let signed = bench.signed(case, &SECRET.into());
    let step = (signed.body.len() / 64).max(1);
    for at in (0..signed.body.len()).step_by(step) {
        let mut changed = signed.clone();
        changed.body[at] ^= 1;
        refuse(&changed, &format!("though byte {at} was changed"));
    }
}

/// The case that used each event key, and the event key that used each id of a message.
#[derive(Default)]
struct Keys {
    events: HashMap<(String, String), String>,
    messages: HashMap<(String, String), EventKey>,
}

impl Keys {
    fn note_message(&mut self, case: &Case, event: &InboundEvent, failures: &mut Failures) {
        let Kind::Message(message) = &event.kind else { return };
        let id = (event.account.as_str().to_owned(), message.id.as_str().to_owned());
        let before = self.messages.entry(id).or_insert_with(|| event.key.clone());
        failures.check(
            *before == event.key,
            &case.name,
            format!("two messages with the id {}", message.id.as_str()),
        );
    }

    fn note(&mut self, case: &Case, events: &[InboundEvent], failures: &mut Failures) {
        let original = case.name.strip_suffix("-again");
        for event in events {
            self.note_message(case, event, failures);
            let key = (event.account.as_str().to_owned(), event.key.as_str().to_owned());
            // Cases come in order of their names, so `x` is here before `x-again`.
            let before = self.events.get(&key);
            match (original, before) {
                (None, None) => {
                    self.events.insert(key, case.name.clone());
                }
                (None, Some(other)) => {
                    failures
                        .add(&case.name, format!("shares the event key {} with {other}", key.1));
                }
                (Some(original), before) => failures.check(
                    before.is_some_and(|it| it == original),
                    &case.name,
                    format!("delivered again, yet the event key {} is new", key.1),
                ),
            }
        }
    }
}
