//! Everybody who sets a channel up copies from the README what to subscribe to. What is missing there is never sent to us,
//! however well we read it: so each name under which a fixture comes that we read must stand in the channel's row.
#![expect(clippy::panic, clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use local::{models, place};
use serde_json::Value;

/// Private items of Messenger and Instagram come under names of their own; these are what is subscribed to for them.
const MESSENGER: &[(&str, &str)] = &[
    ("message", "messages"),
    ("echo", "message_echoes"),
    ("message_edit", "message_edits"),
    ("postback", "messaging_postbacks"),
    ("reaction", "message_reactions"),
    ("delivery", "message_deliveries"),
    ("read", "message_reads"),
    ("referral", "messaging_referrals"),
    ("optin", "messaging_optins"),
    ("policy-enforcement", "messaging_policy_enforcement"),
    ("standby", "standby"),
];
const INSTAGRAM: &[(&str, &str)] = &[
    ("message", "messages"),
    ("message_edit", "message_edit"),
    ("postback", "messaging_postbacks"),
    ("reaction", "message_reactions"),
    ("read", "messaging_seen"),
    ("referral", "messaging_referral"),
    ("optin", "messaging_optins"),
    ("standby", "standby"),
];

#[test]
fn every_name_that_we_read_is_in_the_readme_s_list_of_what_to_subscribe_to() {
    let readme = fs::read_to_string(place::root().join("README.md")).unwrap();
    let mut missing = Vec::new();
    for channel in models::ALL.iter().map(|it| it.channel) {
        let row = readme.lines().find(|it| it.starts_with(&format!("| {channel} |")));
        let row = row.unwrap_or_else(|| panic!("no row of {channel} in the README"));
        for (name, case) in read_names(channel) {
            if !row.contains(&format!("`{name}`")) {
                missing.push(format!("{channel}: `{name}`, as in {case}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in the README's rows:\n{}", missing.join("\n"));
}

/// The names under which the fixtures of a channel come that are read, each with a case.
fn read_names(channel: &str) -> BTreeMap<String, String> {
    let folder = place::root().join("events").join(channel);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(case) = file.strip_suffix(".in.json") else { continue };
        let names = names(channel, &json(&folder.join(&file)));
        // Where several stand together it is not said which of them was read.
        if let [only] = names.iter().collect::<Vec<_>>()[..]
            && is_read(&json(&folder.join(format!("{case}.out.json"))))
        {
            found.entry(only.clone()).or_insert_with(|| case.to_owned());
        }
    }
    assert!(!found.is_empty(), "no name is read on {channel}");
    found
}

/// Whether anything in it was read and not only kept.
fn is_read(events: &Value) -> bool {
    let kinds = events.as_array().into_iter().flatten().filter_map(|it| it.pointer("/kind/type"));
    let mut kinds = kinds.filter_map(Value::as_str);
    kinds.any(|it| it != "unknown")
}

/// The names that a webhook comes under.
fn names(channel: &str, webhook: &Value) -> BTreeSet<String> {
    let entries = || webhook["entry"].as_array().into_iter().flatten();
    let changes = entries().flat_map(|it| it["changes"].as_array().into_iter().flatten());
    let fields = changes.filter_map(|it| it["field"].as_str().map(str::to_owned));
    match channel {
        "whatsapp" => fields.collect(),
        "messenger" => fields.chain(entries().flat_map(|it| talks(it, MESSENGER))).collect(),
        "instagram" => fields.chain(entries().flat_map(|it| talks(it, INSTAGRAM))).collect(),
        // The older envelope is not subscribed to: X ended it.
        "x" => {
            let name = webhook.pointer("/data/event_type").and_then(Value::as_str);
            name.map(str::to_owned).into_iter().collect()
        }
        "telegram" => {
            let fields = webhook.as_object().into_iter().flatten().map(|(name, _)| name.clone());
            fields.filter(|it| it != "update_id").collect()
        }
        // Nothing is subscribed to: a form has no name.
        "sms" => ["MessageStatus"].map(str::to_owned).into(),
        other => panic!("say here under which names the webhooks of {other} come"),
    }
}

fn talks(entry: &Value, names: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for list in ["messaging", "standby"] {
        for item in entry[list].as_array().into_iter().flatten() {
            let is_echo = item.pointer("/message/is_echo").is_some();
            let parts = names.iter().filter(|(part, _)| match *part {
                "standby" => list == "standby",
                _ if list == "standby" => false,
                "echo" => is_echo,
                "message" => item.get("message").is_some() && !is_echo,
                part => item.get(part).is_some(),
            });
            found.extend(parts.map(|(_, subscribed)| (*subscribed).to_owned()));
        }
    }
    found
}

fn json(path: &Path) -> Value {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_default();
    // A fixture with headers or a query has its body as text.
    match file.get("body").and_then(Value::as_str) {
        Some(body) => serde_json::from_str(body).unwrap_or_default(),
        None => file,
    }
}
