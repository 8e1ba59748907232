//! The document, put together.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::TAGS;
use super::schemas::{self, SCHEMAS};
use crate::problem::{
    BODY_TOO_LARGE, CONTENT_TYPE_UNSUPPORTED, CURSOR_INVALID, FORBIDDEN, Kind, NOT_FOUND,
    REQUEST_INVALID, REQUEST_MALFORMED, UNAUTHENTICATED, UNAVAILABLE, kind_of,
};
use crate::route::{Access, AnswerDoc, BodyDoc, In, Parameter};
use crate::routes::{ROUTES, Route};

/// The answers that the gateway gives of itself, whatever route is called.
const GATEWAY: [(u16, &str, &str); 3] = [
    (429, "TooManyRequests", "The gateway is called too often: try again later."),
    (
        500,
        "InternalServerError",
        "The API failed or took too long, and what was done is not known.",
    ),
    (503, "ServiceUnavailable", "The gateway does not reach the API: try again later."),
];

/// The document, as a JSON value.
///
/// # Panics
///
/// If an example or a parameter's schema is not JSON.
#[must_use]
pub fn document() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut refusals = Map::new();
    for route in &ROUTES {
        let method = route.method.as_str().to_lowercase();
        paths.entry(route.path).or_default().insert(method, operation(route, &mut refusals));
    }
    let tags = TAGS.map(|(name, description)| json!({ "name": name, "description": description }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ariane",
            "version": "1",
            "summary": "Every channel's messages in one thread per topic, and one API to answer them.",
            "description": "Every answer of the API carries `x-request-id`. Errors are RFC 9457 problems; only what the gateway in front of the API refuses by itself is not: 429 when it is called too often, 403 with IAM, 404 for what cannot be a path, 413 for a body that it does not pass on, 500 when the API fails or takes too long, 503 when it is not reached. Unknown fields and parameters are refused, and U+0000 in any text. Answers may get more fields: a client leaves aside what it does not know. A field without a value is left out, as an empty list or a `false` may be. Lists are paged by opaque cursors, each of use with its own query only.",
            "contact": { "name": "Ariane" },
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "responses": refusals,
            "schemas": schemas::all(),
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token `ari_…` with the scope that the operation lists.",
        },
        "jwt": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A JWT of the company's issuer (RS256 or ES256) whose `scope` or `scp`, or without any of ours there its roles or `permissions`, hold the scope that the operation lists.",
        },
        "iam": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "AWS Signature Version 4. The right to a route is a policy on its ARN; the gateway checks it.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    })
}

fn operation(route: &Route, refusals: &mut Map<String, Value>) -> Value {
    let doc = &route.doc;
    let mut operation = json!({
        "operationId": doc.id,
        "tags": [doc.tag],
        "summary": doc.summary,
        "description": doc.description,
        "security": security(route.access),
        "responses": responses(route, refusals),
    });
    let in_path = route
        .path
        .split('/')
        .zip(route.path.split('/').skip(1))
        .filter_map(|it| in_path(it.0, it.1));
    let parameters: Vec<_> = in_path.chain(doc.parameters.iter().map(parameter)).collect();
    if !parameters.is_empty() {
        set(&mut operation, "parameters", json!(parameters));
    }
    if let Some(body) = &doc.body {
        set(&mut operation, "requestBody", request_body(body));
    }
    if let Access::Scope(scope) = route.access {
        set(&mut operation, "x-scope", json!(scope));
    }
    operation
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::Scope(scope) => json!([{ "token": [scope] }, { "jwt": [scope] }, { "iam": [] }]),
    }
}

/// The parameter that a segment of a path is, by itself and the segment before it.
fn in_path(before: &str, segment: &str) -> Option<Value> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    let (schema, description) = match (before, name) {
        ("threads", _) => ("ThreadId", "The thread."),
        ("contacts", _) => ("ContactId", "The person."),
        ("identities", _) => {
            ("IdentityId", "The address, by the id that its person shows it with.")
        }
        ("corrections", _) => ("CorrectionId", "The correction."),
        (_, _) => ("MessageId", "The message."),
    };
    Some(json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": { "$ref": reference(schema) },
    }))
}

fn parameter(it: &Parameter) -> Value {
    json!({
        "name": it.name,
        "in": match it.place { In::Query => "query", In::Header => "header" },
        "required": it.required,
        "description": it.description,
        "schema": read(it.schema),
    })
}

fn request_body(body: &BodyDoc) -> Value {
    let schema = json!({ "$ref": reference(body.schema) });
    let examples = body.examples.iter();
    let examples: Map<_, _> =
        examples.map(|(name, it)| ((*name).to_owned(), json!({ "value": read(it) }))).collect();
    let mut content = json!({
        "application/json": { "schema": schema, "examples": examples },
    });
    if body.is_patch {
        set(&mut content, "application/merge-patch+json", json!({ "schema": schema }));
    }
    json!({ "required": body.required, "content": content })
}

