//! A message of ours as an item.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::Direction;
use domain::filing::arbiter::without_titles;
use domain::id::{AccountId, Channel, ContactId, IdentityId, ProviderId, ThreadId};
use domain::outbound::{Author, Send, SendContent};
use domain::sending::{Accepted, Outgoing, Progress, shown};
use domain::status::Status;
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::item::{
    Item, get_flag, get_moment, get_number, get_text, moment, number, seconds, text,
};
use crate::store::keys;
use crate::store::messages::stored::{CONTENT, DELETED, content};
use crate::store::patch::Patch;
use crate::store::schema::{AT, EXPIRES, PK, THREAD};
use crate::store::threads::live::CONTACT;

/// The rank of the highest status seen.
pub(in crate::store) const STATUS: &str = "status";
/// The platform's id of the message.
pub(in crate::store) const PROVIDER: &str = "provider";
/// Why it failed, as JSON.
pub(in crate::store) const FAILURE: &str = "failure";
/// Each receipt, as JSON.
pub(in crate::store) const RECEIPTS: &str = "receipts";
/// The hash of the request that made the message.
pub(in crate::store) const HASH: &str = "hash";
/// The number of the last attempt that was begun; absent before the first.
pub(in crate::store) const ATTEMPT: &str = "attempt";
/// When the call of that attempt was begun, while its result is not known.
pub(in crate::store) const INTENT: &str = "intent";
/// When the next attempt is due.
pub(in crate::store) const RETRY_AT: &str = "retry_at";
/// Whether it was sent again though it may have arrived.
pub(in crate::store) const POSSIBLE_DUPLICATE: &str = "possible_duplicate";
/// What each attempt came to, as JSON.
pub(in crate::store) const RESULTS: &str = "attempts";
/// What goes to the person, as JSON, but for what other attributes say.
const SEND: &str = "send";
const CHANNEL: &str = "channel";
const ACCOUNT: &str = "account";
const AUTHOR: &str = "author";
const CLIENT_REF: &str = "client_ref";
const PLAN: &str = "plan";
const EXPIRES_AT: &str = "expires_at";

/// What only `outbound` reads. Words are not kept twice: an item that stays within a kilobyte costs half.
#[derive(Serialize, Deserialize)]
struct Kept {
    to: Vec<IdentityId>,
    /// Absent for plain words: they are the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<SendContent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<ProviderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since_inbound_ms: Option<i64>,
}

/// Stores a message that is not there.
pub(in crate::store) fn write(
    accepted: &Accepted,
    until: Option<Timestamp>,
) -> anyhow::Result<Patch> {
    let Accepted { send, channel, account, .. } = accepted;
    let kept = kept(send, &send.content);
    let quoted = send.reply_to.as_ref().map(|it| keys::message(channel, account, it).pk);
    Ok(Patch::of(keys::outbound(accepted.id()))
        .if_absent(PK)
        .set(THREAD, text(accepted.thread.as_str()))
        .set(AT, moment(accepted.at))
        .set(CONTACT, text(accepted.contact.as_str()))
        .set(CHANNEL, text(channel.as_str()))
        .set(ACCOUNT, text(account.as_str()))
        .set("direction", text(Direction::Out.name()))
        .set(AUTHOR, text(if send.author == Author::Human { "human" } else { "automation" }))
        .set(CONTENT, content(&shown(&send.content))?)
        .set_some("reply_to", quoted.map(text))
        .set(STATUS, rank(Status::Accepted))
        .set(SEND, json(&kept)?)
        .set(HASH, text(&*accepted.hash))
        .set(PLAN, text(&*accepted.plan))
        .set_some(CLIENT_REF, accepted.client_ref.clone().map(text))
        .set_some(EXPIRES_AT, accepted.expires_at.map(moment))
        .set_some(EXPIRES, until.map(seconds)))
}

fn kept(send: &Send, content: &SendContent) -> Kept {
    let is_text = matches!(content, SendContent::Text { .. });
    Kept {
        to: send.to.clone(),
        content: (!is_text).then(|| content.clone()),
        reply_to: send.reply_to.clone(),
        place: send.place.clone(),
        since_inbound_ms: send.since_inbound_ms,
    }
}

