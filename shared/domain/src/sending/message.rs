//! A message of ours, as it is accepted and as it is kept.

use super::leg::Leg;
use super::progress::Progress;
use crate::content::{Content, Media, MediaSource};
use crate::id::{ContactId, MessageId, Reference, ThreadId};
use crate::outbound::{Author, Failure, Send, SendContent, SendMedia};
use crate::plan::Passed;
use crate::status::Status;
use crate::time::Timestamp;

/// A message of ours: what it says, by which ways, and how far it came by each.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Our id of it.
    pub id: MessageId,
    /// The content of the message.
    pub content: SendContent,
    /// The author of the message.
    pub author: Author,
    /// The ways that it takes, one after the other. Never empty.
    pub legs: Vec<Leg>,
    /// The ways that were judged with it and not taken, in the order of preference.
    pub passed: Vec<Passed>,
    /// The thread that it is part of.
    pub thread: ThreadId,
    /// The person it is for.
    pub contact: ContactId,
    /// When the caller asked.
    pub at: Timestamp,
    /// When it is of no more use, if the caller says so.
    pub expires_at: Option<Timestamp>,
    /// The SHA-256 of the caller's body: another body under the same id is refused.
    pub hash: String,
    /// The caller's own word for it.
    pub client_ref: Option<String>,
    /// When it may be removed, with the pointers to it; never without it. The table sets it.
    pub kept_until: Option<Timestamp>,
}

/// The time that a message is kept after the last moment at which it is tried, however short messages are kept: nothing goes
/// while a timer or a receipt may still ask for it.
const TRIED_MS: i64 = 24 * 3_600_000;

impl Outgoing {
    /// When it may be removed, if messages are kept so long.
    #[must_use]
    pub fn may_go_at(&self, kept_ms: i64) -> Timestamp {
        let tried = Progress::new(self.at, self.expires_at).deadline();
        self.at.plus_ms(kept_ms).max(tried.plus_ms(TRIED_MS))
    }

    /// The status that it has reached, by whichever leg.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of_legs(self.legs.iter().map(|it| it.status))
    }

    /// The status that it has once a leg rose to a status.
    #[must_use]
    pub fn status_if(&self, leg: usize, rises_to: Status) -> Status {
        let legs = self.legs.iter().enumerate();
        Status::of_legs(
            legs.map(|(n, it)| if n == leg { it.status.join(rises_to) } else { it.status }),
        )
    }

    /// The facts of a leg that decide what may be done next.
    #[must_use]
    pub fn progress(&self, leg: usize) -> Option<Progress> {
        let known = self.legs.get(leg)?;
        let before = self.legs.iter().take(leg).map(|it| it.attempt).max().unwrap_or(0);
        Some(Progress {
            status: known.status,
            attempt: known.attempt,
            before,
            intent: known.intent,
            retry_at: known.retry_at,
            possible_duplicate: known.possible_duplicate,
            ..Progress::new(self.at, self.expires_at)
        })
    }

    /// The send that goes to the person by a leg.
    #[must_use]
    pub fn send(&self, leg: usize) -> Option<Send> {
        let by = self.legs.get(leg)?;
        Some(Send {
            reference: Reference::of(&self.id, leg),
            to: by.to.clone(),
            content: self.content.clone(),
            reply_to: by.reply_to.clone(),
            place: by.place.clone(),
            author: self.author,
            since_inbound_ms: by.since_inbound_ms,
        })
    }

    /// Whether it went out to the person, by any leg: it is our last word in its thread then.
    #[must_use]
    pub fn went_out(&self) -> bool {
        self.legs.iter().any(Leg::went_out)
    }

    /// Whether an attempt was begun, or none is to be made any more.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.legs.iter().any(|it| 0 < it.attempt || it.is_over())
    }

    /// Whether nothing is to be sent by any leg but this one.
    #[must_use]
    pub fn is_over_but_for(&self, leg: usize) -> bool {
        self.legs.iter().enumerate().all(|(n, it)| n == leg || it.is_over())
    }

    /// Whether it was sent again though an earlier attempt may have arrived.
    #[must_use]
    pub fn possible_duplicate(&self) -> bool {
        self.legs.iter().any(|it| it.possible_duplicate)
    }

    /// The reason of its failure: the last that was said of it.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.legs.iter().rev().find_map(|it| it.failure.as_ref())
    }
}

/// The look of a message of ours in its thread.
#[must_use]
pub fn shown(content: &SendContent) -> Content {
    match content {
        SendContent::Text { text } | SendContent::Choices { text, .. } => Content::text(text),
        SendContent::Media { kind, source, caption, filename } => {
            let (source, mime) = match source {
                SendMedia::Id(id) => (MediaSource::Id(id.clone()), None),
                SendMedia::Url(url) => (MediaSource::Url(url.clone()), None),
                SendMedia::Object { key, mime } => {
                    (MediaSource::Object(key.clone()), Some(mime.clone()))
                }
            };
            let item =
                Media { kind: *kind, source, mime, sha256: None, filename: filename.clone() };
            Content::Media { items: vec![item], caption: caption.clone() }
        }
        SendContent::Location { latitude, longitude, name, address } => Content::Location {
            latitude: *latitude,
            longitude: *longitude,
            name: name.clone(),
            address: address.clone(),
        },
        SendContent::Template { template } => Content::Template {
            name: template.name.clone(),
            locale: template.locale.clone(),
            text: String::new(),
        },
        SendContent::Email { subject, text, .. } => Content::Email {
            subject: subject.clone().unwrap_or_default(),
            text: text.clone(),
            html_ref: None,
            attachments: Vec::new(),
        },
        SendContent::Adaptable { content, .. } => shown(content),
        SendContent::Reaction { .. } | SendContent::MarkRead { .. } => Content::Unsupported {
            kind: content.kind().to_owned(),
            raw: crate::content::Raw::default(),
        },
    }
}
