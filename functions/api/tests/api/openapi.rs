//! The published document, as tests check answers with it.

use std::sync::LazyLock;

use api::call::ApiAnswer;
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

/// Fails if a value is not what a schema of the document says. Clients leave aside what they do not know, so the document leaves
/// room for it; here a field that it does not name is a fault.
pub(crate) fn check(schema: &Value, value: &Value, what: &str) {
    static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
        let mut components = json!({ "schemas": document()["components"]["schemas"] });
        close(&mut components);
        components
    });
    let mut whole = schema.clone();
    whole["components"] = SCHEMAS.clone();
    let validator = jsonschema::validator_for(&whole).expect("a schema");
    let errors: Vec<_> =
        validator.iter_errors(value).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{what} is not as documented: {errors:?}\n{value:#}");
}

/// Whether a value is what a schema of the document says.
pub(crate) fn is_valid(schema: &Value, value: &Value) -> bool {
    let mut whole = schema.clone();
    whole["components"] = json!({ "schemas": document()["components"]["schemas"] });
    jsonschema::validator_for(&whole).expect("a schema").is_valid(value)
}

/// Refuses fields that a schema does not name.
fn close(schema: &mut Value) {
    if schema["properties"].is_object() && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = json!(false);
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(close),
        Value::Array(entries) => entries.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fails if an answer is not one that its operation documents.
pub(crate) fn check_answer(method: &str, path: &str, answer: &ApiAnswer, body: Option<&Value>) {
    let status = answer.status;
    let what = format!("{method} {path} {status}");
    let documented = resolve(&operation(method, path)["responses"][status.to_string()]);
    assert!(documented.is_object(), "{what} is not documented: {body:?}");
    for (name, _) in &answer.headers {
        let names = documented["headers"].as_object().into_iter().flat_map(|it| it.keys());
        let found = names.into_iter().any(|it| it.eq_ignore_ascii_case(name.as_str()));
        assert!(found, "{what} has the header {name}, which is not documented");
    }
    let media_type = if status < 400 { "application/json" } else { "application/problem+json" };
    match (body, documented["content"].get(media_type)) {
        (Some(body), Some(content)) => check(&content["schema"], body, &what),
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => {
            panic!("{what} has a body where none is documented, or none")
        }
    }
    if let (400.., Some(body)) = (status, body) {
        let slug = body["type"].as_str().unwrap().trim_start_matches("/problems/");
        let named = documented["x-problems"].as_array().unwrap().iter();
        assert!(named.into_iter().any(|it| it == slug), "{what} does not name {slug}: {body}");
    }
}

/// A body that is documented as the example of a request.
pub(crate) fn request_example(name: &str) -> Value {
    let content = &operation("post", "/v1/messages")["requestBody"]["content"]["application/json"];
    let example = content["examples"][name]["value"].clone();
    assert_ne!(example, json!(null), "{name}");
    example
}
