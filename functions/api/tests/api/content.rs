//! The content of a message, whole, where the table holds an excerpt of it.

use api::call::Body;
use api::whole::MOST;
use aws::ingest::entry;
use aws::store::OfLeg;
use domain::content::Content;
use domain::event::{Kind, Message};
use domain::id::{IdentityId, MessageId, ProviderId};
use serde_json::{Value, json};

use crate::world::{PHONE, Reply, World, ask, event, now, request};

/// A deployment in which somebody said this, as the shell of a channel takes it in, and the path of the message.
async fn said(words: &str) -> (World, String) {
    let world = World::new().await;
    let message = Message::inbound(ProviderId::new("wamid.1"), Content::text(words));
    let message = Message { thread_ref: Some("code-canary".to_owned()), ..message };
    take_in(&world, "k1", message.into()).await;
    let thread = world.thread().await;
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let path = format!("/v1/messages/{}", timeline.body["messages"][0]["id"].as_str().unwrap());
    (world, path)
}

async fn take_in(world: &World, key: &str, kind: Kind) {
    let said = event(Some(IdentityId::phone(PHONE)), key, now().plus_ms(-60_000), kind);
    let (entry, overflow) = entry(said).unwrap();
    if let Some(overflow) = overflow {
        world.cloud.bucket.put(&overflow.key, &overflow.body);
    }
    world.file(serde_json::from_str(&entry.body).unwrap()).await;
}

async fn part(world: &World, path: &str, range: &str) -> Reply {
    let mut request = world.request("GET", path, None, None);
    request.headers.insert("range", range.parse().unwrap());
    ask(&world.api(), request).await
}

#[tokio::test]
async fn all_of_a_long_message_is_read_where_its_row_says() {
    let words = "货物什么时候到".repeat(400);
    let (world, path) = said(&words).await;
    let row = world.get(&path).await;
    assert!(row.body["content"]["text"].as_str().unwrap().chars().count() < 700);
    assert_eq!(
        (&row.body["excerpt"], row.text("whole")),
        (&json!(true), format!("{path}/content"))
    );
    let whole = world.get(&row.text("whole")).await;
    assert_eq!((whole.status, &whole.body), (200, &json!({ "type": "text", "text": words })));
    let id = path.rsplit('/').next().unwrap();
    for (name, value) in [
        ("content-disposition", &*format!("attachment; filename=\"{id}.json\"")),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(whole.header(name), Some(value));
    }
    let token = world.token(&["threads:read"], None).await;
    let other =
        ask(&world.api(), request("GET", &format!("{path}/content"), Some(token.reveal()))).await;
    assert_eq!(other.status, 403);
}

#[tokio::test]
async fn a_message_that_is_whole_is_given_as_it_is() {
    let (world, path) = said("Where is my order?").await;
    assert_eq!(world.get(&path).await.body.get("whole"), None);
    let whole = world.get(&format!("{path}/content")).await;
    assert_eq!(whole.body, json!({ "type": "text", "text": "Where is my order?" }));
    let thread = world.thread().await;
    let body = json!({ "to": { "thread_id": thread }, "content": { "type": "text", "text": "Here it is" } });
    let sent = world.post("/v1/messages", &body, None).await;
    let ours = world.get(&format!("/v1/messages/{}/content", sent.text("id"))).await;
    assert_eq!((ours.status, &ours.body), (200, &body["content"]));
}

#[tokio::test]
async fn more_than_one_answer_holds_is_read_in_parts() {
    let words = "é\"".repeat(MOST / 3);
    let (world, path) = said(&words).await;
    let path = format!("{path}/content");
    let refused = world.get(&path).await;
    assert_eq!((refused.status, refused.problem()), (422, "range-required"));
    let (mut bytes, mut total) = (Vec::new(), usize::MAX);
    while bytes.len() < total {
        let mut request = world.request("GET", &path, None, None);
        request.headers.insert("range", format!("bytes={}-", bytes.len()).parse().unwrap());
        let (answer, _) = world.api().answer(&request, now()).await;
        let Body::Bytes(more) = answer.body else { panic!("a part is bytes") };
        assert!(answer.status == 206 && !more.is_empty() && more.len() <= MOST);
        let shown = answer.headers.iter().find(|it| it.0 == "content-range").unwrap();
        let (part, all) = shown.1.split_once('/').unwrap();
        assert_eq!(part, format!("bytes {}-{}", bytes.len(), bytes.len() + more.len() - 1));
        total = all.parse().unwrap();
        bytes.extend(more);
    }
    let read: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, json!({ "type": "text", "text": words }));
    assert_eq!(part(&world, &path, "bytes=0-3").await.body, "{\"te");
    assert_eq!(part(&world, &path, &format!("bytes={total}-")).await.status, 416);
}

