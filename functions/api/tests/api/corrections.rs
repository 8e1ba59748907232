//! Corrections of threads over the API: merged, split, moved, listed, taken back.

use domain::id::{IdentityId, MessageId};
use serde_json::{Value, json};

use crate::world::{PHONE, Reply, World, ask_at, now};

/// Two threads of one person, the older first, and the path to the person.
async fn two() -> (World, [String; 2], String) {
    let world = World::new().await;
    let long_ago = now().plus_ms(-30 * 86_400_000);
    world.hear("wamid.1", "Where is my order A-12345?", long_ago).await;
    let other = "Hello, I would like to book a hotel room in Lyon for two adults";
    world.hear("wamid.2", other, now().plus_ms(-60_000)).await;
    let found = world.get("/v1/threads").await;
    let threads = found.body["threads"].as_array().unwrap();
    let id = |n: usize| threads[n]["id"].as_str().unwrap().to_owned();
    let contact = threads[0]["contact_id"].as_str().unwrap();
    (world, [id(0), id(1)], format!("/v1/contacts/{contact}"))
}

async fn said(world: &World, thread: &str) -> Vec<Value> {
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let messages = timeline.body["messages"].as_array().unwrap();
    messages.iter().map(|it| it["id"].clone()).collect()
}

async fn correct(world: &World, thread: &str, how: &str, body: Value, key: Option<&str>) -> Reply {
    world.post(&format!("/v1/threads/{thread}/{how}"), &body, key).await
}

async fn revert(world: &World, contact: &str, of: &Reply) -> Reply {
    let path = format!("{contact}/corrections/{}/revert", of.text("id"));
    let later = now().plus_ms(1_000);
    ask_at(&world.api(), world.request("POST", &path, None, None), later).await
}

#[tokio::test]
async fn a_merge_is_made_once_listed_and_taken_back() {
    let (world, [one, two], contact) = two().await;
    let into = json!({ "into": two, "reason": "one delivery" });
    let merged = correct(&world, &one, "merge", into.clone(), Some("k1")).await;
    assert_eq!(merged.status, 201, "{:#}", merged.body);
    for (name, value) in [("kind", "merge"), ("source", &one), ("target", &two), ("author", "all")]
    {
        assert_eq!(merged.text(name), value);
    }
    assert_eq!(
        (merged.text("reason"), merged.text("state")),
        ("one delivery".to_owned(), "done".to_owned())
    );
    let again = correct(&world, &one, "merge", into, Some("k1")).await;
    assert_eq!((again.status, &again.body), (201, &merged.body));
    assert_eq!(said(&world, &two).await.len(), 2);
    let path = format!("/v1/threads/{one}");
    assert_eq!(world.get(&path).await.text("merged_into"), two);
    let refused = world.patch(&path, &json!({ "state": "closed" }), None).await;
    assert_eq!((refused.status, refused.problem()), (409, "thread-merged"));
    assert!(refused.text("detail").contains(&two));

    let listed = world.get(&format!("{contact}/corrections")).await;
    assert_eq!(listed.body["corrections"], json!([merged.body]));
    let reverted = revert(&world, &contact, &merged).await;
    assert_eq!((reverted.status, reverted.text("reverts")), (201, merged.text("id")));
    assert_eq!((said(&world, &one).await.len(), said(&world, &two).await.len()), (1, 1));
    let twice = revert(&world, &contact, &merged).await;
    assert_eq!((twice.status, twice.problem()), (409, "already-reverted"));
    let listed = world.get(&format!("{contact}/corrections?limit=1")).await;
    assert_eq!(listed.body["corrections"][0]["id"], reverted.body["id"], "the last first");
    let next = listed.text("next");
    let rest = world.get(&format!("{contact}/corrections?limit=1&cursor={next}")).await;
    assert_eq!(rest.body["corrections"][0]["state"], "reverted");
}

#[tokio::test]
async fn a_message_is_split_off_and_moved_back() {
    let (world, [one, two], _) = two().await;
    let moved = said(&world, &two).await;
    let to = json!({ "messages": moved, "to": one });
    let made = correct(&world, &two, "move", to.clone(), Some("k1")).await;
    assert_eq!((made.status, made.text("kind")), (201, "move".to_owned()), "{:#}", made.body);
    assert_eq!(said(&world, &one).await.len(), 2);
    let gone = correct(&world, &two, "move", to, None).await;
    assert_eq!((gone.status, gone.problem()), (409, "not-in-thread"));
    assert_eq!(gone.body["errors"][0]["pointer"], "/messages/0");
    let split = json!({ "messages": moved, "reason": "the sofa" });
    let made = correct(&world, &one, "split", split.clone(), Some("k2")).await;
    assert_eq!((made.status, made.text("kind")), (201, "split".to_owned()), "{:#}", made.body);
    assert_eq!(said(&world, &made.text("to")).await, moved);
    let again = correct(&world, &one, "split", split, Some("k2")).await;
    assert_eq!((again.status, &again.body), (201, &made.body), "no second thread");
    let other = correct(&world, &one, "merge", json!({ "into": two }), Some("k2")).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-mismatch"));
}

