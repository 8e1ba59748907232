//! Ids as the API writes them: a prefix and characters that a path needs not encode.

use std::fmt;

use aws::store::keys;
use domain::event::derived;
use domain::id::{Channel, ContactId, CorrectionId, IdentityId, MessageId, ThreadId};
use schemars::JsonSchema;
use serde::Serialize;

/// A message, by the only thing that finds it: its key in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageRef {
    /// One of ours: `msg_<32 digits>`.
    Ours(MessageId),
    /// One that a platform gave an id: `msg_<channel>_<digest>`.
    Theirs(Channel, String),
}

impl MessageRef {
    /// The message of this id.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        let rest = id.strip_prefix("msg_")?;
        match rest.split_once('_') {
            None => hex(rest, 32).then(|| Self::Ours(MessageId::new(id))),
            Some((name, digest)) => {
                hex(digest, 64).then_some(Self::Theirs(channel(name)?, digest.to_owned()))
            }
        }
    }

    /// The message of this partition key.
    pub(crate) fn from_key(pk: &str) -> Option<Self> {
        if let Some(ours) = keys::message_of_ours(pk) {
            return Some(Self::Ours(ours));
        }
        let (name, digest) = keys::parts_of_message(pk)?;
        Some(Self::Theirs(channel(name)?, digest.to_owned()))
    }

    /// Its partition key.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Ours(id) => keys::outbound(id).pk,
            Self::Theirs(channel, digest) => keys::message_of_parts(channel.as_str(), digest).pk,
        }
    }

    pub(crate) fn id(&self) -> MessageName {
        MessageName(match self {
            Self::Ours(id) => id.to_string(),
            Self::Theirs(channel, digest) => format!("msg_{channel}_{digest}"),
        })
    }
}

/// The id of a message: one that a platform gave an id has its channel in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "MessageId", extend("pattern" = "^msg_([a-z-]{1,32}_[0-9a-f]{64}|[0-9a-f]{32})$"))]
pub struct MessageName(pub(crate) String);

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether this is the partition key of a message.
pub(crate) fn is_message_key(pk: &str) -> bool {
    let message = MessageRef::from_key(pk).and_then(|it| MessageRef::parse(&it.id().0));
    message.is_some_and(|it| it.key() == pk)
}

/// Whether this is the sort key of a live or an older thread among a person's items.
pub(crate) fn is_thread_key(sk: &str) -> bool {
    let id = sk.strip_prefix("1#").or_else(|| sk.strip_prefix("2#"));
    id.is_some_and(|it| thread(it).is_some())
}

/// A thread's id.
pub(crate) fn thread(id: &str) -> Option<ThreadId> {
    hex(id.strip_prefix("thr_")?, 32).then(|| ThreadId::new(id))
}

/// A contact's id.
pub(crate) fn contact(id: &str) -> Option<ContactId> {
    hex(id.strip_prefix("con_")?, 32).then(|| ContactId::new(id))
}

/// A correction's id.
pub(crate) fn correction(id: &str) -> Option<CorrectionId> {
    hex(id.strip_prefix("cor_")?, 32).then(|| CorrectionId::new(id))
}

/// The name of an address in paths: the address itself would have to be encoded, and would be in every log of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "IdentityId", extend("pattern" = "^idn_[0-9a-f]{32}$"))]
pub(crate) struct IdentityName(pub(crate) String);

/// An address of a person, as a path names it.
pub(crate) fn identity(id: &IdentityId) -> IdentityName {
    IdentityName(derived("idn_", &["identity", &id.key()]))
}

/// A language tag, as a regular expression.
pub(crate) const LOCALE: &str = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$";
/// The longest language tag.
pub(crate) const MOST_LOCALE: usize = 35;

/// A language tag: letters, then parts of letters and digits.
pub(crate) fn locale(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let is_language = parts.next().is_some_and(|it| {
        (2..=3).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_lowercase())
    });
    let is_part =
        |it: &str| (2..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric());
    (is_language && text.len() <= MOST_LOCALE && parts.all(is_part)).then(|| text.to_owned())
}

/// A channel's name.
pub(crate) fn channel(name: &str) -> Option<Channel> {
    let plain = |it: u8| it.is_ascii_lowercase() || it == b'-';
    let fits = (1..=32).contains(&name.len()) && name != "out" && name.bytes().all(plain);
    fits.then(|| Channel::new(name))
}

fn hex(text: &str, length: usize) -> bool {
    let digit = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    text.len() == length && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_by_the_id_that_its_key_makes() {
        let (ours, theirs) = ("a".repeat(32), "b".repeat(64));
        for pk in [format!("MSG#out#msg_{ours}"), format!("MSG#apple-messages#{theirs}")] {
            let it = MessageRef::from_key(&pk).unwrap();
            assert_eq!(it.key(), pk);
            assert_eq!(MessageRef::parse(&it.id().0), Some(it));
        }
    }

    #[test]
    fn what_is_no_id_finds_nothing() {
        let long = format!("msg_Whatsapp_{}", "b".repeat(64));
        let out = format!("msg_out_{}", "b".repeat(64));
        for id in ["", "msg_", "msg_1", "msg_whatsapp_1", "thr_1", &long, &out] {
            assert_eq!(MessageRef::parse(id), None, "{id}");
        }
        assert_eq!(MessageRef::from_key("TOK#1"), None);
    }
}
