//! The store: single items, conditional writes, transactions, and the one loop that decides again when others were faster.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, ReturnValue};

use crate::config::{Sdk, env, env_or};
use crate::objects::Objects;
use crate::store::item::Item;
use crate::store::judged::{judged, judged_reason};
use crate::store::keys::Key;
use crate::store::patch::{Patch, Stamp, Written, key_item};
use crate::store::transaction::{Committed, Transaction};

/// The number of times that something is read and decided again when others were faster, before the queue is asked to bring it
/// back.
const ATTEMPTS: u32 = 30;

/// The most shards of a list: a thread's is by one hexadecimal digit.
const MOST_SHARDS: u32 = 16;

/// The table and what lies beside it. What is done with it is in the rooms: [`filing`](Self::filing),
/// [`threads`](Self::threads) and so on.
#[derive(Clone, Debug)]
pub struct Store {
    pub(in crate::store) client: Client,
    pub(in crate::store) name: String,
    /// The number of shards of each list of threads.
    pub(in crate::store) shards: u32,
    /// The bucket of content that is too large for an item, for those who may remove it.
    pub(in crate::store) bucket: Option<Objects>,
}

/// The end of one attempt at something.
#[derive(Debug)]
pub(crate) enum Attempt<T, S = ()> {
    /// It is decided.
    Done(T),
    /// Others were faster: read and decide again.
    Again(S),
}

impl Store {
    /// The store over the table of this name.
    #[must_use]
    pub fn new(sdk: &Sdk, name: String) -> Self {
        Self::over(Client::new(sdk), name)
    }

    /// The store that the environment says: `TABLE_NAME`, and `INBOX_SHARDS`, how many shards each list of threads has, one if
    /// not said.
    pub fn from_env(sdk: &Sdk) -> anyhow::Result<Self> {
        let shards = env_or("INBOX_SHARDS", "1");
        let shards = shards.parse().ok().filter(|it| (1..=MOST_SHARDS).contains(it));
        let shards = shards.with_context(|| format!("INBOX_SHARDS is not 1 to {MOST_SHARDS}"))?;
        Ok(Self::new(sdk, env("TABLE_NAME")?).with_shards(shards))
    }

    /// The same store with so many shards to each list of threads.
    #[must_use]
    pub fn with_shards(self, shards: u32) -> Self {
        Self { shards, ..self }
    }

    /// The stamp that goes to every write.
    fn stamp(&self) -> Stamp {
        Stamp { now: crate::now(), shards: self.shards }
    }

    /// A store over a client that a test made.
    #[must_use]
    pub fn over(client: Client, name: String) -> Self {
        Self { client, name, shards: 1, bucket: None }
    }

    /// The same store with the bucket that holds what is too large for the table.
    #[must_use]
    pub fn with_bucket(self, bucket: Objects) -> Self {
        Self { bucket: Some(bucket), ..self }
    }

    /// An item as it is at this moment. A read that may be late would split what belongs together.
    pub async fn get(&self, key: &Key) -> anyhow::Result<Option<Item>> {
        let call = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true);
        Ok(call.send().await.map_err(judged).context("cannot read an item")?.item)
    }

    /// Makes a write alone and returns the item as it is after it.
    pub async fn write(&self, patch: Patch) -> anyhow::Result<Written> {
        patch.write(&self.client, &self.name, self.stamp(), ReturnValue::AllNew).await
    }

    /// Makes a write alone, for whoever does not need the item after it.
    pub(in crate::store) async fn write_blind(&self, patch: Patch) -> anyhow::Result<Written> {
        patch.write(&self.client, &self.name, self.stamp(), ReturnValue::None).await
    }

    /// Makes a write alone and returns the item as it was before it.
    pub(in crate::store) async fn swap(&self, patch: Patch) -> anyhow::Result<Written> {
        patch.write(&self.client, &self.name, self.stamp(), ReturnValue::AllOld).await
    }

    /// Makes a write, again while transactions are at work on the item. What is returned is the item as it is, whether
    /// the write was made or refused.
    pub async fn write_retrying(&self, patch: Patch) -> anyhow::Result<Item> {
        let attempt = || async {
            Ok(match self.write(patch.clone()).await? {
                Written::Done(item) | Written::Refused(item) => Attempt::Done(item),
                Written::Busy => Attempt::Again(()),
            })
        };
        self.retrying("an item was written", attempt).await
    }

    /// Makes all writes of a transaction, or none.
    pub async fn commit(&self, transaction: Transaction) -> anyhow::Result<Committed> {
        let call = self
            .client
            .transact_write_items()
            .set_transact_items(Some(transaction.writes(&self.name, self.stamp())?));
        match call.send().await {
            Ok(_) => Ok(Committed::Done),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    refusals(canceled.cancellation_reasons()).map(Committed::Refused)
                }
                Some(_) | None => Err(judged(error)).context("cannot write a transaction"),
            },
        }
    }

    /// Reads and decides until it is decided. `what` says what was going on, should others be faster every time.
    pub(crate) async fn retrying<T, E, F>(
        &self,
        what: &'static str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        E: From<anyhow::Error>,
        F: Future<Output = Result<Attempt<T>, E>>,
    {
        self.retrying_from(what, (), |()| attempt()).await
    }

    /// The same, where an attempt that was not the fastest found out what the next one begins with.
    pub(in crate::store) async fn retrying_from<S, T, E, F>(
        &self,
        what: &'static str,
        mut state: S,
        mut attempt: impl FnMut(S) -> F,
    ) -> Result<T, E>
    where
        E: From<anyhow::Error>,
        F: Future<Output = Result<Attempt<T, S>, E>>,
    {
        for n in 0..ATTEMPTS {
            match attempt(state).await? {
                Attempt::Done(done) => return Ok(done),
                Attempt::Again(next) => state = next,
            }
            pause(n).await;
        }
        Err(anyhow::anyhow!("others were faster {ATTEMPTS} times while {what}").into())
    }
}

/// Lets others finish: short at first, as most conflicts are over within one call.
async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(10)) * 5)).await;
}

/// The writes that were refused; empty when others were at work on the same items. Any other reason is an error.
fn refusals(reasons: &[CancellationReason]) -> anyhow::Result<Vec<(usize, Item)>> {
    let mut refused = Vec::new();
    for (place, reason) in reasons.iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "None" | "TransactionConflict" => {}
            "ConditionalCheckFailed" => {
                refused.push((place, reason.item.clone().unwrap_or_default()));
            }
            other => return Err(judged_reason(other)),
        }
    }
    Ok(refused)
}
