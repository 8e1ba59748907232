//! The form in which values of a message of ours are kept.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::status::Status;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::item::{Item, get_text, number, text};

/// A status as it is kept.
pub(super) fn rank(status: Status) -> AttributeValue {
    number(status.rank())
}

/// Anything as JSON.
pub(in crate::store) fn json(value: &impl Serialize) -> anyhow::Result<AttributeValue> {
    Ok(text(serde_json::to_string(value)?))
}

pub(in crate::store) fn get_json<T: DeserializeOwned>(
    item: &Item,
    name: &str,
) -> anyhow::Result<Option<T>> {
    get_text(item, name).map(parse).transpose()
}

/// Reads JSON of ours. The error does not quote it: it may hold what was said.
pub(super) fn parse<T: DeserializeOwned>(json: &str) -> anyhow::Result<T> {
    serde_json::from_str(json)
        .map_err(|error| anyhow::anyhow!("an attribute cannot be read: {:?}", error.classify()))
}
