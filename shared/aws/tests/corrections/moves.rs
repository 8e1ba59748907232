//! Messages to another thread, and back.

use aws::store::To;
use domain::filing::{CorrectionState, State};
use domain::threading::Profile;
use embedded::events::{key, quotes, says};
use embedded::tables::{file_all, of_kind, picture, text};

use crate::world::{World, new_thread, two_topics};

#[tokio::test]
async fn messages_that_are_split_off_are_a_thread_of_their_own() {
    let world = World::of(&two_topics()).await;
    let kettle = world.thread("k1").await;
    let to = new_thread();
    let made = world.relocate(1, &kettle, &to, &["k2", "k3"]).await.unwrap();
    assert_eq!((made.state, made.n_messages), (CorrectionState::Done, 2));
    let To::New(new) = &to else { unreachable!() };
    assert_eq!(world.timeline(new).await, ["k2", "k3"]);
    assert_eq!(world.timeline(&kettle).await, ["k1"]);
    let entries: Vec<_> = [
        world
            .table
            .messages()
            .message(&key("k2"))
            .await
            .unwrap()
            .unwrap()
            .entry(&key("k2"))
            .unwrap(),
        world
            .table
            .messages()
            .message(&key("k3"))
            .await
            .unwrap()
            .unwrap()
            .entry(&key("k3"))
            .unwrap(),
    ]
    .into();
    let live = world.live(new).await.unwrap();
    assert_eq!(live.profile, Profile::of(&entries));
    assert_eq!((live.state, live.since), (State::Waiting, Some(entries[0].at)));
    let rest = world
        .table
        .messages()
        .message(&key("k1"))
        .await
        .unwrap()
        .unwrap()
        .entry(&key("k1"))
        .unwrap();
    assert_eq!(world.live(&kettle).await.unwrap().profile, Profile::of([&rest]));
    let items = world.cloud.items().await;
    let moved = items.iter().find(|it| text(it, "pk") == key("k2").pk).unwrap();
    assert!(text(moved, "evidence").contains("person"));
}

#[tokio::test]
async fn a_move_that_is_taken_back_leaves_everything_as_it_was() {
    let world = World::of(&two_topics()).await;
    let before = picture(&world.cloud.items().await);
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.relocate(1, &kettle, &To::Thread(chair.clone()), &["k3", "k1"]).await.unwrap();
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3", "k1", "k3"]);
    world.revert(2, 1).await.unwrap();
    let mut after = picture(&world.cloud.items().await);
    after.retain(|key, _| !key.contains(" 3#"));
    let strip = |text: &str| {
        text.split(' ')
            .filter(|it| !it.starts_with("stamp="))
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let after: std::collections::BTreeMap<_, _> =
        after.into_iter().map(|(key, value)| (key, strip(&value))).collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_split_that_is_taken_back_leaves_a_closed_thread_that_is_not_among_the_live_ones() {
    let world = World::of(&two_topics()).await;
    let kettle = world.thread("k1").await;
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    world.relocate(1, &kettle, &to, &["k2", "k3"]).await.unwrap();
    world.revert(2, 1).await.unwrap();
    assert!(world.live(new).await.is_none());
    let view = world.table.views().view_thread(new).await.unwrap().unwrap();
    assert_eq!(view.live.unwrap().state, State::Closed);
    assert_eq!(world.timeline(&kettle).await, ["k1", "k2", "k3"]);
    // Taking that back opens it again.
    world.revert(3, 2).await.unwrap();
    assert_eq!(world.live(new).await.unwrap().state, State::Waiting);
    assert_eq!(world.timeline(new).await, ["k2", "k3"]);
    world.revert(4, 3).await.unwrap();
    assert_eq!(world.timeline(&kettle).await, ["k1", "k2", "k3"]);
}

#[tokio::test]
async fn a_thread_whose_messages_all_left_is_closed_until_they_come_back() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let before = world.live(&kettle).await.unwrap();
    let to = To::Thread(chair.clone());
    world.relocate(1, &kettle, &to, &["k1", "k2", "k3"]).await.unwrap();
    assert!(world.live(&kettle).await.is_none());
    let view = world.table.views().view_thread(&kettle).await.unwrap().unwrap();
    assert_eq!(view.live.unwrap().state, State::Closed);
    world.revert(2, 1).await.unwrap();
    let after = world.live(&kettle).await.unwrap();
    assert_eq!(domain::filing::Live { version: before.version, ..after }, before);
}

#[tokio::test]
async fn what_was_moved_again_since_stays_when_the_first_move_is_taken_back() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    world.relocate(1, &kettle, &to, &["k2", "k3"]).await.unwrap();
    world.relocate(2, new, &To::Thread(chair.clone()), &["k3"]).await.unwrap();
    world.revert(3, 1).await.unwrap();
    assert_eq!(world.timeline(&kettle).await, ["k1", "k2"]);
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3", "k3"]);
    world.revert(4, 2).await.unwrap();
    assert_eq!(world.timeline(new).await, ["k3"], "where the second move had found it");
}

