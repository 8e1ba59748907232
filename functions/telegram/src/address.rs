//! How chats and messages are written in our ids, the same in both directions.
//!
//! Telegram numbers messages per chat, and a person may write to the bot and, in the same numbers, to a business account
//! that the bot serves. So an id begins with what makes it unique: `<chat>:<message>`, or
//! `<business connection>:<chat>:<message>`.

use domain::id::ProviderId;

/// A chat with a person, where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chat<'a> {
    /// The connection to a business account, if the chat is with that and not with the bot.
    pub(crate) connection: Option<&'a str>,
    /// The chat's own id.
    pub(crate) id: &'a str,
}

impl<'a> Chat<'a> {
    /// The chat of an identity's address; `None` if it is not one.
    pub(crate) fn parse(address: &'a str) -> Option<Self> {
        let (connection, id) = match address.rsplit_once(':') {
            Some((connection, id)) => (Some(connection), id),
            None => (None, address),
        };
        (is_whole(id) && connection != Some("")).then_some(Self { connection, id })
    }

    /// An identity's address.
    pub(crate) fn address(&self) -> String {
        match self.connection {
            Some(connection) => format!("{connection}:{}", self.id),
            None => self.id.to_owned(),
        }
    }

    /// The id of a message of this chat.
    pub(crate) fn message(&self, id: &str) -> ProviderId {
        ProviderId::new(format!("{}:{id}", self.address()))
    }
}

/// What a provider's id names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// A message of a chat.
    Message(Chat<'a>, &'a str),
    /// A tap on a button, which waits for an answer.
    Tap(&'a str),
}

impl<'a> Named<'a> {
    /// What an id names; `None` if it is none of ours.
    pub(crate) fn parse(id: &'a ProviderId) -> Option<Self> {
        if let Some(tap) = id.as_str().strip_prefix(TAP) {
            return Some(Self::Tap(tap));
        }
        let (before, last) = id.as_str().rsplit_once(':')?;
        is_whole(last).then_some(Self::Message(Chat::parse(before)?, last))
    }
}

/// What stands before the id of a tap. No chat is called so.
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
        let bot = Chat { connection: None, id: "5000000001" };
        let business = Chat { connection: Some("b:c1"), id: "5000000001" };
        for chat in [bot, business] {
            assert_eq!(Chat::parse(&chat.address()), Some(chat));
            assert_eq!(Named::parse(&chat.message("41")), Some(Named::Message(chat, "41")));
        }
        assert_ne!(bot.message("41"), business.message("41"));
        assert_eq!(Named::parse(&tap("4382")), Some(Named::Tap("4382")));
    }

    #[test]
    fn what_is_not_ours_is_no_id() {
        for id in ["", "41", "a:b", "5:", ":5", "5000000001:x", "1:2:", "wamid.x"] {
            assert_eq!(Named::parse(&ProviderId::new(id)), None, "{id}");
        }
        for address in ["", ":", ":5", "awa", "5.0", "12345678901234567"] {
            assert_eq!(Chat::parse(address), None, "{address}");
        }
    }
}
