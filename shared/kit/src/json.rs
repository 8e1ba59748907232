//! JSON values as the checks need them: read, compared, walked.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Reads a JSON file.
pub(crate) fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a value with the file that says what it must be, or with `UPDATE_EVENTS=1` writes that file.
/// Returns the first difference.
pub(crate) fn compare(path: &Path, found: &Value) -> Result<(), String> {
    if updates() {
        let mut text = serde_json::to_string_pretty(found).map_err(|it| it.to_string())?;
        text.push('\n');
        return fs::write(path, text).map_err(|it| it.to_string());
    }
    if !path.exists() {
        return Err(format!(
            "{} is missing: run with UPDATE_EVENTS=1 and read what it writes",
            path.display()
        ));
    }
    let expected = read(path);
    match difference("", &expected, found) {
        None => Ok(()),
        Some(what) => Err(format!("differs from {} at {what}", path.display())),
    }
}

fn updates() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch for the person who runs the tests")]
    let asked = std::env::var_os("UPDATE_EVENTS");
    asked.is_some_and(|it| it == "1")
}

/// The first difference of two values: its place and both sides.
fn difference(at: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).find_map(|key| {
                let side =
                    |it: Option<&Value>| it.cloned().unwrap_or(Value::String("(absent)".into()));
                let (left, right) = (a.get(key), b.get(key));
                if left.is_some() && right.is_some() {
                    difference(&format!("{at}/{key}"), &side(left), &side(right))
                } else {
                    Some(format!("{at}/{key}: {} ≠ {}", side(left), side(right)))
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(i, (left, right))| difference(&format!("{at}/{i}"), left, right)),
        (Value::Array(a), Value::Array(b)) => Some(format!(
            "{at}: {} entries ≠ {}\nexpected {expected}\nfound {found}",
            a.len(),
            b.len()
        )),
        _ if expected == found => None,
        _ => Some(format!("{at}: {expected} ≠ {found}")),
    }
}

/// The JSON pointers of everything in a value that `wanted` accepts.
pub(crate) fn pointers(value: &Value, wanted: fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, "", &mut |pointer, it| {
        if wanted(it) {
            found.push(pointer.to_owned());
        }
    });
    found
}

/// Calls `visit` with every value inside a value, and its pointer.
pub(crate) fn walk(value: &Value, at: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(at, value);
    match value {
        Value::Array(entries) => {
            for (i, entry) in entries.iter().enumerate() {
                walk(entry, &format!("{at}/{i}"), visit);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(field, &format!("{at}/{key}"), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a value holds no other.
pub(crate) fn is_leaf(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}
