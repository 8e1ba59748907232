//! Reads of several items: ranges under a key, pages of lists that lie in several partitions of an index, and batches.
//!
//! Pages are cut by position, not by the table's own page keys: one short cursor serves any number of partitions, and a row
//! that moves meanwhile is seen at its new place, not skipped because of it.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::time::Timestamp;
use tokio::task::JoinSet;

use crate::store::base::Store;
use crate::store::item::{Item, get_number, get_text, number, text};
use crate::store::judged::judged;
use crate::store::keys::Range;
use crate::store::schema::{PK, SK};

/// A place in a list that is sorted by a number and then a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The number: a time in milliseconds.
    pub at: i64,
    /// The text, which differs among rows of one time.
    pub key: String,
}

/// The end of a list that comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// The oldest.
    #[default]
    Ascending,
    /// The newest.
    Descending,
}

/// The part of a list that is wanted.
#[derive(Clone, Debug)]
pub struct Window {
    /// The end that comes first.
    pub order: SortOrder,
    /// The end of the page before.
    pub after: Option<Position>,
    /// The number of rows.
    pub limit: usize,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its rows. Fewer than asked for is not the end.
    pub rows: Vec<T>,
    /// The end of the page, if there is more.
    pub next: Option<Position>,
}

impl Window {
    pub(in crate::store) fn is_after(&self, position: &Position) -> bool {
        match (&self.after, self.order) {
            (None, _) => true,
            (Some(after), SortOrder::Ascending) => after < position,
            (Some(after), SortOrder::Descending) => position < after,
        }
    }

    /// The first rows of all that were read, in order.
    pub(in crate::store) fn cut<T>(&self, mut rows: Vec<(Position, T)>) -> Page<T> {
        rows.sort_by(|(a, _), (b, _)| match self.order {
            SortOrder::Ascending => a.cmp(b),
            SortOrder::Descending => b.cmp(a),
        });
        let more = self.limit < rows.len();
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|(position, _)| position.clone());
        Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next }
    }
}

/// A part of one partition of an index.
#[derive(Clone, Debug)]
pub(in crate::store) struct Slice {
    pub(in crate::store) partition: String,
    /// The lowest and the highest sort key, both within.
    pub(in crate::store) bounds: Option<(i64, i64)>,
    /// Whether few of its rows are wanted: then many are read at once.
    pub(in crate::store) is_sparse: bool,
}

/// The number of rows that are read at once where few are wanted.
const SPARSE: i32 = 1_000;

impl Slice {
    pub(in crate::store) fn whole(partition: String) -> Self {
        Self { partition, bounds: None, is_sparse: false }
    }

    /// The sort keys that a window may have.
    fn within(&self, window: &Window) -> Option<(i64, i64)> {
        let Some(after) = &window.after else { return self.bounds };
        let (low, high) = self.bounds.unwrap_or((0, Timestamp::LAST.ms()));
        Some(match window.order {
            SortOrder::Ascending => (low.max(after.at), high),
            SortOrder::Descending => (low, high.min(after.at)),
        })
    }
}

/// One index, as it is read here.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Index {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) partition: &'static str,
    pub(in crate::store) sort: &'static str,
    /// The key that tells rows of one time apart.
    pub(in crate::store) key: fn(&Item) -> Option<String>,
}

impl Store {
    /// A query of the table, to be told what of it.
    pub(in crate::store) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    /// A scan of the table: for tools only, as it reads all there is.
    pub(in crate::store) fn scan(&self) -> ScanFluentBuilder {
        self.client.scan().table_name(&self.name)
    }

    /// The items in a range of keys; `now`, if their state at this very moment matters, which costs twice as much.
    pub(in crate::store) async fn range(
        &self,
        range: &Range,
        now: bool,
    ) -> anyhow::Result<Vec<Item>> {
        all(self.between(range).consistent_read(now)).await
    }

