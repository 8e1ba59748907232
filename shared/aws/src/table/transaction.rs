//! Several writes that are made together or not at all.

use anyhow::Context;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use super::Table;
use super::aside::{judged, judged_reason};
use super::item::{Item, number};
use super::keys::Key;
use super::patch::Patch;
use super::schema::VERSION;

/// What became of a transaction.
#[derive(Debug)]
pub enum Committed {
    /// All of it was written.
    Done,
    /// Nothing was written. For each write whose condition did not hold, its place and the item as it is.
    Refused(Vec<(usize, Item)>),
}

/// Writes that are made together.
#[derive(Debug, Default)]
pub struct Transaction {
    writes: Vec<TransactWriteItem>,
}

impl Transaction {
    /// Adds a write and returns its place.
    pub fn patch(&mut self, table: &Table, patch: Patch) -> anyhow::Result<usize> {
        self.writes.push(patch.in_transaction(table.name())?);
        Ok(self.writes.len() - 1)
    }

    /// Adds the removal of an item that is at this version.
    pub fn remove(&mut self, table: &Table, key: &Key, version: u64) -> anyhow::Result<()> {
        self.remove_if(table, Patch::of(key.clone()).if_is(VERSION, Some(number(version))))
    }

    /// Adds the removal of a patch's item on its conditions.
    pub fn remove_if(&mut self, table: &Table, patch: Patch) -> anyhow::Result<()> {
        self.writes.push(patch.removing(table.name())?);
        Ok(())
    }

    /// Adds the replacement of a patch's item, whole, on its conditions.
    pub fn replace(&mut self, table: &Table, patch: Patch, item: Item) -> anyhow::Result<()> {
        self.writes.push(patch.replacing(table.name(), item)?);
        Ok(())
    }
}

impl Table {
    /// Makes all writes of a transaction, or none.
    pub async fn commit(&self, transaction: Transaction) -> anyhow::Result<Committed> {
        let call = self.client.transact_write_items().set_transact_items(Some(transaction.writes));
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