fn responses(route: &Route, refusals: &mut Map<String, Value>) -> Value {
    let good = route.doc.answers.iter().map(|it| (it.status, answer(it)));
    let mut kinds: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in problems(route) {
        let of_status = kinds.entry(kind.status).or_default();
        if !of_status.contains(&kind) {
            of_status.push(kind);
        }
    }
    // A refusal stands once in the document.
    let mut named = |name: String, it: Value| {
        let same = refusals.iter().find(|(_, other)| **other == it);
        let name = same.map_or(name, |(name, _)| name.clone());
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        refusals.entry(name).or_insert(it);
        reference
    };
    let mut bad = Vec::new();
    for (status, kinds) in kinds {
        let name = match kinds.as_slice() {
            [] | [_] | [_, _] => {
                let slugs: Vec<_> = kinds.iter().map(|it| schemas::pascal(it.slug)).collect();
                slugs.join("Or")
            }
            _ => format!("{}{status}", schemas::pascal(route.doc.id)),
        };
        bad.push((status, named(name, refusal(&kinds))));
    }
    for (status, name, description) in GATEWAY {
        if bad.iter().all(|(it, _)| *it != status) {
            let content = json!({ "application/json": gateway_error(status) });
            let refusal = json!({ "description": description, "content": content });
            bad.push((status, named(name.to_owned(), refusal)));
        }
    }
    let all = good.chain(bad);
    all.map(|(status, it)| (status.to_string(), it)).collect::<Map<_, _>>().into()
}

/// The problems that a route answers with: those of its form, and its own.
fn problems(route: &Route) -> Vec<Kind> {
    let doc = &route.doc;
    // A query may always hold what no route has.
    let mut kinds = vec![REQUEST_INVALID];
    if route.access != Access::Public {
        kinds.extend([UNAUTHENTICATED, FORBIDDEN, UNAVAILABLE]);
    }
    if route.path.contains('{') {
        kinds.push(NOT_FOUND);
    }
    if doc.parameters.iter().any(|it| it.name == "cursor") {
        kinds.push(CURSOR_INVALID);
    }
    if doc.body.is_some() {
        kinds.extend([REQUEST_MALFORMED, BODY_TOO_LARGE, CONTENT_TYPE_UNSUPPORTED]);
    }
    kinds.extend(doc.problems);
    kinds.extend(doc.sending.iter().map(|it| kind_of(*it)));
    kinds
}

fn answer(it: &AnswerDoc) -> Value {
    let mut answer = json!({ "description": it.description, "headers": headers(it.headers) });
    let schema = match it.schemas {
        [] if it.status == 206 => {
            // A part is no JSON of its own.
            set(
                &mut answer,
                "content",
                json!({ "application/json": { "schema": { "type": "string", "contentMediaType": "application/octet-stream" } } }),
            );
            return answer;
        }
        [] => return answer,
        [one] => json!({ "$ref": reference(one) }),
        more => {
            let arms: Vec<_> = more.iter().map(|it| json!({ "$ref": reference(it) })).collect();
            json!({ "anyOf": arms })
        }
    };
    set(
        &mut answer,
        "content",
        json!({ "application/json": { "schema": schema, "example": read(it.example) } }),
    );
    answer
}

fn headers(own: &[(&str, &str)]) -> Map<String, Value> {
    let every = ("X-Request-Id", "The name of the request, for whoever looks into it.");
    let all = own.iter().copied().chain([every]);
    let header =
        |description| json!({ "description": description, "schema": { "type": "string" } });
    all.map(|(name, description)| (name.to_owned(), header(description))).collect()
}

/// The refusals of a status: each kind of problem is an example.
fn refusal(kinds: &[Kind]) -> Value {
    let titles: Vec<_> = kinds.iter().map(|it| format!("`{}`: {}.", it.slug, it.title)).collect();
    let slugs: Vec<_> = kinds.iter().map(|it| it.slug).collect();
    let examples = kinds.iter().map(|it| (it.slug.to_owned(), json!({ "value": example(it) })));
    let examples: Map<_, _> = examples.collect();
    let own: &[(&str, &str)] = match kinds {
        [UNAUTHENTICATED] => &[("WWW-Authenticate", "The way to prove who is calling.")],
        [FORBIDDEN] => &[("WWW-Authenticate", "The scope that is missing.")],
        _ => &[],
    };
    let schema = json!({ "$ref": reference("Problem") });
    let mut content = json!({
        "application/problem+json": { "schema": schema, "examples": examples },
    });
    let of_gateway = [FORBIDDEN, NOT_FOUND, BODY_TOO_LARGE, UNAVAILABLE];
    if let Some(kind) = kinds.iter().find(|it| of_gateway.contains(it)) {
        set(&mut content, "application/json", gateway_error(kind.status));
    }
    json!({
        "description": titles.join(" "),
        "headers": headers(own),
        "content": content,
        "x-problems": slugs,
    })
}

/// A problem of a kind as an answer tells it.
fn example(kind: &Kind) -> Value {
    json!({
        "type": kind.uri(),
        "title": kind.title,
        "status": kind.status,
        "retryable": kind.retryable,
        "request_id": "req_1",
    })
}

/// The words of the gateway for a status: it says its name and no more.
fn gateway_error(status: u16) -> Value {
    let status = StatusCode::from_u16(status).ok();
    json!({
        "schema": { "$ref": reference("GatewayError") },
        "example": { "message": status.as_ref().and_then(StatusCode::canonical_reason) },
    })
}

/// Sets a field of an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn reference(schema: &str) -> String {
    format!("#{SCHEMAS}/{schema}")
}

#[expect(
    clippy::expect_used,
    reason = "the routes are written in this crate, and a test reads every one"
)]
fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}
