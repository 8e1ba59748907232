//! A batch of queue entries: each is worked on alone. Those that failed are given back to the queue, those that can never be
//! worked on are put aside.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use domain::time::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::logs::{Metric, count};

/// The part of a function's time that is left when the rest of its batch is given back.
const MARGIN: Duration = Duration::from_secs(2);

/// Says of an error that the same entry would meet it for ever, however often it comes: no outage of somebody else, and no
/// state that may change. Everything else passes, and the queue brings its entry again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Permanent(pub &'static str);

/// For how long a batch may be worked on.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    until: Instant,
    each: Duration,
}

impl Time {
    /// The time that a function has until Lambda ends it, less the time to give back the rest. An entry is begun only if it has
    /// so long; the first always is.
    #[must_use]
    pub fn of(context: &lambda_runtime::Context, now: Timestamp, each: Duration) -> Self {
        let left = context.deadline.saturating_sub(u64::try_from(now.ms()).unwrap_or(0));
        Self::lasting(Duration::from_millis(left).saturating_sub(MARGIN), each)
    }

    /// So long from now.
    #[must_use]
    pub fn lasting(total: Duration, each: Duration) -> Self {
        Self { until: Instant::now() + total, each }
    }
}

/// Works on each entry in order and names those that failed, so that the queue brings only them again.
///
/// After a failure the later entries of the same FIFO group are given back unseen: they would overtake it. Other groups go
/// on. An entry that fails for ever is put aside at once, and holds up nobody. When time is up, the entry that is worked on is
/// left where it is and given back with the rest, before Lambda would stop it there and show the whole batch again. When
/// every entry failed the whole call fails, which is the same to the queue and moves the error metric.
pub async fn each(
    event: SqsEvent,
    time: Time,
    work: impl AsyncFn(&SqsMessage) -> anyhow::Result<()>,
    put_aside: impl AsyncFn(&SqsMessage, Permanent) -> anyhow::Result<()>,
) -> anyhow::Result<SqsBatchResponse> {
    let n_entries = event.records.len();
    let mut failed = Vec::new();
    let mut blocked = HashSet::new();
    for (n, entry) in event.records.into_iter().enumerate() {
        let id = entry
            .message_id
            .clone()
            .context("a queue entry without an id cannot be given back alone")?;
        let group = entry.attributes.get("MessageGroupId").cloned();
        let is_late = 0 < n && time.until < Instant::now() + time.each;
        if is_late || group.as_ref().is_some_and(|it| blocked.contains(it)) {
            blocked.extend(group);
            failed.push(failure(id));
            continue;
        }
        let worked = timeout_at(time.until, work(&entry)).await;
        let worked = worked.unwrap_or_else(|_| Err(anyhow!("time was up while it was worked on")));
        let Err(error) = worked else { continue };
        let done = match error.downcast_ref::<Permanent>() {
            Some(why) => put_aside(&entry, *why).await.map(|()| {
                count(Metric::Unknown, 1);
                // Without what the table said: it may quote the entry.
                tracing::error!(entry.id = id, why = %why, "a queue entry was put aside");
            }),
            None => Err(error),
        };
        if let Err(error) = done {
            tracing::error!(
                entry.id = id,
                error = crate::logs::reason(&error),
                "a queue entry failed"
            );
            blocked.extend(group);
            failed.push(failure(id));
        }
    }
    if 0 < n_entries && failed.len() == n_entries {
        bail!("all {n_entries} entries of the batch failed");
    }
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed;
    Ok(response)
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use embedded::queued;

    use super::*;

    const A_MINUTE: Duration = Duration::from_mins(1);

    /// The outcome of a batch: the entries that are given back, those that were begun, those that were put aside.
    struct Outcome {
        failed: anyhow::Result<Vec<String>>,
        begun: Vec<String>,
        aside: Vec<String>,
    }

    /// Entries named `<group><n>`. Of those that `bad` names, one that ends in `!` fails for ever, one in `~` takes a while.
    fn run(names: &[&str], bad: &[&str]) -> Outcome {
        run_for(names, bad, Time::lasting(A_MINUTE, Duration::ZERO))
    }

    fn run_for(names: &[&str], bad: &[&str], time: Time) -> Outcome {
        let mut event = SqsEvent::default();
        for name in names {
            event.records.push(queued(name, name.get(..1).filter(|it| *it != "-"), name));
        }
        let (begun, aside) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let work = async |entry: &SqsMessage| {
            let name = entry.body.clone().unwrap_or_default();
            begun.borrow_mut().push(name.clone());
            if name.ends_with('~') {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            match bad.iter().find(|it| **it == name) {
                Some(it) if it.ends_with('!') => Err(anyhow!("a key of three kilobytes")
                    .context(Permanent("no"))
                    .context("cannot")),
                Some(_) => bail!("no"),
                None => Ok(()),
            }
        };
        let put_aside = async |entry: &SqsMessage, why| {
            assert_eq!(why, Permanent("no"));
            let name = entry.body.clone().unwrap_or_default();
            anyhow::ensure!(!name.starts_with('x'), "the table is out of reach");
            aside.borrow_mut().push(name);
            Ok(())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let answer = runtime.block_on(each(event, time, work, put_aside));
        let failed = answer
            .map(|it| it.batch_item_failures.into_iter().map(|it| it.item_identifier).collect());
        Outcome { failed, begun: begun.into_inner(), aside: aside.into_inner() }
    }

    #[test]
    fn after_a_failure_the_rest_of_its_group_is_given_back_and_others_go_on() {
        let done = run(&["a1", "b1", "a2", "b2", "a3"], &["a2"]);
        assert_eq!(done.failed.unwrap(), ["a2", "a3"]);
        assert_eq!(done.begun, ["a1", "b1", "a2", "b2"]);
    }

    #[test]
    fn what_fails_for_ever_is_put_aside_at_once_and_its_group_goes_on() {
        let done = run(&["a1!", "a2", "b1"], &["a1!"]);
        assert_eq!(done.failed.unwrap(), [""; 0]);
        assert_eq!((done.begun.len(), done.aside), (3, vec!["a1!".to_owned()]));
    }

    #[test]
    fn what_cannot_be_put_aside_stays_in_the_queue() {
        let done = run(&["x1!", "x2", "b1"], &["x1!"]);
        assert_eq!(done.failed.unwrap(), ["x1!", "x2"]);
        assert_eq!(done.begun, ["x1!", "b1"]);
    }

    #[test]
    fn what_remains_is_given_back_before_time_is_up() {
        let time = Time::lasting(Duration::from_millis(80), Duration::from_millis(40));
        let done = run_for(&["a1~", "b1", "c1"], &[], time);
        assert_eq!(done.failed.unwrap(), ["b1", "c1"]);
        assert_eq!(done.begun, ["a1~"]);
    }

    #[test]
    fn an_entry_that_takes_too_long_is_left_and_given_back() {
        let time = Time::lasting(Duration::from_millis(20), Duration::ZERO);
        let done = run_for(&["a1", "a2~", "a3", "b1"], &[], time);
        assert_eq!(done.failed.unwrap(), ["a2~", "a3", "b1"]);
        assert_eq!(done.begun, ["a1", "a2~"]);
    }

    #[test]
    fn the_time_of_a_batch_ends_before_its_functions() {
        let mut context = lambda_runtime::Context::default();
        context.deadline = 1_010_000;
        let left = |at| {
            let time = Time::of(&context, Timestamp::from_ms(at), Duration::ZERO);
            time.until.saturating_duration_since(Instant::now()).as_millis()
        };
        assert!((7_900..=8_000).contains(&left(1_000_000)));
        assert_eq!(left(1_009_000), 0);
        assert_eq!(left(2_000_000), 0);
    }

    #[test]
    fn entries_of_a_standard_queue_stand_alone() {
        let done = run(&["-1", "-2", "-3"], &["-1"]);
        assert_eq!(done.failed.unwrap(), ["-1"]);
        assert_eq!(done.begun.len(), 3);
    }

    #[test]
    fn a_batch_of_which_everything_failed_fails() {
        assert!(run(&["a1", "a2"], &["a1"]).failed.is_err());
        assert!(run(&["a1"], &["a1"]).failed.is_err());
        assert_eq!(run(&[], &[]).failed.unwrap(), [""; 0]);
    }

    #[test]
    fn an_entry_without_an_id_fails_the_batch() {
        let mut event = SqsEvent::default();
        event.records.push(SqsMessage::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let time = Time::lasting(A_MINUTE, Duration::ZERO);
        assert!(
            runtime.block_on(each(event, time, async |_| Ok(()), async |_, _| Ok(()))).is_err()
        );
    }
}
