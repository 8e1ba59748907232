//! Messages, and what became of those that are ours.

use aws::store::views::Row;
use domain::content::{Content, Quote, Raw, Referral};
use domain::event::{Direction, Visibility};
use domain::id::{AccountId, Channel, ContactId, ThreadId};
use domain::outbound::SendContent;
use domain::sending::{End, Outgoing};
use domain::status::Status;
use domain::threading::Evidence;
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::SendFailure;
use crate::bodies;
use crate::ids::{MessageName, MessageRef};

/// A message as its thread shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TimelineMessage {
    /// The message's id.
    id: MessageName,
    /// When it was said, by the platform's clock.
    at: Timestamp,
    /// The side that said it.
    direction: Direction,
    /// The readers of it.
    visibility: Visibility,
    /// The thread that it was filed in: one that was merged keeps its messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<ThreadId>,
    /// The channel that it came or went by.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    /// The content as it is now; absent once it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<AnyContent>,
    /// The path that all of it is read at, if this is an excerpt.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<String>,
    /// Whether the content is cut: it was too long to be kept here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    excerpt: bool,
    /// Of a message of ours: how far it is known to have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    /// The person or program of ours that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    /// The message that it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageName>,
    /// The words that it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<Quote>,
    /// The thing that brought the person to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<Referral>,
    /// Whether it was changed since it was said.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    /// Whether it was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    /// How sure it is that it belongs to this thread, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    /// The reasons why it is in this thread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Reason>,
}

/// The content of a message: the person's, or ours.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum AnyContent {
    /// The words and files of a message as it is now.
    Said(Content),
    /// The words and files that we asked to send.
    Sent(#[schemars(with = "bodies::SendContent")] SendContent),
}

impl From<Content> for AnyContent {
    fn from(content: Content) -> Self {
        // The text that could not be read is kept for a later parser, not for callers.
        Self::Said(if let Content::Unsupported { kind, .. } = content {
            Content::Unsupported { kind, raw: Raw::default() }
        } else {
            content
        })
    }
}

/// One reason why a message is in its thread.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Evidence")]
struct Reason {
    /// The reason, for programs. Stable.
    name: String,
    /// The reason, for people.
    words: String,
}

impl Reason {
    // "3 min ago" is told from when the message came, so that it reads the same whenever it is read.
    fn of(evidence: &Evidence, at: Timestamp) -> Self {
        Self { name: evidence.name().to_owned(), words: evidence.words(at) }
    }
}

impl TimelineMessage {
    /// A row of the table, if it is a message that a caller can name.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        let id = MessageRef::from_key(&row.key)?.id();
        // Of what was taken back there is no more to read.
        let excerpt = row.whole.is_some() && !row.deleted;
        let quoted = row.reply_to.as_deref().and_then(MessageRef::from_key);
        Some(Self {
            whole: excerpt.then(|| format!("/v1/messages/{id}/content")),
            id,
            at: row.at,
            direction: row.direction,
            visibility: row.visibility,
            thread_id: row.thread.clone(),
            channel: row.channel.clone(),
            content: row.content.clone().map(AnyContent::from),
            excerpt,
            status: row.status,
            author: row.author.clone(),
            reply_to: quoted.map(|it| it.id()),
            quote: row.quote.clone(),
            referral: row.referral.clone(),
            edited: row.edited,
            deleted: row.deleted,
            confidence: row.confidence.map(rounded),
            evidence: row.evidence.iter().map(|it| Reason::of(it, row.at)).collect(),
        })
    }
}

/// A float of the table as people write it: 0.93 and not 0.93000001.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

/// The messages of a thread, those of threads that were merged into it included.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Timeline {
    /// The thread.
    pub(crate) thread_id: ThreadId,
    /// In the order of the platforms' clocks.
    pub(crate) messages: Vec<TimelineMessage>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// A message; if it is ours, with what became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Message {
    #[serde(flatten)]
    said: TimelineMessage,
    #[serde(flatten)]
    sending: Option<Sending>,
}

impl Message {
    /// A message of theirs.
    pub(crate) fn theirs(said: TimelineMessage) -> Self {
        Self { said, sending: None }
    }

    /// A message of ours.
    pub(crate) fn ours(said: TimelineMessage, outgoing: &Outgoing) -> Self {
        let content = (!said.deleted).then(|| AnyContent::Sent(outgoing.content.clone()));
        Self { said: TimelineMessage { content, ..said }, sending: Some(outgoing.into()) }
    }
}

/// The way that a message of ours went.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Sending {
    /// Of a message of ours: the person whom it is for.
    contact_id: ContactId,
    /// Of a message of ours: the address of ours that it last left by.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    /// Of a message of ours: the caller's own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ref: Option<String>,
    /// Of a message of ours: when it is of no more use.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Of a message of ours: when the next attempt is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
    /// Of a message of ours: whether it was sent again though it may have arrived.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    possible_duplicate: bool,
    /// Of a message of ours: the reason for which it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SendFailure>,
    /// Of a message of ours: every attempt to send it, in order.
    attempts: Vec<Attempt>,
    /// Of a message of ours: the platform's receipts for it.
    receipts: Vec<SendReceipt>,
}

/// One attempt to send a message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Attempt {
    /// The number of the attempt, from 1.
    #[schemars(range(min = 1))]
    n: u32,
    /// When it ended.
    at: Timestamp,
    /// The end of it.
    result: End,
    /// The reason for which it did not go out.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SendFailure>,
}

/// A platform's word on how far a message has come.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Receipt")]
struct SendReceipt {
    /// The status that the message reached.
    status: Status,
    /// When, by the platform's clock.
    at: Timestamp,
    /// The reason for which it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SendFailure>,
}

impl From<&Outgoing> for Sending {
    fn from(outgoing: &Outgoing) -> Self {
        let legs = &outgoing.legs;
        let attempts = legs.iter().flat_map(|it| &it.attempts).map(|it| Attempt {
            n: it.n,
            at: it.at,
            result: it.end,
            error: it.failure.as_ref().map(SendFailure::from),
        });
        let receipts = legs.iter().flat_map(|it| &it.receipts).map(|it| SendReceipt {
            status: it.status,
            at: it.at,
            error: it.error.as_ref().map(SendFailure::from),
        });
        Self {
            contact_id: outgoing.contact.clone(),
            account: legs.last().map(|it| it.account.clone()),
            client_ref: outgoing.client_ref.clone(),
            expires_at: outgoing.expires_at,
            retry_at: legs.iter().filter_map(|it| it.retry_at).min(),
            possible_duplicate: outgoing.possible_duplicate(),
            error: outgoing.failure().map(SendFailure::from),
            attempts: attempts.collect(),
            receipts: receipts.collect(),
        }
    }
}