#[tokio::test]
async fn the_next_message_about_a_topic_goes_where_a_person_put_it() {
    let world = World::of(&two_topics()).await;
    let kettle = world.thread("k1").await;
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    world.relocate(1, &kettle, &to, &["k3"]).await.unwrap();
    let follow_up = says("n1", 900_400, "is the toaster for four slices of bread in stock?");
    file_all(&world.table, std::slice::from_ref(&follow_up)).await;
    assert_eq!(world.thread("n1").await, *new);
    let without = World::of(&two_topics()).await;
    file_all(&without.table, &[follow_up]).await;
    assert_eq!(without.thread("n1").await, without.thread("k1").await, "as without the correction");
}

#[tokio::test]
async fn a_message_that_was_moved_and_comes_again_changes_nothing() {
    let events = two_topics();
    let world = World::of(&events).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.relocate(1, &kettle, &To::Thread(chair.clone()), &["k2"]).await.unwrap();
    let before = picture(&world.cloud.items().await);
    file_all(&world.table, &events).await;
    assert_eq!(picture(&world.cloud.items().await), before);
}

#[tokio::test]
async fn messages_of_a_merged_thread_are_moved_out_of_the_one_that_it_went_into() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    world.relocate(2, &kettle, &to, &["c3", "k3"]).await.unwrap();
    assert_eq!(world.timeline(new).await, ["c3", "k3"]);
    assert_eq!(world.timeline(&kettle).await, ["c1", "c2", "k1", "k2"]);
    // The merge goes back without what was moved since.
    world.revert(3, 1).await.unwrap();
    assert_eq!(world.timeline(&chair).await, ["c1", "c2"]);
    assert_eq!(world.timeline(&kettle).await, ["k1", "k2"]);
    let entry = |name: &'static str| {
        let table = world.table.clone();
        async move {
            table.messages().message(&key(name)).await.unwrap().unwrap().entry(&key(name)).unwrap()
        }
    };
    let (c1, c2) = (entry("c1").await, entry("c2").await);
    assert_eq!(world.live(&chair).await.unwrap().profile, Profile::of([&c1, &c2]));
    let (k1, k2) = (entry("k1").await, entry("k2").await);
    assert_eq!(world.live(&kettle).await.unwrap().profile, Profile::of([&k1, &k2]));
    world.revert(4, 2).await.unwrap();
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3"]);
    assert_eq!(of_kind(&world.cloud.items().await, "MSG#", "0").len(), 6);
}

#[tokio::test]
async fn a_thread_whose_doubtful_message_left_is_doubtful_no_more() {
    let world = World::of(&two_topics()).await;
    let kettle = world.thread("k1").await;
    file_all(&world.table, &[quotes("n1", 901_000, "hm", "k1")]).await;
    let doubt = aws::store::Patch::of(key("n1")).set("confidence", aws::store::item::number("0.4"));
    world.table.write_retrying(doubt).await.unwrap();
    let live = aws::store::Patch::of(domain_live(&world, &kettle))
        .set("unsure", aws_sdk_dynamodb::types::AttributeValue::Bool(true));
    world.table.write_retrying(live).await.unwrap();
    assert!(world.live(&kettle).await.unwrap().unsure);
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    world.relocate(1, &kettle, &to, &["n1"]).await.unwrap();
    assert!(!world.live(&kettle).await.unwrap().unsure);
    assert!(!world.live(new).await.unwrap().unsure, "a person decided it");
    world.revert(2, 1).await.unwrap();
    assert!(world.live(&kettle).await.unwrap().unsure, "as before");
}

fn domain_live(world: &World, thread: &domain::id::ThreadId) -> aws::store::keys::Key {
    aws::store::keys::live(&world.contact, thread)
}
