//! Several writes that are made together or not at all.

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::store::item::{Item, number};
use crate::store::keys::Key;
use crate::store::patch::{Patch, Stamp};
use crate::store::schema::VERSION;

/// The outcome of a transaction.
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
    writes: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Patch(Patch),
    Remove(Patch),
    Replace(Patch, Item),
}

impl Transaction {
    /// Adds a write and returns its place.
    pub fn patch(&mut self, patch: Patch) -> usize {
        self.writes.push(Part::Patch(patch));
        self.writes.len() - 1
    }

    /// Adds the removal of an item that is at this version.
    pub fn remove(&mut self, key: &Key, version: u64) {
        self.remove_if(Patch::of(key.clone()).if_is(VERSION, Some(number(version))));
    }

    /// Adds the removal of a patch's item on its conditions.
    pub fn remove_if(&mut self, patch: Patch) {
        self.writes.push(Part::Remove(patch));
    }

    /// Adds the replacement of a patch's item, whole, on its conditions.
    pub fn replace(&mut self, patch: Patch, item: Item) {
        self.writes.push(Part::Replace(patch, item));
    }

    /// The writes as the table takes them.
    pub(in crate::store) fn writes(
        self,
        table: &str,
        stamp: Stamp,
    ) -> anyhow::Result<Vec<TransactWriteItem>> {
        let write = |part| match part {
            Part::Patch(patch) => patch.in_transaction(table, stamp),
            Part::Remove(patch) => patch.removing(table),
            Part::Replace(patch, item) => patch.replacing(table, item, stamp),
        };
        self.writes.into_iter().map(write).collect()
    }
}
