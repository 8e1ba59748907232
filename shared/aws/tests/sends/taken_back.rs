//! Messages of ours that a colleague takes back where they were sent: nothing that repeats their words stays.

use aws::objects::Objects;
use aws::store::{Acceptance, Claims, Fresh, Store};
use domain::event::{InboundEvent, Kind};
use domain::id::{ProviderId, ThreadId};
use domain::outbound::SendContent;
use domain::sending::Outgoing;
use embedded::tables::table;

use crate::support::{World, echo, event, rules, says};

/// A word of the answer that must not stay.
const CANARY: &str = "warehouse";

async fn file(table: &Store, event: &InboundEvent) {
    table.filing().file(event, &Fresh::ids(), &rules()).await.unwrap();
}

fn unsent(after: i64) -> InboundEvent {
    event(after, Kind::Deleted { of: ProviderId::new("wamid.1") })
}

/// The keys of what speaks of the answer still.
async fn speaking(world: &World) -> Vec<String> {
    let mut items = world.items("").await;
    items.retain(|it| format!("{it:?}").contains(CANARY));
    items.iter().map(|it| it["pk"].as_s().unwrap().clone()).collect()
}

/// Sends an answer that opens a thread.
async fn opening(world: &World) -> ThreadId {
    let thread = Fresh::ids().thread;
    let accepted = Outgoing { thread: thread.clone(), ..world.answer("1") };
    let claims = Claims::default();
    let answer = world.table.sends().accept(&accepted, Some(&claims), &rules()).await.unwrap();
    assert!(matches!(answer, Acceptance::Stored(_)));
    world.takes("1", "wamid.1").await;
    thread
}

async fn subject(world: &World, thread: &ThreadId) -> Option<String> {
    world.table.views().view_thread(thread).await.unwrap().unwrap().subject
}

#[tokio::test]
async fn a_thread_is_not_called_by_words_of_ours_that_were_taken_back() {
    let world = World::new().await;
    let thread = opening(&world).await;
    assert!(subject(&world, &thread).await.unwrap().contains(CANARY));
    file(&world.table, &unsent(70)).await;
    assert_eq!(subject(&world, &thread).await, None);
    assert_eq!(speaking(&world).await, [""; 0]);
    let before = world.facts().await;
    file(&world.table, &unsent(70)).await;
    assert_eq!(world.facts().await, before, "brought again, it ends the same");
    file(&world.table, &says("wamid.in2", 80, "Thanks, is the blue lamp in it?")).await;
    assert!(
        subject(&world, &thread).await.unwrap().contains("blue lamp"),
        "the next word names it"
    );
}

#[tokio::test]
async fn what_is_large_of_an_early_echo_goes_when_our_message_is_taken_back() {
    let whole = "content/ada/echo.json";
    let shown = echo("wamid.1", 61, "It left our warehouse this morning.");
    let shown = InboundEvent { content_ref: Some(whole.to_owned()), ..shown };
    // The queue may bring the echo again once the pointer is there.
    for again in [false, true] {
        let world = World::new().await;
        let process = world.cloud.process();
        let bucket = Objects::over(process.bucket.clone(), "bucket".to_owned());
        let table = table(&process).with_bucket(bucket);
        world.cloud.bucket.put(whole, b"{}");
        file(&table, &shown).await;
        world.sent("1", "wamid.1").await;
        if again {
            file(&table, &shown).await;
        }
        file(&table, &unsent(70)).await;
        assert_eq!(world.cloud.bucket.keys(), [""; 0], "brought again: {again}");
        assert_eq!(speaking(&world).await, [""; 0]);
    }
}

#[tokio::test]
async fn our_message_that_is_taken_back_before_its_pointer_came_loses_its_words() {
    let shown = echo("wamid.1", 61, "It left our warehouse this morning.");
    for events in [vec![unsent(62)], vec![shown, unsent(62)]] {
        let world = World::new().await;
        for event in &events {
            file(&world.table, event).await;
        }
        world.sent("1", "wamid.1").await;
        let nothing = SendContent::Text { text: String::new() };
        assert_eq!(world.read("1").await.content, nothing);
        assert_eq!(speaking(&world).await, [""; 0], "{} before", events.len());
    }
}
