//! A strict reader of JSON objects for models: what is missing, of the wrong type, too long or unknown is an error, in the words of
//! the model's platform.

use std::cell::RefCell;
use std::marker::PhantomData;

use serde_json::{Map, Value};

/// An object that is being read. [`Reader::done`] refuses what nobody asked for.
pub(super) struct Reader<'a, E> {
    at: String,
    map: &'a Map<String, Value>,
    taken: RefCell<Vec<&'a str>>,
    error: PhantomData<E>,
}

/// A reader that says in plain words what is wrong.
pub(super) type Strict<'a> = Reader<'a, String>;

/// The result of such a reader.
pub(super) type Read<T> = Result<T, String>;

/// The fault of a field, or, where that has no name, of the object.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The place of the object.
    pub(super) at: String,
    /// The field's name.
    pub(super) field: String,
    /// The kind of fault.
    pub(super) what: What,
}

/// The kinds of faults of a field.
#[derive(Debug)]
pub(super) enum What {
    /// It is not there.
    Missing,
    /// It is not one of these.
    Not(&'static str),
    /// It is a text without a character.
    Empty,
    /// It is a text of more characters than so many.
    TooLong(usize),
    /// It is a number further from zero than this.
    Above(f64),
    /// It is another text than this one.
    Other(String),
    /// It is a list of so many entries, and may have from one number to another.
    Count(usize, usize, usize),
    /// Nobody asked for it.
    Unexpected,
}

impl<'a, E: From<Wrong>> Reader<'a, E> {
    /// Reads a value that must be an object.
    pub(super) fn of(value: &'a Value) -> Result<Self, E> {
        Self::at(value, "")
    }

    /// The same of a value that stands at a place.
    pub(super) fn at(value: &'a Value, at: &str) -> Result<Self, E> {
        let wrong =
            || Wrong { at: at.to_owned(), field: String::new(), what: What::Not("a JSON object") };
        let map = value.as_object().ok_or_else(wrong)?;
        Ok(Self { at: at.to_owned(), map, taken: RefCell::default(), error: PhantomData })
    }

    /// A field that may be missing.
    pub(super) fn maybe(&self, name: &str) -> Option<&'a Value> {
        let (name, value) = self.map.get_key_value(name)?;
        self.taken.borrow_mut().push(name);
        Some(value)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&'a Value, E> {
        self.maybe(name).ok_or_else(|| self.wrong(name, What::Missing))
    }

    /// An object that must be there.
    pub(super) fn object(&self, name: &str) -> Result<Self, E> {
        let value = self.need(name)?;
        if !value.is_object() {
            return Err(self.wrong(name, What::Not("a JSON object")));
        }
        Self::at(value, &format!("{}['{name}']", self.at))
    }

    /// Text that must be there and not be blank.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, E> {
        let text = self.text_within(name, usize::MAX)?;
        if text.trim().is_empty() { Err(self.wrong(name, What::Empty)) } else { Ok(text) }
    }

    /// Text that may be missing.
    pub(super) fn maybe_text(&self, name: &str) -> Result<Option<&'a str>, E> {
        self.map.contains_key(name).then(|| self.text(name)).transpose()
    }

    /// Text that must be there, of 1 to `max` characters.
    pub(super) fn text_within(&self, name: &str, max: usize) -> Result<&'a str, E> {
        let text = self.need(name)?.as_str();
        let text = text.ok_or_else(|| self.wrong(name, What::Not("a string")))?;
        match text.chars().count() {
            0 => Err(self.wrong(name, What::Empty)),
            length if max < length => Err(self.wrong(name, What::TooLong(max))),
            _ => Ok(text),
        }
    }

    /// The same of text that may be missing.
    pub(super) fn maybe_text_within(&self, name: &str, max: usize) -> Result<Option<&'a str>, E> {
        self.map.contains_key(name).then(|| self.text_within(name, max)).transpose()
    }

    /// Text that must be exactly this.
    pub(super) fn exactly(&self, name: &str, expected: &str) -> Result<(), E> {
        let is_so = self.text_within(name, 64)? == expected;
        is_so.then_some(()).ok_or_else(|| self.wrong(name, What::Other(expected.to_owned())))
    }

    /// A whole number that must be there, as a number.
    pub(super) fn whole(&self, name: &str) -> Result<i64, E> {
        self.need(name)?.as_i64().ok_or_else(|| self.wrong(name, What::Not("an integer")))
    }

    /// A number that must be there, at most this far from zero.
    pub(super) fn number(&self, name: &str, most: f64) -> Result<f64, E> {
        let number = self.need(name)?.as_f64();
        let number = number.ok_or_else(|| self.wrong(name, What::Not("a number")))?;
        if number.abs() <= most { Ok(number) } else { Err(self.wrong(name, What::Above(most))) }
    }

    /// A boolean that may be missing.
    pub(super) fn maybe_bool(&self, name: &str) -> Result<Option<bool>, E> {
        let read =
            |it: &Value| it.as_bool().ok_or_else(|| self.wrong(name, What::Not("a boolean")));
        self.maybe(name).map(read).transpose()
    }

    /// A list that must be there, of `min` to `max` entries.
    pub(super) fn list(&self, name: &str, min: usize, max: usize) -> Result<&'a [Value], E> {
        let list = self.need(name)?.as_array();
        let list = list.ok_or_else(|| self.wrong(name, What::Not("an array")))?;
        if (min..=max).contains(&list.len()) {
            return Ok(list);
        }
        Err(self.wrong(name, What::Count(list.len(), min, max)))
    }

    /// Ends the reading: a field that nobody asked for is an error.
    pub(super) fn done(&self) -> Result<(), E> {
        let taken = self.taken.borrow();
        match self.map.keys().find(|it| !taken.contains(&it.as_str())) {
            Some(key) => Err(self.wrong(key, What::Unexpected)),
            None => Ok(()),
        }
    }

    fn wrong(&self, field: &str, what: What) -> E {
        Wrong { at: self.at.clone(), field: field.to_owned(), what }.into()
    }
}

impl From<Wrong> for String {
    fn from(Wrong { field, what, .. }: Wrong) -> Self {
        match what {
            What::Not(kind) if field.is_empty() => format!("{kind} is expected"),
            What::Missing => format!("{field} is required"),
            What::Not(kind) => format!("{field} must be {kind}"),
            What::Empty => format!("{field} is empty"),
            What::TooLong(max) => format!("{field} must have at most {max} characters"),
            What::Above(most) => format!("{field} must be a number of at most {most}"),
            What::Other(expected) => format!("{field} must be {expected}"),
            What::Count(_, min, max) => format!("{field} must have {min} to {max} entries"),
            What::Unexpected => format!("{field} is not expected"),
        }
    }
}
