//! Queues: entries in, in batches, each with its group and its deduplication id.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use domain::sending::Outgoing;

use crate::config::{Sdk, endpoint};

/// The most entries that one call takes.
const MAX_ENTRIES: usize = 10;

/// The most bytes that one call takes, bodies and ids together: 1 MiB less a margin for attributes.
const MAX_BYTES: usize = 1024 * 1024 - 16 * 1024;

/// The longest delay that a standard queue keeps an entry back.
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// One queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// An entry of a FIFO queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is kept in order.
    pub group_id: String,
    /// What makes a repeated entry the same.
    pub deduplication_id: String,
    /// The entry itself.
    pub body: String,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, {} bytes)", self.deduplication_id, self.body.len())
    }
}

impl Queue {
    /// The queue at this address.
    #[must_use]
    pub fn new(sdk: &Sdk, url: String) -> Self {
        let mut config = aws_sdk_sqs::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint(sdk, "SQS"));
        Self { client: Client::from_conf(config.build()), url }
    }

    /// A queue over a client that a test made.
    #[must_use]
    pub fn over(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Puts entries in, in order; `Ok` only when all are in. A repeated call adds nothing twice: the ids deduplicate.
    pub async fn put_all(&self, entries: &[Entry]) -> anyhow::Result<()> {
        for batch in batches(entries) {
            let mut call = self.client.send_message_batch().queue_url(&self.url);
            for (n, entry) in batch.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(n.to_string())
                    .message_group_id(&entry.group_id)
                    .message_deduplication_id(&entry.deduplication_id)
                    .message_body(&entry.body)
                    .build()
                    .context("cannot describe a queue entry")?;
                call = call.entries(entry);
            }
            let answer = call.send().await.context("cannot put a batch into the queue")?;
            if let Some(failed) = answer.failed().first() {
                bail!(
                    "the queue refused {} of {} entries: {}",
                    answer.failed().len(),
                    batch.len(),
                    failed.code()
                );
            }
            ensure!(
                answer.successful().len() == batch.len(),
                "the queue did not speak of every entry"
            );
        }
        Ok(())
    }

    /// Puts one entry into a FIFO queue.
    pub async fn put(&self, entry: &Entry) -> anyhow::Result<()> {
        let call = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(&entry.group_id)
            .message_deduplication_id(&entry.deduplication_id)
            .message_body(&entry.body);
        call.send().await.context("cannot put an entry into the queue")?;
        Ok(())
    }

    /// Queues the first attempt of a message of ours that is stored, unless it was begun. Queued twice it is sent once: the
    /// entry's own id and then the message's INTENT see to that.
    pub async fn put_first(&self, stored: &Outgoing) -> anyhow::Result<()> {
        let is_begun = stored.progress.is_over() || 0 < stored.progress.attempt;
        let accepted = &stored.accepted;
        let Some(to) = accepted.send.to.first().filter(|_| !is_begun) else { return Ok(()) };
        let step = domain::sending::Entry::first(accepted.id().clone(), to);
        let (deduplication_id, body) = (step.deduplication_id(), serde_json::to_string(&step)?);
        self.put(&Entry { group_id: step.group, deduplication_id, body }).await
    }

    /// Puts one entry into a standard queue, to be seen after a delay of at most [`MAX_DELAY`].
    pub async fn put_later(&self, body: String, delay: Duration) -> anyhow::Result<()> {
        let delay = i32::try_from(delay.min(MAX_DELAY).as_secs()).unwrap_or(900);
        let call =
            self.client.send_message().queue_url(&self.url).delay_seconds(delay).message_body(body);
        call.send().await.context("cannot put an entry into the delay queue")?;
        Ok(())
    }
}

/// Cuts entries into calls that a queue takes: by count and by bytes.
fn batches(entries: &[Entry]) -> Vec<&[Entry]> {
    let size = |it: &Entry| it.body.len() + it.group_id.len() + it.deduplication_id.len();
    let (mut batches, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (n, entry) in entries.iter().enumerate() {
        let full = n - from == MAX_ENTRIES || MAX_BYTES < bytes + size(entry);
        if full && from < n {
            batches.extend(entries.get(from..n));
            (from, bytes) = (n, 0);
        }
        bytes += size(entry);
    }
    batches.extend(entries.get(from..).filter(|it| !it.is_empty()));
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(sizes: &[usize]) -> Vec<Entry> {
        let entry = |size: &usize| Entry {
            group_id: "g".repeat(64),
            deduplication_id: "d".repeat(64),
            body: "x".repeat(*size),
        };
        sizes.iter().map(entry).collect()
    }

    fn cut(sizes: &[usize]) -> Vec<usize> {
        batches(&entries(sizes)).into_iter().map(<[Entry]>::len).collect()
    }

    #[test]
    fn batches_are_cut_by_count_and_by_bytes() {
        assert_eq!(cut(&[]), [0usize; 0]);
        assert_eq!(cut(&[1; 10]), [10]);
        assert_eq!(cut(&[1; 23]), [10, 10, 3]);
        assert_eq!(cut(&[500_000, 500_000, 500_000]), [2, 1]);
        assert_eq!(cut(&[1_000_000, 1, 1_000_000]), [2, 1]);
    }
}
