//! Forgeries of a token in a JSON body.

use serde_json::{Map, Value, json};

use super::near_secret;
use crate::bench::{Case, SECRET, Sent};
use crate::scramble::Scramble;

pub(super) fn forge(field: &str, case: &Case, chance: &mut Scramble) -> (&'static str, Sent) {
    let mut sent = case.unsigned();
    let body: Map<String, Value> = serde_json::from_slice(&case.body).unwrap_or_default();
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body.insert(name.to_owned(), value);
        Value::from(body).to_string()
    };
    let twice = |first: &str, second: &str| {
        let rest = with(field, json!(second));
        format!(r#"{{"{field}":"{first}",{}"#, rest.trim_start_matches('{'))
    };
    let (what, text) = match chance.below(10) {
        0 => ("no token", Value::from(body.clone()).to_string()),
        1 => ("another token", with(field, json!(near_secret(chance)))),
        2 => ("a token that is a list", with(field, json!([SECRET]))),
        3 => ("a token that is an object", with(field, json!({ field: SECRET }))),
        4 => ("the token in another field", with(&format!("{field}2"), json!(SECRET))),
        5 => ("the token one level down", with("more", json!({ field: SECRET }))),
        6 => ("the token twice", twice(SECRET, SECRET)),
        7 => ("a wrong token before the right one", twice("0", SECRET)),
        8 => ("a wrong token after the right one", twice(SECRET, "0")),
        _ => {
            let around = *chance.pick(&[" ", "\t", "\u{0}", "0"]);
            ("something around the token", with(field, json!(format!("{SECRET}{around}"))))
        }
    };
    sent.body = text.into_bytes();
    (what, sent)
}
