//! Runs the model over the streams that were written for this repository, and over what the commands write.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use domain::threading::{Model, Profile};
use threads::bench::{Bench, Run};
use threads::fit::{self, Share};
use threads::measures::{grouping, singly};
use threads::perturb::{Perturbation, perturb};
use threads::replay::{Filed, Help, Watch, replay};
use threads::rules::Rule;
use threads::stream::{Contact, contacts, lines};

/// Streams in which people have one or two topics at a time, and those in which they have more.
const QUIET: [&str; 4] = ["en", "fr", "mixed", "de"];
const BUSY: [&str; 2] = ["busy-en", "busy-fr"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/threads")
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.jsonl"))
}

/// Every stream of the folder.
fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|it| it.extension().is_some_and(|it| it == "jsonl"))
        .map(|it| it.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn stream(name: &str) -> Vec<Contact> {
    contacts(lines(&path(name)).unwrap())
}

fn all() -> Vec<Contact> {
    names().iter().flat_map(|it| stream(it)).collect()
}

fn file(contacts: &[Contact], help: Help) -> Vec<Vec<Filed<'_>>> {
    let model = Model::current();
    contacts.iter().map(|it| replay(&model, it, help, &mut ()).unwrap()).collect()
}

#[test]
fn topics_are_told_apart_and_followed_across_channels() {
    let contacts: Vec<Contact> = QUIET.iter().flat_map(|it| stream(it)).collect();
    let alone = grouping(&file(&contacts, Help::Never));
    assert!(alone.f1 >= 0.88 && alone.precision >= 0.97 && alone.b_cubed >= 0.92, "{alone:?}");
    let singly = singly(&file(&contacts, Help::Always), |_| true);
    assert!(singly.right >= 0.93 && singly.calibration <= 0.08, "{singly:?}");
    let help = grouping(&file(&contacts, Help::Below(0.75)));
    assert!(help.f1 >= alone.f1 && (0.005..0.06).contains(&help.asked), "{help:?}");
}

#[test]
fn busy_people_with_calls_and_mails_that_greet_are_followed() {
    let contacts: Vec<Contact> = BUSY.iter().flat_map(|it| stream(it)).collect();
    let alone = grouping(&file(&contacts, Help::Never));
    assert!(alone.f1 >= 0.76, "{alone:?}");
    let singly = singly(&file(&contacts, Help::Always), |_| true);
    assert!(singly.right >= 0.88 && singly.calibration <= 0.08, "{singly:?}");
    assert!(singly.surest_right >= 0.99, "{singly:?}");
}

#[test]
fn the_model_is_above_the_best_simple_rule_on_every_stream() {
    let names = names();
    assert!(QUIET.iter().chain(&BUSY).all(|it| names.iter().any(|name| name == it)), "{names:?}");
    for name in names {
        let contacts = stream(&name);
        let model = grouping(&file(&contacts, Help::Never)).f1;
        for rule in Rule::ALL {
            let filed: Vec<_> = contacts.iter().map(|it| rule.run(it)).collect();
            let rule_f1 = grouping(&filed).f1;
            assert!(model > rule_f1 + 0.02, "{name}: {model} and {}: {rule_f1}", rule.name());
        }
    }
}

#[test]
fn every_channel_is_in_the_streams() {
    let contacts = all();
    let items = contacts.iter().flat_map(|it| &it.items);
    let channels: std::collections::BTreeSet<&str> = items.map(|it| it.channel.as_str()).collect();
    for channel in [
        "whatsapp",
        "messenger",
        "instagram",
        "sms",
        "email",
        "x",
        "apple-messages",
        "telegram",
        "voice",
        "web-chat",
        "in-app",
    ] {
        assert!(channels.contains(channel), "{channel}");
    }
}

#[test]
fn a_stream_that_is_written_badly_is_filed_nearly_as_well() {
    let clean = grouping(&file(&all(), Help::Never)).f1;
    let all_lines: Vec<_> = names().iter().flat_map(|it| lines(&path(it)).unwrap()).collect();
    for how in [
        Perturbation::Typos,
        Perturbation::Upper,
        Perturbation::Plain,
        Perturbation::Signatures,
        Perturbation::Greetings,
    ] {
        let mut worse = all_lines.clone();
        perturb(&mut worse, how);
        assert!(worse.iter().zip(&all_lines).any(|(a, b)| a.text != b.text), "{how:?}");
        let contacts = contacts(worse);
        let f1 = grouping(&file(&contacts, Help::Never)).f1;
        assert!(f1 >= clean - 0.06, "{how:?}: {f1}, clean {clean}");
    }
}

