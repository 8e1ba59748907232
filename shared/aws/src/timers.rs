//! Timers: entries of any queue that come later.
//!
//! The one who sets a timer says which queue the entry is of, by a name of ours, and hands over the entry as it is to stand
//! there. It waits as a [`Timer`] in the delay queue, or as a schedule that ends there; `outbound` consumes that and puts it back
//! ([`Queues`]).

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use domain::event::digest;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::{Sdk, endpoint};
use crate::queue::{MAX_DELAY, Queue, QueueEntry};

/// The name of the queue of messages of ours.
pub const OUTBOUND: &str = "outbound";

/// The form of a timer. A function that does not know one leaves it to the queue, until a function comes that does.
const VERSION: u32 = 1;

/// An entry of a queue, on its way there.
#[derive(Debug)]
pub struct Timer {
    /// The queue's name: where that is, the function's configuration says, and never an entry.
    pub queue: String,
    /// The entry as it is to stand there.
    pub entry: QueueEntry,
}

/// A timer as it waits. A field that is not known is a form that is not known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    v: u32,
    queue: String,
    group: String,
    deduplication: String,
    body: String,
}

/// Lets entries come at a later time.
///
/// Up to 15 minutes they wait in the delay queue; longer ones are schedules that put them there and are gone after.
#[derive(Clone, Debug)]
pub struct Timers {
    delays: Queue,
    schedules: Schedules,
}

/// The group in which schedules are made, the queue that they put into, and the role by which they do.
#[derive(Clone, Debug)]
pub struct Schedules {
    client: Client,
    group: String,
    role_arn: String,
    queue_arn: String,
}

impl Schedules {
    /// Schedules of this group, which put into the delay queue of this ARN by this role.
    #[must_use]
    pub fn new(sdk: &Sdk, group: String, role_arn: String, queue_arn: String) -> Self {
        let mut config = aws_sdk_scheduler::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint(sdk, "SCHEDULER"));
        Self::over(Client::from_conf(config.build()), group, role_arn, queue_arn)
    }

    /// Schedules over a client that a test made.
    #[must_use]
    pub fn over(client: Client, group: String, role_arn: String, queue_arn: String) -> Self {
        Self { client, group, role_arn, queue_arn }
    }
}

impl Timers {
    /// Timers over a standard queue for short waits, and schedules for long ones.
    #[must_use]
    pub fn new(delays: Queue, schedules: Schedules) -> Self {
        Self { delays, schedules }
    }

    /// Lets an entry come into the queue of this name at a time. Setting it twice makes it come once: it is the same entry to
    /// the queue.
    pub async fn set(
        &self,
        queue: &str,
        entry: QueueEntry,
        at: Timestamp,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let name = digest(&[queue, &entry.deduplication_id]);
        let QueueEntry { group_id: group, deduplication_id: deduplication, body } = entry;
        let timer = Waiting { v: VERSION, queue: queue.to_owned(), group, deduplication, body };
        let timer = serde_json::to_string(&timer).context("cannot write a timer")?;
        let wait = Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0));
        if wait <= MAX_DELAY {
            // A delay is in whole seconds; one that is too short would wake an attempt that is not yet due.
            let delay = Duration::from_secs(
                wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX),
            );
            return self.delays.put_later(timer, delay).await;
        }
        self.schedules.create(&name, timer, at).await
    }
}

impl Schedules {
    /// Makes a schedule of this name, which has at most 64 characters; one that is there already is the same.
    async fn create(&self, name: &str, timer: String, at: Timestamp) -> anyhow::Result<()> {
        let target = Target::builder().arn(&self.queue_arn).role_arn(&self.role_arn).input(timer);
        let target = target.build().context("cannot describe a schedule")?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let window = window.context("cannot describe a schedule")?;
        let call = self
            .client
            .create_schedule()
            .group_name(&self.group)
            .name(name)
            .schedule_expression(format!("at({})", whole_seconds(at)))
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(CreateScheduleError::is_conflict_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(error).with_context(|| format!("cannot make the schedule {name}")),
        }
    }
}

/// A time as `at(…)` takes it: UTC, whole seconds, rounded up so that nothing wakes before it is due.
fn whole_seconds(at: Timestamp) -> String {
    let text = at.plus_ms(999).rfc3339();
    text.split('.').next().unwrap_or_default().to_owned()
}

/// The queues that timers put back into, by their names.
#[derive(Clone, Debug)]
pub struct Queues(BTreeMap<String, Queue>);

impl Queues {
    /// The queues as the environment names them: `<name>=<URL>`, joined by commas.
    pub fn from_env(sdk: &Sdk) -> anyhow::Result<Self> {
        let urls = urls(&crate::env("QUEUES")?)?;
        Ok(Self::over(urls.into_iter().map(|(name, url)| (name, Queue::new(sdk, url)))))
    }

    /// These queues.
    pub fn over(queues: impl IntoIterator<Item = (String, Queue)>) -> Self {
        Self(queues.into_iter().collect())
    }

    /// Puts an entry back. An error leaves the timer where it is, and it comes again.
    pub async fn put_back(&self, timer: &Timer) -> anyhow::Result<()> {
        let queue = self.0.get(&timer.queue);
        // Not for ever: the version that runs beside this one may know it.
        let queue = queue.with_context(|| format!("no queue is named {:?}", timer.queue))?;
        queue.put(&timer.entry).await
    }
}

impl Timer {
    /// Reads a timer. One of a form that is not known is not put aside, but comes again: the version that runs beside this one may
    /// know it. What nobody ever knows is among the dead letters at last.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        // The parser's own words quote the entry.
        let waiting: Waiting = serde_json::from_str(text)
            .map_err(|_| anyhow::anyhow!("a timer of a form that is not known"))?;
        let Waiting { v, queue, group: group_id, deduplication: deduplication_id, body } = waiting;
        ensure!(v == VERSION, "a timer of version {v}, which is not known");
        Ok(Self { queue, entry: QueueEntry { group_id, deduplication_id, body } })
    }
}

fn urls(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |it: &str| {
        let (name, url) = it.split_once('=').context("QUEUES must name each as name=URL")?;
        Ok((name.to_owned(), url.to_owned()))
    };
    text.split(',').filter(|it| !it.is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_named_with_their_urls() {
        let urls = |text| urls(text).map(BTreeMap::from_iter);
        let two = urls("outbound=https://sqs.example/1/a.fifo,media=https://sqs.example/1/b?x=y");
        let two = two.unwrap();
        assert_eq!(two[OUTBOUND], "https://sqs.example/1/a.fifo");
        assert_eq!(two["media"], "https://sqs.example/1/b?x=y");
        assert!(urls("").unwrap().is_empty() && urls("outbound").is_err());
    }
}