#[tokio::test]
async fn what_was_taken_back_or_ran_out_is_gone() {
    let (world, path) = said(&"long ".repeat(3_000)).await;
    let content = format!("{path}/content");
    let key = world.cloud.bucket.keys().pop().unwrap();
    assert!(!world.get(&content).await.body.to_string().contains("code-canary"));
    world.cloud.bucket.set_broken(true);
    assert_eq!(world.get(&content).await.status, 503);
    world.cloud.bucket.set_broken(false);
    world.cloud.bucket.remove(&key);
    let gone = world.get(&content).await;
    assert_eq!((gone.status, gone.problem()), (410, "gone"));
    take_in(&world, "k2", Kind::Deleted { of: ProviderId::new("wamid.1") }).await;
    let gone = world.get(&content).await;
    assert_eq!((gone.status, gone.problem()), (410, "gone"));
    let row = world.get(&path).await;
    assert_eq!((row.body.get("whole"), row.body.get("excerpt")), (None, None));
    let later = now().plus_ms(401 * 86_400_000);
    let expired = world.at(later, world.request("GET", &content, None, None)).await;
    assert_eq!(expired.status, 404);
    assert_eq!(
        world.get(&format!("/v1/messages/msg_{}/content", "0".repeat(32))).await.status,
        404
    );
}

#[tokio::test]
async fn an_edit_counts_as_the_whole_of_what_is_said_now() {
    let (world, path) = said(&"long ".repeat(3_000)).await;
    for (n, words) in [(1, "short".to_owned()), (2, "longer ".repeat(3_000))] {
        let of = ProviderId::new("wamid.1");
        take_in(&world, &format!("e{n}"), Kind::Edited { of, n, content: Content::text(&*words) })
            .await;
        let whole = world.get(&format!("{path}/content")).await;
        assert_eq!(whole.body, json!({ "type": "text", "text": words }));
    }
}

/// A colleague takes it back where it was sent.
#[tokio::test]
async fn a_message_of_ours_that_was_taken_back_says_nothing_any_more() {
    let (world, _) = said("Where is my order A-1234?").await;
    let thread = world.thread().await;
    let content = json!({ "type": "text", "text": "It is on its way." });
    let body = json!({ "to": { "thread_id": thread }, "content": content });
    let sent = world.post("/v1/messages", &body, None).await;
    let path = format!("/v1/messages/{}", sent.text("id"));
    assert_eq!(world.get(&path).await.body["content"], content);
    let table = world.table();
    let message = table.sends().outgoing(&MessageId::new(sent.text("id"))).await.unwrap().unwrap();
    let leg = OfLeg { message: &message, leg: 0 };
    assert!(table.sends().begin(leg, 1, false, now()).await.unwrap());
    table.sends().sent(leg, 1, Some(&ProviderId::new("wamid.out")), now()).await.unwrap();
    let message = table.sends().outgoing(&message.id).await.unwrap().unwrap();
    table.sends().complete(OfLeg { message: &message, leg: 0 }).await.unwrap();
    let deleted = Kind::Deleted { of: ProviderId::new("wamid.out") };
    world.file(event(Some(IdentityId::phone(PHONE)), "d", now(), deleted)).await;
    let shown = world.get(&path).await;
    assert_eq!((&shown.body["deleted"], shown.body.get("content")), (&json!(true), None));
    assert_eq!(world.get(&format!("{path}/content")).await.status, 410);
}
