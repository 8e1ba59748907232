//! One write to one item: what is set, what is removed, and on which condition. The same patch is written alone or in a
//! transaction.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use domain::filing::shard;
use domain::id::ThreadId;
use domain::time::Timestamp;

use crate::store::attribute_path::AttributePath;
use crate::store::item::{Item, moment, number, text};
use crate::store::judged::judged;
use crate::store::keys::Key;
use crate::store::kind::ItemKind;
use crate::store::schema::{CHANGED, KIND, PK, SK, VERSION};

/// The part of every write that only the store knows.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// This moment.
    pub now: Timestamp,
    /// The number of shards of a list of threads.
    pub shards: u32,
}

/// The outcome of a conditional write.
#[derive(Debug)]
pub enum Written {
    /// It was made. The item as it is now, or as it was before, as was asked for.
    Done(Item),
    /// Its condition did not hold. The item as it is, if there is one.
    Refused(Item),
    /// A transaction was at work on the item: read again.
    Busy,
}

/// A write to one item; an upsert unless a condition forbids it. Each says the item's kind, counts it on and notes when.
#[derive(Clone, Debug)]
pub struct Patch {
    key: Key,
    kind: Option<ItemKind>,
    /// Whether the caller says which version comes next.
    versioned: bool,
    /// An attribute that names one of the shards of a list: the list, and the thread that decides which.
    sharded: Option<Box<(&'static str, String, ThreadId)>>,
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    deletes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Patch {
    /// A write to this item that changes nothing yet.
    #[must_use]
    pub fn of(key: Key) -> Self {
        Self {
            key,
            kind: None,
            versioned: false,
            sharded: None,
            sets: Vec::new(),
            removes: Vec::new(),
            adds: Vec::new(),
            deletes: Vec::new(),
            conditions: Vec::new(),
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// Makes the item one of this kind, where its key does not say which it is.
    #[must_use]
    pub fn kind(self, kind: ItemKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Only if the item is not there or is of this kind.
    #[must_use]
    pub fn if_absent_or(self, kind: ItemKind) -> Self {
        self.if_absent_or_in(KIND, [text(kind.name())])
    }

    /// Only if the item is of this kind.
    #[must_use]
    pub fn if_kind(self, kind: ItemKind) -> Self {
        self.if_is(KIND, Some(text(kind.name())))
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set<'a>(mut self, name: impl Into<AttributePath<'a>>, value: AttributeValue) -> Self {
        let name = name.into();
        self.versioned |= matches!(name, AttributePath::Attribute(VERSION));
        let set = format!("{} = {}", self.name(name), self.value(value));
        self.sets.push(set);
        self
    }

    /// Sets an attribute, if there is a value for it.
    #[must_use]
    pub fn set_some<'a>(
        self,
        name: impl Into<AttributePath<'a>>,
        value: Option<AttributeValue>,
    ) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets an attribute that is not there yet.
    #[must_use]
    pub fn set_if_absent<'a>(
        mut self,
        name: impl Into<AttributePath<'a>>,
        value: AttributeValue,
    ) -> Self {
        let name = self.name(name);
        let set = format!("{name} = if_not_exists({name}, {})", self.value(value));
        self.sets.push(set);
        self
    }

    /// Sets an attribute to the shard of a list that a thread is in: how many there are, the store knows.
    #[must_use]
    pub fn set_sharded(self, name: &'static str, list: String, thread: &ThreadId) -> Self {
        Self { sharded: Some(Box::new((name, list, thread.clone()))), ..self }
    }

    /// Adds to the end of a list, which is made if it is not there.
    #[must_use]
    pub fn push<'a>(mut self, name: impl Into<AttributePath<'a>>, value: AttributeValue) -> Self {
        let name = self.name(name);
        let none = self.value(AttributeValue::L(Vec::new()));
        let one = self.value(AttributeValue::L(vec![value]));
        self.sets.push(format!("{name} = list_append(if_not_exists({name}, {none}), {one})"));
        self
    }

    /// Removes an attribute.
    #[must_use]
    pub fn remove<'a>(mut self, name: impl Into<AttributePath<'a>>) -> Self {
        let name = self.name(name);
        self.removes.push(name);
        self
    }

    /// Adds to a number, or members to a set.
    #[must_use]
    pub fn add(mut self, name: &str, value: AttributeValue) -> Self {
        self.versioned |= name == VERSION;
        let add = format!("{} {}", self.name(name), self.value(value));
        self.adds.push(add);
        self
    }

    /// Takes members out of a set.
    #[must_use]
    pub fn take_out(mut self, name: &str, value: AttributeValue) -> Self {
        let delete = format!("{} {}", self.name(name), self.value(value));
        self.deletes.push(delete);
        self
    }

    /// Only if the attribute is not there.
    #[must_use]
    pub fn if_absent<'a>(mut self, name: impl Into<AttributePath<'a>>) -> Self {
        let condition = format!("attribute_not_exists({})", self.name(name));
        self.conditions.push(condition);
        self
    }

