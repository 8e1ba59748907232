//! The place of a message, its speaker, and its readers.
//!
//! The writer for a chat (an anonymous admin for their group, a person for a channel of theirs) is that chat: the `from`
//! beside it is a fixed account of Telegram's own, the same for everybody, and names nobody.

use std::borrow::Cow;

use domain::event::{Direction, Identity, PersonName, Visibility};
use domain::id::ProviderId;
use domain::json::Fields;

use super::update::{Update, whole};
use crate::address::Chat;

/// Telegram's own accounts in the place of a sender: `Group`, `Channel`, and `Telegram` for what a linked channel posted
/// (<https://core.telegram.org/bots/api#message>, `from`).
const STAND_INS: [&str; 3] = ["1087968824", "136817688", "777000"];

/// The place of a message, its speaker, and its readers.
pub(super) struct Place<'a> {
    /// The connection to a business account, if it was said to that.
    connection: Option<Cow<'a, str>>,
    chat: Cow<'a, str>,
    /// The person; else the group or channel.
    pub(super) identity: Identity,
    /// The side that spoke.
    pub(super) speaker: Speaker<'a>,
    /// The circle of those who could read it.
    pub(super) visibility: Visibility,
}

/// The side that spoke.
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
        if let Some(connection) = connection(item) {
            return Some(Self::business(update, item, connection, chat_id));
        }
        if update.kind.contains("business") {
            return None;
        }
        if chat.flag("is_direct_messages")
            && let Some(topic) = whole(&item.object("direct_messages_topic"), "topic_id")
        {
            return Some(Self::direct(update, item, chat_id, &topic));
        }
        let from = item.object("from");
        let from_id = whole(&from, "id");
        let kind = chat.text("type");
        let is_private = update.kind != "guest_message"
            && match kind.as_deref() {
                Some(kind) => kind == "private",
                None => from_id == Some(chat_id.clone()),
            };
        let is_channel = kind.as_deref() == Some("channel");
        let by_us = from_id.as_deref().is_some_and(|it| update.is_us(it));
        let is_ephemeral = is_ephemeral(item);
        let identity = if is_ephemeral && by_us {
            let to = item.object("receiver_user");
            person(update, None, &whole(&to, "id")?, &to)
        } else if is_private || is_channel || by_us {
            person(update, None, &chat_id, &chat)
        } else {
            sender(update, item)?
        };
        let speaker = if by_us {
            Speaker::Us
        } else if is_channel {
            Speaker::Colleague(from_id)
        } else {
            Speaker::Person
        };
        let is_private = is_private || is_ephemeral || chat.flag("is_direct_messages");
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

    /// The direct messages of a channel: one chat in which each person has a topic that they and the channel's admins see
    /// (<https://core.telegram.org/bots/api#directmessagestopic>).
    fn direct(update: &Update<'_>, item: &Fields<'a>, chat: Cow<'a, str>, topic: &str) -> Self {
        let (identity, person) = direct_identity(update, item, &chat, topic);
        let from = whole(&item.object("from"), "id");
        // Whoever writes as a channel has that as their topic.
        let writer = whole(&item.object("sender_chat"), "id").or_else(|| from.clone());
        let is_theirs = writer.as_deref().is_none_or(|it| it == person || it == topic);
        let speaker = if from.as_deref().is_some_and(|it| update.is_us(it)) {
            Speaker::Us
        } else if is_theirs {
            Speaker::Person
        } else {
            Speaker::Colleague(writer)
        };
        Self { connection: None, chat, identity, speaker, visibility: Visibility::Private }
    }

    /// The place of a tap by a person on a button under a message; that may be gone, or have come by no chat.
    pub(super) fn tapped(
        update: &Update<'_>,
        asked: &Fields<'a>,
        from: &Fields<'_>,
    ) -> Option<Self> {
        let (chat, connection) = (asked.object("chat"), connection(asked));
        let own = person(update, connection.as_deref(), &whole(from, "id")?, from);
        let chat_id = whole(&chat, "id");
        let topic = whole(&asked.object("direct_messages_topic"), "topic_id");
        let identity = match (&chat_id, &topic) {
            (Some(chat), Some(topic)) => direct_identity(update, asked, chat, topic).0,
            (_, None) | (None, _) => own,
        };
        let is_private = chat.text("type").is_none_or(|it| it == "private")
            || topic.is_some()
            || is_ephemeral(asked);
        Some(Self {
            connection,
            chat: chat_id.unwrap_or_default(),
            identity,
            speaker: Speaker::Person,
            visibility: if is_private { Visibility::Private } else { Visibility::Public },
        })
    }

    /// The id of a message of this chat.
    pub(super) fn message(&self, id: &str) -> ProviderId {
        self.chat(&self.chat).message(id)
    }

    /// The id of the message that a field names, which may be an item of its own; its chat is this one, if it names none.
    pub(super) fn named(&self, field: &Fields<'_>) -> Option<ProviderId> {
        let chat = whole(&field.object("chat"), "id");
        let chat = self.chat(chat.as_deref().unwrap_or(&self.chat));
        if chat.id.is_empty() {
            return None;
        }
        if is_ephemeral(field) {
            return ephemeral(&chat, field);
        }
        Some(chat.message(&whole(field, "message_id")?))
    }

    /// The topic of the chat that an answer goes back to. Whoever wrote in a group is answered in private, where there is no
    /// such topic; only who writes for the group itself is answered in it.
    pub(super) fn topic(&self, update: &Update<'_>, item: &Fields<'_>) -> Option<String> {
        let answers_here =
            self.connection.is_none() && self.identity.id == update.address(&self.chat);
        // In a group without topics the same number names the first message of a chain of replies.
        let is_one = answers_here && item.flag("is_topic_message");
        whole(item, "message_thread_id").filter(|_| is_one).map(Cow::into_owned)
    }

    fn chat<'b>(&'b self, id: &'b str) -> Chat<'b> {
        Chat { connection: self.connection.as_deref(), id, topic: None }
    }
}

