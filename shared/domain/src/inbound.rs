//! The inbound half of a channel, as data and one pure function.

use crate::bounds;
use crate::event::InboundEvent;
use crate::id::Channel;
use crate::webhook::{Handshake, Proof, Verified};

/// The way in from one source of a channel. A channel that several providers carry has one of each.
#[derive(Clone)]
pub struct Inbound {
    /// The channel.
    pub channel: Channel,
    /// The name of its function, its webhook, its secret and its fixtures: the channel's own for its first source, and
    /// `<channel>-<provider>` for any other.
    pub name: &'static str,
    /// The origin of its events.
    pub source: Source,
    /// The platform's reaction when we do not answer in time.
    pub ack: Ack,
    /// Reads a proven webhook: n items in, n events out.
    pub parse: fn(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed>,
}

impl Inbound {
    /// Reads a proven webhook: n items in, n events out, each of which can be kept.
    pub fn read(&self, webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
        let events = (self.parse)(webhook)?;
        Ok(events.into_iter().map(|it| bounds::within(it, webhook)).collect())
    }
}

/// The public address of a source's webhook, of what we are reached at in all; empty if that is not known.
#[must_use]
pub fn webhook_address(public_url: &str, name: &str) -> String {
    let public_url = public_url.trim_end_matches('/');
    if public_url.is_empty() { String::new() } else { format!("{public_url}/webhooks/{name}") }
}

/// The source of a channel's events.
#[derive(Clone, Copy)]
pub enum Source {
    /// Webhooks over HTTP.
    Http {
        /// The platform's way of proving them.
        proof: Proof,
        /// The platform's check that the address is ours.
        handshake: Option<Handshake>,
        /// The body that it wants to read on success.
        reply: Reply,
    },
    /// Events of the account's own AWS services: mail in S3, SNS notifications, EventBridge events. The function's
    /// permission is the proof, and the shell fetches what `fetch` names.
    Aws {
        /// The event that the function is called with.
        event: AwsEvent,
        /// The object that holds the content; `None` means that the record itself does.
        fetch: fn(record: &[u8]) -> Result<Option<ObjectName>, Malformed>,
    },
}

/// The body of a successful answer.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// Its media type.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
}

impl Reply {
    /// An empty body.
    pub const EMPTY: Self = Self { content_type: "text/plain", body: "" };
}

/// The shape of an AWS event, so that the shell can find its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsEvent {
    /// `{"Records":[…]}`, one event a record: S3, SES, SNS.
    Records,
    /// One event: EventBridge.
    Single,
}

/// An object that the shell fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// The platform's reaction when it does not hear 200 in time.
#[derive(Clone, Copy, Debug)]
pub struct Ack {
    /// The time that it waits, in milliseconds. The function answers before.
    pub deadline_ms: u64,
    /// Whether it sends the webhook again.
    pub resends: bool,
}

/// A proven webhook whose envelope cannot be read. What is wrong inside the envelope is an
/// [`Unknown`](crate::event::Kind::Unknown) event instead.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the envelope: {0}")]
pub struct Malformed(pub String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        // The category and place only: serde's own message quotes the input.
        Self(format!("{:?} at line {} column {}", error.classify(), error.line(), error.column()))
    }
}
