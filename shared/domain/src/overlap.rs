//! Versions of ours that run side by side for minutes while they are deployed: one gets to read what the next one wrote.
//!
//! Anything that it does not know must come again, for the next version takes it, and must neither be lost nor kept as
//! unreadable.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The reason that an entry of a queue cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Some version of ours wrote it, and it holds what only that one knows: it has to come again.
    Yet,
    /// No version of ours wrote it.
    Ever,
}

/// Reads JSON that a version of ours wrote. `Named` is what every version writes, and tells its own from anything else.
pub fn read<T: DeserializeOwned, Named: DeserializeOwned>(json: &str) -> Result<T, Unread> {
    serde_json::from_str(json).map_err(|_| match serde_json::from_str::<Named>(json) {
        Ok(_) => Unread::Yet,
        Err(_) => Unread::Ever,
    })
}

/// Whether everything that a text says is in what was read of it: a field that is not known is passed over in silence.
pub fn is_whole(json: &str, read: &impl Serialize) -> bool {
    let Ok(again) = serde_json::to_string(read) else { return false };
    // The same version writes the same text.
    again == json
        || match (serde_json::from_str(json), serde_json::from_str(&again)) {
            (Ok(written), Ok(again)) => holds(&again, &written),
            _ => false,
        }
}

fn holds(read: &Value, written: &Value) -> bool {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            written.iter().all(|(name, value)| match read.get(name) {
                Some(it) => holds(it, value),
                None => says_nothing(value),
            })
        }
        (Value::Array(read), Value::Array(written)) => {
            read.len() == written.len()
                && read.iter().zip(written).all(|(it, value)| holds(it, value))
        }
        _ => true,
    }
}

/// Whether a field may as well be absent.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(it) => !it,
        Value::Number(_) => false,
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Known {
        key: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
    }

    #[derive(Serialize, Deserialize)]
    struct Part {
        n: f64,
    }

    fn is_whole(json: &str) -> bool {
        super::is_whole(json, &serde_json::from_str::<Known>(json).unwrap())
    }

    #[test]
    fn a_field_that_is_not_known_is_noticed_wherever_it_stands() {
        for newer in [
            r#"{"key":"a","lane":2}"#,
            r#"{"key":"a","lane":{"n":0}}"#,
            r#"{"key":"a","parts":[{"n":1},{"n":1,"of":"b"}]}"#,
        ] {
            assert!(!is_whole(newer), "{newer}");
        }
    }

    #[test]
    fn what_says_nothing_and_another_spelling_are_no_news() {
        for same in [
            r#"{"key":"a"}"#,
            r#"{ "parts": [ {"n": 10e-1} ], "key": "\u0061" }"#,
            r#"{"key":"a","parts":[],"lane":null,"name":"","is":false,"of":{},"refs":[]}"#,
        ] {
            assert!(is_whole(same), "{same}");
        }
    }
}
