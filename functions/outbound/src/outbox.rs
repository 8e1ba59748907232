//! The sender of messages: the table, the platforms, the timers, our accounts.

use std::time::Duration;

use anyhow::Context;
use aws::calls::{Calls, Limits, Role};
use aws::objects::Objects;
use aws::queue::{self, Queue};
use aws::store::{Store, retention_from_env};
use aws::timers::{OUTBOUND, Queues, Schedules, Timers};
use aws::vault::Vault;
use aws::{env, env_or};
use channels::Channel;
use domain::id;
use domain::outbound::{Capabilities, Outbound};
use domain::secrets::SendingAccount;
use domain::sending::OutboundEntry;
use domain::time::Timestamp;

use crate::accounts::Accounts;

/// The sender of messages, with all that it needs.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) store: Store,
    pub(crate) calls: Calls,
    timers: Timers,
    pub(crate) queues: Queues,
    pub(crate) accounts: Accounts,
    pub(crate) ways: Vec<Way>,
    clock: fn() -> Timestamp,
    /// The URL that we are reached at; empty if it is not known.
    pub(crate) public_url: Box<str>,
    /// The time for which things put aside are kept.
    pub(crate) retention: Option<Duration>,
}

/// A channel that messages may leave by: its sources, the first of which is not to be named, and its rules.
pub(crate) struct Way {
    pub(crate) channel: id::Channel,
    pub(crate) rules: &'static Capabilities,
    sources: Vec<Outbound>,
}

impl Way {
    /// The source that an account sends by; `None` if the channel has none of that name.
    pub(crate) fn source(&self, account: &SendingAccount) -> Option<&Outbound> {
        match &account.source {
            Some(name) => self.sources.iter().find(|it| it.name == name),
            None => self.sources.first(),
        }
    }
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Way({})", self.channel)
    }
}

impl Outbox {
    /// An outbox as the environment says: table, bucket, queues, scheduler, secrets, the channels that are
    /// deployed, and how long messages are kept.
    pub fn from_env() -> anyhow::Result<Self> {
        let sdk = aws::config::sdk()?;
        let (group, role, queue) =
            (env("SCHEDULER_GROUP")?, env("SCHEDULER_ROLE_ARN")?, env("TIMERS_QUEUE_ARN")?);
        let schedules = Schedules::new(&sdk, group, role, queue);
        let bucket = Objects::new(&sdk, env("BUCKET_NAME")?);
        let outbox = Self::over(
            Store::from_env(&sdk)?,
            Calls::new(bucket, Limits::default())?.by(Role::of(&sdk)),
            Timers::new(Queue::new(&sdk, env("TIMERS_QUEUE_URL")?), schedules),
            Queues::from_env(&sdk)?,
            Accounts::stored(Vault::new(&sdk), env("SENDING_SECRETS")?),
            senders(channels::ALL, &env_or("CHANNELS", ""))?,
        );
        let public_url = env_or("PUBLIC_URL", "").into();
        Ok(Self { retention: retention_from_env()?, public_url, ..outbox })
    }

    /// An outbox over its parts.
    pub fn over(
        store: Store,
        calls: Calls,
        timers: Timers,
        queues: Queues,
        accounts: Accounts,
        channels: impl IntoIterator<Item = Outbound>,
    ) -> Self {
        let mut ways: Vec<Way> = Vec::new();
        for source in channels {
            let (channel, rules) = (source.channel.clone(), (source.capabilities)());
            match ways.iter_mut().find(|it| it.channel == channel) {
                Some(way) => way.sources.push(source),
                None => ways.push(Way { channel, rules, sources: vec![source] }),
            }
        }
        let (clock, public_url) = (aws::now as fn() -> Timestamp, Box::default());
        Self { store, calls, timers, queues, accounts, ways, clock, public_url, retention: None }
    }

    /// The same outbox by another clock, as a test has one.
    #[must_use]
    pub fn by(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Lets an entry of ours come at a time.
    pub(crate) async fn later(
        &self,
        entry: &OutboundEntry,
        at: Timestamp,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        self.timers.set(OUTBOUND, queue::QueueEntry::of(entry)?, at, now).await
    }

    pub(crate) fn way(&self, channel: &id::Channel) -> Option<&Way> {
        self.ways.iter().find(|it| it.channel == *channel)
    }
}

/// The ways out by the channels of a deployment, whose names are joined by commas: every source of those that send.
pub fn senders(channels: &[Channel], deployed: &str) -> anyhow::Result<Vec<Outbound>> {
    let deployed = channels::deployed(channels, deployed).context("CHANNELS is wrong")?;
    Ok(deployed.into_iter().flat_map(|it| it.outbound.iter().cloned()).collect())
}
