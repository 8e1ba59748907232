//! Timers: queue entries that come later.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, SqsParameters, Target,
};
use domain::sending::Entry;
use domain::time::Timestamp;

use crate::config::{Sdk, endpoint};
use crate::queue::{self, MAX_DELAY, Queue};

/// Puts entries of the outbound queue in at a later time.
///
/// Up to 15 minutes an entry waits in the delay queue, from where `outbound` itself puts it back; longer ones are schedules
/// that put it back and are gone after.
#[derive(Clone, Debug)]
pub struct Timers {
    delays: Queue,
    outbound: Queue,
    schedules: Schedules,
}

/// Where schedules are made, and what they may do.
#[derive(Clone, Debug)]
pub struct Schedules {
    client: Client,
    group: String,
    role_arn: String,
    queue_arn: String,
}

impl Schedules {
    /// Schedules of this group, which put into the queue of this ARN by this role.
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
    /// Timers over a standard queue for short waits, schedules for long ones, and the queue that both end in.
    #[must_use]
    pub fn new(delays: Queue, schedules: Schedules, outbound: Queue) -> Self {
        Self { delays, outbound, schedules }
    }

    /// Lets an entry come at a time. Setting it twice makes it come once: it is the same entry to the queue.
    pub async fn set(&self, entry: &Entry, at: Timestamp, now: Timestamp) -> anyhow::Result<()> {
        let body = serde_json::to_string(entry).context("cannot write a queue entry")?;
        let wait = Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0));
        if wait <= MAX_DELAY {
            // A delay is in whole seconds; one that is too short would wake an attempt that is not yet due.
            let delay = Duration::from_secs(
                wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX),
            );
            return self.delays.put_later(body, delay).await;
        }
        self.schedules.create(entry, body, at).await
    }

    /// Puts an entry into the outbound queue now: what `outbound` does when a delay is over.
    pub async fn put_back(&self, entry: &Entry) -> anyhow::Result<()> {
        let body = serde_json::to_string(entry).context("cannot write a queue entry")?;
        let deduplication_id = entry.deduplication_id();
        self.outbound
            .put(&queue::Entry { group_id: entry.group.clone(), deduplication_id, body })
            .await
    }
}

impl Schedules {
    async fn create(&self, entry: &Entry, body: String, at: Timestamp) -> anyhow::Result<()> {
        let name = entry.schedule_name();
        let group = SqsParameters::builder().message_group_id(&entry.group).build();
        let target = Target::builder()
            .arn(&self.queue_arn)
            .role_arn(&self.role_arn)
            .input(body)
            .sqs_parameters(group);
        let target = target.build().context("cannot describe a schedule")?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let window = window.context("cannot describe a schedule")?;
        let call = self
            .client
            .create_schedule()
            .group_name(&self.group)
            .name(&name)
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
