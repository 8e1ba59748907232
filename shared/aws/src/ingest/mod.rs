//! The shell of every channel function: from a request or an AWS event to entries of the inbound queue.
//!
//! The only copy of this sequence: cap, prove, parse, store what is large, queue, answer. What was proven is never lost:
//! it is in the queue, or parked in the bucket, or the platform is told to send it again.

mod parked;
mod records;
mod requests;

use std::time::Duration;

use anyhow::Context;
use domain::event::{InboundEvent, Kind};
use domain::inbound::Inbound;
use domain::overflow::{self, MAX_INLINE, Overflow};
use domain::secrets::WebhookSecrets;
use tracing::error;

use crate::config::{env, now, sdk};
use crate::logs::{self, Metric, count};
use crate::objects::Objects;
use crate::queue::{Entry, Queue};
use crate::vault::Vault;

pub use parked::{PREFIX, Parked};
pub use records::handle_records;
pub use requests::handle_request;

/// The largest webhook that is read. Meta's are at most 3 MB, which base64 makes 4 MB of the 6 MB that Lambda passes on.
pub const MAX_BODY: usize = 3_500_000;

/// What a channel function is made of.
pub struct Shell {
    /// The channel.
    pub inbound: Inbound,
    /// Its secret.
    pub secrets: WebhookSecrets,
    /// Where its events go.
    pub queue: Queue,
    /// Where what cannot be queued goes.
    pub objects: Objects,
}

/// Runs a channel's webhook function until Lambda ends it.
pub async fn run(inbound: Inbound) -> Result<(), lambda_http::Error> {
    logs::init();
    let shell = Shell::from_env(inbound).await?;
    lambda_http::run(lambda_http::service_fn(async |request| {
        Ok::<_, std::convert::Infallible>(handle_request(&shell, request, now()).await)
    }))
    .await
}

/// Runs a function that is called with events of an AWS service until Lambda ends it.
pub async fn run_records(inbound: Inbound) -> Result<(), lambda_runtime::Error> {
    logs::init();
    let shell = Shell::from_env(inbound).await?;
    lambda_runtime::run(lambda_runtime::service_fn(
        async |event: lambda_runtime::LambdaEvent<Box<serde_json::value::RawValue>>| {
            handle_records(&shell, event.payload.get().as_bytes(), now()).await
        },
    ))
    .await
}

impl Shell {
    async fn from_env(inbound: Inbound) -> anyhow::Result<Self> {
        let sdk = sdk()?;
        Ok(Self {
            inbound,
            secrets: Vault::new(&sdk).read(&env("WEBHOOK_SECRET")?).await?,
            queue: Queue::new(&sdk, env("INBOUND_QUEUE_URL")?),
            objects: Objects::new(&sdk, env("BUCKET_NAME")?),
        })
    }

    /// Stores what is large, then queues every event.
    async fn queue_all(&self, events: Vec<InboundEvent>) -> anyhow::Result<()> {
        let unknown = events.iter().filter(|it| matches!(it.kind, Kind::Unknown { .. })).count();
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let (entry, overflow) = entry(event)?;
            if let Some(overflow) = overflow {
                self.objects.put(&overflow.key, overflow.body).await?;
            }
            entries.push(entry);
        }
        self.queue.put_all(&entries).await?;
        count(Metric::Unknown, unknown);
        Ok(())
    }

    /// Keeps a proven webhook in the bucket; an alarm calls somebody to look at it and to replay it.
    async fn park(&self, parked: &Parked) -> anyhow::Result<()> {
        let body = serde_json::to_vec(parked).context("cannot describe a parked webhook")?;
        self.objects.put(&parked.key(), body).await?;
        error!(channel = %self.inbound.channel, reason = parked.reason, key = parked.key(), "parked a proven webhook");
        count(Metric::Parked, 1);
        Ok(())
    }

    /// How long queueing may take before the platform is answered otherwise: a platform that sends again hears of a full
    /// queue within a second; one that does not gives us until its deadline, less the time to park.
    fn patience(&self) -> Duration {
        let deadline = Duration::from_millis(self.inbound.ack.deadline_ms);
        if self.inbound.ack.resends {
            Duration::from_millis(900).min(deadline)
        } else {
            deadline.saturating_sub(Duration::from_millis(1_500)).min(Duration::from_secs(7))
        }
    }
}

/// The queue entry of an event, and its content if that is too large for one.
pub fn entry(mut event: InboundEvent) -> anyhow::Result<(Entry, Option<Overflow>)> {
    let mut body = serde_json::to_string(&event).context("cannot write an event")?;
    let mut overflow = None;
    if MAX_INLINE < body.len() {
        overflow = Some(overflow::spill(&mut event).context("cannot cut an event")?);
        body = serde_json::to_string(&event).context("cannot write an event")?;
    }
    Ok((
        Entry { group_id: event.group_id(), deduplication_id: event.deduplication_id(), body },
        overflow,
    ))
}
