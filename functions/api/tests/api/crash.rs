//! Stopping before and after every call of an accept, and repeating the request.

use embedded::Steps;
use serde_json::{Value, json};

use crate::openapi::request_example;
use crate::world::{ACCOUNT, QUEUE, World, api, ask, now};

/// The things counted after each run: messages, threads, addresses, heads and live threads.
async fn shape(world: &World) -> [usize; 4] {
    [
        world.count("MSG#out#").await,
        world.count("THR#").await,
        world.count("IDN#").await,
        world.count("CON#").await,
    ]
}

/// Stops at every step in turn, repeats, and compares with a run that was not stopped. Returns how many steps there were.
async fn stop_everywhere(body: impl AsyncFn(&World) -> Value, forget: bool) -> u32 {
    let clean = World::new().await;
    clean.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let request = body(&clean).await;
    assert_eq!(clean.post("/v1/messages", &request, Some("k1")).await.status, 202);
    let expected = shape(&clean).await;
    for step in 1.. {
        let world = World::new().await;
        world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
        let request = body(&world).await;
        let steps = Steps::stopping_at(step);
        let stopped = api(&world.cloud, world.cloud.process_with(steps.clone()));
        let first =
            ask(&stopped, world.request("POST", "/v1/messages", Some(&request), Some("k1"))).await;
        if steps.passed() < step {
            assert_eq!(first.status, 202);
            return step - 1;
        }
        assert_eq!(first.status, 503, "stopped at {step}");
        let mut entries = Vec::new();
        if forget {
            entries.extend(world.cloud.queues.take(QUEUE));
            world.cloud.queues.forget();
        }
        let again = world.post("/v1/messages", &request, Some("k1")).await;
        assert_eq!(again.status, 202, "stopped at {step}: {:#}", again.body);
        assert_eq!(shape(&world).await, expected, "stopped at {step}");
        entries.extend(world.cloud.queues.take(QUEUE));
        // After five minutes the queue forgets: then the same entry may be there twice, which the INTENT makes one.
        assert!((1..=if forget { 2 } else { 1 }).contains(&entries.len()), "stopped at {step}");
        assert!(entries.iter().all(|it| *it == entries[0]), "stopped at {step}");
        assert!(entries[0].body.contains(&again.text("id")));
    }
    unreachable!("a request ends")
}

#[tokio::test]
async fn a_reply_that_was_stopped_anywhere_is_one_message_after_its_repeat() {
    let reply = async |world: &World| json!({ "to": { "thread_id": world.thread().await }, "content": { "type": "text", "text": "hi" } });
    for forget in [false, true] {
        let n_steps = stop_everywhere(reply, forget).await;
        assert!(10 < n_steps, "{n_steps}");
    }
}

#[tokio::test]
async fn a_first_word_that_was_stopped_anywhere_is_one_message_one_thread_and_one_person() {
    let first_word = async |_: &World| {
        let mut body = request_example("template");
        body["to"]["address"]["id"] = json!("+33612345678");
        body["account"] = json!(ACCOUNT);
        body.as_object_mut().unwrap().remove("expires_at");
        body
    };
    let n_steps = stop_everywhere(first_word, false).await;
    assert!(10 < n_steps, "{n_steps}");
}

#[tokio::test]
async fn a_patch_that_was_stopped_anywhere_is_made_whole_by_its_repeat() {
    let path = async |world: &World| {
        world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
        format!("/v1/threads/{}", world.thread().await)
    };
    let before = json!({ "crm": { "case": "1", "deal": "2" } });
    let change = json!({
        "state": "closed", "assignee": "ada", "tags": ["vip"], "crm": { "case": "3", "deal": null },
    });
    for step in 1.. {
        let world = World::new().await;
        let path = path(&world).await;
        world.patch(&path, &before, None).await;
        let kept = world.get(&path).await.body;
        let steps = Steps::stopping_at(step);
        let stopped = api(&world.cloud, world.cloud.process_with(steps.clone()));
        let first = ask(&stopped, world.request("PATCH", &path, Some(&change), None)).await;
        if steps.passed() < step {
            assert_eq!(first.status, 200);
            assert!(5 < step, "{step}");
            return;
        }
        assert_eq!(first.status, 503, "stopped at {step}");
        let between = world.get(&path).await.body;
        let n_cases = world.count("CRM#").await;
        assert!(
            between == kept && n_cases == 2 || between["state"] == "closed" && n_cases == 1,
            "stopped at {step}: all of it or nothing: {between:#}"
        );
        let again = world.patch(&path, &change, None).await;
        assert_eq!((again.status, &again.body["crm"]), (200, &json!({ "case": "3" })));
        assert_eq!((again.text("state"), again.text("assignee")), ("closed".into(), "ada".into()));
        assert_eq!(world.count("CRM#").await, 1);
    }
}
