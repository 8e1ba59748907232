//! A leg: one way that a message of ours takes, and how far it came by it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::receive::is_with_the_platform;
use crate::id::{AccountId, Channel, IdentityId, MessageId, ProviderId, Reference};
use crate::outbound::Failure;
use crate::plan::Verdict;
use crate::status::Status;
use crate::time::Timestamp;

/// One way that a message of ours takes. What is tried by it, and what its platform says, changes nothing of another leg.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    /// The channel.
    pub channel: Channel,
    /// The one of our addresses that it leaves by.
    pub account: AccountId,
    /// The person's address, and what else they are known by there. Never empty.
    pub to: Vec<IdentityId>,
    /// The place at the address that it goes to.
    pub place: Option<String>,
    /// The platform's id of the message that it quotes there.
    pub reply_to: Option<ProviderId>,
    /// Milliseconds since the person last wrote to the account, if they did.
    pub since_inbound_ms: Option<i64>,
    /// The planner's verdict on it.
    pub verdict: Verdict,
    /// The number of the ways that were judged and stood before it.
    pub rank: usize,
    /// The highest status seen.
    pub status: Status,
    /// The number of the last attempt that was begun; 0 before the first.
    pub attempt: u32,
    /// When the call that delivers was begun, while its result is not known: the INTENT.
    pub intent: Option<Timestamp>,
    /// When the next attempt is due, while one waits.
    pub retry_at: Option<Timestamp>,
    /// Whether it was sent again though an earlier attempt may have arrived.
    pub possible_duplicate: bool,
    /// The platform's id of it, once known.
    pub provider: Option<ProviderId>,
    /// The reason of its failure, if it failed.
    pub failure: Option<Failure>,
    /// The result of each attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// The platform's receipts for it, in the order that they arrived.
    pub receipts: Vec<Received>,
}

impl Leg {
    /// A way that nothing was tried by yet: nothing special is known of it.
    #[must_use]
    pub fn new(channel: Channel, account: AccountId, to: Vec<IdentityId>) -> Self {
        Self {
            channel,
            account,
            to,
            place: None,
            reply_to: None,
            since_inbound_ms: None,
            verdict: Verdict::default(),
            rank: 0,
            status: Status::Accepted,
            attempt: 0,
            intent: None,
            retry_at: None,
            possible_duplicate: false,
            provider: None,
            failure: None,
            attempts: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// Whether nothing more is to be sent by it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status == Status::Canceled || Status::Sent <= self.status
    }

    /// Whether the message went out to the person by it, by the platform's answer or a receipt.
    #[must_use]
    pub fn went_out(&self) -> bool {
        let taken = self.attempts.iter().any(|it| it.end == End::Sent);
        taken || is_with_the_platform(self.status)
    }
}

impl Reference {
    /// The name that we give a leg of a message at a platform: `<message>.<leg>`.
    #[must_use]
    pub fn of(message: &MessageId, leg: usize) -> Self {
        Self::new(format!("{message}.{leg}"))
    }

    /// The message and its leg. A message's id alone is its first leg.
    #[must_use]
    pub fn parts(&self) -> (MessageId, usize) {
        let parts = self.as_str().rsplit_once('.');
        let leg = parts.and_then(|(id, leg)| Some((id, leg.parse().ok()?)));
        let (id, leg) = leg.unwrap_or((self.as_str(), 0));
        (MessageId::new(id), leg)
    }
}

/// The record of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number, counted from 1 over all legs of its message.
    pub n: u32,
    /// When that was known.
    pub at: Timestamp,
    /// The result of the attempt.
    pub end: End,
    /// The reason why it did not go out, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum End {
    /// The platform took it.
    Sent,
    /// Not now.
    Retry,
    /// Not ever.
    Failed,
    /// Its result was never learned.
    Unconfirmed,
}

/// One receipt, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The status that the message reached.
    pub status: Status,
    /// When, by the platform's clock.
    pub at: Timestamp,
    /// The reason of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_the_message_and_its_leg_and_an_id_alone_the_first() {
        let message = MessageId::new("msg_1");
        let second = Reference::of(&message, 1);
        assert_eq!((second.as_str(), second.parts()), ("msg_1.1", (message.clone(), 1)));
        assert_eq!(Reference::new("msg_1").parts(), (message, 0));
        // Another program may put anything there: no such message is found.
        for odd in ["", ".", "msg_1.", "msg_1.x", "msg_1.-1", "msg_1.99999999999999999999999"] {
            assert_eq!(Reference::new(odd).parts(), (MessageId::new(odd), 0), "{odd}");
        }
    }
}