    /// Only if the attribute is there.
    #[must_use]
    pub fn if_present<'a>(mut self, name: impl Into<AttributePath<'a>>) -> Self {
        let condition = format!("attribute_exists({})", self.name(name));
        self.conditions.push(condition);
        self
    }

    /// Only if the attribute has this value, or is not there if there is none.
    #[must_use]
    pub fn if_is<'a>(
        mut self,
        name: impl Into<AttributePath<'a>>,
        value: Option<AttributeValue>,
    ) -> Self {
        let name = name.into();
        let Some(value) = value else { return self.if_absent(name) };
        let condition = format!("{} = {}", self.name(name), self.value(value));
        self.conditions.push(condition);
        self
    }

    /// Only if the attribute is not there or has one of these values.
    #[must_use]
    pub fn if_absent_or_in(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        let name = self.name(name);
        let values: Vec<_> = values.into_iter().map(|it| self.value(it)).collect();
        let values = values.join(", ");
        let condition = format!("(attribute_not_exists({name}) OR {name} IN ({values}))");
        self.conditions.push(condition);
        self
    }

    /// Only if the attribute is not there or lower than this value.
    #[must_use]
    pub fn if_below<'a>(
        mut self,
        name: impl Into<AttributePath<'a>>,
        value: AttributeValue,
    ) -> Self {
        let name = self.name(name);
        let condition = format!("(attribute_not_exists({name}) OR {name} < {})", self.value(value));
        self.conditions.push(condition);
        self
    }

    fn name<'a>(&mut self, place: impl Into<AttributePath<'a>>) -> String {
        match place.into() {
            AttributePath::Attribute(name) => self.placeholder(name),
            AttributePath::Field { list, n, name } => {
                let (list, name) = (self.placeholder(list), self.placeholder(name));
                format!("{list}[{n}].{name}")
            }
        }
    }

    fn placeholder(&mut self, name: &str) -> String {
        let known = self
            .names
            .iter()
            .find(|(_, it)| *it == name)
            .map(|(placeholder, _)| placeholder.clone());
        known.unwrap_or_else(|| {
            let placeholder = format!("#n{}", self.names.len());
            self.names.insert(placeholder.clone(), name.to_owned());
            placeholder
        })
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    fn expression(&self) -> Option<String> {
        let clause = |word: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{word} {}", parts.join(", ")))
        };
        let clauses = [
            clause("SET", &self.sets),
            clause("REMOVE", &self.removes),
            clause("ADD", &self.adds),
            clause("DELETE", &self.deletes),
        ];
        let all: Vec<_> = clauses.into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    /// The write with what every item says: its kind, its version, when it was written.
    fn stamped(mut self, stamp: Stamp) -> Self {
        let sharded = self.sharded.take();
        let patch = match (self.kind, ItemKind::of_key(&self.key)) {
            // The message may be there already.
            (None, Some(ItemKind::Early)) => self.set_if_absent(KIND, text(ItemKind::Early.name())),
            (said, of_key) => {
                let kind = said.or(of_key);
                self.set_some(KIND, kind.map(|it| text(it.name())))
            }
        };
        let patch = match sharded.map(|it| *it) {
            Some((name, list, thread)) => {
                patch.set(name, text(format!("{list}#{}", shard(&thread, stamp.shards))))
            }
            None => patch,
        };
        let patch = patch.set(CHANGED, moment(stamp.now));
        if patch.versioned { patch } else { patch.add(VERSION, number(1)) }
    }

    /// Makes the write alone. `answer` says which image of the item is wanted.
    pub async fn write(
        self,
        client: &Client,
        table: &str,
        stamp: Stamp,
        answer: ReturnValue,
    ) -> anyhow::Result<Written> {
        let patch = self.stamped(stamp);
        let call = client
            .update_item()
            .table_name(table)
            .set_key(Some(key_item(&patch.key)))
            .set_update_expression(patch.expression())
            .set_condition_expression(patch.condition())
            .return_values(answer)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_expression_attribute_names(some(patch.names))
            .set_expression_attribute_values(some(patch.values));
        match call.send().await {
            Ok(answer) => Ok(Written::Done(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(Written::Refused(refused.item.clone().unwrap_or_default()))
                }
                Some(UpdateItemError::TransactionConflictException(_)) => Ok(Written::Busy),
                Some(_) | None => Err(judged(error)).context("cannot write an item"),
            },
        }
    }

    /// The write as a part of a transaction.
    pub(in crate::store) fn in_transaction(
        self,
        table: &str,
        stamp: Stamp,
    ) -> anyhow::Result<TransactWriteItem> {
        let patch = self.stamped(stamp);
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(key_item(&patch.key)))
            .set_update_expression(patch.expression())
            .set_condition_expression(patch.condition())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_expression_attribute_names(some(patch.names))
            .set_expression_attribute_values(some(patch.values))
            .build()
            .context("cannot describe a write")?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The removal of the item, on the patch's conditions, as a part of a transaction.
    pub(in crate::store) fn removing(self, table: &str) -> anyhow::Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(key_item(&self.key)))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(some(self.names))
            .set_expression_attribute_values(some(self.values))
            .build()
            .context("cannot describe a removal")?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// The replacement of the whole item, on the patch's conditions, as a part of a transaction.
    pub(in crate::store) fn replacing(
        self,
        table: &str,
        mut item: Item,
        stamp: Stamp,
    ) -> anyhow::Result<TransactWriteItem> {
        if let Some(kind) = self.kind.or_else(|| ItemKind::of_key(&self.key)) {
            item.insert(KIND.to_owned(), text(kind.name()));
        }
        item.insert(CHANGED.to_owned(), moment(stamp.now));
        // The version before is not known: from the time on, no number of it comes again.
        item.insert(VERSION.to_owned(), moment(stamp.now));
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(some(self.names))
            .set_expression_attribute_values(some(self.values))
            .build()
            .context("cannot describe a replacement")?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// The attributes of a key.
#[must_use]
pub(in crate::store) fn key_item(key: &Key) -> Item {
    HashMap::from([(PK.to_owned(), text(&*key.pk)), (SK.to_owned(), text(&*key.sk))])
}

fn some<K, V>(map: HashMap<K, V>) -> Option<HashMap<K, V>> {
    (!map.is_empty()).then_some(map)
}
