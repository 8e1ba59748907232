//! The tables of every channel's fixtures. `events/README.md` is written from the fixtures themselves and from what each
//! channel's `kinds.json` says of them: the platform's own words with the cases that show each, and for every kind of ours
//! that a channel has no case of, the reason. Nothing may be missing in silence.
#![expect(clippy::panic, clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use domain::content::{Content, MediaKind};
use domain::event::{Direction, InboundEvent, Kind, Message, ReceiptOf, Visibility};
use domain::status::Status;
use local::{models, place};
use serde::Deserialize;

/// Lists the rows of the table, so that none can be made and then left out of it.
macro_rules! rows {
    ($($row:ident => $words:literal,)*) => {
        /// A kind of fact, as a row of the table.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Row { $($row),* }

        impl Row {
            const ALL: &[Self] = &[$(Self::$row),*];

            fn words(self) -> &'static str {
                match self { $(Self::$row => $words),* }
            }
        }
    };
}

rows! {
    Text => "a text",
    Image => "a picture",
    Video => "a film",
    Audio => "a sound",
    VoiceNote => "a voice note",
    Document => "a file",
    Sticker => "a sticker",
    Share => "a shared page, post or product",
    Location => "a place",
    Contacts => "contact cards",
    Choice => "an answer to a choice",
    Form => "a form",
    Order => "an order",
    Email => "a mail",
    CallReport => "a call",
    Template => "a message made from a template",
    Unsupported => "a message that we cannot read yet",
    Reply => "a message that quotes another",
    Quote => "a message with the words that it quotes",
    Place => "a message of a topic that answers go back to",
    Referral => "a message that an ad, a link or a page led to",
    ThreadRef => "a message with our link's reference",
    Public => "a public message",
    Echo => "a message of ours from another tool",
    Edited => "an edit",
    Deleted => "a message taken back",
    Reaction => "a reaction",
    ReactionTakenBack => "a reaction taken back",
    Sent => "status: sent",
    Delivered => "status: delivered",
    Read => "status: read",
    Played => "status: played",
    Failed => "status: failed",
    UpTo => "a status of everything up to a moment",
    IdentityChanged => "a person's addresses changed",
    Granted => "consent given",
    Refused => "consent taken back",
    TemplateChanged => "a template changed",
    AccountChanged => "our account changed",
    Notice => "a notice that nobody said",
    Unknown => "something kept for a later parser",
    AnotherAccount => "an item of an account that is not ours",
    Again => "the same webhook again",
    Nothing => "a webhook with nothing in it",
    Malformed => "a proven webhook that cannot be read",
}

/// The rows that an event is an example of.
fn rows_of(event: &InboundEvent) -> Vec<Row> {
    match &event.kind {
        Kind::Message(message) => rows_of_message(message),
        Kind::Edited { .. } => vec![Row::Edited],
        Kind::Deleted { .. } => vec![Row::Deleted],
        Kind::Reaction { emoji: Some(_), .. } => vec![Row::Reaction],
        Kind::Reaction { emoji: None, .. } => vec![Row::ReactionTakenBack],
        Kind::Receipt(receipt) => {
            let up_to = matches!(receipt.of, ReceiptOf::UpTo(_)).then_some(Row::UpTo);
            [row_of_status(receipt.status)].into_iter().chain(up_to).collect()
        }
        Kind::IdentityChanged { .. } => vec![Row::IdentityChanged],
        Kind::ConsentChanged { granted: true, .. } => vec![Row::Granted],
        Kind::ConsentChanged { granted: false, .. } => vec![Row::Refused],
        Kind::TemplateChanged(_) => vec![Row::TemplateChanged],
        Kind::AccountChanged { .. } => vec![Row::AccountChanged],
        Kind::Notice { .. } => vec![Row::Notice],
        Kind::Unknown { what, .. } if what == "another account" => vec![Row::AnotherAccount],
        Kind::Unknown { .. } => vec![Row::Unknown],
    }
}

