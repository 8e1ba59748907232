//! The shell of every channel function: from a request or an AWS event to entries of the inbound queue.
//!
//! The only copy of this sequence: cap, prove, parse, store what is large, queue, answer. What was proven is never lost:
//! it is in the queue, or parked in the bucket, or the platform is told to send it again.

mod done;
mod parked;
mod reading;
mod records;
mod requests;
mod secrets;
mod strangers;

use anyhow::Context;
use domain::event::{InboundEvent, Kind};
use domain::freshness::Trust;
use domain::inbound::{Inbound, webhook_address};
use domain::overflow::{self, MAX_INLINE, Overflow};
use domain::time::Timestamp;
use tracing::error;

use crate::config::{env, env_or, now, sdk};
use crate::logs::{self, Metric, count};
use crate::objects::Objects;
use crate::parallel;
use crate::queue::{Queue, QueueEntry};
use crate::vault::Vault;
use done::Done;
use strangers::Strangers;

pub use parked::{PREFIX, Parked};
pub use records::handle_records;
pub use requests::{handle_request, patience};
pub use secrets::Secrets;

/// The largest webhook that is read. Meta's are at most 3 MB, which base64 makes 4 MB of the 6 MB that Lambda passes on.
pub const MAX_BODY: usize = 3_500_000;

/// The parts of a channel function.
pub struct Shell {
    inbound: Inbound,
    secrets: Secrets,
    /// The queue for its events.
    queue: Queue,
    /// The bucket for anything that cannot be queued.
    objects: Objects,
    done: Done,
    strangers: Strangers,
    /// The public address of its webhook; empty where it is not known.
    address: String,
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
    /// A channel over its parts.
    #[must_use]
    pub fn over(inbound: Inbound, secrets: Secrets, queue: Queue, objects: Objects) -> Self {
        let (done, strangers, address) = (Done::default(), Strangers::default(), String::new());
        Self { inbound, secrets, queue, objects, done, strangers, address }
    }

    /// The same, reached at this public URL: some platforms sign the address that they send to.
    #[must_use]
    pub fn reached_at(self, public_url: &str) -> Self {
        let address = webhook_address(public_url, self.inbound.name);
        Self { address, ..self }
    }

    async fn from_env(inbound: Inbound) -> anyhow::Result<Self> {
        let sdk = sdk()?;
        let secrets = Secrets::new(Vault::new(&sdk), env("WEBHOOK_SECRET")?);
        // Before the first request, so that it need not wait for the connection. A secret that is not there yet is asked for
        // again by whoever comes.
        drop(secrets.get(Trust::Usual, now()).await);
        let queue = Queue::new(&sdk, env("INBOUND_QUEUE_URL")?);
        let shell = Self::over(inbound, secrets, queue, Objects::new(&sdk, env("BUCKET_NAME")?));
        Ok(shell.reached_at(&env_or("PUBLIC_URL", "")))
    }

    /// Stores what is large, then queues every event of what was received then. What an attempt before it has put in is left
    /// out.
    async fn queue_all(
        &self,
        events: Vec<InboundEvent>,
        received: Timestamp,
    ) -> anyhow::Result<()> {
        let unknown = events.iter().filter(|it| matches!(it.kind, Kind::Unknown { .. })).count();
        let (mut entries, mut overflows, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for event in events {
            let (entry, overflow) = entry(event)?;
            keys.extend(overflow.as_ref().map(|it| it.key.clone()));
            keys.push(done::key(&entry));
            overflows.extend(overflow.filter(|it| !self.done.has(&it.key, received)));
            entries.push(entry);
        }
        entries.retain(|it| !self.done.has(&done::key(it), received));
        let store = |overflow: Overflow| {
            let (objects, done) = (self.objects.clone(), self.done.clone());
            async move {
                objects.put(&overflow.key, overflow.body).await?;
                done.note(overflow.key, received);
                Ok(())
            }
        };
        parallel::all(overflows.into_iter().map(store)).await?;
        let (done, n_new) = (self.done.clone(), entries.len());
        self.queue.put_all(entries, move |it| done.note(done::key(it), received)).await?;
        self.done.forget(&keys);
        count(Metric::Received, n_new);
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
}

/// The queue entry of an event, and its content if that is too large for one.
pub fn entry(mut event: InboundEvent) -> anyhow::Result<(QueueEntry, Option<Overflow>)> {
    let mut body = serde_json::to_string(&event).context("cannot write an event")?;
    let mut overflow = None;
    if MAX_INLINE < body.len() {
        overflow = Some(overflow::spill(&mut event).context("cannot cut an event")?);
        body = serde_json::to_string(&event).context("cannot write an event")?;
    }
    Ok((
        QueueEntry { group_id: event.group_id(), deduplication_id: event.deduplication_id(), body },
        overflow,
    ))
}
