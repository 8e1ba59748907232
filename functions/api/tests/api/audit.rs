//! The log's entry of a call: who took which route, and with what end. Nothing else of it.

use api::routes::{SCOPES, THREADS_READ};
use aws::store::tokens::NewToken;
use embedded::Lines;
use serde_json::json;

use crate::world::{PHONE, World, ask, now, request};

/// Gathers what this thread logs, as Lambda gets it.
fn gather(lines: &Lines) -> tracing::subscriber::DefaultGuard {
    let json =
        tracing_subscriber::fmt().json().flatten_event(true).without_time().with_target(false);
    tracing::subscriber::set_default(json.with_writer(lines.clone()).finish())
}

#[tokio::test]
async fn every_call_is_one_line_with_its_route_its_token_and_its_end() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let all = world.token(&SCOPES, None).await;
    let some = world.token(&[THREADS_READ], None).await;
    let old = world.token(&SCOPES, Some(now())).await;
    let contact = format!("/v1/contacts/con_{}", "0".repeat(32));
    let find = format!("/v1/contacts?address=whatsapp:{}", PHONE.replace('+', "%2B"));
    let lines = Lines::default();
    let _guard = gather(&lines);
    for (path, token, route, status, reason) in [
        (&*find, Some(&all), Some("GET /v1/contacts"), 200, None),
        (&*contact, Some(&all), Some("GET /v1/contacts/{id}"), 404, None),
        (&*contact, Some(&some), Some("GET /v1/contacts/{id}"), 403, None),
        ("/v1/threads?state=447700900111", Some(&some), Some("GET /v1/threads"), 422, None),
        ("/v1/threads?cursor=x", Some(&some), Some("GET /v1/threads"), 400, None),
        (&*contact, Some(&old), Some("GET /v1/contacts/{id}"), 401, Some("expired token")),
        (&*contact, None, Some("GET /v1/contacts/{id}"), 401, Some("no credential")),
        ("/v1/nothing/447700900111", Some(&all), None, 404, None),
    ] {
        let reply = ask(&world.api(), request("GET", path, token.map(NewToken::reveal))).await;
        assert_eq!(reply.status, status, "{path}");
        let (text, read) = lines.take();
        let [line] = &read[..] else { panic!("{path} is logged as {text}") };
        let caller =
            token.filter(|_| ![401, 404].contains(&status) || route.is_some() && status == 404);
        let caller = caller.map(|it| it.token.id.clone());
        let found = (&line["route"], &line["caller.id"], &line["status"], &line["reason"]);
        assert_eq!(
            found,
            (&json!(route), &json!(caller), &json!(status), &json!(reason)),
            "{text}"
        );
        for token in [&all, &some, &old] {
            assert!(!text.contains(token.reveal()), "{text}");
        }
        assert!(!text.contains("447700900111") && !text.contains('?'), "{text}");
    }
}

#[tokio::test]
async fn a_fault_of_the_table_is_logged_without_what_the_table_says() {
    let world = World::new().await;
    let token = world.token(&SCOPES, None).await;
    let process = world.cloud.process();
    // No name of a table: what the table says of it quotes it.
    let table = aws::store::Store::over(process.table, "447700900111 gone".to_owned());
    let api = api::Api { store: table, ..world.api() };
    let lines = Lines::default();
    let _guard = gather(&lines);
    let reply = ask(&api, request("GET", "/v1/threads", Some(token.reveal()))).await;
    assert_eq!(reply.status, 503);
    let (text, read) = lines.take();
    assert!(read.iter().any(|it| it["message"] == "a request failed"), "{text}");
    assert!(text.contains("ValidationException") && !text.contains("447700900111"), "{text}");
}
