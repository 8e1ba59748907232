//! A strict reader of JSON objects: what is missing, of the wrong type, too long or unknown is an error of the platform.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::error::GraphError;

/// An object that is being read. [`Fields::done`] refuses what nobody asked for.
pub(super) struct Fields<'a> {
    at: String,
    map: &'a Map<String, Value>,
    taken: RefCell<Vec<&'a str>>,
}

/// What reading gives.
pub(super) type Read<T> = Result<T, GraphError>;

impl<'a> Fields<'a> {
    /// Reads a value that must be an object.
    pub(super) fn of(value: &'a Value, at: impl Into<String>) -> Read<Self> {
        let at = at.into();
        match value {
            Value::Object(map) => Ok(Self { at, map, taken: RefCell::default() }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {
                Err(GraphError::new(100, format!("Param {at} must be a JSON object")))
            }
        }
    }

    /// A field that may be missing.
    pub(super) fn maybe(&self, name: &str) -> Option<&'a Value> {
        let (name, value) = self.map.get_key_value(name)?;
        self.taken.borrow_mut().push(name);
        Some(value)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Read<&'a Value> {
        let missing =
            || GraphError::new(131_008, format!("Parameter {} is required", self.name(name)));
        self.maybe(name).ok_or_else(missing)
    }

    /// An object that must be there.
    pub(super) fn object(&self, name: &str) -> Read<Fields<'a>> {
        Fields::of(self.need(name)?, self.name(name))
    }

    /// Text that must be there, of 1 to `max` characters.
    pub(super) fn text(&self, name: &str, max: usize) -> Read<&'a str> {
        self.as_text(name, self.need(name)?, max)
    }

    /// Text that may be missing.
    pub(super) fn maybe_text(&self, name: &str, max: usize) -> Read<Option<&'a str>> {
        self.maybe(name).map(|it| self.as_text(name, it, max)).transpose()
    }

    /// Text that must be exactly this.
    pub(super) fn exactly(&self, name: &str, expected: &str) -> Read<()> {
        let found = self.text(name, 64)?;
        let wrong = || {
            GraphError::new(100, format!("Param {} must be one of {{{expected}}}", self.name(name)))
        };
        (found == expected).then_some(()).ok_or_else(wrong)
    }

    /// A number that must be there.
    pub(super) fn number(&self, name: &str) -> Read<f64> {
        let wrong = || GraphError::new(100, format!("Param {} must be a number", self.name(name)));
        self.need(name)?.as_f64().ok_or_else(wrong)
    }

    /// A boolean that may be missing.
    pub(super) fn maybe_bool(&self, name: &str) -> Read<Option<bool>> {
        let wrong = || GraphError::new(100, format!("Param {} must be a boolean", self.name(name)));
        self.maybe(name).map(|it| it.as_bool().ok_or_else(wrong)).transpose()
    }

    /// A list that must be there, of `min` to `max` entries.
    pub(super) fn list(&self, name: &str, min: usize, max: usize) -> Read<&'a [Value]> {
        let at = self.name(name);
        let list = self.need(name)?.as_array().map(Vec::as_slice);
        let list =
            list.ok_or_else(|| GraphError::new(100, format!("Param {at} must be an array")))?;
        let wrong = || {
            GraphError::new(
                131_009,
                format!("{at} must have {min} to {max} entries, has {}", list.len()),
            )
        };
        (min..=max).contains(&list.len()).then_some(list).ok_or_else(wrong)
    }

    /// Ends the reading: a field that nobody asked for is an error.
    pub(super) fn done(&self) -> Read<()> {
        let taken = self.taken.borrow();
        match self.map.keys().find(|it| !taken.contains(&it.as_str())) {
            Some(key) => Err(GraphError::new(
                100,
                format!("Unexpected key \"{key}\" on param \"{}\"", self.at),
            )),
            None => Ok(()),
        }
    }

    fn name(&self, field: &str) -> String {
        format!("{}['{field}']", self.at)
    }

    fn as_text(&self, name: &str, value: &'a Value, max: usize) -> Read<&'a str> {
        let at = self.name(name);
        let text = value
            .as_str()
            .ok_or_else(|| GraphError::new(100, format!("Param {at} must be a string")))?;
        match text.chars().count() {
            0 => Err(GraphError::new(131_008, format!("Param {at} must not be empty"))),
            length if max < length => Err(GraphError::new(
                100,
                format!("Param {at} must be at most {max} characters long."),
            )),
            _ => Ok(text),
        }
    }
}
