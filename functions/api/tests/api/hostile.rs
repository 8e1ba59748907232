//! Hostile values for every parameter and field of every route: the answer is a problem that names what is wrong, or
//! it is done, and never a fault of ours.

use api::call::Request;
use api::routes::ROUTES;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::event::digest;
use serde_json::{Value, json};

use crate::openapi::operation;
use crate::world::{PHONE, Reply, World, ask, now};

/// Ids of a person who wrote.
pub(crate) struct Known {
    pub(crate) world: World,
    pub(crate) contact: String,
    pub(crate) thread: String,
    pub(crate) message: String,
}

pub(crate) async fn known() -> Known {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order A-12345?", now().plus_ms(-60_000)).await;
    let found = world.get("/v1/threads").await;
    let text = |name: &str| found.body["threads"][0][name].as_str().unwrap().to_owned();
    let (thread, contact) = (text("id"), text("contact_id"));
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let message = timeline.body["messages"][0]["id"].as_str().unwrap().to_owned();
    Known { world, contact, thread, message }
}

/// Texts that something may stumble over.
pub(crate) fn texts() -> Vec<String> {
    let odd = [
        "",
        " ",
        "\u{0}",
        "a\u{0}b",
        "\u{200b}",
        "\u{202e}abc",
        "\r\n",
        "#",
        "a#b",
        "../..",
        "%2F",
        "'\"\\",
        "\u{10ffff}",
        "-",
    ];
    let long = [("x", 300), ("#", 3_000), ("💥", 320), ("💥", 3_000), ("\u{1}", 3_000)];
    let long = long.iter().map(|(it, n)| it.repeat(*n));
    odd.iter().map(|it| (*it).to_owned()).chain(long).collect()
}

/// Values that something may stumble over.
fn values(good: &Value) -> Vec<Value> {
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "": "" }),
        json!({ "a\u{0}": 1 }),
        json!([good, good]),
        json!(vec![good; 200]),
        json!("9999-12-31T23:59:59Z"),
        json!("0000-01-01T00:00:00Z"),
    ];
    texts().into_iter().map(Value::String).chain(others).collect()
}

/// Good bodies of a route, which are then spoiled.
pub(crate) fn bodies(it: &Known, route: &str) -> Vec<Value> {
    let to = json!({ "thread_id": it.thread });
    let address = json!({ "channel": "whatsapp", "id": PHONE, "account": "7008" });
    let send = |content: Value| json!({ "to": to, "content": content });
    match route {
        "POST /v1/messages" | "POST /v1/messages/plan" => {
            let text = json!({ "type": "text", "text": "hello" });
            let all = json!({
                "to": to, "content": text, "purpose": "care", "author": "human", "channel": "whatsapp", "account": "7008",
                "reply_to": it.message, "client_ref": "crm-1", "expires_at": "2027-01-01T00:00:00Z", "unverified": "allow",
            });
            let address = json!({ "channel": "whatsapp", "id": PHONE });
            let template =
                json!({ "name": "delay", "locale": "fr", "variables": { "order": "A-1" } });
            let components =
                json!([{ "type": "body", "parameters": [{ "type": "text", "text": "A-1" }] }]);
            vec![
                all,
                json!({ "to": { "contact_id": it.contact }, "content": text }),
                json!({ "to": { "address": address }, "account": "7008", "content": text }),
                send(
                    json!({ "type": "media", "kind": "image", "source": { "url": "https://example.com/a.png" }, "caption": "a" }),
                ),
                send(
                    json!({ "type": "media", "kind": "document", "source": { "id": "17" }, "filename": "a.pdf" }),
                ),
                send(
                    json!({ "type": "choices", "text": "which?", "options": [{ "id": "1", "title": "one", "description": "d" }], "button": "see" }),
                ),
                send(
                    json!({ "type": "location", "latitude": 48.85, "longitude": 2.35, "name": "Paris", "address": "Louvre" }),
                ),
                send(json!({ "type": "template", "template": template })),
                send(
                    json!({ "type": "template", "template": { "name": "delay", "locale": "fr", "components": components } }),
                ),
            ]
        }
        "PATCH /v1/threads/{id}" => vec![json!({
            "subject": "s", "tags": ["t"], "state": "snoozed", "snoozed_until": "2027-01-01T00:00:00Z", "assignee": "ada",
            "unsure": false, "crm": { "case": "500-1" },
        })],
        "POST /v1/threads/{id}/merge" => vec![json!({ "into": it.thread, "reason": "r" })],
        "POST /v1/threads/{id}/split" => vec![json!({ "messages": [it.message], "reason": "r" })],
        "POST /v1/threads/{id}/move" => {
            vec![json!({ "messages": [it.message], "to": it.thread, "reason": "r" })]
        }
        "PATCH /v1/contacts/{id}" => vec![json!({
            "preferences": { "channels": ["sms", "whatsapp"], "locale": "fr" }, "segments": ["vip"],
        })],
        "POST /v1/contacts/{id}/identities" => vec![
            json!({ "address": address, "proof": { "type": "signed", "issuer": "i", "id": "1" }, "reason": "r" }),
            json!({ "address": { "channel": "sms", "id": "+33612345678" }, "proof": { "type": "agent" } }),
        ],
        "POST /v1/contacts/{id}/corrections/{correction}/revert" => vec![json!({ "reason": "r" })],
        _ => vec![],
    }
}