#[test]
fn without_references_or_known_letters_a_stream_is_filed_as_the_best_rule_would_at_least() {
    let all_lines: Vec<_> = names().iter().flat_map(|it| lines(&path(it)).unwrap()).collect();
    for how in [Perturbation::References, Perturbation::Letters] {
        let mut worse = all_lines.clone();
        perturb(&mut worse, how);
        let contacts = contacts(worse);
        let model = grouping(&file(&contacts, Help::Never)).f1;
        for rule in Rule::ALL {
            let filed: Vec<_> = contacts.iter().map(|it| rule.run(it)).collect();
            let rule_f1 = grouping(&filed).f1;
            assert!(model > rule_f1, "{how:?}: {model} and {}: {rule_f1}", rule.name());
        }
    }
}

#[test]
fn whoever_writes_only_emojis_is_followed_by_what_they_answer_and_never_surely() {
    let mut worse: Vec<_> = names().iter().flat_map(|it| lines(&path(it)).unwrap()).collect();
    perturb(&mut worse, Perturbation::Emoji);
    let contacts = contacts(worse);
    let alone = grouping(&file(&contacts, Help::Never));
    assert!(alone.f1 > 0.5, "{alone:?}");
    assert_eq!(singly(&file(&contacts, Help::Always), |_| true).surest, 0);
}

#[test]
fn a_stored_profile_stays_small() {
    struct Greatest(usize);
    impl Watch for Greatest {
        fn stored(&mut self, bytes: usize) {
            self.0 = self.0.max(bytes);
        }
    }
    let mut greatest = Greatest(0);
    for contact in &all() {
        replay(&Model::current(), contact, Help::Never, &mut greatest).unwrap();
    }
    assert!((100..=Profile::MOST_BYTES).contains(&greatest.0), "{}", greatest.0);
}

#[test]
fn fitting_is_the_same_each_time_and_its_file_is_read_back() {
    let shares = [Share { contacts: all(), weight: 0.5 }];
    let model = fit::fit(&shares, &[], |_| ()).unwrap();
    assert_eq!(model, fit::fit(&shares, &[], |_| ()).unwrap());
    let contacts = &shares[0].contacts;
    let file = fit::file(&model, &["en".to_owned(), "fr".to_owned()]);
    assert!(file.starts_with("{\n  \"streams\": [\"en\", \"fr\"],"), "{file}");
    assert_eq!(Model::parse(&file).unwrap(), model);
    let filed: Vec<_> =
        contacts.iter().map(|it| replay(&model, it, Help::Never, &mut ()).unwrap()).collect();
    assert!(grouping(&filed).f1 > 0.97, "a fit on a stream knows that stream");
}

#[test]
fn the_tables_and_the_filings_are_written() {
    let out = std::env::temp_dir().join(format!("threads-{}.jsonl", std::process::id()));
    let bench = Bench {
        streams: vec![path("fr")],
        out: Some(out.clone()),
        corrected: false,
        ask: None,
        perturb: None,
        weights: None,
        decision: false,
    };
    let (mut tables, mut progress) = (Vec::new(), Vec::new());
    bench.run(&mut tables, &mut progress).unwrap();
    let tables = String::from_utf8(tables).unwrap();
    for part in [
        "fr: 4 contacts, 30 inbound",
        "whatsapp",
        "after 6 h to 3 d",
        "with 2 or 3 threads",
        "asked 10 %",
        "rule: 24 h gap",
        "over the best rule",
        "profile bytes: p50",
        "collisions between languages",
    ] {
        assert!(tables.contains(part), "{part} is not in {tables}");
    }
    let filed = std::fs::read_to_string(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    assert_eq!(filed.lines().count(), 30);
    let first: serde_json::Value = serde_json::from_str(filed.lines().next().unwrap()).unwrap();
    assert_eq!(first["message_id"], "fr-1-01");
    assert_eq!(first["language"], "fr");
    assert_eq!(first["thread"], "t0");
}

#[test]
fn corrected_filings_name_topics() {
    let contacts = stream("mixed");
    let run = Run::of(&Model::current(), &contacts, None, "mixed", &mut Vec::new()).unwrap();
    let chosen: Vec<Option<&str>> = run.singly.iter().flatten().map(|it| it.chosen_topic).collect();
    assert_eq!(chosen.first(), Some(&None));
    assert_eq!(chosen.get(1), Some(&Some("mixed-1-vol")));
}