fn rows_of_message(message: &Message) -> Vec<Row> {
    let mut rows = match &message.content {
        Content::Text { .. } => vec![Row::Text],
        Content::Media { items, .. } => items.iter().map(|it| row_of_media(it.kind)).collect(),
        Content::Location { .. } => vec![Row::Location],
        Content::Contacts { .. } => vec![Row::Contacts],
        Content::Choice { .. } => vec![Row::Choice],
        Content::Form { .. } => vec![Row::Form],
        Content::Order { .. } => vec![Row::Order],
        Content::Email { .. } => vec![Row::Email],
        Content::CallReport(_) => vec![Row::CallReport],
        Content::Template { .. } => vec![Row::Template],
        Content::Unsupported { .. } => vec![Row::Unsupported],
    };
    rows.extend(message.reply_to.as_ref().map(|_| Row::Reply));
    rows.extend(message.quote.as_ref().map(|_| Row::Quote));
    rows.extend(message.place.as_ref().map(|_| Row::Place));
    rows.extend(message.referral.as_ref().map(|_| Row::Referral));
    rows.extend(message.thread_ref.as_ref().map(|_| Row::ThreadRef));
    rows.extend((message.visibility == Visibility::Public).then_some(Row::Public));
    rows.extend((message.direction == Direction::Out).then_some(Row::Echo));
    rows
}

fn row_of_media(kind: MediaKind) -> Row {
    match kind {
        MediaKind::Image => Row::Image,
        MediaKind::Video => Row::Video,
        MediaKind::Audio => Row::Audio,
        MediaKind::VoiceNote => Row::VoiceNote,
        MediaKind::Document => Row::Document,
        MediaKind::Sticker => Row::Sticker,
        MediaKind::Share => Row::Share,
    }
}

fn row_of_status(status: Status) -> Row {
    match status {
        Status::Sent => Row::Sent,
        Status::Delivered => Row::Delivered,
        Status::Read => Row::Read,
        Status::Played => Row::Played,
        Status::Failed => Row::Failed,
        Status::Accepted
        | Status::Scheduled
        | Status::Queued
        | Status::Canceled
        | Status::Unconfirmed
        | Status::Expired => panic!("no platform says {}: it is our own word", status.name()),
    }
}

/// The text above the tables.
const INTRODUCTION: &str = "\
# What the fixtures show

Each case is a webhook as its platform sends it (`<case>.in.json`) and the events that it becomes (`<case>.out.json`); the
ids and people in them are made up. This page is written from them and from `<channel>/kinds.json` by
`UPDATE_EVENTS=1 cargo test --workspace --test kinds`, and the same test fails when it is old, when a kind of ours has neither
a case nor a reason on a channel, or when a case is shown under no word of its platform.

Below is every kind of fact that we know, by channel; after it the words of each platform. The statuses accepted, scheduled,
queued, canceled, unconfirmed and expired are our own: no platform says them.

";

/// The content of a channel's `kinds.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    /// The reason for which there is no case of a row.
    absent: BTreeMap<String, String>,
    /// The platform's words, by heading.
    words: BTreeMap<String, BTreeMap<String, Shown>>,
}

/// The cases that show a word of the platform.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Cases(Vec<String>),
    /// Nothing can, for this reason.
    Never(String),
}

/// A channel with the rows of each of its cases.
struct Channel {
    name: &'static str,
    kinds: Kinds,
    cases: BTreeMap<String, BTreeSet<Row>>,
}

impl Channel {
    fn load(name: &'static str) -> Self {
        let folder = events().join(name);
        let kinds = fs::read(folder.join("kinds.json"))
            .unwrap_or_else(|_| panic!("events/{name}/kinds.json is missing"));
        let kinds = serde_json::from_slice(&kinds).unwrap_or_else(|it| panic!("{name}: {it}"));
        let mut cases = BTreeMap::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let Some(case) = file.strip_suffix(".in.json") else { continue };
            let out = fs::read(folder.join(format!("{case}.out.json")))
                .unwrap_or_else(|_| panic!("{name}/{case} has no .out.json"));
            let mut rows: BTreeSet<_> = match serde_json::from_slice::<Vec<InboundEvent>>(&out) {
                Ok(events) if events.is_empty() => [Row::Nothing].into(),
                Ok(events) => events.iter().flat_map(rows_of).collect(),
                Err(_) => [Row::Malformed].into(),
            };
            rows.extend(case.ends_with("-again").then_some(Row::Again));
            cases.insert(case.to_owned(), rows);
        }
        Self { name, kinds, cases }
    }

    /// The cases that show a row.
    fn showing(&self, row: Row) -> Vec<&str> {
        let shows = self.cases.iter().filter(|(_, rows)| rows.contains(&row));
        shows.map(|(case, _)| case.as_str()).collect()
    }

    /// Cases as links, those with the shortest names, and how many more there are.
    fn links(&self, cases: &[&str], most: usize) -> String {
        let mut cases = cases.to_vec();
        cases.sort_by_key(|it| (it.len(), *it));
        let link = |it: &&str| format!("[{it}]({}/{it}.in.json)", self.name);
        let mut links = cases.iter().take(most).map(link).collect::<Vec<_>>().join(", ");
        if most < cases.len() {
            write!(links, " and {} more", cases.len() - most).unwrap();
        }
        links
    }
}