/// A cursor as anybody can make one: its check is no secret.
pub(crate) fn forged(query: &[&str], at: &str, key: &str) -> String {
    let place = format!("{at}.{key}");
    let parts: Vec<_> = query.iter().copied().chain([place.as_str()]).collect();
    URL_SAFE_NO_PAD.encode(format!("{}.{place}", &digest(&parts)[..16]))
}

/// Good values of a route's parameters in the query.
fn parameters(it: &Known, name: &str) -> String {
    match name {
        "address" => format!("whatsapp:{PHONE}"),
        "account" => "7008".to_owned(),
        "state" => "waiting".to_owned(),
        "unsure" => "true".to_owned(),
        "assignee" => "ada".to_owned(),
        "contact" => it.contact.clone(),
        "crm" => "case:500-1".to_owned(),
        "order" => "desc".to_owned(),
        "limit" => "5".to_owned(),
        "reason" => "r".to_owned(),
        "cursor" => forged(&["threads", "-", "-", "-", "-", "-"], "5", "x"),
        other => panic!("{other} has no good value here"),
    }
}

pub(crate) fn path(it: &Known, route: &str) -> String {
    let id = match route.split('/').nth(2) {
        Some("threads") => &it.thread,
        Some("contacts") => &it.contact,
        _ => &it.message,
    };
    let path = route.replace("{id}", id).replace("{identity}", &format!("idn_{}", "0".repeat(32)));
    path.replace("{correction}", &format!("cor_{}", "0".repeat(32)))
}

