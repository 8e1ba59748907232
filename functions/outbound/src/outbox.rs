//! What sends messages: the table, the platforms, the timers, our accounts.

use std::time::Duration;

use anyhow::Context;
use aws::calls::{Calls, Limits};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::steps::Steps;
use aws::table::{Table, retention_from_env};
use aws::timers::{Schedules, Timers};
use aws::vault::Vault;
use aws::{env, env_or};
use domain::id::Channel;
use domain::outbound::{Capabilities, Outbound};
use domain::time::Timestamp;

use crate::CHANNELS;
use crate::accounts::Accounts;

/// What sends messages.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) table: Table,
    pub(crate) calls: Calls,
    pub(crate) timers: Timers,
    pub(crate) accounts: Accounts,
    pub(crate) ways: Vec<Way>,
    clock: fn() -> Timestamp,
    /// How long what is put aside is kept.
    pub(crate) retention: Option<Duration>,
}

/// A channel that messages may leave by, with its rules.
pub(crate) struct Way {
    pub(crate) channel: Outbound,
    pub(crate) rules: Capabilities,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Way({})", self.channel.channel)
    }
}

impl Outbox {
    /// An outbox as the environment says: table, bucket, queues, scheduler, secrets, the channels that are
    /// deployed, and how long messages are kept.
    pub fn from_env() -> anyhow::Result<Self> {
        let sdk = aws::config::sdk()?;
        let outbound = Queue::new(&sdk, env("OUTBOUND_QUEUE_URL")?);
        let (group, role, queue) =
            (env("SCHEDULER_GROUP")?, env("SCHEDULER_ROLE_ARN")?, env("OUTBOUND_QUEUE_ARN")?);
        let schedules = Schedules::new(&sdk, group, role, queue);
        let bucket = Objects::new(&sdk, env("BUCKET_NAME")?);
        let deployed = env_or("CHANNELS", "");
        let channels = CHANNELS
            .iter()
            .filter(|it| deployed.split(',').any(|name| name == it.channel.as_str()));
        let outbox = Self::over(
            Table::new(&sdk, env("TABLE_NAME")?),
            Calls::new(bucket, Limits::default(), Steps::default())?,
            Timers::new(Queue::new(&sdk, env("TIMERS_QUEUE_URL")?), schedules, outbound),
            Accounts::stored(Vault::new(&sdk), env("SENDING_SECRETS")?),
            channels.cloned(),
        )?;
        Ok(Self { retention: retention_from_env()?, ..outbox })
    }

    /// An outbox over its parts.
    pub fn over(
        table: Table,
        calls: Calls,
        timers: Timers,
        accounts: Accounts,
        channels: impl IntoIterator<Item = Outbound>,
    ) -> anyhow::Result<Self> {
        let way = |channel: Outbound| {
            let rules = Capabilities::parse(channel.rules);
            let rules =
                rules.with_context(|| format!("the rules of {} are damaged", channel.channel))?;
            Ok(Way { channel, rules })
        };
        let ways = channels.into_iter().map(way).collect::<anyhow::Result<_>>()?;
        let (clock, retention) = (aws::now as fn() -> Timestamp, None);
        Ok(Self { table, calls, timers, accounts, ways, clock, retention })
    }

    /// The same outbox by another clock, as a test has one.
    #[must_use]
    pub fn by(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn way(&self, channel: &Channel) -> Option<&Way> {
        self.ways.iter().find(|it| it.channel.channel == *channel)
    }
}
