//! A batch of queue entries: each is worked on alone, and those that failed are given back to the queue.

use std::collections::HashSet;

use anyhow::{Context, bail};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};

/// Works on each entry in order and names those that failed, so that the queue brings only them again.
///
/// After a failure the later entries of the same FIFO group are given back unseen: they would overtake it. Other groups go
/// on. When every entry failed the whole call fails, which is the same to the queue and moves the error metric.
pub async fn each(
    event: SqsEvent,
    work: impl AsyncFn(&SqsMessage) -> anyhow::Result<()>,
) -> anyhow::Result<SqsBatchResponse> {
    let n_entries = event.records.len();
    let mut failed = Vec::new();
    let mut blocked = HashSet::new();
    for entry in event.records {
        let id = entry
            .message_id
            .clone()
            .context("a queue entry without an id cannot be given back alone")?;
        let group = entry.attributes.get("MessageGroupId").cloned();
        if group.as_ref().is_some_and(|it| blocked.contains(it)) {
            failed.push(failure(id));
            continue;
        }
        if let Err(error) = work(&entry).await {
            tracing::error!(entry.id = id, error = format!("{error:#}"), "a queue entry failed");
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

    use super::*;

    /// Entries named `<group><n>`; those whose name is in `bad` fail.
    fn run(names: &[&str], bad: &[&str]) -> (anyhow::Result<Vec<String>>, Vec<String>) {
        let mut event = SqsEvent::default();
        for name in names {
            let mut entry = SqsMessage::default();
            entry.message_id = Some((*name).to_owned());
            entry.body = Some((*name).to_owned());
            if let Some(group) = name.get(..1).filter(|it| *it != "-") {
                entry.attributes.insert("MessageGroupId".to_owned(), group.to_owned());
            }
            event.records.push(entry);
        }
        let seen = RefCell::new(Vec::new());
        let work = async |entry: &SqsMessage| {
            let name = entry.body.clone().unwrap_or_default();
            seen.borrow_mut().push(name.clone());
            anyhow::ensure!(!bad.contains(&name.as_str()), "no");
            Ok(())
        };
        let answer = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(each(event, work));
        let failed = answer
            .map(|it| it.batch_item_failures.into_iter().map(|it| it.item_identifier).collect());
        (failed, seen.into_inner())
    }

    #[test]
    fn after_a_failure_the_rest_of_its_group_is_given_back_and_others_go_on() {
        let (failed, seen) = run(&["a1", "b1", "a2", "b2", "a3"], &["a2"]);
        assert_eq!(failed.unwrap(), ["a2", "a3"]);
        assert_eq!(seen, ["a1", "b1", "a2", "b2"]);
    }

    #[test]
    fn entries_of_a_standard_queue_stand_alone() {
        let (failed, seen) = run(&["-1", "-2", "-3"], &["-1"]);
        assert_eq!(failed.unwrap(), ["-1"]);
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn a_batch_of_which_everything_failed_fails() {
        assert!(run(&["a1", "a2"], &["a1"]).0.is_err());
        assert!(run(&["a1"], &["a1"]).0.is_err());
        assert_eq!(run(&[], &[]).0.unwrap(), [""; 0]);
    }

    #[test]
    fn an_entry_without_an_id_fails_the_batch() {
        let mut event = SqsEvent::default();
        event.records.push(SqsMessage::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(each(event, async |_| Ok(()))).is_err());
    }
}
