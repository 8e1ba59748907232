//! The published document, as tests check answers with it.

use std::sync::LazyLock;

use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(api::openapi::DOCUMENT).unwrap());

pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// The value that a reference of the document stands for; anything else stands for itself.
pub(crate) fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(target) => resolve(
            document().pointer(target.trim_start_matches('#')).expect("the target of a reference"),
        ),
        None => value,
    }
}

/// The operation of a route.
pub(crate) fn operation(method: &str, path: &str) -> &'static Value {
    &document()["paths"][path][method.to_lowercase()]
}

/// Fails if a value is not what a schema of the document says.
pub(crate) fn check(schema: &Value, value: &Value, what: &str) {
    let mut whole = schema.clone();
    whole["components"] = document()["components"].clone();
    let validator = jsonschema::validator_for(&whole).expect("a schema");
    let errors: Vec<_> =
        validator.iter_errors(value).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{what} is not as documented: {errors:?}\n{value:#}");
}

/// Fails if an answer is not one that its operation documents.
pub(crate) fn check_answer(method: &str, path: &str, status: u16, body: Option<&Value>) {
    let what = format!("{method} {path} {status}");
    let answer = resolve(&operation(method, path)["responses"][status.to_string()]);
    assert!(answer.is_object(), "{what} is not documented");
    let media_type = if status < 400 { "application/json" } else { "application/problem+json" };
    match (body, answer["content"].get(media_type)) {
        (Some(body), Some(content)) => check(&content["schema"], body, &what),
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            panic!("{what} has a body where none is documented, or none")
        }
    }
}

/// A body that is documented as the example of a request.
pub(crate) fn request_example(name: &str) -> Value {
    let content = &operation("post", "/v1/messages")["requestBody"]["content"]["application/json"];
    let example = content["examples"][name]["value"].clone();
    assert_ne!(example, json!(null), "{name}");
    example
}