/// Forgets the titles of a question about topics, which are the person's own words, once it will not be sent any more. Of one
/// that was taken back since it was read it writes our own sentence again, which is the same for everybody.
pub(in crate::store) fn forget_titles(patch: Patch, message: &Outgoing) -> anyhow::Result<Patch> {
    let send = &message.accepted.send;
    match without_titles(&send.content) {
        Some(content) => Ok(patch.set(SEND, json(&kept(send, &content))?)),
        None => Ok(patch),
    }
}

/// Forgets what a message said that was taken back after it was sent.
pub(in crate::store) fn forget_words(message: &Outgoing) -> anyhow::Result<Patch> {
    let send = &message.accepted.send;
    let nothing = SendContent::Text { text: String::new() };
    Ok(Patch::of(keys::outbound(&send.message))
        .if_present(PK)
        .set(DELETED, AttributeValue::Bool(true))
        .set(CONTENT, content(&shown(&nothing))?)
        .set(SEND, json(&kept(send, &nothing))?)
        .remove("reaction_in")
        .remove("reaction_out"))
}

/// Reads a message of ours.
pub(in crate::store) fn read(item: &Item) -> anyhow::Result<Outgoing> {
    let accepted = read_accepted(item)?;
    let progress = Progress {
        status: get_number(item, STATUS)
            .and_then(Status::from_rank)
            .context("a message of ours without a status")?,
        attempt: get_number(item, ATTEMPT).unwrap_or(0),
        intent: get_moment(item, INTENT),
        retry_at: get_moment(item, RETRY_AT),
        possible_duplicate: get_flag(item, POSSIBLE_DUPLICATE),
        ..Progress::new(accepted.at, accepted.expires_at)
    };
    let receipts = item.get(RECEIPTS).and_then(|it| it.as_l().ok());
    let receipts = receipts.into_iter().flatten().filter_map(|it| it.as_s().ok());
    Ok(Outgoing {
        accepted,
        progress,
        provider: get_text(item, PROVIDER).map(ProviderId::new),
        failure: get_json(item, FAILURE)?,
        attempts: get_json(item, RESULTS)?.unwrap_or_default(),
        receipts: receipts.map(|it| parse(it)).collect::<anyhow::Result<_>>()?,
        kept_until: get_number(item, EXPIRES).map(Timestamp::from_secs),
    })
}

fn read_accepted(item: &Item) -> anyhow::Result<Accepted> {
    let needed = |name: &'static str| {
        get_text(item, name).with_context(|| format!("a message of ours without {name}"))
    };
    let message = keys::message_of_ours(needed(PK)?).context("not a message of ours")?;
    let kept: Kept = get_json(item, SEND)?.context("a message of ours without what it sends")?;
    let content = match kept.content {
        Some(content) => content,
        None => SendContent::Text { text: parse::<Content>(needed(CONTENT)?)?.words().to_owned() },
    };
    let is_human = get_text(item, AUTHOR) == Some("human");
    Ok(Accepted {
        send: Send {
            message,
            to: kept.to,
            content,
            reply_to: kept.reply_to,
            place: kept.place,
            author: if is_human { Author::Human } else { Author::Automation },
            since_inbound_ms: kept.since_inbound_ms,
        },
        thread: ThreadId::new(needed(THREAD)?),
        contact: ContactId::new(needed(CONTACT)?),
        channel: Channel::new(needed(CHANNEL)?),
        account: AccountId::new(needed(ACCOUNT)?),
        at: get_moment(item, AT).context("a message of ours without a time")?,
        expires_at: get_moment(item, EXPIRES_AT),
        hash: needed(HASH)?.to_owned(),
        client_ref: get_text(item, CLIENT_REF).map(str::to_owned),
        plan: needed(PLAN)?.to_owned(),
    })
}

/// A status as it is kept.
pub(in crate::store) fn rank(status: Status) -> AttributeValue {
    number(status.rank())
}

/// Anything as JSON.
pub(in crate::store) fn json(value: &impl Serialize) -> anyhow::Result<AttributeValue> {
    Ok(text(serde_json::to_string(value)?))
}

pub(in crate::store) fn get_json<T: DeserializeOwned>(
    item: &Item,
    name: &str,
) -> anyhow::Result<Option<T>> {
    get_text(item, name).map(parse).transpose()
}

/// Reads JSON of ours. The error does not quote it: it may hold what was said.
fn parse<T: DeserializeOwned>(json: &str) -> anyhow::Result<T> {
    serde_json::from_str(json)
        .map_err(|error| anyhow::anyhow!("an attribute cannot be read: {:?}", error.classify()))
}
