//! The facts that a channel makes of a webhook, each with a key of its own.
//!
//! The key is made by the channel by its platform's rules, so that two different facts never share one: a message its id;
//! a receipt id and status (and participant); an edit id and number; a reaction id, actor and time; a call its id and
//! part. The queue's deduplication id is the SHA-256 of the key, its group id that of the identity.

use ring::digest::{Context, SHA256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::{Content, Raw};
use crate::id::{AccountId, Channel, EventKey, IdentityId, ProviderId, Reference};
use crate::outbound::Failure;
use crate::overlap::{self, Unread};
use crate::status::Status;
use crate::time::Timestamp;

mod message;

pub use message::Message;

/// One fact that a platform told us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundEvent {
    /// The key that makes this fact different from every other of its channel and account.
    pub key: EventKey,
    /// The channel that it came by.
    pub channel: Channel,
    /// The one of our addresses that it came to.
    pub account: AccountId,
    /// The person that it is about; absent for facts about our account or a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// When it happened, by the platform's clock.
    pub at: Timestamp,
    /// The fact itself.
    pub kind: Kind,
    /// The place of the whole content, when the event carries an excerpt only (see [`crate::overflow`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_ref: Option<String>,
}

impl InboundEvent {
    /// Reads what is in the queue. What another version of a channel wrote, and this one would know in part only, is
    /// [`Unread::Yet`].
    pub fn read(body: &str) -> Result<Self, Unread> {
        /// The fields of every event, whichever version wrote it.
        #[derive(Deserialize)]
        struct Named {
            #[expect(dead_code, reason = "that it is there tells an event from anything else")]
            key: EventKey,
            #[expect(dead_code, reason = "that it is there tells an event from anything else")]
            channel: Channel,
        }
        let event = overlap::read::<Self, Named>(body)?;
        if overlap::is_whole(body, &event) { Ok(event) } else { Err(Unread::Yet) }
    }

    /// The digest of that by which events are kept in order: the person, else the account. SHA-256 in hex.
    #[must_use]
    pub fn group_id(&self) -> String {
        match &self.identity {
            Some(identity) => digest(&[&identity.id.key()]),
            None => digest(&[self.channel.as_str(), self.account.as_str()]),
        }
    }

    /// The digest that makes a repeated delivery the same entry in the queue. SHA-256 in hex.
    #[must_use]
    pub fn deduplication_id(&self) -> String {
        digest(&[self.channel.as_str(), self.account.as_str(), self.key.as_str()])
    }
}

/// SHA-256 in hex over parts, each ended by a zero byte so that no two lists of parts are the same text.
#[must_use]
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hex::encode(hash.finish())
}

/// An id that is the same each time for the same parts: what is repeated under it is found done.
#[must_use]
pub fn derived(prefix: &str, parts: &[&str]) -> String {
    let mut id = digest(parts);
    id.truncate(32);
    format!("{prefix}{id}")
}

/// The person that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The address that this person is known by on this channel.
    pub id: IdentityId,
    /// Other addresses that the platform says are the same person's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<IdentityId>,
    /// The name that the person chose, if any. Never a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
}

/// A person's name or handle. It never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(pub String);

impl std::fmt::Debug for PersonName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// The fact that an event tells of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// Something was said.
    Message(Box<Message>),
    /// A message was changed by its author.
    Edited {
        /// The message.
        of: ProviderId,
        /// The number of the edit; the highest wins. Where the platform does not count, its time in milliseconds.
        n: u64,
        /// Its content now.
        content: Content,
    },
    /// A message was taken back by its author.
    Deleted {
        /// The message.
        of: ProviderId,
    },
    /// Somebody reacted to a message.
    Reaction {
        /// The message.
        of: ProviderId,
        /// The emoji or the platform's word; absent when the reaction was taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
        /// The side that reacted: the person, or `out` for us from another tool.
        #[serde(default)]
        direction: Direction,
    },
    /// The platform's word on messages that we sent.
    Receipt(Receipt),
    /// The person's addresses changed, by the platform's word.
    IdentityChanged {
        /// The address before, if the platform says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<IdentityId>,
        /// The platform's word for the reason.
        reason: String,
    },
    /// The person allowed or forbade something.
    ConsentChanged {
        /// The purpose: `marketing`, `all` …
        purpose: String,
        /// Whether it is allowed now.
        granted: bool,
        /// The platform's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    /// A template was approved, refused, paused or otherwise changed.
    TemplateChanged(TemplateChanged),
    /// Something that happened in a chat without anybody saying it: somebody joined, something was pinned. Nobody is made a
    /// contact by it, no window opens, and nobody waits for an answer.
    Notice {
        /// The platform's word for it.
        what: String,
        /// A webhook that holds it alone.
        raw: Raw,
    },
    /// Something about our own account: quality, limits, a restriction.
    AccountChanged {
        /// The platform's word for it.
        what: String,
        /// A webhook that holds it alone.
        raw: Raw,
    },
    /// Something that we could not read: kept, replayed once per parser version, never dropped.
    Unknown {
        /// The platform's word for it, or why it could not be read.
        what: String,
        /// A webhook that holds it alone.
        raw: Raw,
    },
}

