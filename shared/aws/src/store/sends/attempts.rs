//! The records that `outbound` makes of its attempts.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::ProviderId;
use domain::outbound::Failure;
use domain::sending::{Attempt, End, Leg, MAX_KEPT, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;

use super::item::{self, forget_titles};
use super::legs;
use super::legs::of_leg;
use super::legs::raise;
use super::values::json;
use super::values::rank;
use crate::store::attribute_path::AttributePath;
use crate::store::base;
use crate::store::item::{moment, number, text};
use crate::store::patch::{Patch, Written};
use crate::store::schema::{
    ATTEMPT, FAILURE, INTENT, POSSIBLE_DUPLICATE, PROVIDER, RESULTS, RETRY_AT, STATUS,
};
use crate::store::sends::Sends;

/// An attempt that ended without the message being taken.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The attempt with its result.
    pub attempt: Attempt,
    /// Whether it had its INTENT.
    pub begun: bool,
    /// Whether an earlier attempt may have arrived.
    pub duplicate: bool,
}

/// One leg of a message, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct OfLeg<'a> {
    /// The message.
    pub message: &'a Outgoing,
    /// The index of the leg.
    pub leg: usize,
}

impl OfLeg<'_> {
    pub(super) fn read(&self) -> anyhow::Result<&Leg> {
        let leg = self.message.legs.get(self.leg);
        leg.ok_or_else(|| anyhow::anyhow!("a message of ours has no leg {}", self.leg))
    }

    fn place<'a>(&self, name: &'a str) -> AttributePath<'a> {
        of_leg(self.leg, name)
    }

    /// Only if no attempt was begun and no status was seen since the message was read.
    fn as_read(&self) -> anyhow::Result<Patch> {
        let leg = self.read()?;
        Ok(legs::patch(self.message)
            .if_is(self.place(ATTEMPT), legs::attempt(leg))
            .if_is(self.place(STATUS), Some(rank(leg.status))))
    }

    /// No call is under way.
    fn idle(&self) -> Patch {
        legs::patch(self.message).remove(self.place(INTENT))
    }

    /// The attempt has its result.
    fn finished(&self, attempt: Attempt) -> anyhow::Result<Patch> {
        Ok(self.idle().set(self.place(RESULTS), json(&self.results(attempt)?)?))
    }

    /// The results with another one; the oldest make room.
    fn results(&self, attempt: Attempt) -> anyhow::Result<Vec<Attempt>> {
        let mut results = self.read()?.attempts.clone();
        results.push(attempt);
        results.drain(..results.len().saturating_sub(MAX_KEPT));
        Ok(results)
    }

    fn flagged(&self, patch: Patch, duplicate: bool) -> Patch {
        let yes = AttributeValue::Bool(true);
        if duplicate { patch.set(self.place(POSSIBLE_DUPLICATE), yes) } else { patch }
    }

    /// Records an attempt that ended, if no other one was begun meanwhile.
    fn ended(&self, ended: Ended) -> anyhow::Result<Patch> {
        let n = number(ended.attempt.n);
        let patch = self.flagged(self.finished(ended.attempt)?, ended.duplicate);
        Ok(if ended.begun {
            patch.if_is(self.place(ATTEMPT), Some(n)).if_present(self.place(INTENT))
        } else {
            patch
                .if_is(self.place(ATTEMPT), legs::attempt(self.read()?))
                .set(self.place(ATTEMPT), n)
        })
    }

    /// The leg comes to a status after which nothing is sent by it. What only a send needs goes once no leg is left.
    fn over(&self, patch: Patch, status: Status) -> anyhow::Result<Patch> {
        let patch = raise(patch.remove(self.place(RETRY_AT)), self.message, self.leg, status);
        self.forgotten(patch)
    }

    fn forgotten(&self, patch: Patch) -> anyhow::Result<Patch> {
        let is_last = self.message.is_over_but_for(self.leg);
        if is_last { forget_titles(patch, self.message) } else { Ok(patch) }
    }
}

impl Sends<'_> {
    /// Records the INTENT of an attempt: from here on its call may have been made. `false` if the leg moved on since it was
    /// read.
    pub async fn begin(
        self,
        of: OfLeg<'_>,
        n: u32,
        duplicate: bool,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let patch = of
            .as_read()?
            .set(of.place(ATTEMPT), number(n))
            .set(of.place(INTENT), moment(now))
            .remove(of.place(RETRY_AT));
        self.change(of.flagged(patch, duplicate)).await
    }

    /// Records that the platform took the message. It is true whatever else happened meanwhile, so only the status of a
    /// receipt that was faster is left as it is.
    pub async fn sent(
        self,
        of: OfLeg<'_>,
        n: u32,
        provider: Option<&ProviderId>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let leg = of.leg;
        let attempt = |message: Outgoing| async move {
            let of = OfLeg { message: &message, leg };
            let patch = of.finished(Attempt { n, at: now, end: End::Sent, failure: None })?;
            let patch = match provider {
                Some(it) => patch.set_if_absent(of.place(PROVIDER), text(it.as_str())),
                None => patch,
            };
            let patch = if of.read()?.status < Status::Sent {
                of.over(patch, Status::Sent)?
            } else {
                of.forgotten(patch.remove(of.place(RETRY_AT)))?
            };
            Ok(match self.store.write(patch).await? {
                Written::Done(_) => base::Attempt::Done(()),
                Written::Refused(item) if item.is_empty() => base::Attempt::Done(()),
                Written::Refused(item) => base::Attempt::Again(item::read(&item)?),
                Written::Busy => base::Attempt::Again(message),
            })
        };
        self.store
            .retrying_from("a message was recorded as sent", of.message.clone(), attempt)
            .await
    }

    /// Records that an attempt ended without the message being taken, and that another follows. `false` if the leg moved
    /// on.
    pub async fn retry_at(
        self,
        of: OfLeg<'_>,
        ended: Ended,
        at: Timestamp,
    ) -> anyhow::Result<bool> {
        self.change(of.ended(ended)?.set(of.place(RETRY_AT), moment(at))).await
    }

    /// Records that the leg ends so. `ended` is the attempt that ended now, if one did. `false` if the leg came further
    /// meanwhile, or another attempt was begun.
    pub async fn end(
        self,
        of: OfLeg<'_>,
        status: Status,
        failure: &Failure,
        ended: Option<Ended>,
    ) -> anyhow::Result<bool> {
        let patch = match ended {
            Some(ended) => of.ended(ended)?,
            None => of.idle().if_is(of.place(ATTEMPT), legs::attempt(of.read()?)),
        };
        let patch = of.over(patch.set(of.place(FAILURE), json(failure)?), status)?;
        self.change(patch).await
    }

    /// Records that nobody knows what became of an attempt. `false` if somebody does by now.
    pub async fn doubt(self, of: OfLeg<'_>, n: u32, now: Timestamp) -> anyhow::Result<bool> {
        let attempt = Attempt { n, at: now, end: End::Unconfirmed, failure: None };
        let patch = of
            .as_read()?
            .if_present(of.place(INTENT))
            .set(of.place(RESULTS), json(&of.results(attempt)?)?);
        self.change(raise(patch, of.message, of.leg, Status::Unconfirmed)).await
    }
}
