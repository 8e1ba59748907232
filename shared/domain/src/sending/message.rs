//! A message of ours, as it is accepted and as it is kept.

use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::receive::is_with_the_platform;
use crate::content::{Content, Media, MediaSource};
use crate::id::{AccountId, Channel, ContactId, MessageId, ProviderId, ThreadId};
use crate::outbound::{Failure, Send, SendContent, SendMedia};
use crate::status::Status;
use crate::time::Timestamp;

/// A message that is planned and may be promised to its caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// What goes to the person, with our id of it.
    pub send: Send,
    /// The thread that it is part of.
    pub thread: ThreadId,
    /// Whom it is for.
    pub contact: ContactId,
    /// The way that it takes.
    pub channel: Channel,
    /// Which of our addresses it leaves by.
    pub account: AccountId,
    /// When the caller asked.
    pub at: Timestamp,
    /// When it is of no more use, if the caller says so.
    pub expires_at: Option<Timestamp>,
    /// The SHA-256 of the caller's body: another body under the same id is refused.
    pub hash: String,
    /// The caller's own word for it.
    pub client_ref: Option<String>,
    /// The plan as the caller is told it, so that a repeated request gets the same answer.
    pub plan: String,
}

/// How long a message is kept after the last moment at which it is tried, however short messages are kept: nothing goes while
/// a timer or a receipt may still ask for it.
const TRIED_MS: i64 = 24 * 3_600_000;

impl Accepted {
    /// When it may be removed, if messages are kept so long.
    #[must_use]
    pub fn kept_until(&self, kept_ms: i64) -> Timestamp {
        let tried = Progress::new(self.at, self.expires_at).deadline();
        self.at.plus_ms(kept_ms).max(tried.plus_ms(TRIED_MS))
    }

    /// Our id of it.
    #[must_use]
    pub fn id(&self) -> &MessageId {
        &self.send.message
    }
}

/// A message of ours as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// As it was accepted.
    pub accepted: Accepted,
    /// How far it has come.
    pub progress: Progress,
    /// The platform's id of it, once known.
    pub provider: Option<ProviderId>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What each attempt came to, oldest first.
    pub attempts: Vec<Attempt>,
    /// What the platform said of it, in the order that it arrived.
    pub receipts: Vec<Received>,
    /// When it may be removed, with the pointer to it; never without it.
    pub kept_until: Option<Timestamp>,
}

impl Outgoing {
    /// A message that was just accepted.
    #[must_use]
    pub fn new(accepted: Accepted) -> Self {
        let progress = Progress::new(accepted.at, accepted.expires_at);
        let (attempts, receipts) = (Vec::new(), Vec::new());
        Self {
            accepted,
            progress,
            provider: None,
            failure: None,
            attempts,
            receipts,
            kept_until: None,
        }
    }

    /// Whether it went out to the person, by the platform's answer or a receipt: it is our last word in its thread then.
    #[must_use]
    pub fn went_out(&self) -> bool {
        let taken = self.attempts.iter().any(|it| it.end == End::Sent);
        taken || is_with_the_platform(self.progress.status)
    }
}

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number, counted from 1.
    pub n: u32,
    /// When that was known.
    pub at: Timestamp,
    /// What it came to.
    pub end: End,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The platform took it.
    Sent,
    /// Not now.
    Retry,
    /// Not ever.
    Failed,
    /// Its result was never learned.
    Unconfirmed,
}

/// One receipt, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// What became of the message.
    pub status: Status,
    /// When, by the platform's clock.
    pub at: Timestamp,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// How a message of ours looks in its thread.
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
        SendContent::Reaction { .. } | SendContent::MarkRead { .. } => Content::Unsupported {
            kind: content.kind().to_owned(),
            raw: crate::content::Raw::default(),
        },
    }
}
