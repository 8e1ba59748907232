//! The form of chats and messages in our ids, the same in both directions.
//!
//! Telegram numbers messages per chat, and a person may write to the bot and, in the same numbers, to a business account
//! that the bot serves. So an id begins with what makes it unique: `<chat>:<message>`, or
//! `<business connection>:<chat>:<message>`. An ephemeral message has no number of its own that stays: its id ends with what
//! tells it apart, and no call can name it.

use domain::id::ProviderId;

/// A chat with a person, where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chat<'a> {
    /// The connection to a business account, if the chat is with that and not with the bot.
    pub(crate) connection: Option<&'a str>,
    /// The chat's own id.
    pub(crate) id: &'a str,
    /// The topic of the person, if the chat is the one with a channel's direct messages: everybody's are in the same chat.
    pub(crate) topic: Option<&'a str>,
}

impl<'a> Chat<'a> {
    /// The chat of an identity's address; `None` if it is not one.
    pub(crate) fn parse(address: &'a str) -> Option<Self> {
        let (connection, id) = match address.rsplit_once(':') {
            Some((connection, id)) => (Some(connection), id),
            None => (None, address),
        };
        let (id, topic) = match id.split_once('/') {
            Some((id, topic)) => (id, Some(topic)),
            None => (id, None),
        };
        let fits = is_whole(id) && topic.is_none_or(is_whole) && connection != Some("");
        fits.then_some(Self { connection, id, topic })
    }

    /// An identity's address.
    pub(crate) fn address(&self) -> String {
        let chat = self.unique();
        match self.topic {
            Some(topic) => format!("{chat}/{topic}"),
            None => chat,
        }
    }

    /// The id of a message of this chat. Its topics share one count.
    pub(crate) fn message(&self, id: &str) -> ProviderId {
        ProviderId::new(format!("{}:{id}", self.unique()))
    }

    /// The id of an ephemeral message. Its number is used again once it is gone, so whom it is between and when it was sent
    /// belong to it.
    pub(crate) fn ephemeral(&self, person: &str, id: &str, date: &str) -> ProviderId {
        self.message(&format!("{EPHEMERAL}{person}.{id}.{date}"))
    }

    /// Whether messages of both have one count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.connection == other.connection && self.id == other.id
    }

    fn unique(&self) -> String {
        match self.connection {
            Some(connection) => format!("{connection}:{}", self.id),
            None => self.id.to_owned(),
        }
    }
}

/// The thing that a provider's id names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A message of a chat.
    Message(Chat<'a>, &'a str),
    /// A tap on a button, which waits for an answer.
    Tap(&'a str),
    /// A message that only the person and the bot saw, which no call can name.
    Ephemeral,
}

impl<'a> Named<'a> {
    /// The thing that an id names; `None` if it is none of ours.
    pub(crate) fn parse(id: &'a ProviderId) -> Option<Self> {
        if let Some(tap) = id.as_str().strip_prefix(TAP) {
            return Some(Self::Tap(tap));
        }
        let (before, last) = id.as_str().rsplit_once(':')?;
        if last.starts_with(EPHEMERAL) && Chat::parse(before).is_some() {
            return Some(Self::Ephemeral);
        }
        is_whole(last).then_some(Self::Message(Chat::parse(before)?, last))
    }
}

/// The start of the last part of an ephemeral message's id. No number begins so.
const EPHEMERAL: char = 'e';

/// The text before the id of a tap. No chat is called so.
const TAP: &str = "tap:";

/// The id of a tap on a button.
pub(crate) fn tap(id: &str) -> ProviderId {
    ProviderId::new(format!("{TAP}{id}"))
}

/// Whether a text is a whole number as Telegram writes ids: up to 52 bits, negative for groups and channels.
pub(crate) fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=16).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_what_it_was_made_of() {
        let bot = Chat { connection: None, id: "5000000001", topic: None };
        let business = Chat { connection: Some("b:c1"), ..bot };
        let direct = Chat { id: "-1009000000001", topic: Some("5000000001"), ..bot };
        for chat in [bot, business, direct] {
            assert_eq!(Chat::parse(&chat.address()), Some(chat));
            let of = Chat { topic: None, ..chat };
            assert_eq!(Named::parse(&chat.message("41")), Some(Named::Message(of, "41")));
        }
        assert_ne!(bot.message("41"), business.message("41"));
        let ephemeral = bot.ephemeral("5000000001", "7", "1795100041");
        assert_eq!(Named::parse(&ephemeral), Some(Named::Ephemeral));
        assert_ne!(ephemeral, bot.ephemeral("5000000001", "7", "1795100042"));
        assert_eq!(Named::parse(&tap("4382")), Some(Named::Tap("4382")));
    }

    #[test]
    fn what_is_not_ours_is_no_id() {
        for id in ["", "41", "a:b", "5:", ":5", "5000000001:x", "1:2:", "wamid.x"] {
            assert_eq!(Named::parse(&ProviderId::new(id)), None, "{id}");
        }
        for address in
            ["", ":", ":5", "awa", "5.0", "12345678901234567", "5/", "/5", "5/a", "5/6/7"]
        {
            assert_eq!(Chat::parse(address), None, "{address}");
        }
    }
}
