//! The references of a message: what it answers and quotes, and where its words are from.

use domain::content::{Quote, Referral};
use domain::id::ProviderId;
use domain::json::Fields;

use super::content;
use super::links::written_out;
use super::place::{Place, name};
use super::update::whole;
use crate::address::Chat;

/// The message that a message answers. In a topic, every message that answers none points at the notice that made the topic.
pub(super) fn reply_to(place: &Place<'_>, item: &Fields<'_>) -> Option<ProviderId> {
    let reply = item.object("reply_to_message");
    let in_topic = item.flag("is_topic_message");
    let is_root = in_topic && whole(&reply, "message_id") == whole(item, "message_thread_id");
    if is_root || reply.raw("forum_topic_created").is_some() {
        return None;
    }
    // A comment answers what the channel posted; the group has only a copy of that.
    let posted = reply.object("forward_origin");
    let is_copy = reply.flag("is_automatic_forward");
    let post = if is_copy { post(&posted) } else { None };
    post.or_else(|| place.named(&reply)).or_else(|| {
        let of = ["checklist_tasks_added", "checklist_tasks_done"].map(|it| item.object(it));
        of.iter().find_map(|it| place.named(&it.object("checklist_message")))
    })
}

/// The messages that a message refers to without answering them: those of another chat, and the copy of a post.
pub(super) fn refs(place: &Place<'_>, item: &Fields<'_>) -> Vec<ProviderId> {
    let reply = item.object("reply_to_message");
    let copy = place.named(&reply).filter(|_| reply.flag("is_automatic_forward"));
    // Only of a group or a channel is the number told. Neither is a chat of a business account.
    post(&item.object("external_reply")).into_iter().chain(copy).collect()
}

/// The words that a message quotes: those that the person chose, the task or option that they answer, or what is told of a
/// message of another chat, with its author.
pub(super) fn quote(item: &Fields<'_>) -> Option<Quote> {
    let external = item.object("external_reply");
    let chosen = written_out(&item.object("quote"), "text", "entities");
    let text = chosen.or_else(|| part(item)).or_else(|| words(&external));
    let from = author(&external.object("origin"))
        .or_else(|| name(&external.object("chat")).map(|it| it.0));
    if text.is_none() && from.is_none() {
        return None;
    }
    Some(Quote { text: text.unwrap_or_default(), from })
}

/// The task of a checklist or the option of a poll that a message answers.
fn part(item: &Fields<'_>) -> Option<String> {
    let reply = item.object("reply_to_message");
    let of = |list: Fields<'_>, entries: &str, id: &str, wanted: &str| {
        let wanted = item.text(wanted)?;
        let entries = list.list(entries).into_iter().filter_map(Fields::of);
        let mut found = entries.filter(|it| it.text(id).is_some_and(|it| it == wanted));
        written_out(&found.next()?, "text", "text_entities")
    };
    of(reply.object("checklist"), "tasks", "id", "reply_to_checklist_task_id")
        .or_else(|| of(reply.object("poll"), "options", "persistent_id", "reply_to_poll_option_id"))
}

/// The words of a message of another chat, as far as Telegram shows it.
fn words(external: &Fields<'_>) -> Option<String> {
    let words = content::read(external)?.words().to_owned();
    (!words.is_empty()).then_some(words)
}

/// The thing that a person answers or passes on: a story, or words of somebody else.
pub(super) fn referral(item: &Fields<'_>) -> Option<Referral> {
    if is_forwarded(item) {
        let origin = item.object("forward_origin");
        let (post, url, by) = if origin.is_empty() {
            let chat = (item.object("forward_from_chat"), "forward_from_message_id");
            (post_of(&chat.0, item, chat.1), post_url(&chat.0, item, chat.1), old_author(item))
        } else {
            let chat = origin.object("chat");
            (post(&origin), post_url(&chat, &origin, "message_id"), author(&origin))
        };
        return Some(Referral {
            source: "forwarded".to_owned(),
            id: post.map(|it| it.as_str().to_owned()),
            url,
            headline: by,
            ..Referral::default()
        });
    }
    let story = item.object("reply_to_story");
    let chat = story.object("chat");
    let id = format!("{}:{}", whole(&chat, "id")?, whole(&story, "id")?);
    Some(Referral {
        source: "story".to_owned(),
        id: Some(id),
        url: content::story_url(&story),
        headline: name(&chat).map(|it| it.0),
        ..Referral::default()
    })
}

/// Whether somebody else's words are passed on. Before version 7.0 of the Bot API, which servers of one's own may still run, the
/// origin stood in fields of the message.
pub(super) fn is_forwarded(item: &Fields<'_>) -> bool {
    ["forward_origin", "forward_date"].into_iter().any(|it| item.raw(it).is_some())
}

/// The name of whoever said something first, in those older fields.
fn old_author(item: &Fields<'_>) -> Option<String> {
    let named = ["forward_from", "forward_from_chat"];
    let named = named.into_iter().find_map(|it| name(&item.object(it))).map(|it| it.0);
    let author = named.or_else(|| name_of(item, "forward_sender_name"))?;
    Some(signed(author, item, "forward_signature"))
}

/// The name of whoever said something first (<https://core.telegram.org/bots/api#messageorigin>).
fn author(origin: &Fields<'_>) -> Option<String> {
    let named = ["sender_user", "sender_chat", "chat"];
    let named = named.into_iter().find_map(|it| name(&origin.object(it))).map(|it| it.0);
    let author = named.or_else(|| name_of(origin, "sender_user_name"))?;
    Some(signed(author, origin, "author_signature"))
}

fn signed(author: String, fields: &Fields<'_>, signature: &str) -> String {
    match name_of(fields, signature) {
        Some(signature) => format!("{author} ({signature})"),
        None => author,
    }
}

/// A name, cut where no name of Telegram's ends.
fn name_of(fields: &Fields<'_>, field: &str) -> Option<String> {
    let mut name = fields.string(field)?;
    name.truncate(name.floor_char_boundary(super::place::MAX_NAME));
    Some(name)
}

/// The post of a channel that an origin is.
fn post(origin: &Fields<'_>) -> Option<ProviderId> {
    post_of(&origin.object("chat"), origin, "message_id")
}

fn post_of(chat: &Fields<'_>, fields: &Fields<'_>, number: &str) -> Option<ProviderId> {
    let (chat, id) = (whole(chat, "id")?, whole(fields, number)?);
    Some(Chat { connection: None, id: &chat, topic: None }.message(&id))
}

fn post_url(chat: &Fields<'_>, fields: &Fields<'_>, number: &str) -> Option<String> {
    let channel = chat.string("username")?;
    Some(format!("https://t.me/{channel}/{}", whole(fields, number)?))
}
