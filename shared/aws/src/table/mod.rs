//! The table: one item per fact, one file per thing that is done to it.

mod aside;
mod budget;
mod changes;
mod codes;
mod copies;
mod corrections;
mod facts;
mod file;
mod fold;
mod identities;
pub mod item;
pub mod keys;
mod links;
mod messages;
mod open;
mod patch;
mod people;
mod profiles;
mod questions;
mod receipts;
mod referrals;
pub mod schema;
mod seconds;
mod sends;
mod subjects;
mod thread_changes;
mod threads;
pub mod tokens;
mod transaction;
pub mod views;
mod whole;

use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::id::{ContactId, ThreadId};
use domain::threading::Model;
use domain::threading::budget::UNSURE_BELOW;

use crate::config::Sdk;
use crate::objects::Objects;
use aside::judged;
use item::Item;
use keys::Key;
use patch::key_item;

pub use aside::BackTo;
pub use budget::{Budget, Tally};
pub use corrections::{MOST_MOVED, Order, Refused, To};
pub use file::Filed;
pub use identities::Claims;
pub use messages::Stored;
pub use open::next_head;
pub use patch::{Patch, Written};
pub use profiles::{ContactProfile, ProfileChange};
pub use questions::Question;
pub use sends::{Acceptance, Ended};
pub use subjects::Subject;
pub use thread_changes::{Changed, MOST_CASES, ThreadChange};
pub use threads::Threads;
pub use transaction::{Committed, Transaction};

/// How often something is read and decided again when others were faster, before the queue is asked to bring it back.
const ATTEMPTS: u32 = 30;

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
    /// Where what is too large for an item is, for those who may remove it.
    bucket: Option<Objects>,
}

/// Ids for what an event may create. An event that is filed again brings others, and those are not used.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The id of a new person.
    pub contact: ContactId,
    /// The id of a new thread.
    pub thread: ThreadId,
}

impl Fresh {
    /// New ids.
    #[must_use]
    pub fn ids() -> Self {
        Self {
            contact: ContactId::new(crate::new_id("con_")),
            thread: ThreadId::new(crate::new_id("thr_")),
        }
    }
}

/// What messages are filed by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What weighs the evidence.
    pub model: Model,
    /// A thread is marked when a message joins it with less confidence than this.
    pub unsure_below: f32,
    /// The threshold that a budget has this week instead.
    pub this_week: Option<f32>,
    /// How long messages are kept; for ever without it.
    pub retention: Option<Duration>,
    /// Counts how sure messages are filed.
    pub tally: Tally,
}

impl Rules {
    /// The rules of this model, for messages that are kept so long.
    #[must_use]
    pub fn keeping(retention: Option<Duration>) -> Self {
        Self {
            model: Model::current(),
            unsure_below: UNSURE_BELOW,
            this_week: None,
            retention,
            tally: Tally::default(),
        }
    }

    /// Whether a message that is filed now with this confidence is one that somebody should have a look at.
    #[must_use]
    pub fn doubt(&self, confidence: f32) -> bool {
        confidence < self.this_week.unwrap_or(self.unsure_below)
    }

    /// How long messages are kept, in milliseconds; for ever without it.
    #[must_use]
    pub fn retention_ms(&self) -> Option<i64> {
        self.retention.map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
    }

    /// The rules as the environment says: `RETENTION_DAYS` after which messages go (0: never).
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self::keeping(retention_from_env()?))
    }
}

/// How long messages are kept, as the environment says: `RETENTION_DAYS`, for ever if it is 0.
pub fn retention_from_env() -> anyhow::Result<Option<Duration>> {
    let days: u64 = crate::env_or("RETENTION_DAYS", "0")
        .parse()
        .context("RETENTION_DAYS is not a number of days")?;
    Ok((0 < days).then(|| Duration::from_secs(days * 24 * 60 * 60)))
}

impl Table {
    /// The table of this name.
    #[must_use]
    pub fn new(sdk: &Sdk, name: String) -> Self {
        Self::over(Client::new(sdk), name)
    }

    /// A table over a client that a test made.
    #[must_use]
    pub fn over(client: Client, name: String) -> Self {
        Self { client, name, bucket: None }
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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
        patch.write(&self.client, &self.name, ReturnValue::AllNew).await
    }

    /// Makes a write, again while transactions are at work on the item. What is returned is the item as it is, whether
    /// the write was made or refused.
    pub async fn settle(&self, patch: Patch) -> anyhow::Result<Item> {
        for attempt in 0..ATTEMPTS {
            match self.write(patch.clone()).await? {
                Written::Done(item) | Written::Refused(item) => return Ok(item),
                Written::Busy => pause(attempt).await,
            }
        }
        anyhow::bail!("an item was busy {ATTEMPTS} times")
    }
}

/// Lets others finish: short at first, as most conflicts are over within one call.
async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(10)) * 5)).await;
}
