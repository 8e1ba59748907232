//! The document against the routes, the problems and its own examples.

use std::collections::BTreeSet;

use api::problem::{OWN, kind_of};
use api::routes::{Access, ROUTES, SCOPES};
use domain::outbound::SendProblem;
use http::StatusCode;
use serde_json::{Value, json};

use crate::openapi::{check, document, operation, resolve};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

#[test]
fn the_document_and_the_routes_are_the_same_list() {
    let routes: BTreeSet<_> =
        ROUTES.iter().map(|it| (it.path.to_owned(), it.method.as_str().to_lowercase())).collect();
    let mut documented = BTreeSet::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|it| METHODS.contains(&it.as_str()));
        documented.extend(methods.map(|it| (path.clone(), it.clone())));
    }
    assert_eq!(routes, documented);
}

#[test]
fn every_operation_documents_the_scope_that_its_route_needs() {
    for route in &ROUTES {
        let operation = operation(route.method.as_str(), route.path);
        for status in ["429", "500", "503"] {
            let answer = resolve(&operation["responses"][status]);
            let content = &answer["content"]["application/json"];
            let said = content["example"]["message"].as_str();
            let wanted = StatusCode::from_bytes(status.as_bytes()).unwrap().canonical_reason();
            assert_eq!(said, wanted, "{} {status}", route.path);
        }
        match route.access {
            Access::Public => assert_eq!(operation["security"], json!([]), "{}", route.path),
            Access::Scope(scope) => {
                let ways = json!([{ "token": [scope] }, { "jwt": [scope] }, { "iam": [] }]);
                assert_eq!(operation["security"], ways, "{}", route.path);
                assert_eq!(operation["x-scope"], scope);
                assert!(SCOPES.contains(&scope));
                for status in ["401", "403"] {
                    assert!(operation["responses"][status].is_object(), "{} {status}", route.path);
                }
            }
        }
    }
    let schemes = document()["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["iam", "jwt", "token"]);
}

#[test]
fn every_problem_is_documented_and_no_other() {
    let types = &document()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"];
    let documented: BTreeSet<_> =
        types.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    // The names of the domain's problems are what it reads back.
    let domain = documented.iter().filter_map(|it| {
        let slug = it.trim_start_matches("/problems/");
        serde_json::from_value::<SendProblem>(json!(slug)).ok().map(|it| kind_of(it).slug)
    });
    let known: BTreeSet<_> =
        OWN.iter().map(|it| it.slug).chain(domain).map(|it| format!("/problems/{it}")).collect();
    assert_eq!(known.iter().map(String::as_str).collect::<BTreeSet<_>>(), documented);
    assert_eq!(documented.len(), OWN.len() + 20);
}

/// The document in the repository is the one that the types and the routes make, so that a change of the API is seen as one.
#[test]
fn the_document_is_made_of_the_routes_and_the_types() {
    let made = format!("{:#}\n", api::openapi::document());
    if !aws::env_or("UPDATE_OPENAPI", "").is_empty() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        std::fs::write(file, &made).unwrap();
        return;
    }
    let line = made.lines().zip(api::openapi::DOCUMENT.lines()).position(|(made, it)| made != it);
    let advice =
        "UPDATE_OPENAPI=1 cargo test --workspace --test api the_document_is_made writes it";
    assert!(made == api::openapi::DOCUMENT, "line {line:?} of openapi.json is old: {advice}");
}

/// A reader of the document learns what each thing is.
#[test]
fn every_property_and_every_parameter_has_a_description() {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>, n: &mut usize) {
        if let Some(properties) = value["properties"].as_object() {
            for (name, property) in properties {
                *n += 1;
                if property["description"].as_str().is_none_or(|it| it.len() < 4) {
                    found.push(format!("{at}/{name}"));
                }
            }
        }
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, it)| walk(it, &format!("{at}/{name}"), found, n));
            }
            Value::Array(entries) => {
                for it in entries {
                    walk(it, at, found, n);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let (mut without, mut n) = (Vec::new(), 0);
    walk(&document()["components"]["schemas"], "", &mut without, &mut n);
    for route in &ROUTES {
        let operation = operation(route.method.as_str(), route.path);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            n += 1;
            if parameter["description"].as_str().is_none() {
                without.push(format!("{} {}", route.key(), parameter["name"]));
            }
        }
    }
    assert!(without.is_empty(), "of {n} these have none: {without:#?}");
    assert!(200 < n, "{n}");
}

#[test]
fn every_example_is_what_its_schema_says() {
    let mut n_checked = 0;
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            n_checked += check_content(&operation["requestBody"]["content"], &what);
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let content = &resolve(answer)["content"];
                n_checked += check_content(content, &format!("{what} {status}"));
            }
        }
    }
    assert!(30 < n_checked, "{n_checked}");
}

fn check_content(content: &'static Value, what: &str) -> usize {
    let mut n_checked = 0;
    for content in content.as_object().into_iter().flat_map(|it| it.values()) {
        let named = content["examples"].as_object().into_iter().flat_map(|it| it.values());
        let examples = content.get("example").into_iter().chain(named.map(|it| &it["value"]));
        for example in examples {
            check(&content["schema"], example, what);
            n_checked += 1;
        }
    }
    n_checked
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &'static Value) -> usize {
        resolve(value);
        match value {
            Value::Object(fields) => 1 + fields.values().map(walk).sum::<usize>(),
            Value::Array(entries) => entries.iter().map(walk).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }
    assert!(100 < walk(document()));
}
