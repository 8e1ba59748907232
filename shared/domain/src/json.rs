//! JSON from platforms, read leniently: no field that is missing, null or of another type can lose its neighbours.
//!
//! A body is checked once ([`envelope`]); from then on [`Fields`] borrow from it, and each field is read only when it is asked
//! for. So a broken or unknown item still has its [`RawValue`], the very text to keep.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::inbound::Malformed;
use crate::time::Timestamp;

/// The fields of a body that must be one JSON object: UTF-8, whole, not too deep.
pub fn envelope(body: &[u8]) -> Result<Fields<'_>, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| Malformed("not UTF-8".to_owned()))?;
    if is_too_deep(text) {
        return Err(Malformed(format!("nested deeper than {MAX_DEPTH}")));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = deserializer.deserialize_map(FieldsVisitor)?;
    deserializer.end()?;
    Ok(fields)
}

/// The greatest depth of nested JSON. No platform's is deeper than about fifteen; parsers recurse.
const MAX_DEPTH: usize = 64;

/// Whether a text nests brackets deeper than any honest platform does. Quotes hide what is in them.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if MAX_DEPTH < depth {
                    return true;
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The fields of one JSON object, in order, unread. It never prints what is in them.
#[derive(Clone, Default)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// The fields of a value; `None` if it is not an object.
    #[must_use]
    pub fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::Deserializer::from_str(value.get()).deserialize_map(FieldsVisitor).ok()
    }

    /// A field as it came. Null is as absent.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        (value.get() != "null").then_some(*value)
    }

    /// A text, or a number or truth value as text. Empty is as absent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.raw(name)?).filter(|it| !it.is_empty())
    }

    /// The same as a text of its own.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    /// A number, also where it is written as text.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|it: &f64| it.is_finite())
    }

    /// Whether a field is true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|it| it == "true")
    }

    /// A moment in seconds or milliseconds since 1970, as a number or as text.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok().filter(|it| *it > 0).map(Timestamp::guess)
    }

    /// An object's fields; none if it is absent or something else.
    #[must_use]
    pub fn object(&self, name: &str) -> Self {
        self.raw(name).and_then(Self::of).unwrap_or_default()
    }

    /// These fields, then those of another object that are missing here.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        let news = more.0.into_iter().filter(|(name, _)| self.raw(name).is_none());
        let news: Vec<_> = news.collect();
        self.0.extend(news);
        self
    }

    /// A list's entries. What is there and is no list is its own single entry, so that nothing is lost.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&'a RawValue> {
        let Some(value) = self.raw(name) else { return Vec::new() };
        serde_json::from_str(value.get()).unwrap_or_else(|_| vec![value])
    }

    /// Those entries of a list that are texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<Cow<'a, str>> {
        let texts = self.list(name).into_iter().filter_map(text);
        texts.filter(|it| !it.is_empty()).collect()
    }

    /// Whether these fields are no longer than ids, times and names of things are, so that they may be copied into what is made
    /// of each of many items that they stand around.
    #[must_use]
    pub fn are_short(&self, names: &[&str]) -> bool {
        const LONGEST: usize = 80;
        names.iter().filter_map(|it| self.raw(it)).all(|it| it.get().len() <= LONGEST)
    }

    /// The names of the fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.0.len())
    }
}

struct FieldsVisitor;

impl<'a> Visitor<'a> for FieldsVisitor {
    type Value = Fields<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Key(key), value)) = map.next_entry()? {
            fields.push((key, value));
        }
        Ok(Fields(fields))
    }
}

/// A field's name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A text, number or truth value as text.
#[must_use]
pub fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => {
            let inner = json.strip_prefix('"')?.strip_suffix('"')?;
            if inner.contains('\\') {
                unescape(json).map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inner))
            }
        }
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// A JSON text without its escapes. Half a surrogate pair (platforms cut texts inside an emoji) becomes U+FFFD.
fn unescape(json: &str) -> Option<String> {
    serde_json::from_str(json).or_else(|_| serde_json::from_str(&mend_surrogates(json))).ok()
}

/// Replaces each `\uD800`–`\uDFFF` that has no other half.
fn mend_surrogates(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, escape)) = rest.split_once('\\') {
        mended.push_str(before);
        let unit = |it: &str| u16::from_str_radix(it.strip_prefix('u')?.get(..4)?, 16).ok();
        let next = || unit(escape.get(5..)?.strip_prefix('\\')?);
        let length = match unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(next(), Some(0xDC00..=0xDFFF)) => 11,
            Some(0xD800..=0xDFFF) => 0,
            Some(_) => 5,
            None => 1,
        };
        if length == 0 {
            mended.push_str("\\ufffd");
            rest = escape.get(5..).unwrap_or_default();
        } else {
            let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
            mended.push('\\');
            mended.push_str(escape);
            rest = after;
        }
    }
    mended.push_str(rest);
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields<'_> {
        envelope(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_field_of_another_type_is_absent_and_loses_no_other() {
        let it = fields(r#"{"a":{"b":[1]},"c":7,"d":"8","e":null,"f":"","g":[[]],"h":true}"#);
        assert_eq!(it.text("a"), None);
        assert_eq!(it.text("c").as_deref(), Some("7"));
        assert_eq!((it.number("c"), it.number("d"), it.number("e")), (Some(7.0), Some(8.0), None));
        assert!(it.raw("e").is_none() && it.text("f").is_none() && it.object("g").is_empty());
        assert!(it.flag("h") && !it.flag("c"));
        assert_eq!(it.object("a").list("b").len(), 1);
    }

    #[test]
    fn what_should_be_a_list_and_is_none_is_its_own_entry() {
        let it = fields(r#"{"a":{"b":1},"c":[],"d":[1,2],"e":null}"#);
        let n = |name: &str| it.list(name).len();
        assert_eq!((n("a"), n("c"), n("d"), n("e"), n("f")), (1, 0, 2, 0, 0));
    }

    #[test]
    fn times_are_read_in_seconds_and_milliseconds_as_text_and_number() {
        let it = fields(r#"{"a":1795000000,"b":"1795000000000","c":"soon","d":0}"#);
        assert_eq!(it.time("a"), Some(Timestamp::from_secs(1_795_000_000)));
        assert_eq!(it.time("a"), it.time("b"));
        assert_eq!((it.time("c"), it.time("d")), (None, None));
    }

    #[test]
    fn half_an_emoji_is_mended() {
        let it =
            fields(r#"{"a":"\ud83d\udc4d ok","b":"cut \ud83d","c":"\udc4d\n\\ud83d","\u0064":1}"#);
        assert_eq!(it.text("a").as_deref(), Some("👍 ok"));
        assert_eq!(it.text("b").as_deref(), Some("cut \u{fffd}"));
        assert_eq!(it.text("c").as_deref(), Some("\u{fffd}\n\\ud83d"));
        assert!(it.raw("d").is_some());
    }

    #[test]
    fn what_is_no_object_or_too_deep_is_malformed() {
        for body in ["", "[]", "7", "{", r#"{"a":1}x"#, "{\"a\":\"\u{1}\"}"] {
            assert!(envelope(body.as_bytes()).is_err(), "{body}");
        }
        assert!(envelope(b"{\"a\":\"\xff\"}").is_err());
        let nested = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(envelope(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        assert!(envelope(nested(MAX_DEPTH).as_bytes()).is_err());
        assert!(envelope(format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(99)).as_bytes()).is_ok());
    }
}
