//! The conformance kit on this channel: its fixtures, forgeries of them, and what is broken in them.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "all of this is a test")]

use std::path::{Path, PathBuf};

use domain::content::Content;
use domain::event::{InboundEvent, Kind};
use domain::id::AccountId;
use domain::time::Timestamp;
use domain::webhook::Verified;
use instagram::{INBOUND, OUTBOUND};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn webhooks_become_the_events_of_their_fixtures() {
    kit::check_inbound(&INBOUND, HERE);
}

#[test]
fn sends_become_the_calls_of_their_fixtures() {
    kit::check_outbound(&OUTBOUND, HERE);
}

#[test]
fn ten_thousand_forgeries_are_refused() {
    kit::check_mutations(&INBOUND, HERE, 10_000);
}

#[test]
fn a_broken_item_never_loses_its_neighbours() {
    kit::check_robust(&INBOUND, HERE);
}

#[test]
fn nothing_personal_is_printed() {
    kit::check_no_personal_data(&INBOUND, HERE);
}

#[test]
fn limits_are_obeyed_before_a_call() {
    kit::check_limits(&OUTBOUND, HERE);
}

#[test]
fn what_is_kept_is_read_again_as_the_same_event() {
    let accounts: Vec<AccountId> = serde_json::from_str(&read("accounts.json")).unwrap();
    let parse = |body: &str| {
        let received = Timestamp::from_secs(1_795_262_400);
        (INBOUND.parse)(&Verified::vouched(body.as_bytes(), &accounts, received))
    };
    let mut n_kept = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(events) = name.ends_with(".in.json").then(|| parse(&read(&name)).ok()).flatten()
        else {
            continue;
        };
        for event in events {
            let Some(raw) = kept(&event) else { continue };
            n_kept += 1;
            assert_eq!(parse(&raw).unwrap(), [event], "{name}");
        }
    }
    assert!(20 < n_kept, "only {n_kept} events keep their text");
}

fn kept(event: &InboundEvent) -> Option<String> {
    let raw = match &event.kind {
        Kind::Unknown { raw, .. } | Kind::AccountChanged { raw, .. } => raw,
        Kind::TemplateChanged(changed) => &changed.raw,
        Kind::Message(message) => match &message.content {
            Content::Unsupported { raw, .. } => raw,
            _ => return None,
        },
        _ => return None,
    };
    Some(raw.0.clone())
}

fn folder() -> PathBuf {
    Path::new(HERE).join("../../events/instagram")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}