fn events() -> PathBuf {
    place::root().join("events")
}

fn channels() -> Vec<Channel> {
    models::ALL.iter().map(|it| Channel::load(it.channel)).collect()
}

/// The table of our kinds by channel.
fn table(channels: &[Channel]) -> String {
    let names: Vec<_> = channels.iter().map(|it| it.name).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for row in Row::ALL {
        let cell = |it: &Channel| match (it.showing(*row), it.kinds.absent.get(row.words())) {
            (cases, _) if !cases.is_empty() => it.links(&cases, 3),
            (_, Some(reason)) => format!("*none: {reason}*"),
            (_, None) => "**missing**".to_owned(),
        };
        let cells = channels.iter().map(cell).collect::<Vec<_>>().join(" | ");
        writeln!(text, "| {} | {cells} |", row.words()).unwrap();
    }
    let counts = channels.iter().map(|it| it.cases.len().to_string()).collect::<Vec<_>>();
    writeln!(text, "| **fixtures** | {} |", counts.join(" | ")).unwrap();
    text
}

/// The words of one platform, what shows each, and what it becomes.
fn words(channel: &Channel) -> String {
    let mut text = format!("\n## {}\n", channel.name);
    for (heading, words) in &channel.kinds.words {
        writeln!(text, "\n| {heading} | shown by | becomes |\n|---|---|---|").unwrap();
        for (word, shown) in words {
            let (by, becomes) = match shown {
                Shown::Never(reason) => (format!("*none: {reason}*"), String::new()),
                Shown::Cases(cases) => {
                    let rows = cases.iter().filter_map(|it| channel.cases.get(it)).flatten();
                    let rows: BTreeSet<_> = rows.copied().collect();
                    let rows = rows.into_iter().map(Row::words).collect::<Vec<_>>().join("; ");
                    let cases: Vec<_> = cases.iter().map(String::as_str).collect();
                    (channel.links(&cases, usize::MAX), rows)
                }
            };
            writeln!(text, "| {word} | {by} | {becomes} |").unwrap();
        }
    }
    text
}

#[test]
fn every_kind_has_a_fixture_or_a_reason_on_every_channel() {
    let mut wrong = Vec::new();
    for channel in channels() {
        for row in Row::ALL {
            let (name, words) = (channel.name, row.words());
            match (channel.showing(*row).is_empty(), channel.kinds.absent.get(words)) {
                (true, None) => wrong.push(format!("{name}: no case and no reason for {words}")),
                (false, Some(_)) => wrong.push(format!("{name}: there is a case of {words}")),
                (true, Some(reason)) if reason.is_empty() => {
                    wrong.push(format!("{name}: an empty reason for {words}"));
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        for words in channel.kinds.absent.keys() {
            if !Row::ALL.iter().any(|it| it.words() == words) {
                wrong.push(format!("{}: {words} is not a row", channel.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_word_of_a_platform_has_a_fixture_and_every_fixture_a_word() {
    let mut wrong = Vec::new();
    for channel in channels() {
        let mut named = BTreeSet::new();
        for (word, shown) in channel.kinds.words.values().flatten() {
            let Shown::Cases(cases) = shown else { continue };
            if cases.is_empty() {
                wrong.push(format!("{}: nothing shows {word}", channel.name));
            }
            for case in cases {
                named.insert(case.as_str());
                if !channel.cases.contains_key(case) {
                    wrong
                        .push(format!("{}: {word} names {case}, which is not there", channel.name));
                }
            }
        }
        let unnamed = channel.cases.keys().filter(|it| !named.contains(it.as_str()));
        wrong.extend(unnamed.map(|it| format!("{}: {it} is named nowhere", channel.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_says_what_the_fixtures_show() {
    let channels = channels();
    let mut page = format!("{INTRODUCTION}{}", table(&channels));
    page.extend(channels.iter().map(words));
    let path = events().join("README.md");
    if aws::env_or("UPDATE_EVENTS", "") == "1" {
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "events/README.md is old: run with UPDATE_EVENTS=1 and read the change");
}
