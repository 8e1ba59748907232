//! Streams: what was said to and by a contact, with the topic that each message is about.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use domain::event::Direction;
use domain::id::Channel;
use domain::threading::Reading;
use domain::time::Timestamp;
use serde::Deserialize;

/// The channel whose lines are what was said in calls.
const CALLS: &str = "voice";

/// One line of a stream.
#[derive(Clone, Default, Deserialize)]
pub struct Line {
    /// The person that it is of.
    pub contact_id: String,
    /// Its id, unlike every other of the stream.
    pub message_id: String,
    /// Seconds since 1970.
    pub ts: i64,
    /// The channel of the words; an event has none.
    #[serde(default)]
    pub channel: String,
    /// The side that spoke, or that nobody did.
    pub direction: LineDirection,
    /// The words.
    #[serde(default)]
    pub text: String,
    /// A mail's subject.
    #[serde(default)]
    pub subject: Option<String>,
    /// The message that it quotes.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The messages in a mail's References.
    #[serde(default)]
    pub refs: Vec<String>,
    /// For an outbound message and an event: a message of the thread that it belongs to.
    #[serde(default)]
    pub in_topic_of: Option<String>,
    /// The topic that it is about.
    pub gold_topic: String,
}

/// The speaker of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineDirection {
    /// The person.
    #[default]
    In,
    /// We.
    Out,
    /// Nobody: the thread was marked resolved.
    Event,
}

/// A line that was read once, so that every run after it is fast.
pub struct Item {
    /// The line.
    pub line: Line,
    /// The side that spoke; `None` for an event.
    pub direction: Option<Direction>,
    /// When.
    pub at: Timestamp,
    /// The message's short key.
    pub key: u32,
    /// The channel that it came by.
    pub channel: Channel,
    /// The part of the text that the model keeps.
    pub reading: Reading,
    /// The language, by the words of the message or else of the contact.
    pub language: &'static str,
}

/// All of one contact, in the order of time.
pub struct Contact {
    /// Each line.
    pub items: Vec<Item>,
}

/// The lines of a stream.
pub fn lines(path: &Path) -> anyhow::Result<Vec<Line>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut lines = Vec::new();
    for (n, text) in BufReader::new(file).lines().enumerate() {
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        if text.trim().is_empty() {
            continue;
        }
        let line = serde_json::from_str(&text)
            .with_context(|| format!("line {} of {} is no message", n + 1, path.display()))?;
        lines.push(line);
    }
    Ok(lines)
}

/// The contacts of a stream, in the order of their first lines, each text read.
#[must_use]
pub fn contacts(lines: Vec<Line>) -> Vec<Contact> {
    let mut places = std::collections::HashMap::new();
    let mut contacts: Vec<Contact> = Vec::new();
    for line in lines {
        let place = *places.entry(line.contact_id.clone()).or_insert(contacts.len());
        if place == contacts.len() {
            contacts.push(Contact { items: Vec::new() });
        }
        if let Some(contact) = contacts.get_mut(place) {
            contact.items.push(Item::of(line));
        }
    }
    for contact in &mut contacts {
        contact.name_languages();
    }
    contacts
}

impl Item {
    fn of(line: Line) -> Self {
        let reading = match line.subject.as_deref() {
            None if line.channel == CALLS => Reading::of_call(&line.text),
            subject => Reading::of(&line.text, subject),
        };
        Self {
            direction: match line.direction {
                LineDirection::In => Some(Direction::In),
                LineDirection::Out => Some(Direction::Out),
                LineDirection::Event => None,
            },
            at: Timestamp::from_secs(line.ts),
            key: short_key(&line.message_id),
            channel: Channel::new(line.channel.clone()),
            language: reading.language().unwrap_or_default(),
            reading,
            line,
        }
    }
}

impl Contact {
    /// Words that tell no language take that of most messages of the contact.
    fn name_languages(&mut self) {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for item in self.items.iter().filter(|it| !it.language.is_empty()) {
            *counts.entry(item.language).or_default() += 1;
        }
        let usual = counts.into_iter().max_by_key(|it| it.1).map_or("none", |it| it.0);
        for item in self.items.iter_mut().filter(|it| it.language.is_empty()) {
            item.language = usual;
        }
    }
}

/// A message's short key: FNV-1a of the id.
#[must_use]
pub fn short_key(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash: u32, it| (hash ^ u32::from(it)).wrapping_mul(0x0100_0193))
}
