//! Reads a JSON body field by field: every wrong, missing or unknown one is named by its JSON pointer, all at once.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use domain::time::Timestamp;
use serde_json::{Map, Value};

use crate::problem::{ApiProblem, FieldError, Place, REQUEST_MALFORMED};

/// The deepest nesting that is read. No request needs half of it.
const MAX_DEPTH: usize = 64;
/// The words about a text that holds U+0000.
pub(crate) const NO_NUL: &str = "must not hold the character U+0000";

/// Parses a body.
pub(crate) fn json(body: &[u8]) -> Result<Value, ApiProblem> {
    let malformed = |detail: String| ApiProblem::because(REQUEST_MALFORMED, detail);
    if body.is_empty() {
        return Err(malformed("the body is empty".to_owned()));
    }
    // The error's own text could repeat the body.
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        malformed(format!("not JSON, near line {} column {}", error.line(), error.column()))
    })?;
    if MAX_DEPTH < depth(&value) {
        return Err(malformed(format!("nested deeper than {MAX_DEPTH}")));
    }
    match nul(&value, "") {
        Some(pointer) => Err(ApiProblem::wrong(Place::Pointer(pointer), NO_NUL)),
        None => Ok(value),
    }
}

/// The pointer to the first text that holds the character U+0000, which no platform takes.
fn nul(value: &Value, pointer: &str) -> Option<String> {
    let within = |(name, it): (&str, &Value)| nul(it, &format!("{pointer}/{}", escaped(name)));
    match value {
        Value::String(text) => text.contains('\0').then(|| pointer.to_owned()),
        Value::Object(fields) if fields.keys().any(|it| it.contains('\0')) => {
            Some(pointer.to_owned())
        }
        Value::Object(fields) => fields.iter().find_map(|(name, it)| within((name, it))),
        Value::Array(entries) => {
            entries.iter().enumerate().find_map(|(n, it)| within((&n.to_string(), it)))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

// The parser itself refuses what is nested deeper than 128, so this ends.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(entries) => 1 + entries.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(RefCell<Vec<FieldError>>);

impl Errors {
    /// Notes what is wrong at a pointer.
    pub(crate) fn note(&self, pointer: String, detail: impl Into<String>) {
        let error = FieldError { place: Place::Pointer(pointer), detail: detail.into() };
        self.0.borrow_mut().push(error);
    }

    /// The value that was read, if nothing was wrong.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, ApiProblem> {
        let errors = self.0.into_inner();
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            Some(_) | None => Err(ApiProblem::invalid(errors)),
        }
    }
}

/// The fields of one object that were not read yet.
pub(crate) struct Fields<'a> {
    pointer: String,
    left: Map<String, Value>,
    errors: &'a Errors,
}

impl<'a> Fields<'a> {
    /// The fields of a whole body.
    pub(crate) fn of(body: Value, errors: &'a Errors) -> Option<Self> {
        Self::at(String::new(), body, errors)
    }

    fn at(pointer: String, value: Value, errors: &'a Errors) -> Option<Self> {
        if let Value::Object(left) = value {
            return Some(Self { pointer, left, errors });
        }
        errors.note(pointer, "must be an object");
        None
    }

    /// Notes what is wrong with a field.
    pub(crate) fn note(&self, name: &str, detail: impl Into<String>) {
        self.errors.note(self.pointer_to(name), detail);
    }

    /// Notes what is wrong with an entry of a list.
    pub(crate) fn note_in(&self, name: &str, n: usize, detail: impl Into<String>) {
        self.errors.note(format!("{}/{n}", self.pointer_to(name)), detail);
    }

    /// Whether a field is there.
    #[must_use]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// A field as it is.
    pub(crate) fn value(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    /// A field that must be there.
    pub(crate) fn need<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        if !self.has(name) {
            self.note(name, "is required");
            return None;
        }
        read(self, name)
    }

