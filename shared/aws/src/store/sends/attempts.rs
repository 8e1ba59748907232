//! What `outbound` records of its attempts.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::ProviderId;
use domain::outbound::Failure;
use domain::sending::{Attempt, End, MAX_KEPT, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;

use super::item::{
    ATTEMPT, FAILURE, INTENT, POSSIBLE_DUPLICATE, PROVIDER, RESULTS, RETRY_AT, STATUS,
    forget_titles, json, rank,
};
use crate::store::item::{moment, number, text};
use crate::store::keys;
use crate::store::patch::Patch;
use crate::store::schema::PK;
use crate::store::sends::Sends;

/// An attempt that ended without the message being taken.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What it came to.
    pub attempt: Attempt,
    /// Whether it had its INTENT.
    pub begun: bool,
    /// Whether an earlier attempt may have arrived.
    pub duplicate: bool,
}

impl Ended {
    /// Records it, if no other attempt was begun meanwhile.
    fn patch(self, message: &Outgoing) -> anyhow::Result<Patch> {
        let n = number(self.attempt.n);
        let patch = flagged(finished(message, self.attempt)?, self.duplicate);
        Ok(if self.begun {
            patch.if_is(ATTEMPT, Some(n)).if_present(INTENT)
        } else {
            patch.if_is(ATTEMPT, last_attempt(message)).set(ATTEMPT, n)
        })
    }
}

impl Sends<'_> {
    /// Records the INTENT of an attempt: from here on its call may have been made. `false` if the message moved on since it
    /// was read.
    pub async fn begin(
        self,
        message: &Outgoing,
        n: u32,
        duplicate: bool,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let patch =
            as_read(message).set(ATTEMPT, number(n)).set(INTENT, moment(now)).remove(RETRY_AT);
        self.change(flagged(patch, duplicate)).await
    }

    /// Records that the platform took the message. It is true whatever else happened meanwhile, so only the status of a
    /// receipt that was faster is left as it is.
    pub async fn sent(
        self,
        message: &Outgoing,
        n: u32,
        provider: Option<&ProviderId>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let patch = finished(message, Attempt { n, at: now, end: End::Sent, failure: None })?
            .remove(RETRY_AT);
        let patch = forget_titles(patch, message)?;
        let patch = match provider {
            Some(provider) => patch.set_if_absent(PROVIDER, text(provider.as_str())),
            None => patch,
        };
        let raises =
            patch.clone().if_below(STATUS, rank(Status::Sent)).set(STATUS, rank(Status::Sent));
        if !self.change(raises).await? {
            self.store.write_retrying(patch.if_present(PK)).await?;
        }
        Ok(())
    }

    /// Records that an attempt ended without the message being taken, and that another follows. `false` if the message
    /// moved on.
    pub async fn retry_at(
        self,
        message: &Outgoing,
        ended: Ended,
        at: Timestamp,
    ) -> anyhow::Result<bool> {
        self.change(ended.patch(message)?.set(RETRY_AT, moment(at))).await
    }

    /// Records that the message ends so. `ended` is the attempt that ended now, if one did. `false` if the message came
    /// further meanwhile, or another attempt was begun.
    pub async fn end(
        self,
        message: &Outgoing,
        status: Status,
        failure: &Failure,
        ended: Option<Ended>,
    ) -> anyhow::Result<bool> {
        let patch = match ended {
            Some(ended) => ended.patch(message)?,
            None => idle(message).if_is(ATTEMPT, last_attempt(message)),
        };
        let patch = patch
            .if_below(STATUS, rank(status))
            .set(STATUS, rank(status))
            .set(FAILURE, json(failure)?)
            .remove(RETRY_AT);
        self.change(forget_titles(patch, message)?).await
    }

    /// Records that nobody knows what became of an attempt. `false` if somebody does by now.
    pub async fn doubt(self, message: &Outgoing, n: u32, now: Timestamp) -> anyhow::Result<bool> {
        let results =
            results(message, Attempt { n, at: now, end: End::Unconfirmed, failure: None });
        let patch = as_read(message)
            .if_present(INTENT)
            .set(STATUS, rank(Status::Unconfirmed))
            .set(RESULTS, json(&results)?);
        self.change(patch).await
    }
}

/// Only if no attempt was begun and no status was seen since the message was read.
fn as_read(message: &Outgoing) -> Patch {
    Patch::of(keys::outbound(message.accepted.id()))
        .if_is(ATTEMPT, last_attempt(message))
        .if_is(STATUS, Some(rank(message.progress.status)))
}

fn last_attempt(message: &Outgoing) -> Option<AttributeValue> {
    Some(message.progress.attempt).filter(|it| 0 < *it).map(number)
}

fn flagged(patch: Patch, duplicate: bool) -> Patch {
    if duplicate { patch.set(POSSIBLE_DUPLICATE, AttributeValue::Bool(true)) } else { patch }
}

/// No call is under way.
fn idle(message: &Outgoing) -> Patch {
    Patch::of(keys::outbound(message.accepted.id())).remove(INTENT)
}

/// The attempt has its result.
fn finished(message: &Outgoing, attempt: Attempt) -> anyhow::Result<Patch> {
    Ok(idle(message).set(RESULTS, json(&results(message, attempt))?))
}

/// The results with another one; the oldest make room.
fn results(message: &Outgoing, attempt: Attempt) -> Vec<Attempt> {
    let mut results = message.attempts.clone();
    results.push(attempt);
    results.drain(..results.len().saturating_sub(MAX_KEPT));
    results
}
