//! A message of ours as an item.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::Direction;
use domain::filing::arbiter::without_titles;
use domain::id::{ContactId, ThreadId};
use domain::outbound::{Author, SendContent};
use domain::sending::{Outgoing, shown};
use domain::time::Timestamp;

use super::legs;
use super::values::get_json;
use super::values::json;
use super::values::parse;
use super::values::rank;
use crate::store::item::{Item, get_moment, get_number, get_text, moment, seconds, text};
use crate::store::keys;
use crate::store::messages::stored::content;
use crate::store::patch::Patch;
use crate::store::schema::{
    AT, AUTHOR, CHANNEL, CLIENT_REF, CONTACT, CONTENT, DELETED, DIRECTION, EXPIRES, EXPIRES_AT,
    HASH, LEGS, PASSED, PK, REACTION_IN, REACTION_OUT, REPLY_TO, SEND, STATUS, THREAD,
};

/// Stores a message that is not there.
pub(super) fn write(message: &Outgoing, until: Option<Timestamp>) -> anyhow::Result<Patch> {
    let last = message.legs.last().context("a message of ours that goes no way")?;
    let quoted = message.legs.iter().find_map(|it| {
        let id = it.reply_to.as_ref()?;
        Some(keys::message(&it.channel, &it.account, id).pk)
    });
    let passed = Some(&message.passed).filter(|it| !it.is_empty());
    Ok(Patch::of(keys::outbound(&message.id))
        .if_absent(PK)
        .set(THREAD, text(message.thread.as_str()))
        .set(AT, moment(message.at))
        .set(CONTACT, text(message.contact.as_str()))
        .set(CHANNEL, text(last.channel.as_str()))
        .set(DIRECTION, text(Direction::Out.name()))
        .set(AUTHOR, text(if message.author == Author::Human { "human" } else { "automation" }))
        .set(CONTENT, content(&shown(&message.content))?)
        .set_some(REPLY_TO, quoted.map(text))
        .set(STATUS, rank(message.status()))
        .set(LEGS, legs::write(&message.legs)?)
        .set_some(SEND, sent(&message.content)?)
        .set(HASH, text(&*message.hash))
        .set_some(PASSED, passed.map(json).transpose()?)
        .set_some(CLIENT_REF, message.client_ref.clone().map(text))
        .set_some(EXPIRES_AT, message.expires_at.map(moment))
        .set_some(EXPIRES, until.map(seconds)))
}

/// The content that goes to the person, unless that is plain words.
fn sent(content: &SendContent) -> anyhow::Result<Option<AttributeValue>> {
    let is_text = matches!(content, SendContent::Text { .. });
    if is_text { Ok(None) } else { Ok(Some(json(content)?)) }
}

/// Forgets the titles of a question about topics, which are the person's own words, once it will not be sent any more. Of one
/// that was taken back since it was read it writes our own sentence again, which is the same for everybody.
pub(in crate::store) fn forget_titles(patch: Patch, message: &Outgoing) -> anyhow::Result<Patch> {
    match without_titles(&message.content) {
        Some(content) => Ok(patch.set(SEND, json(&content)?)),
        None => Ok(patch),
    }
}

/// Forgets what a message said that was taken back after it was sent.
pub(super) fn forget_words(message: &Outgoing) -> anyhow::Result<Patch> {
    let nothing = SendContent::Text { text: String::new() };
    Ok(Patch::of(keys::outbound(&message.id))
        .if_present(PK)
        .set(DELETED, AttributeValue::Bool(true))
        .set(CONTENT, content(&shown(&nothing))?)
        .remove(SEND)
        .remove(REACTION_IN)
        .remove(REACTION_OUT))
}

/// Reads a message of ours.
pub(super) fn read(item: &Item) -> anyhow::Result<Outgoing> {
    let needed = |name: &'static str| {
        get_text(item, name).with_context(|| format!("a message of ours without {name}"))
    };
    let id = keys::message_of_ours(needed(PK)?).context("not a message of ours")?;
    let content = match get_json(item, SEND)? {
        Some(content) => content,
        None => SendContent::Text { text: parse::<Content>(needed(CONTENT)?)?.words().to_owned() },
    };
    let is_human = get_text(item, AUTHOR) == Some("human");
    Ok(Outgoing {
        id,
        content,
        author: if is_human { Author::Human } else { Author::Automation },
        legs: legs::read(item)?,
        passed: get_json(item, PASSED)?.unwrap_or_default(),
        thread: ThreadId::new(needed(THREAD)?),
        contact: ContactId::new(needed(CONTACT)?),
        at: get_moment(item, AT).context("a message of ours without a time")?,
        expires_at: get_moment(item, EXPIRES_AT),
        hash: needed(HASH)?.to_owned(),
        client_ref: get_text(item, CLIENT_REF).map(str::to_owned),
        kept_until: get_number(item, EXPIRES).map(Timestamp::from_secs),
    })
}