/// Whether a message is seen by one person of a group and the bot alone. Such messages have no number of their own.
fn is_ephemeral(item: &Fields<'_>) -> bool {
    item.raw("ephemeral_message_id").is_some()
}

fn ephemeral(chat: &Chat<'_>, item: &Fields<'_>) -> Option<ProviderId> {
    let id = whole(item, "ephemeral_message_id")?;
    // One of the two is the bot, the other the person.
    let from = item.object("from");
    let person = if from.flag("is_bot") { item.object("receiver_user") } else { from };
    Some(chat.ephemeral(&whole(&person, "id")?, &id, &whole(item, "date")?))
}

/// The writer of a message in a group.
fn sender(update: &Update<'_>, item: &Fields<'_>) -> Option<Identity> {
    let (from, group) = (item.object("from"), item.object("sender_chat"));
    let known = whole(&from, "id").filter(|it| !STAND_INS.contains(&it.as_ref()));
    let fields = match (whole(&group, "id"), known) {
        (Some(_), _) => group,
        (None, Some(_)) => from,
        (None, None) => item.object("chat"),
    };
    Some(person(update, None, &whole(&fields, "id")?, &fields))
}

/// The person of a topic of a channel's direct messages, and their own id. An answer must go to the topic; they are the same
/// person as the one who writes to the bot.
fn direct_identity<'a>(
    update: &Update<'_>,
    item: &Fields<'a>,
    chat: &str,
    topic: &str,
) -> (Identity, Cow<'a, str>) {
    let user = item.object("direct_messages_topic").object("user");
    let own = whole(&user, "id").unwrap_or_else(|| Cow::Owned(topic.to_owned()));
    let to = Chat { connection: None, id: chat, topic: Some(topic) };
    let id = update.address(&to.address());
    let identity = Identity { id, aliases: vec![update.address(&own)], name: name(&user) };
    (identity, own)
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
    let id = update.address(&Chat { connection, id, topic: None }.address());
    Identity { id, aliases: vec![to_bot], name }
}

/// The business connection that something came by.
pub(super) fn connection<'a>(item: &Fields<'a>) -> Option<Cow<'a, str>> {
    item.text("business_connection_id").filter(|it| it.len() <= MAX_CONNECTION)
}

/// The longest id of a business connection. Telegram's have about 20 characters.
const MAX_CONNECTION: usize = 64;

/// The length at which a name is cut, in bytes. Telegram's have 64 characters at most, twice.
pub(super) const MAX_NAME: usize = 512;

/// The name of a person, or the title of a group.
pub(super) fn name(fields: &Fields<'_>) -> Option<PersonName> {
    let names: Vec<_> =
        ["first_name", "last_name"].into_iter().filter_map(|it| fields.text(it)).collect();
    let mut name = if names.is_empty() { fields.string("title")? } else { names.join(" ") };
    name.truncate(name.floor_char_boundary(MAX_NAME));
    Some(PersonName(name))
}