    /// A query of a range of keys.
    pub(in crate::store) fn between(&self, range: &Range) -> QueryFluentBuilder {
        self.query()
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(&*range.pk))
            .expression_attribute_values(":from", text(&*range.from))
            .expression_attribute_values(":to", text(&*range.to))
    }

    /// The rows of a window over several partitions of an index, of those that are wanted.
    pub(in crate::store) async fn page(
        &self,
        index: Index,
        slices: Vec<Slice>,
        window: &Window,
        is_wanted: impl Fn(&Item) -> bool + Clone + Send + 'static,
    ) -> anyhow::Result<Page<Item>> {
        let mut reads = JoinSet::new();
        for slice in slices {
            let (store, window, is_wanted) = (self.clone(), window.clone(), is_wanted.clone());
            reads.spawn(async move { store.rows(index, &slice, &window, is_wanted).await });
        }
        let mut rows = Vec::new();
        while let Some(read) = reads.join_next().await {
            rows.extend(read.context("a read was given up")??);
        }
        Ok(window.cut(rows))
    }

    /// The rows of one partition that may be in the window: one more than it holds, and all of the last one's time, since
    /// an index does not sort rows of one time.
    async fn rows(
        &self,
        index: Index,
        slice: &Slice,
        window: &Window,
        is_wanted: impl Fn(&Item) -> bool,
    ) -> anyhow::Result<Vec<(Position, Item)>> {
        let bounds = slice.within(window);
        if bounds.is_some_and(|(low, high)| high < low) {
            return Ok(Vec::new());
        }
        let mut rows: Vec<(Position, Item)> = Vec::new();
        let mut from = None;
        loop {
            let call = self.ask(index, slice, bounds, window);
            let call = call.set_exclusive_start_key(from);
            let answer = call.send().await.context("cannot read an index")?;
            for item in answer.items.unwrap_or_default() {
                let (Some(at), Some(key)) = (get_number(&item, index.sort), (index.key)(&item))
                else {
                    continue;
                };
                let position = Position { at, key };
                if window.is_after(&position) && is_wanted(&item) {
                    rows.push((position, item));
                }
            }
            from = answer.last_evaluated_key;
            let at = |n: usize| rows.get(n).map(|(position, _)| position.at);
            let complete = at(window.limit)
                .is_some_and(|wanted| at(rows.len().saturating_sub(1)) != Some(wanted));
            if complete || from.is_none() {
                return Ok(rows);
            }
        }
    }

    fn ask(
        &self,
        index: Index,
        slice: &Slice,
        bounds: Option<(i64, i64)>,
        window: &Window,
    ) -> QueryFluentBuilder {
        // Two more than the page: one that tells that there is more, one of a later time.
        let page = i32::try_from(window.limit.saturating_add(2)).unwrap_or(i32::MAX);
        let limit = if slice.is_sparse { page.max(SPARSE) } else { page };
        let call = self
            .query()
            .index_name(index.name)
            .expression_attribute_names("#p", index.partition)
            .expression_attribute_values(":p", text(&*slice.partition))
            .scan_index_forward(window.order == SortOrder::Ascending)
            .limit(limit);
        match bounds {
            None => call.key_condition_expression("#p = :p"),
            Some((low, high)) => call
                .key_condition_expression("#p = :p AND #s BETWEEN :low AND :high")
                .expression_attribute_names("#s", index.sort)
                .expression_attribute_values(":low", number(low))
                .expression_attribute_values(":high", number(high)),
        }
    }

    /// The items of these keys that are there, a hundred to a call; `now`, if what they are at this very moment matters. A key
    /// that is given twice is asked for once: the table refuses a call that does otherwise.
    pub(in crate::store) async fn items(
        &self,
        keys: Vec<Item>,
        now: bool,
    ) -> anyhow::Result<Vec<Item>> {
        let (mut found, mut left, mut asked) = (Vec::new(), keys, BTreeSet::new());
        left.retain(|it| asked.insert([PK, SK].map(|name| get_text(it, name).map(str::to_owned))));
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(100));
            let wanted =
                KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(now).build()?;
            let call = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = call.send().await.context("cannot read items")?;
            found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            left = rest;
            // What the table did not get to is asked for again.
            let missed = answer.unprocessed_keys.into_iter().flatten();
            left.extend(missed.flat_map(|(_, it)| it.keys));
        }
        Ok(found)
    }
}

/// All that a query finds, page after page.
pub(in crate::store) async fn all(query: QueryFluentBuilder) -> anyhow::Result<Vec<Item>> {
    let mut pages = query.into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(item.map_err(judged).context("cannot read what a query finds")?);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(order: SortOrder, after: Option<(i64, &str)>) -> Window {
        let after = after.map(|(at, key)| Position { at, key: key.to_owned() });
        Window { order, after, limit: 2 }
    }

    fn rows(keys: &[(i64, &'static str)]) -> Vec<(Position, &'static str)> {
        keys.iter().map(|(at, key)| (Position { at: *at, key: (*key).to_owned() }, *key)).collect()
    }

    #[test]
    fn a_page_says_where_it_ended_only_if_there_is_more() {
        let all = [(2, "b"), (1, "a"), (2, "c")];
        let page = window(SortOrder::Ascending, None).cut(rows(&all));
        assert_eq!(page.rows, ["a", "b"]);
        assert_eq!(page.next, Some(Position { at: 2, key: "b".to_owned() }));
        let page = window(SortOrder::Descending, None).cut(rows(&all));
        assert_eq!(page.rows, ["c", "b"]);
        assert_eq!(window(SortOrder::Ascending, None).cut(rows(&all[..2])).next, None);
    }

    #[test]
    fn rows_of_one_time_are_told_apart_by_their_keys() {
        let position = |key: &str| Position { at: 2, key: key.to_owned() };
        let ascending = window(SortOrder::Ascending, Some((2, "b")));
        assert!(!ascending.is_after(&position("b")) && ascending.is_after(&position("c")));
        let descending = window(SortOrder::Descending, Some((2, "b")));
        assert!(!descending.is_after(&position("c")) && descending.is_after(&position("a")));
    }
}
