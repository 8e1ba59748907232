//! Queues: entries in, in batches, each with its group and its deduplication id.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};

use domain::sending::{self, Outgoing};

use crate::config::{Sdk, endpoint};
use crate::parallel;

/// The most entries that one call takes.
const MAX_ENTRIES: usize = 10;

/// The most bytes that one call takes, bodies and ids together: 1 MiB less a margin for attributes.
const MAX_BYTES: usize = 1024 * 1024 - 16 * 1024;

/// The wait before the refused entries of a batch are tried again, each time, in milliseconds.
const PAUSES_MS: [u64; 3] = [50, 100, 200];

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
pub struct QueueEntry {
    /// The group whose entries are kept in order.
    pub group_id: String,
    /// The id by which a repeated entry is the same.
    pub deduplication_id: String,
    /// The entry itself.
    pub body: String,
}

impl std::fmt::Debug for QueueEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, {} bytes)", self.deduplication_id, self.body.len())
    }
}

impl QueueEntry {
    /// The entry of a step of a message of ours.
    pub fn of(step: &sending::OutboundEntry) -> anyhow::Result<Self> {
        let body = serde_json::to_string(step).context("cannot write a queue entry")?;
        let (group_id, deduplication_id) = (step.group.clone(), step.deduplication_id());
        Ok(Self { group_id, deduplication_id, body })
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

    /// Puts entries in, and those of a group in order; `Ok` only when all are in. Groups go side by side. `is_in` hears of each
    /// as soon as the queue has it. A repeated call adds nothing twice: the ids deduplicate.
    pub async fn put_all(
        &self,
        entries: Vec<QueueEntry>,
        is_in: impl Fn(&QueueEntry) + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        let put = |lane: Lane| {
            let (queue, is_in) = (self.clone(), is_in.clone());
            async move {
                for batch in lane {
                    queue.put_batch(batch.entries, &is_in).await?;
                }
                Ok(())
            }
        };
        parallel::all(lanes(entries).into_iter().map(put)).await
    }

    /// Puts one batch in. What the queue refused of it is tried again alone, before anything that comes after it; if of two
    /// entries of a group it refused the first and took the second, their order is the queue's doing.
    async fn put_batch(
        &self,
        mut left: Vec<QueueEntry>,
        is_in: &(impl Fn(&QueueEntry) + Sync),
    ) -> anyhow::Result<()> {
        let mut pauses = PAUSES_MS.into_iter();
        loop {
            let answer = self.call(&left).await?;
            let n_entries = left.len();
            let refused: Vec<_> = answer.failed().iter().map(BatchResultErrorEntry::id).collect();
            ensure!(
                refused.len() + answer.successful().len() == n_entries,
                "the queue did not speak of every entry"
            );
            let mut ids = (0..n_entries).map(|it| it.to_string());
            left.retain(|entry| {
                let is_refused = ids.next().is_some_and(|it| refused.contains(&it.as_str()));
                if !is_refused {
                    is_in(entry);
                }
                is_refused
            });
            let Some(first) = answer.failed().first() else { return Ok(()) };
            // What is wrong with an entry itself stays wrong.
            let for_ever = answer.failed().iter().find(|it| it.sender_fault());
            let Some(pause_ms) = pauses.next().filter(|_| for_ever.is_none()) else {
                let code = for_ever.unwrap_or(first).code();
                bail!("the queue refused {} of {n_entries} entries: {code}", refused.len());
            };
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    async fn call(&self, entries: &[QueueEntry]) -> anyhow::Result<SendMessageBatchOutput> {
        let mut call = self.client.send_message_batch().queue_url(&self.url);
        for (n, entry) in entries.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_group_id(&entry.group_id)
                .message_deduplication_id(&entry.deduplication_id)
                .message_body(&entry.body)
                .build()
                .context("cannot describe a queue entry")?;
            call = call.entries(entry);
        }
        call.send().await.context("cannot put a batch into the queue")
    }

    /// Puts one entry into a FIFO queue.
    pub async fn put(&self, entry: &QueueEntry) -> anyhow::Result<()> {
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
        let first = stored.legs.first().filter(|_| !stored.is_begun());
        let Some(to) = first.and_then(|it| it.to.first()) else { return Ok(()) };
        self.put(&QueueEntry::of(&sending::OutboundEntry::first(stored.id.clone(), to))?).await
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

/// The entries of one call.
#[derive(Default)]
struct Batch {
    entries: Vec<QueueEntry>,
    bytes: usize,
}

/// Calls that are made one after the other.
type Lane = Vec<Batch>;

impl Batch {
    fn takes(&self, n_entries: usize, bytes: usize) -> bool {
        self.entries.len() + n_entries <= MAX_ENTRIES && self.bytes + bytes <= MAX_BYTES
    }
}

/// Cuts entries into calls that a queue takes, by count and by bytes. A group is in one lane, in order; groups that fit into
/// what a call has left share it, so that a few entries are one call.
fn lanes(entries: Vec<QueueEntry>) -> Vec<Lane> {
    let mut groups: Vec<Lane> = Vec::new();
    let mut places = HashMap::new();
    for entry in entries {
        let place = *places.entry(entry.group_id.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Lane::new());
        }
        if let Some(lane) = groups.get_mut(place) {
            add(lane, entry);
        }
    }
    let mut lanes: Vec<Lane> = Vec::new();
    for mut lane in groups {
        let room = |it: &&mut Batch| match lane.as_slice() {
            [only] => it.takes(only.entries.len(), only.bytes),
            [..] => false,
        };
        match lanes.iter_mut().filter_map(|it| it.last_mut()).find(room) {
            Some(shared) => {
                for batch in &mut lane {
                    shared.bytes += batch.bytes;
                    shared.entries.append(&mut batch.entries);
                }
            }
            None => lanes.push(lane),
        }
    }
    lanes
}

/// Adds an entry at the end of a lane.
fn add(lane: &mut Lane, entry: QueueEntry) {
    let bytes = entry.body.len() + entry.group_id.len() + entry.deduplication_id.len();
    if !lane.last().is_some_and(|it| it.takes(1, bytes)) {
        lane.push(Batch::default());
    }
    if let Some(batch) = lane.last_mut() {
        batch.bytes += bytes;
        batch.entries.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of these groups and sizes.
    fn entries(all: &[(&str, usize)]) -> Vec<QueueEntry> {
        let entry = |(n, (group, size)): (usize, &(&str, usize))| QueueEntry {
            group_id: (*group).to_owned(),
            deduplication_id: n.to_string(),
            body: "x".repeat(*size),
        };
        all.iter().enumerate().map(entry).collect()
    }

    /// The lanes, each entry as its group and number.
    fn cut(all: &[(&str, usize)]) -> Vec<Vec<Vec<String>>> {
        let name = |it: &QueueEntry| format!("{}{}", it.group_id, it.deduplication_id);
        let batch = |it: &Batch| it.entries.iter().map(name).collect();
        lanes(entries(all)).iter().map(|it| it.iter().map(batch).collect()).collect()
    }

    fn sizes(all: &[(&str, usize)]) -> Vec<Vec<usize>> {
        cut(all).iter().map(|it| it.iter().map(Vec::len).collect()).collect()
    }

    #[test]
    fn batches_are_cut_by_count_and_by_bytes() {
        assert_eq!(sizes(&[]), [[0; 0]; 0]);
        assert_eq!(sizes(&[("a", 1); 10]), [[10]]);
        assert_eq!(sizes(&[("a", 1); 23]), [[10, 10, 3]]);
        assert_eq!(sizes(&[("a", 500_000); 3]), [[2, 1]]);
        assert_eq!(sizes(&[("a", 1_000_000), ("a", 1), ("a", 1_000_000)]), [[2, 1]]);
        assert_eq!(sizes(&[("a", 600_000), ("b", 600_000), ("c", 1)]), [[2], [1]]);
    }

    #[test]
    fn a_few_entries_of_many_people_are_one_call() {
        let few = [("a", 1), ("b", 1), ("a", 1), ("c", 1)];
        assert_eq!(cut(&few), [[["a0", "a2", "b1", "c3"]]]);
    }

    #[test]
    fn people_go_side_by_side_and_one_person_in_order() {
        let people: Vec<_> = ["a", "b", "c"].into_iter().flat_map(|it| [(it, 1); 7]).collect();
        assert_eq!(sizes(&people), [[7], [7], [7]]);
        let mut many = vec![("a", 1); 25];
        many.extend([("b", 1), ("c", 1)]);
        assert_eq!(sizes(&many), [[10, 10, 7]]);
        let lanes = cut(&many);
        let of_a: Vec<_> =
            lanes.iter().flatten().flatten().filter(|it| it.starts_with('a')).collect();
        assert!(of_a.iter().enumerate().all(|(n, it)| **it == format!("a{n}")), "{of_a:?}");
    }
}
