//! Attributes, in and out.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::time::Timestamp;

/// An item as the table gives it.
pub type Item = HashMap<String, AttributeValue>;

/// A text.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number.
pub fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A moment, in milliseconds.
#[must_use]
pub fn moment(at: Timestamp) -> AttributeValue {
    number(at.ms())
}

/// A moment in whole seconds, as the table's expiry wants it.
#[must_use]
pub fn seconds(at: Timestamp) -> AttributeValue {
    number(at.secs())
}

/// The text of an attribute.
#[must_use]
pub fn get_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number of an attribute.
#[must_use]
pub fn get_number<T: FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The moment of an attribute.
#[must_use]
pub fn get_moment(item: &Item, name: &str) -> Option<Timestamp> {
    get_number(item, name).map(Timestamp::from_ms)
}

/// Whether an attribute is there and true.
#[must_use]
pub fn get_flag(item: &Item, name: &str) -> bool {
    item.get(name).and_then(|it| it.as_bool().ok()).is_some_and(|it| *it)
}

/// The texts of a set.
pub fn get_texts<'a>(item: &'a Item, name: &str) -> impl Iterator<Item = &'a str> {
    let set = item.get(name).and_then(|it| it.as_ss().ok());
    set.into_iter().flatten().map(String::as_str)
}
