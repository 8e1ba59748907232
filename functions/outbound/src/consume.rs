//! The outbound queue: what each entry leads to.

use aws::batch;
use aws::logs::{Metric, count};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::outbound::{Failure, Feature, Problem};
use domain::sending::{Entry, Move, Outgoing, decide};
use domain::status::Status;

use crate::outbox::{Outbox, Way};

/// How often a message is read and decided again before the queue is asked to bring its entry back.
const MOST_MOVES: u32 = 10;

impl Outbox {
    /// Works on a batch, and names the entries that the queue has to bring again.
    pub async fn handle(&self, batch: SqsEvent) -> anyhow::Result<SqsBatchResponse> {
        batch::each(batch, async |entry| Box::pin(self.take(entry)).await).await
    }

    async fn take(&self, queued: &SqsMessage) -> anyhow::Result<()> {
        let body = queued.body.as_deref().unwrap_or_default();
        let Ok(entry) = serde_json::from_str::<Entry>(body) else {
            return self.quarantine(body, "it is no entry of ours").await;
        };
        if is_timer(queued) {
            return self.timers.put_back(&entry).await;
        }
        self.work(&entry, body).await
    }

    async fn work(&self, entry: &Entry, body: &str) -> anyhow::Result<()> {
        for _ in 0..MOST_MOVES {
            let Some(message) = self.table.outgoing(&entry.message).await? else {
                return self.quarantine(body, "its message is not in the table").await;
            };
            if self.advance(entry, &message).await? {
                return Ok(());
            }
        }
        anyhow::bail!("a message moved on {MOST_MOVES} times while its entry was worked on")
    }

    /// Makes the next move. `false` when it has to be decided again.
    async fn advance(&self, entry: &Entry, message: &Outgoing) -> anyhow::Result<bool> {
        let Some(way) = self.way(&message.accepted.channel) else {
            return self.no_way(message).await;
        };
        let now = aws::now();
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

    /// Keeps an entry that would fail for ever, and lets it go: it would block its person.
    async fn quarantine(&self, body: &str, why: &str) -> anyhow::Result<()> {
        tracing::error!(n_bytes = body.len(), why, "an entry was put aside");
        count(Metric::Unknown, 1);
        self.table.quarantine(body, aws::now()).await
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
