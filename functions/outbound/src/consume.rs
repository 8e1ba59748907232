//! The outbound queue: what each entry leads to.

use anyhow::Context;
use aws::batch::{self, Permanent, Time};
use aws::logs::{Metric, count};
use aws::store::{BackTo, OfLeg};
use aws::timers::{OUTBOUND, Timer};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::outbound::{Failure, Feature, Send, SendProblem};
use domain::overlap::Unread;
use domain::sending::{Leg, Move, OutboundEntry, Outgoing, Progress, Step, decide, out_of_time};
use domain::status::Status;
use domain::time::Timestamp;

use crate::outbox::{Outbox, Way};

/// A leg that an entry is about, as it was read.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) leg: OfLeg<'a>,
    pub(crate) by: &'a Leg,
    pub(crate) progress: Progress,
}

impl<'a> Sending<'a> {
    fn of(entry: &OutboundEntry, message: &'a Outgoing) -> anyhow::Result<Self> {
        let by = message.legs.get(entry.leg).zip(message.progress(entry.leg));
        // It was stored before it was queued, perhaps by a version that knows more than this one.
        let (by, progress) = by.context("its message has no such leg")?;
        Ok(Self { leg: OfLeg { message, leg: entry.leg }, by, progress })
    }

    /// The message as it goes to the person.
    pub(crate) fn send(&self) -> anyhow::Result<Send> {
        self.leg.message.send(self.leg.leg).context("its message has no such leg")
    }
}

/// The number of times that a message is read and decided again before the queue is asked to bring its entry back.
const MOST_MOVES: u32 = 10;
/// The time after which a message whose channel is not deployed is looked at again: as long as a delay queue can wait.
const UNDEPLOYED_MS: i64 = 15 * 60_000;

impl Outbox {
    /// Works on a batch, and names the entries that the queue has to bring again.
    pub async fn handle(&self, batch: SqsEvent, time: Time) -> anyhow::Result<SqsBatchResponse> {
        let put_aside = async |entry: &SqsMessage, why| {
            self.store
                .filing()
                .put_aside(BackTo::Outbound, entry, why, self.now(), self.retention)
                .await
        };
        let work = async |entry: &SqsMessage| Box::pin(self.take(entry)).await;
        Box::pin(batch::each(batch, time, work, put_aside)).await
    }

    async fn take(&self, queued: &SqsMessage) -> anyhow::Result<()> {
        let body = queued.body.as_deref().unwrap_or_default();
        if is_timer(queued) {
            return self.wake(&Timer::read(body)?).await;
        }
        let entry = match OutboundEntry::read(body) {
            Ok(entry) => entry,
            // Versions overlap for minutes while they are deployed: the next one knows what to do.
            Err(Unread::Yet) => anyhow::bail!("an entry of a kind that is not known yet"),
            Err(Unread::Ever) => return Err(Permanent("it is no entry of ours").into()),
        };
        self.work(&entry).await
    }

    /// A delay is over. What is to be done is done in its group, after what the queue holds there, whichever queue that is.
    async fn wake(&self, timer: &Timer) -> anyhow::Result<()> {
        if timer.queue == OUTBOUND && self.is_done(&timer.entry.body).await? {
            return Ok(());
        }
        self.queues.put_back(timer).await
    }

    /// Whether an entry of ours asks after an attempt that is over. A timer that asks finds that almost always, and nothing that
    /// comes later changes it.
    async fn is_done(&self, body: &str) -> anyhow::Result<bool> {
        let Ok(entry @ OutboundEntry { step: Step::Confirm(_), .. }) = OutboundEntry::read(body)
        else {
            return Ok(false);
        };
        let message = self.message(&entry).await?;
        // Whether its channel sends again what is in doubt makes no difference to that.
        let of = Sending::of(&entry, &message)?;
        Ok(decide(&of.progress, entry.step, false, self.now()) == Move::Nothing)
    }

    async fn work(&self, entry: &OutboundEntry) -> anyhow::Result<()> {
        for _ in 0..MOST_MOVES {
            let message = self.message(entry).await?;
            if self.advance(entry, &message).await? {
                return Ok(());
            }
        }
        anyhow::bail!("a message moved on {MOST_MOVES} times while its entry was worked on")
    }

    async fn message(&self, entry: &OutboundEntry) -> anyhow::Result<Outgoing> {
        let message = self.store.sends().outgoing(&entry.message).await?;
        // It was stored before it was queued.
        Ok(message.ok_or(Permanent("its message is not in the table"))?)
    }

    /// Makes the next move. `false` when it has to be decided again.
    async fn advance(&self, entry: &OutboundEntry, message: &Outgoing) -> anyhow::Result<bool> {
        let of = Sending::of(entry, message)?;
        let now = self.now();
        let way = self.way(&of.by.channel);
        // A channel that is not deployed has no rules to say that nothing is sent again.
        let resends = way.is_none_or(|it| it.rules.has(Feature::ResendUnconfirmed));
        match decide(&of.progress, entry.step, resends, now) {
            Move::Nothing => Ok(true),
            Move::Complete => self.store.sends().complete(of.leg).await.map(|()| true),
            Move::Expire => {
                let failure =
                    way.is_none().then(|| Failure::ours(SendProblem::ChannelMisconfigured));
                let (status, failure) = out_of_time(&of.progress, failure);
                self.store.sends().end(of.leg, status, &failure, None).await
            }
            Move::Doubt { n } => {
                if self.store.sends().doubt(of.leg, n, now).await? {
                    count(Metric::Unconfirmed, 1);
                    tracing::warn!(message.id = %entry.message, attempt = n, "nobody knows whether a message was sent");
                }
                Ok(false)
            }
            Move::GiveUp { .. } => {
                self.store
                    .sends()
                    .end(of.leg, Status::Failed, &Failure::ours(SendProblem::Unconfirmed), None)
                    .await
            }
            Move::Attempt { n, duplicate } => match way {
                Some(way) => Box::pin(self.attempt(way, entry, of, n, duplicate)).await,
                None => self.wait_for_channel(entry, of, now).await,
            },
        }
    }

    /// The message's channel is not deployed any more, and may be again tomorrow: its entry comes back until the message's time
    /// runs out. It is the same entry, so it comes after more than the five minutes in which the queue would drop it.
    async fn wait_for_channel(
        &self,
        entry: &OutboundEntry,
        of: Sending<'_>,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        count(Metric::Misconfigured, 1);
        tracing::error!(message.id = %entry.message, channel = %of.by.channel, "a message waits for a channel that is not deployed");
        self.later(entry, now.plus_ms(UNDEPLOYED_MS), now).await?;
        Ok(true)
    }
}

impl Way {
    /// Until when an attempt may be in doubt before it is called unconfirmed, in milliseconds.
    pub(crate) fn confirm_within_ms(&self) -> i64 {
        i64::try_from(self.rules.confirm_within_s.saturating_mul(1_000)).unwrap_or(i64::MAX)
    }
}

/// Whether an entry comes from the delay queue, the only one of ours that is not FIFO.
fn is_timer(queued: &SqsMessage) -> bool {
    queued.event_source_arn.as_deref().is_some_and(|it| it.strip_suffix(".fifo").is_none())
}
