//! Receipts: in any order, early, late, twice, with our id or without.

use aws::store::{Filed, Fresh, OfLeg};
use domain::event::{Direction, Kind};
use domain::id::{ProviderId, Reference};
use domain::status::Status;
use domain::time::Timestamp;

use crate::support::{About, World, echo, message_id, rules};

const BY_ID: About = About::Provider("wamid.1");
const BY_OURS: About = About::Ours("1", "wamid.1");

#[tokio::test]
async fn receipts_raise_a_message_and_are_kept() {
    let world = World::new().await;
    world.sent("1", "wamid.1").await;
    for (status, after) in [(Status::Sent, 61), (Status::Delivered, 62), (Status::Read, 63)] {
        world.receive(status, after, &BY_ID).await;
        assert_eq!(world.status("1").await, status);
    }
    let kept: Vec<_> = world.read("1").await.legs[0].receipts.iter().map(|it| it.status).collect();
    assert_eq!(kept, [Status::Sent, Status::Delivered, Status::Read]);
}

#[tokio::test]
async fn receipts_in_any_order_end_the_same() {
    let orders = [[5, 8, 9], [9, 8, 5], [8, 5, 9], [7, 8, 9], [9, 7, 5]];
    for about in [BY_ID, BY_OURS] {
        for order in orders {
            let world = World::new().await;
            world.sent("1", "wamid.1").await;
            for rank in order {
                world.receive(Status::from_rank(rank).unwrap(), 60 + i64::from(rank), &about).await;
            }
            assert_eq!(world.status("1").await, Status::Read, "{order:?}");
            assert!(!world.waits().await, "{order:?}");
        }
    }
}

#[tokio::test]
async fn a_receipt_that_comes_twice_changes_nothing() {
    let world = World::new().await;
    world.sent("1", "wamid.1").await;
    world.receive(Status::Delivered, 62, &BY_ID).await;
    let before = world.cloud.items().await;
    world.receive(Status::Delivered, 62, &BY_ID).await;
    assert_eq!(world.cloud.items().await, before);
}

#[tokio::test]
async fn a_receipt_that_is_faster_than_the_pointer_waits_for_it() {
    let world = World::new().await;
    world.receive(Status::Delivered, 62, &BY_ID).await;
    world.receive(Status::Sent, 61, &BY_ID).await;
    let parked = world.items("MSG#whatsapp#").await;
    assert_eq!(parked.len(), 2, "Ada's message, and what waits");
    world.sent("1", "wamid.1").await;
    assert_eq!(world.status("1").await, Status::Delivered);
    assert_eq!(world.items("MSG#whatsapp#").await.len(), 2, "the same item is the pointer");
    // A program that stopped before it applied what waited finds it again.
    world.table.sends().complete(OfLeg { message: &world.read("1").await, leg: 0 }).await.unwrap();
    assert_eq!(world.read("1").await.legs[0].receipts.len(), 1);
}

#[tokio::test]
async fn a_receipt_with_our_id_tells_what_an_unheard_answer_did_not() {
    let world = World::new().await;
    let message = world.accepted("1").await;
    assert!(
        world
            .table
            .sends()
            .begin(OfLeg { message: &message, leg: 0 }, 1, false, message.at)
            .await
            .unwrap()
    );
    // The program stops here, and the answer with the platform's id is never heard. An earlier receipt came without ours.
    world.receive(Status::Delivered, 62, &BY_ID).await;
    world.receive(Status::Sent, 61, &BY_OURS).await;
    let message = world.read("1").await;
    assert_eq!(message.status(), Status::Delivered);
    assert_eq!(message.legs[0].provider, Some(ProviderId::new("wamid.1")));
    assert!(!world.waits().await, "it is our last word");
    // From now on the platform's id alone leads to it.
    world.receive(Status::Read, 63, &BY_ID).await;
    assert_eq!(world.status("1").await, Status::Read);
}

#[tokio::test]
async fn a_late_delivered_corrects_a_failure_and_empties_the_inbox() {
    let world = World::new().await;
    world.accepted("1").await;
    world.receive(Status::Failed, 61, &BY_OURS).await;
    assert_eq!(world.status("1").await, Status::Failed);
    assert!(world.waits().await);
    world.receive(Status::Delivered, 62, &BY_OURS).await;
    assert_eq!(world.status("1").await, Status::Delivered);
    assert!(!world.waits().await);
}

#[tokio::test]
async fn an_id_of_ours_that_is_not_ours_is_taken_by_the_platforms_id() {
    let world = World::new().await;
    world.sent("1", "wamid.1").await;
    world.receive(Status::Read, 63, &About::Ours("another", "wamid.1")).await;
    assert_eq!(world.status("1").await, Status::Read);
    assert_eq!(world.items("MSG#out#").await.len(), 1);
}

#[tokio::test]
async fn a_watermark_raises_what_was_sent_by_then() {
    let world = World::new().await;
    for (id, provider) in [("1", "wamid.1"), ("2", "wamid.2")] {
        world.sent(id, provider).await;
    }
    let mut late = world.answer("3");
    late.at = Timestamp::from_ms(late.at.ms() + 600_000);
    world.table.sends().accept(&late, None, &rules()).await.unwrap();
    world.accepted("4").await;
    world.receive(Status::Read, 100, &About::UpTo(90)).await;
    let mut statuses = Vec::new();
    for id in ["1", "2", "3", "4"] {
        statuses.push(world.status(id).await);
    }
    assert_eq!(statuses, [Status::Read, Status::Read, Status::Accepted, Status::Accepted]);
}

#[tokio::test]
async fn what_another_tool_sent_shows_its_status_and_stays() {
    let world = World::new().await;
    world.receive(Status::Sent, 70, &About::Provider("wamid.echo")).await;
    let filed = world
        .table
        .filing()
        .file(&echo("wamid.echo", 69, "He comes at six."), &Fresh::ids(), &rules())
        .await
        .unwrap();
    assert!(matches!(filed, Filed::Joined(_)));
    world.receive(Status::Read, 72, &About::Provider("wamid.echo")).await;
    let items = world.items("MSG#whatsapp#").await;
    let shown = items.iter().find(|it| {
        it.get("direction").is_some_and(|it| it.as_s().unwrap() == Direction::Out.name())
    });
    assert_eq!(shown.unwrap()["status"].as_n().unwrap(), &Status::Read.rank().to_string());
    assert!(
        !shown.unwrap().contains_key("expires"),
        "a message is not removed for a receipt that waited"
    );
}

#[tokio::test]
async fn our_own_message_that_the_platform_shows_us_stands_once_in_its_thread() {
    let world = World::new().await;
    let shown = echo("wamid.1", 61, "It left our warehouse this morning.");
    // The platform is faster than our own record of its answer.
    world.table.filing().file(&shown, &Fresh::ids(), &rules()).await.unwrap();
    world.sent("1", "wamid.1").await;
    let in_thread =
        |items: &[std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>]| {
            items.iter().filter(|it| it.contains_key("thread") && it.contains_key("at")).count()
        };
    assert_eq!(in_thread(&world.items("MSG#").await), 2, "Ada's and ours");
    // And when it comes again it is a receipt.
    let filed = world.table.filing().file(&shown, &Fresh::ids(), &rules()).await.unwrap();
    assert_eq!(filed, Filed::Ours(Reference::of(&message_id("1"), 0)));
    assert_eq!(in_thread(&world.items("MSG#").await), 2);
    assert!(matches!(shown.kind, Kind::Message(_)));
}
