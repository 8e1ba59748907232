//! Where a message was said, by whom, and to whom.

use std::borrow::Cow;

use domain::event::{Direction, Identity, PersonName, Visibility};
use domain::id::ProviderId;
use domain::json::Fields;

use super::update::{Update, whole};
use crate::address::Chat;

/// Where a message was said, by whom, and to whom.
pub(super) struct Place<'a> {
    /// The connection to a business account, if it was said to that.
    connection: Option<Cow<'a, str>>,
    /// The chat.
    chat: Cow<'a, str>,
    /// The person; else the group or channel.
    pub(super) identity: Identity,
    /// Who spoke.
    pub(super) speaker: Speaker<'a>,
    /// Who could read it.
    pub(super) visibility: Visibility,
}

/// Who spoke.
pub(super) enum Speaker<'a> {
    /// The person.
    Person,
    /// A colleague, or a program that is not this bot, by their id: in a business account's own app, or in our channel.
    Colleague(Option<Cow<'a, str>>),
    /// This bot.
    Us,
}

impl Speaker<'_> {
    /// In or out.
    pub(super) fn direction(&self) -> Direction {
        match self {
            Self::Person => Direction::In,
            Self::Colleague(_) | Self::Us => Direction::Out,
        }
    }
}

impl<'a> Place<'a> {
    /// The place of a message, or of what has a `chat` and a `from` like one; `None` if it does not say.
    pub(super) fn of(update: &Update<'_>, item: &Fields<'a>) -> Option<Self> {
        let chat = item.object("chat");
        let chat_id = whole(&chat, "id")?;
        let kind = chat.text("type");
        let from = item.object("from");
        let from_id = whole(&from, "id");
        if let Some(connection) = connection(item) {
            return Some(Self::business(update, item, connection, chat_id));
        }
        if update.kind.contains("business") {
            return None;
        }
        let is_guest = update.kind == "guest_message";
        let is_private = !is_guest
            && match kind.as_deref() {
                Some(kind) => kind == "private",
                None => from_id == Some(chat_id.clone()),
            };
        let is_channel = kind.as_deref() == Some("channel");
        let by_us = from_id.as_deref().is_some_and(|it| update.is_us(it));
        let group = item.object("sender_chat");
        let identity = match &from_id {
            _ if is_private || is_channel || by_us => person(update, None, &chat_id, &chat),
            Some(from_id) => person(update, None, from_id, &from),
            None => person(update, None, &whole(&group, "id")?, &group),
        };
        let speaker = if by_us {
            Speaker::Us
        } else if is_channel {
            Speaker::Colleague(from_id)
        } else {
            Speaker::Person
        };
        Some(Self {
            connection: None,
            chat: chat_id,
            identity,
            speaker,
            visibility: if is_private { Visibility::Private } else { Visibility::Public },
        })
    }

    fn business(
        update: &Update<'_>,
        item: &Fields<'a>,
        connection: Cow<'a, str>,
        chat: Cow<'a, str>,
    ) -> Self {
        let bot = whole(&item.object("sender_business_bot"), "id");
        let from = whole(&item.object("from"), "id");
        let speaker = match (bot, from) {
            (Some(bot), _) if update.is_us(&bot) => Speaker::Us,
            (Some(bot), _) => Speaker::Colleague(Some(bot)),
            (None, Some(from)) if from != chat => Speaker::Colleague(Some(from)),
            (None, Some(_) | None) => Speaker::Person,
        };
        let identity = person(update, Some(&connection), &chat, &item.object("chat"));
        let visibility = Visibility::Private;
        Self { connection: Some(connection), chat, identity, speaker, visibility }
    }

    /// The id of a message of this chat.
    pub(super) fn message(&self, id: &str) -> ProviderId {
        self.chat(&self.chat).message(id)
    }

    /// The id of the message that a field names; its chat is this one, if it names none.
    pub(super) fn named(&self, field: &Fields<'_>) -> Option<ProviderId> {
        let id = whole(field, "message_id")?;
        let chat = whole(&field.object("chat"), "id");
        Some(self.chat(chat.as_deref().unwrap_or(&self.chat)).message(&id))
    }

    fn chat<'b>(&'b self, id: &'b str) -> Chat<'b> {
        Chat { connection: self.connection.as_deref(), id }
    }
}

/// A person, by their own id. In a chat with a business account they are an identity of its own, of the same person: it
/// has a window, and an answer must go the same way.
pub(super) fn person(
    update: &Update<'_>,
    connection: Option<&str>,
    id: &str,
    user: &Fields<'_>,
) -> Identity {
    let (to_bot, name) = (update.address(id), name(user));
    if connection.is_none() {
        return Identity { id: to_bot, aliases: Vec::new(), name };
    }
    let id = update.address(&Chat { connection, id }.address());
    Identity { id, aliases: vec![to_bot], name }
}

/// The business connection that something came by.
pub(super) fn connection<'a>(item: &Fields<'a>) -> Option<Cow<'a, str>> {
    item.text("business_connection_id").filter(|it| it.len() <= MAX_CONNECTION)
}

/// The longest id of a business connection. Telegram's have about 20 characters.
const MAX_CONNECTION: usize = 64;

/// Where a name is cut, in bytes. Telegram's have 64 characters at most, twice.
const MAX_NAME: usize = 512;

/// The name of a person, or the title of a group.
fn name(fields: &Fields<'_>) -> Option<PersonName> {
    let names: Vec<_> =
        ["first_name", "last_name"].into_iter().filter_map(|it| fields.text(it)).collect();
    let mut name = if names.is_empty() { fields.string("title")? } else { names.join(" ") };
    name.truncate(name.floor_char_boundary(MAX_NAME));
    Some(PersonName(name))
}