/// Every place of a body, from the whole to each leaf, with what is there.
pub(crate) fn places(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
    found.push((pointer.to_owned(), value.clone()));
    match value {
        Value::Object(fields) => {
            for (name, it) in fields {
                places(it, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(list) => {
            for (n, it) in list.iter().enumerate() {
                places(it, &format!("{pointer}/{n}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn take(it: &Known, request: Request, what: &str) -> Reply {
    let reply = ask(&it.world.api(), request).await;
    assert!(reply.status < 500, "{what} gets {}", reply.status);
    assert_eq!(reply.problem().is_empty(), reply.status < 400, "{what}");
    reply
}

#[tokio::test]
async fn no_field_of_any_body_makes_a_fault_of_ours() {
    let it = known().await;
    let mut n_thrown = 0;
    for route in &ROUTES {
        let name = format!("{} {}", route.method, route.path);
        let mut good = bodies(&it, &name);
        if route.path.ends_with("/plan") {
            // It reads what the other reads.
            good.truncate(1);
        }
        let documented = operation(route.method.as_str(), route.path)["requestBody"].is_object();
        assert_eq!(documented, !good.is_empty(), "{name} has good bodies here if it takes one");
        for (n, body) in good.iter().enumerate() {
            let mut found = Vec::new();
            places(body, "", &mut found);
            // Whom it is for is read alike in each.
            found.retain(|(pointer, _)| n < 3 || !pointer.starts_with("/to"));
            for (pointer, value) in found {
                for odd in values(&value) {
                    let mut body = body.clone();
                    *body.pointer_mut(&pointer).unwrap() = odd.clone();
                    let request = it.world.request(
                        route.method.as_str(),
                        &path(&it, route.path),
                        Some(&body),
                        None,
                    );
                    let shown: String = odd.to_string().chars().take(40).collect();
                    take(&it, request, &format!("{name} {pointer}={shown}")).await;
                    n_thrown += 1;
                }
            }
        }
    }
    assert!(2_000 < n_thrown, "{n_thrown}");
}

#[tokio::test]
async fn no_body_that_is_odd_as_a_whole_makes_a_fault_of_ours() {
    let it = known().await;
    let raw: [&[u8]; 9] = [
        b"",
        b"\xff\xfe",
        b"{\"a\":1,\"a\":2}",
        b"\"\\ud800\"",
        b"[[[[[",
        b"nul",
        b"{\"to\":{\"thread_id\":\"\\u0000\"}}",
        b"{\"tags\":[1e999]}",
        b"\xef\xbb\xbf{}",
    ];
    for route in ROUTES.iter().filter(|route| !bodies(&it, &route.key()).is_empty()) {
        for body in raw {
            let mut request = it.world.request(
                route.method.as_str(),
                &path(&it, route.path),
                Some(&json!({})),
                None,
            );
            request.body = body.to_vec();
            take(&it, request, &format!("{} {} {body:?}", route.method, route.path)).await;
        }
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)).into_bytes();
        for body in [deep, vec![b' '; 70_000]] {
            let mut request = it.world.request(
                route.method.as_str(),
                &path(&it, route.path),
                Some(&json!({})),
                None,
            );
            request.body = body;
            take(&it, request, &format!("{} {} deep or large", route.method, route.path)).await;
        }
    }
}

#[tokio::test]
async fn no_parameter_of_any_query_makes_a_fault_of_ours() {
    let it = known().await;
    for route in &ROUTES {
        let documented = operation(route.method.as_str(), route.path)["parameters"].as_array();
        let documented = documented.into_iter().flatten().map(crate::openapi::resolve);
        let names: Vec<_> = documented
            .filter(|it| it["in"] == "query")
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        for name in names.iter().copied().chain(["unknown"]) {
            // Alone, beside the others, and beside each of them: some do not go together.
            let others = names.iter().filter(|it| **it != name);
            let mut beside: Vec<_> = others
                .map(|other| format!("&{other}={}", encoded(&parameters(&it, other))))
                .collect();
            beside.extend([String::new(), beside.concat()]);
            for odd in texts() {
                for rest in &beside {
                    let path = format!("{}?{name}={}{rest}", path(&it, route.path), encoded(&odd));
                    let request = it.world.request(route.method.as_str(), &path, None, None);
                    let shown: String = odd.chars().take(20).collect();
                    take(
                        &it,
                        request,
                        &format!("{} {} {name}={shown:?}{rest}", route.method, route.path),
                    )
                    .await;
                }
            }
            let twice = format!("{}?{name}=1&{name}=1", path(&it, route.path));
            take(&it, it.world.request(route.method.as_str(), &twice, None, None), &twice).await;
        }
    }
}

#[tokio::test]
async fn a_parameter_that_no_route_has_is_refused_and_named() {
    let it = known().await;
    for route in ROUTES.iter().filter(|it| it.path != "/v1/openapi.json") {
        let operation = operation(route.method.as_str(), route.path);
        if !operation["responses"]["422"].is_object() {
            continue;
        }
        let body = bodies(&it, &route.key()).into_iter().next();
        let path = format!("{}?unknown=1", path(&it, route.path));
        let request = it.world.request(route.method.as_str(), &path, body.as_ref(), None);
        let reply = take(&it, request, &path).await;
        assert_eq!((reply.status, reply.problem()), (422, "request-invalid"), "{path}");
        assert_eq!(reply.body["errors"][0]["parameter"], "unknown", "{path}");
    }
}

#[tokio::test]
async fn no_segment_of_a_path_and_no_header_makes_a_fault_of_ours() {
    let it = known().await;
    let ids = ["thr_", "con_", "cor_", "idn_", "msg_"].map(|it| format!("{it}{}", "0".repeat(32)));
    let message = format!("msg_{}_{}", "x".repeat(32), "0".repeat(64));
    let segments: Vec<_> =
        texts().iter().map(|it| encoded(it)).chain(ids).chain([message]).collect();
    for route in &ROUTES {
        let body = bodies(&it, &format!("{} {}", route.method, route.path)).into_iter().next();
        for segment in &segments {
            for name in ["{id}", "{identity}", "{correction}"]
                .into_iter()
                .filter(|it| route.path.contains(it))
            {
                let path = path(&it, &route.path.replace(name, segment));
                take(
                    &it,
                    it.world.request(route.method.as_str(), &path, body.as_ref(), None),
                    &path,
                )
                .await;
            }
        }
        for (header, value) in [
            ("idempotency-key", "x".repeat(255)),
            ("idempotency-key", "x".repeat(256)),
            ("idempotency-key", String::new()),
            ("if-match", "x".repeat(9_000)),
            ("if-match", "é".to_owned()),
            ("if-none-match", "\"".repeat(500)),
            ("content-type", "text/\u{e9}".to_owned()),
            ("content-type", "x".repeat(4_000)),
            ("range", "bytes=9-1".to_owned()),
        ] {
            let mut request = it.world.request(
                route.method.as_str(),
                &path(&it, route.path),
                body.as_ref(),
                None,
            );
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers.insert(http::HeaderName::from_static(header), value);
            take(&it, request, &format!("{} {} {header}", route.method, route.path)).await;
        }
    }
}