impl Kind {
    /// The content that it holds as it came, if any: a whole webhook, so that a later parser can read it again.
    #[must_use]
    pub fn kept(&self) -> Option<&Raw> {
        let content = match self {
            Self::Unknown { raw, .. }
            | Self::AccountChanged { raw, .. }
            | Self::Notice { raw, .. } => return Some(raw),
            Self::TemplateChanged(changed) => return Some(&changed.raw),
            Self::Message(message) => &message.content,
            Self::Edited { content, .. } => content,
            Self::Deleted { .. }
            | Self::Reaction { .. }
            | Self::Receipt(_)
            | Self::IdentityChanged { .. }
            | Self::ConsentChanged { .. } => return None,
        };
        if let Content::Unsupported { raw, .. } = content { Some(raw) } else { None }
    }
}

/// The side that speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Direction {
    /// The person to us.
    #[default]
    In,
    /// We to the person.
    Out,
}

impl Direction {
    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// The readers of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Visibility {
    /// We and the person.
    #[default]
    Private,
    /// Everyone: a comment, a mention.
    Public,
}

impl Visibility {
    fn is_private(&self) -> bool {
        *self == Self::Private
    }
}

/// The platform's word on messages that we sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The messages it is about.
    pub of: ReceiptOf,
    /// The status that they reached.
    pub status: Status,
    /// The reason of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Our own reference, where the platform carries it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_ref: Option<Reference>,
}

/// The messages that a receipt is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOf {
    /// One message.
    Message(ProviderId),
    /// Every message to this person up to this moment (a watermark).
    UpTo(Timestamp),
}

/// A change of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateChanged {
    /// Its name.
    pub name: String,
    /// Its locale, as the platform writes it.
    pub locale: String,
    /// The platform's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its new status, lower case (`approved`, `paused` …), if the change is one of status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The platform's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A webhook that holds it alone: quality, category, components.
    pub raw: Raw,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_parts_apart() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn what_another_version_wrote_is_told_from_what_nobody_did() {
        let of =
            r#""key":"k","channel":"whatsapp","account":"7008","at":"2026-11-18T11:06:40.000Z""#;
        let known = format!(r#"{{{of},"kind":{{"type":"deleted","of":"wamid.1"}}}}"#);
        assert!(InboundEvent::read(&known).is_ok());
        for newer in [
            r#"{"type":"poll_closed","of":"wamid.1"}"#,
            r#"{"type":"deleted","of":"wamid.1","by":"admin"}"#,
            r#"{"type":"message","id":"wamid.1","content":{"type":"poll","options":["a"]}}"#,
            r#"{"type":"receipt","of":{"message":"wamid.1"},"status":"forwarded"}"#,
        ] {
            let newer = format!(r#"{{{of},"kind":{newer}}}"#);
            assert_eq!(InboundEvent::read(&newer), Err(Unread::Yet), "{newer}");
        }
        for odd in ["", "no event", "{}", r#"{"kind":7}"#, r#"{"key":1,"channel":2}"#] {
            assert_eq!(InboundEvent::read(odd), Err(Unread::Ever), "{odd}");
        }
    }

    #[test]
    fn no_debug_output_holds_what_a_person_said_or_is() {
        let event = InboundEvent {
            key: EventKey::new("wamid.447700900111"),
            channel: Channel::from_static("whatsapp"),
            account: AccountId::new("7008"),
            identity: Some(Identity {
                id: IdentityId::phone("+447700900111"),
                aliases: vec![],
                name: Some(PersonName("Ada".to_owned())),
            }),
            at: Timestamp::from_secs(1),
            kind: Message::inbound(
                ProviderId::new("wamid.447700900111"),
                Content::text("my secret"),
            )
            .into(),
            content_ref: None,
        };
        let shown = format!("{event:?}");
        for hidden in ["447700900111", "Ada", "secret"] {
            assert!(!shown.contains(hidden), "{hidden} is in {shown}");
        }
    }
}
