//! The limits that the document states, against the reader of bodies: each value at its limit is read, the next one is not.

use api::routes::ROUTES;
use serde_json::{Value, json};

use crate::hostile::{bodies, known, path, places};
use crate::openapi::{is_valid, operation, resolve};

/// The schema of the value at a pointer of a body that is valid.
fn schema_at(schema: &'static Value, body: &Value, pointer: &str) -> &'static Value {
    let schema = chosen(schema, body);
    let Some((name, rest)) = pointer.trim_start_matches('/').split_once('/').or_else(|| {
        Some((pointer.trim_start_matches('/'), "")).filter(|(name, _)| !name.is_empty())
    }) else {
        return schema;
    };
    let child = if body.is_array() {
        &schema["items"]
    } else {
        schema["properties"].get(name).unwrap_or(&schema["additionalProperties"])
    };
    schema_at(child, body.pointer(&format!("/{name}")).unwrap(), rest)
}

/// The arm of a union that a value is of.
fn chosen(schema: &'static Value, value: &Value) -> &'static Value {
    let schema = resolve(schema);
    let arms = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    match arms {
        None => schema,
        Some(arms) => chosen(arms.iter().find(|it| is_valid(it, value)).expect("an arm"), value),
    }
}

fn too_much(schema: &Value, good: &Value) -> Option<(Value, Value)> {
    let text = |n: u64| json!("x".repeat(usize::try_from(n).unwrap()));
    if let (Some(most), None, None) =
        (schema["maxLength"].as_u64(), schema.get("pattern"), schema.get("format"))
    {
        return Some((text(most), text(most + 1)));
    }
    if let (Some(most), Some(first)) = (schema["maxItems"].as_u64(), good.get(0))
        && first.is_string()
        && schema["items"].get("$ref").is_none()
    {
        let list = |n: u64| json!((0..n).map(|it| format!("t{it}")).collect::<Vec<_>>());
        return Some((list(most), list(most + 1)));
    }
    let most = schema["maximum"].as_f64()?;
    Some((json!(most), json!(most + 0.1)))
}

#[tokio::test]
async fn every_limit_of_the_document_is_the_readers() {
    let it = known().await;
    let mut n_checked = 0;
    for route in &ROUTES {
        let operation = operation(route.method.as_str(), route.path);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        for body in bodies(&it, &route.key()) {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            for (pointer, value) in found {
                let Some((most, more)) = too_much(schema_at(schema, &body, &pointer), &value)
                else {
                    continue;
                };
                for (value, is_good) in [(most, true), (more, false)] {
                    let mut body = body.clone();
                    *body.pointer_mut(&pointer).unwrap() = value;
                    let path = path(&it, route.path);
                    let request = it.world.request(route.method.as_str(), &path, Some(&body), None);
                    let reply = it.world.at(crate::world::now(), request).await;
                    let errors = reply.body["errors"].as_array().into_iter().flatten();
                    let is_named = errors.into_iter().any(|it| it["pointer"] == pointer.as_str());
                    assert_eq!(is_named, !is_good, "{} {pointer}: {:#}", route.key(), reply.body);
                    n_checked += 1;
                }
            }
        }
    }
    assert!(60 < n_checked, "{n_checked}");
}
