//! An answer goes back to the topic of an address that the person wrote in.

use domain::content::Content;
use domain::event::{InboundEvent, Message};
use domain::id::{AccountId, Channel, IdentityId, MessageId, ProviderId};
use serde_json::{Value, json};

use crate::world::{World, api, ask, event, now};

const TELEGRAM: Channel = Channel::from_static("telegram");
const BOT: &str = "7000000001";

fn address(of: &str) -> IdentityId {
    IdentityId::scoped(&TELEGRAM, BOT, of)
}

/// A message of a person to our bot, in a topic of their chat or in none.
fn writes(from: &str, id: &str, after: i64, place: Option<&str>) -> InboundEvent {
    let words = Content::text("Where is my order A-77?");
    let message = Message {
        place: place.map(str::to_owned),
        ..Message::inbound(ProviderId::new(format!("{from}:{id}")), words)
    };
    let at = now().plus_ms(-600_000 + after * 1_000);
    InboundEvent {
        channel: TELEGRAM,
        account: AccountId::new(BOT),
        ..event(Some(address(from)), &format!("{from} {id}"), at, message.into())
    }
}

/// The place that an answer goes to.
async fn place(world: &World, body: &Value) -> Option<String> {
    let sent = world.post("/v1/messages", body, None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let id = MessageId::new(sent.text("id"));
    world.table().sends().outgoing(&id).await.unwrap().unwrap().legs[0].place.clone()
}

fn answer(thread: &str, reply_to: Option<&str>) -> Value {
    let content = json!({ "type": "text", "text": "Tomorrow." });
    let mut body = json!({ "to": { "thread_id": thread }, "content": content });
    if let Some(reply_to) = reply_to {
        body["reply_to"] = json!(reply_to);
    }
    body
}

#[tokio::test]
async fn an_answer_goes_to_the_topic_of_what_it_quotes_or_of_what_was_last_said() {
    let world = World::new().await;
    world.file(writes("5000000001", "1", 0, Some("22183"))).await;
    let thread = world.thread().await;
    assert_eq!(place(&world, &answer(&thread, None)).await.as_deref(), Some("22183"));
    // Our own last word went there, too.
    assert_eq!(place(&world, &answer(&thread, None)).await.as_deref(), Some("22183"));

    world.file(writes("5000000001", "2", 700, None)).await;
    assert_eq!(place(&world, &answer(&thread, None)).await, None);
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let first = timeline.body["messages"][0]["id"].as_str().unwrap();
    let quoting = answer(&thread, Some(first));
    assert_eq!(place(&world, &quoting).await.as_deref(), Some("22183"));
}

/// The calls that the API makes to accept a message, each of two steps.
async fn calls(world: &World, body: &Value) -> u32 {
    let steps = embedded::Steps::default();
    let api = api(&world.cloud, world.cloud.process_with(steps.clone()));
    let sent = ask(&api, world.request("POST", "/v1/messages", Some(body), None)).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    steps.passed() / 2
}

#[tokio::test]
async fn what_was_last_said_is_read_once_for_the_channel_and_the_topic() {
    let world = World::new().await;
    world.file(writes("5000000001", "1", 0, Some("22183"))).await;
    let thread = world.thread().await;
    let mut named = answer(&thread, None);
    named["channel"] = json!("telegram");
    // To choose the channel, too, costs no more than what the person prefers.
    assert_eq!(calls(&world, &answer(&thread, None)).await, calls(&world, &named).await + 1);
}

#[tokio::test]
async fn a_place_is_never_taken_to_another_address_or_a_new_thread() {
    let world = World::new().await;
    world.file(writes("5000000001", "1", 0, Some("22183"))).await;
    let thread = world.thread().await;
    let contact = world.get(&format!("/v1/threads/{thread}")).await.text("contact_id");
    let mut fresh = answer(&thread, None);
    fresh["to"] = json!({ "contact_id": contact });
    assert_eq!(place(&world, &fresh).await, None);

    let address = json!({ "channel": "telegram", "account": BOT, "id": "bc1:5000000001" });
    let link = json!({ "address": address, "reason": "they said so" });
    let linked = world.post(&format!("/v1/contacts/{contact}/identities"), &link, None).await;
    assert!(linked.status < 300, "{:#}", linked.body);
    let business = writes("bc1:5000000001", "9", 100, None);
    world.file(business).await;
    let answered = place(&world, &answer(&thread, None)).await;
    assert_eq!(answered, None, "the address that was last used has no such topic");
}

#[tokio::test]
async fn an_answer_that_quotes_goes_to_the_address_that_said_it() {
    let world = World::new().await;
    world.file(writes("5000000001", "1", 0, Some("22183"))).await;
    let thread = world.thread().await;
    let contact = world.get(&format!("/v1/threads/{thread}")).await.text("contact_id");
    let address_of = json!({ "channel": "telegram", "account": BOT, "id": "bc1:5000000001" });
    let link = json!({ "address": address_of, "reason": "they said so" });
    let linked = world.post(&format!("/v1/contacts/{contact}/identities"), &link, None).await;
    assert!(linked.status < 300, "{:#}", linked.body);
    world.file(writes("bc1:5000000001", "9", 100, None)).await;
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let first = timeline.body["messages"][0]["id"].as_str().unwrap();
    for (reply_to, to) in [(None, "bc1:5000000001"), (Some(first), "5000000001")] {
        let sent = world.post("/v1/messages", &answer(&thread, reply_to), None).await;
        assert_eq!(sent.status, 202, "{:#}", sent.body);
        let id = MessageId::new(sent.text("id"));
        let message = world.table().sends().outgoing(&id).await.unwrap().unwrap();
        assert_eq!(message.legs[0].to[0], address(to), "{reply_to:?}");
    }
}
