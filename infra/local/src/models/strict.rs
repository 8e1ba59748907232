//! A strict reader of JSON objects for models: what is missing, of the wrong type, too long or unknown is an error.

use std::cell::RefCell;

use serde_json::{Map, Value};

/// An object that is being read. [`Strict::done`] refuses what nobody asked for.
pub(super) struct Strict<'a> {
    map: &'a Map<String, Value>,
    taken: RefCell<Vec<&'a str>>,
}

/// What reading gives; the error is what is wrong, in words.
pub(super) type Read<T> = Result<T, String>;

impl<'a> Strict<'a> {
    /// Reads a value that must be an object.
    pub(super) fn of(value: &'a Value) -> Read<Self> {
        let map = value.as_object().ok_or("a JSON object is expected")?;
        Ok(Self { map, taken: RefCell::default() })
    }

    /// A field that may be missing.
    pub(super) fn maybe(&self, name: &str) -> Option<&'a Value> {
        let (name, value) = self.map.get_key_value(name)?;
        self.taken.borrow_mut().push(name);
        Some(value)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Read<&'a Value> {
        self.maybe(name).ok_or_else(|| format!("{name} is required"))
    }

    /// An object that must be there.
    pub(super) fn object(&self, name: &str) -> Read<Self> {
        Self::of(self.need(name)?).map_err(|error| format!("{name}: {error}"))
    }

    /// Text that must be there and not be empty.
    pub(super) fn text(&self, name: &str) -> Read<&'a str> {
        let text = self.need(name)?.as_str().ok_or_else(|| format!("{name} must be a string"))?;
        if text.trim().is_empty() { Err(format!("{name} is empty")) } else { Ok(text) }
    }

    /// Text that may be missing.
    pub(super) fn maybe_text(&self, name: &str) -> Read<Option<&'a str>> {
        self.map.contains_key(name).then(|| self.text(name)).transpose()
    }

    /// A whole number that must be there, as a number.
    pub(super) fn whole(&self, name: &str) -> Read<i64> {
        self.need(name)?.as_i64().ok_or_else(|| format!("{name} must be an integer"))
    }

    /// A number that must be there, at most this far from zero.
    pub(super) fn number(&self, name: &str, most: f64) -> Read<f64> {
        let number = self.need(name)?.as_f64().filter(|it| it.abs() <= most);
        number.ok_or_else(|| format!("{name} must be a number of at most {most}"))
    }

    /// A list that must be there, of `min` to `max` entries.
    pub(super) fn list(&self, name: &str, min: usize, max: usize) -> Read<&'a [Value]> {
        let list = self.need(name)?.as_array().filter(|it| (min..=max).contains(&it.len()));
        list.map(Vec::as_slice).ok_or_else(|| format!("{name} must have {min} to {max} entries"))
    }

    /// Ends the reading: a field that nobody asked for is an error.
    pub(super) fn done(&self) -> Read<()> {
        let taken = self.taken.borrow();
        match self.map.keys().find(|it| !taken.contains(&it.as_str())) {
            Some(key) => Err(format!("{key} is not expected")),
            None => Ok(()),
        }
    }
}