    /// Text of 1 to so many characters of which one can be seen.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let text = self.any_text(name, max)?;
        if is_blank(&text) {
            self.note(name, "must say something: nothing of it can be seen");
            return None;
        }
        Some(text)
    }

    /// Text of 1 to so many characters, which may be blank.
    pub(crate) fn any_text(&mut self, name: &str, max: usize) -> Option<String> {
        let rule = format!("must be text of 1 to {max} characters");
        let fits = |it: &str| (1..=max).contains(&it.chars().count()).then(|| it.to_owned());
        self.parsed(name, &rule, fits)
    }

    /// Text of 1 to so many characters on one line.
    pub(crate) fn line(&mut self, name: &str, max: usize) -> Option<String> {
        let rule = format!("must be 1 to {max} characters on one line");
        self.parsed(name, &rule, |it| is_line(it, max).then(|| it.to_owned()))
    }

    /// A list of at most so many lines of at most so many characters, each once.
    pub(crate) fn lines(&mut self, name: &str, most: usize, max: usize) -> Option<Vec<String>> {
        let rule = format!("must be 1 to {max} characters on one line");
        self.each(name, 0..=most, &rule, |it| is_line(it, max).then(|| it.to_owned()))
    }

    /// A list of so many texts that a rule makes something of, each something else.
    pub(crate) fn each<T: PartialEq>(
        &mut self,
        name: &str,
        size: RangeInclusive<usize>,
        rule: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let whole = format!("must be a list of {} to {} texts", size.start(), size.end());
        let fits = |it: &Value| it.as_array().filter(|it| size.contains(&it.len())).cloned();
        let entries = self.parsed_value(name, &whole, fits)?;
        let mut found = Vec::with_capacity(entries.len());
        for (n, entry) in entries.iter().enumerate() {
            match entry.as_str().and_then(&parse) {
                Some(it) if found.contains(&it) => self.note_in(name, n, "is given twice"),
                Some(it) => found.push(it),
                None => self.note_in(name, n, rule),
            }
        }
        Some(found)
    }

    /// A field of a merge patch: `None` if it is not there, nothing within if it is null.
    #[expect(clippy::option_option, reason = "a merge patch has three answers")]
    pub(crate) fn nullable<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.left.get(name)?.is_null() {
            self.left.remove(name);
            return Some(None);
        }
        read(self, name).map(Some)
    }

    /// Text that a rule makes something of.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        rule: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.parsed_value(name, rule, |it| it.as_str().and_then(parse))
    }

    /// A value that a rule makes something of.
    pub(crate) fn parsed_value<T>(
        &mut self,
        name: &str,
        rule: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.note(name, rule);
        }
        parsed
    }

    /// One of a list of words.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let rule = format!("must be one of: {}", all.join(", "));
        self.parsed(name, &rule, |text| Some(words.iter().find(|it| it.0 == text)?.1))
    }

    /// A moment.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, "must be an RFC 3339 time", Timestamp::parse)
    }

    /// A number within bounds.
    pub(crate) fn number(&mut self, name: &str, min: f64, max: f64) -> Option<f64> {
        let number = self.value(name)?.as_f64().filter(|it| (min..=max).contains(it));
        if number.is_none() {
            self.note(name, format!("must be a number from {min} to {max}"));
        }
        number
    }

    pub(crate) fn object(&mut self, name: &str) -> Option<Self> {
        let value = self.value(name)?;
        Self::at(self.pointer_to(name), value, self.errors)
    }

    /// A list of 1 to so many objects.
    pub(crate) fn objects(&mut self, name: &str, max: usize) -> Option<Vec<Self>> {
        let entries = match self.value(name)? {
            Value::Array(entries) if (1..=max).contains(&entries.len()) => entries,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                self.note(name, format!("must be a list of 1 to {max} objects"));
                return None;
            }
        };
        let pointer = self.pointer_to(name);
        let at = |(n, it)| Self::at(format!("{pointer}/{n}"), it, self.errors);
        entries.into_iter().enumerate().map(at).collect()
    }

    /// The names of the fields that are left.
    #[must_use]
    pub(crate) fn names(&self) -> Vec<String> {
        self.left.keys().cloned().collect()
    }

    /// Says that nothing else may be there.
    pub(crate) fn end(self) {
        for name in self.left.keys() {
            self.note(name, "is not a field of this request");
        }
    }

    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, escaped(name))
    }
}

fn is_line(text: &str, max: usize) -> bool {
    let fits = (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits && !is_blank(text)
}

/// Whether nothing of a text can be seen: spaces, controls, and the characters of Unicode that join, fill or direct others.
pub(crate) fn is_blank(text: &str) -> bool {
    let is_unseen = |it: char| {
        it.is_whitespace()
            || it.is_control()
            || matches!(it, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    };
    text.chars().all(is_unseen)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let errors = Errors::default();
        let body = json!({ "a": 1, "b": { "c/d": true }, "list": [{ "x": "" }] });
        let mut fields = Fields::of(body, &errors).unwrap();
        fields.text("a", 5);
        fields.object("b").unwrap().end();
        for mut entry in fields.objects("list", 3).unwrap() {
            entry.text("x", 3);
        }
        fields.need("gone", |it, name| it.text(name, 3));
        fields.end();
        let problem = json!(errors.or(Some(())).unwrap_err().body("req"));
        let found = problem["errors"].as_array().unwrap();
        let pointers: Vec<_> = found.iter().map(|it| it["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/a", "/b/c~1d", "/list/0/x", "/gone"]);
    }

    #[test]
    fn an_entry_of_a_list_is_named_by_its_own_place_and_given_once() {
        let errors = Errors::default();
        let body = json!({ "tags": ["", "vip", 5, "vip", "new"] });
        let mut fields = Fields::of(body, &errors).unwrap();
        assert_eq!(fields.lines("tags", 5, 9).unwrap(), ["vip", "new"]);
        let problem = json!(errors.or(Some(())).unwrap_err().body("req"));
        let found = problem["errors"].as_array().unwrap();
        let found: Vec<_> = found.iter().map(|it| it["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, ["/tags/0", "/tags/2", "/tags/3"]);
    }

    #[test]
    fn a_body_that_is_not_json_or_too_deep_is_malformed_and_not_repeated() {
        for body in [&b""[..], b"{", b"\xff", b"{\"secret\": tru}"] {
            let problem = json(body).unwrap_err();
            assert_eq!(problem.kind, REQUEST_MALFORMED);
            assert!(!json!(problem.body("r")).to_string().contains("secret"));
        }
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(json(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(json(deep(MAX_DEPTH + 1).as_bytes()).unwrap_err().kind, REQUEST_MALFORMED);
        assert_eq!(json(deep(100_000).as_bytes()).unwrap_err().kind, REQUEST_MALFORMED);
    }
}