#[tokio::test]
async fn of_two_splits_of_one_message_at_once_one_is_refused() {
    let (world, [_, two], contact) = two().await;
    let split = json!({ "messages": said(&world, &two).await });
    let once = |key| correct(&world, &two, "split", split.clone(), Some(key));
    let (left, right) = tokio::join!(once("k1"), once("k2"));
    let (made, late) = if left.status == 201 { (&left, &right) } else { (&right, &left) };
    assert_eq!(made.status, 201, "{:#}", made.body);
    assert_eq!((late.status, late.problem()), (409, "not-in-thread"), "{:#}", late.body);
    let listed = world.get(&format!("{contact}/corrections")).await;
    assert_eq!(listed.body["corrections"], json!([made.body]));
    // The same request twice at once is one correction.
    let three = made.text("to");
    let once = || correct(&world, &three, "split", split.clone(), Some("k3"));
    let (left, right) = tokio::join!(once(), once());
    assert_eq!((left.status, &left.body), (201, &right.body), "{:#}", left.body);
}

#[tokio::test]
async fn a_case_of_a_merged_thread_finds_the_other_one_and_may_go_over_to_it() {
    let (world, [one, two], _) = two().await;
    let case = json!({ "crm": { "case": "7" } });
    assert_eq!(world.patch(&format!("/v1/threads/{one}"), &case, None).await.status, 200);
    correct(&world, &one, "merge", json!({ "into": two }), None).await;
    let found = async || world.get("/v1/threads?crm=case:7").await.body["threads"][0]["id"].clone();
    assert_eq!(found().await, two.as_str());
    assert_eq!(world.patch(&format!("/v1/threads/{two}"), &case, None).await.status, 200);
    assert_eq!(found().await, two.as_str());
}

#[tokio::test]
async fn a_message_to_a_thread_that_was_merged_joins_the_one_that_it_is_part_of() {
    let (world, [one, two], _) = two().await;
    correct(&world, &one, "merge", json!({ "into": two }), None).await;
    let content = json!({ "type": "text", "text": "Tomorrow." });
    let body = json!({ "to": { "thread_id": one }, "content": content });
    let sent = world.post("/v1/messages", &body, None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let id = MessageId::new(sent.text("id"));
    let stored = world.table().sends().outgoing(&id).await.unwrap().unwrap();
    assert_eq!(stored.thread.as_str(), two);
}

#[tokio::test]
async fn a_correction_that_cannot_be_made_says_where_it_is_wrong() {
    let (world, [one, two], contact) = two().await;
    let stranger = IdentityId::phone("+33612345678");
    world.hear_from(stranger, "wamid.9", "A lamp", now().plus_ms(-30_000)).await;
    let third = world.get("/v1/threads").await.body["threads"][2]["id"].clone();
    let nothing = format!("thr_{}", "0".repeat(32));
    let no_message = format!("msg_whatsapp_{}", "0".repeat(64));
    let message = said(&world, &one).await[0].clone();
    for (how, body, status, problem, pointer) in [
        ("merge", json!({}), 422, "request-invalid", "/into"),
        ("merge", json!({ "into": one }), 422, "request-invalid", "/into"),
        ("merge", json!({ "into": nothing }), 422, "request-invalid", "/into"),
        ("merge", json!({ "into": third }), 422, "other-contact", "/into"),
        ("merge", json!({ "into": two, "why": "x" }), 422, "request-invalid", "/why"),
        ("split", json!({ "messages": [] }), 422, "request-invalid", "/messages"),
        ("split", json!({ "messages": ["x"] }), 422, "request-invalid", "/messages/0"),
        ("split", json!({ "messages": [message, message] }), 422, "request-invalid", "/messages/1"),
        (
            "split",
            json!({ "messages": [message, no_message] }),
            422,
            "request-invalid",
            "/messages/1",
        ),
        ("move", json!({ "messages": [message] }), 422, "request-invalid", "/to"),
        ("move", json!({ "messages": [message], "to": third }), 422, "other-contact", "/to"),
    ] {
        let refused = correct(&world, &one, how, body.clone(), None).await;
        assert_eq!((refused.status, refused.problem()), (status, problem), "{how} {body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{how} {body}");
    }
    let refused = correct(&world, &nothing, "merge", json!({ "into": two }), None).await;
    assert_eq!(refused.status, 404);
    let none = format!("{contact}/corrections/cor_{}/revert", "0".repeat(32));
    let refused = world.post(&none, &json!({ "reason": "x" }), None).await;
    assert_eq!((refused.status, refused.problem()), (404, "not-found"));
    assert_eq!(world.get(&format!("{contact}/corrections")).await.body["corrections"], json!([]));
    assert!(!format!("{refused:?}").contains(PHONE));
}
