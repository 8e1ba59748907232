//! Messages of ours that a colleague takes back where they were sent: nothing that repeats their words stays.

use aws::table::{Acceptance, Claims, Fresh, Table};
use domain::event::{InboundEvent, Kind};
use domain::id::{ProviderId, ThreadId};
use domain::sending::Accepted;

use crate::support::{World, event, rules};

/// A word of the answer that must not stay.
const CANARY: &str = "warehouse";

async fn file(table: &Table, event: &InboundEvent) {
    table.file(event, &Fresh::ids(), &rules()).await.unwrap();
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
    let accepted = Accepted { thread: thread.clone(), ..world.answer("1") };
    let claims = Claims::default();
    let answer = world.table.accept(&accepted, Some(&claims), &rules()).await.unwrap();
    assert!(matches!(answer, Acceptance::Stored(_)));
    world.takes("1", "wamid.1").await;
    thread
}

async fn subject(world: &World, thread: &ThreadId) -> Option<String> {
    world.table.view_thread(thread).await.unwrap().unwrap().subject
}

#[tokio::test]
async fn a_thread_is_not_called_by_words_of_ours_that_were_taken_back() {
    let world = World::new().await;
    let thread = opening(&world).await;
    assert!(subject(&world, &thread).await.unwrap().contains(CANARY));
    file(&world.table, &unsent(70)).await;
    assert_eq!(subject(&world, &thread).await, None);
    assert_eq!(speaking(&world).await, [""; 0]);
    let before = world.cloud.items().await;
    file(&world.table, &unsent(70)).await;
    assert_eq!(world.cloud.items().await, before, "brought again, it ends the same");
}
