//! The outbound queue: what each entry leads to.

use aws::batch::{self, Permanent, Time};
use aws::logs::{Metric, count};
use aws::table::BackTo;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::outbound::{Failure, Feature, Problem};
use domain::sending::{Entry, Move, Outgoing, Step, decide};
use domain::status::Status;

use crate::outbox::{Outbox, Way};

/// How often a message is read and decided again before the queue is asked to bring its entry back.
const MOST_MOVES: u32 = 10;

impl Outbox {
    /// Works on a batch, and names the entries that the queue has to bring again.
    pub async fn handle(&self, batch: SqsEvent, time: Time) -> anyhow::Result<SqsBatchResponse> {
        let put_aside = async |entry: &SqsMessage, why| {
            self.table.put_aside(BackTo::Outbound, entry, why, self.now(), self.retention).await
        };
        let work = async |entry: &SqsMessage| Box::pin(self.take(entry)).await;
        Box::pin(batch::each(batch, time, work, put_aside)).await
    }

    async fn take(&self, queued: &SqsMessage) -> anyhow::Result<()> {
        let body = queued.body.as_deref().unwrap_or_default();
        let entry = serde_json::from_str::<Entry>(body)
            .map_err(|_| Permanent("it is no entry of ours, or of a step that is not known yet"))?;
        if is_timer(queued) { self.wake(&entry).await } else { self.work(&entry).await }
    }

    /// A delay is over. What is to be done is done in its group, after what the queue holds there; but a timer that asks after an
    /// attempt finds nothing to do almost always, and nothing that comes later changes that.
    async fn wake(&self, entry: &Entry) -> anyhow::Result<()> {
        if let Step::Confirm(_) = entry.step {
            let message = self.message(entry).await?;
            // Whether its channel sends again what is in doubt makes no difference to that.
            if decide(&message.progress, entry.step, false, self.now()) == Move::Nothing {
                return Ok(());
            }
        }
        self.timers.put_back(entry).await
    }

    async fn work(&self, entry: &Entry) -> anyhow::Result<()> {
        for _ in 0..MOST_MOVES {
            let message = self.message(entry).await?;
            if self.advance(entry, &message).await? {
                return Ok(());
            }
        }
        anyhow::bail!("a message moved on {MOST_MOVES} times while its entry was worked on")
    }

    async fn message(&self, entry: &Entry) -> anyhow::Result<Outgoing> {
        let message = self.table.outgoing(&entry.message).await?;
        // It was stored before it was queued.
        Ok(message.ok_or(Permanent("its message is not in the table"))?)
    }

    /// Makes the next move. `false` when it has to be decided again.
    async fn advance(&self, entry: &Entry, message: &Outgoing) -> anyhow::Result<bool> {
        let Some(way) = self.way(&message.accepted.channel) else {
            return self.no_way(message).await;
        };
        let now = self.now();
        let resends = way.rules.has(Feature::ResendUnconfirmed);
        match decide(&message.progress, entry.step, resends, now) {
            Move::Nothing => Ok(true),
            Move::Complete => self.table.complete(message).await.map(|()| true),
            Move::Expire => {
                self.table
                    .end(message, Status::Expired, &Failure::ours(Problem::Expired), None)
                    .await
            }
            Move::Doubt { n } => {
                if self.table.doubt(message, n, now).await? {
                    count(Metric::Unconfirmed, 1);
                    tracing::warn!(message.id = %entry.message, attempt = n, "nobody knows whether a message was sent");
                }
                Ok(false)
            }
            Move::GiveUp { .. } => {
                self.table
                    .end(message, Status::Failed, &Failure::ours(Problem::Unconfirmed), None)
                    .await
            }
            Move::Attempt { n, duplicate } => self.attempt(way, entry, message, n, duplicate).await,
        }
    }

    /// The message's channel is not deployed any more.
    async fn no_way(&self, message: &Outgoing) -> anyhow::Result<bool> {
        if message.progress.is_over() {
            return self.table.complete(message).await.map(|()| true);
        }
        count(Metric::Misconfigured, 1);
        tracing::error!(channel = %message.accepted.channel, "a message is to leave by a channel that is not deployed");
        self.table
            .end(message, Status::Failed, &Failure::ours(Problem::ChannelMisconfigured), None)
            .await
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
