//! One thread into another, and back.

use domain::filing::{CorrectionState, State};
use embedded::events::{deleted, echo, edited, quotes, says};
use embedded::tables::{file_all, of_kind, picture, text};

use crate::world::{World, two_topics};

#[tokio::test]
async fn a_merged_thread_is_read_in_the_one_that_it_went_into_and_no_message_is_rewritten() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    assert_ne!(chair, kettle);
    let before = picture(&world.cloud.items().await);
    let made = world.merge(1, &chair, &kettle).await.unwrap();
    assert_eq!(made.state, CorrectionState::Done);
    let after = picture(&world.cloud.items().await);
    let messages = |it: &std::collections::BTreeMap<String, String>| -> Vec<_> {
        it.iter()
            .filter(|(key, _)| key.starts_with("MSG#"))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    };
    assert_eq!(messages(&after), messages(&before));
    assert_eq!(world.timeline(&kettle).await, ["c1", "c2", "c3", "k1", "k2", "k3"]);
    assert!(world.live(&chair).await.is_none());
    let view = world.table.views().view_thread(&chair).await.unwrap().unwrap();
    assert_eq!(view.merged_into, Some(kettle));
}

#[tokio::test]
async fn the_merged_thread_waits_since_the_first_message_that_nobody_answered() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let (from, into) = (world.live(&chair).await.unwrap(), world.live(&kettle).await.unwrap());
    world.merge(1, &chair, &kettle).await.unwrap();
    let live = world.live(&kettle).await.unwrap();
    assert_eq!((live.state, live.since), (State::Waiting, from.since.min(into.since)));
    let mut union = into.profile.clone();
    union.merge(&from.profile);
    assert_eq!(live.profile, union);
}

#[tokio::test]
async fn what_follows_a_merge_goes_where_the_topic_is_now() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    let follow_up = "when will you collect the chair, article 5500-1171, that I want to return?";
    file_all(&world.table, &[says("n1", 901_000, follow_up)]).await;
    assert_eq!(world.thread("n1").await, kettle);
}

#[tokio::test]
async fn a_merge_that_is_taken_back_at_once_leaves_everything_as_it_was() {
    let world = World::of(&two_topics()).await;
    let before = picture(&world.cloud.items().await);
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    let made = world.revert(2, 1).await.unwrap();
    assert_eq!(
        (made.state, made.reverts),
        (CorrectionState::Done, Some(crate::world::order(1).id))
    );
    let mut after = picture(&world.cloud.items().await);
    after.retain(|key, _| !key.contains(" 3#"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_joined_since_a_merge_stays_and_the_rest_goes_back() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let alone = world.live(&kettle).await.unwrap();
    world.merge(1, &chair, &kettle).await.unwrap();
    let since = [
        quotes("n1", 901_000, "a toaster in red would be nice as well", "k1"),
        echo("n2", 901_060, "We have both in red"),
        edited("c3", 901_100, 1, "I bought the chair in June, article 5500-1172"),
        deleted("c2", 901_200),
    ];
    file_all(&world.table, &since).await;
    assert_eq!(world.thread("n1").await, kettle);
    world.revert(2, 1).await.unwrap();
    assert_eq!(world.timeline(&kettle).await, ["k1", "k2", "k3", "n1", "n2"]);
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3"]);

    // The same messages without any correction.
    let clean = World::of(&two_topics()).await;
    let [said, answered, edit, gone] = since;
    let (c, k) = (clean.thread("c1").await, clean.thread("k1").await);
    file_all(&clean.table, &[said, answered, edit, gone]).await;
    assert_eq!(clean.thread("n2").await, k);
    let (left, right) = (world.live(&chair).await.unwrap(), clean.live(&c).await.unwrap());
    assert_eq!((left.profile, left.state, left.since), (right.profile, right.state, right.since));
    let (left, right) = (world.live(&kettle).await.unwrap(), clean.live(&k).await.unwrap());
    assert_eq!((left.profile, left.state, left.since), (right.profile, right.state, right.since));
    assert_eq!((alone.state, left.state), (State::Waiting, State::Open));
}

#[tokio::test]
async fn threads_are_merged_into_one_after_the_other_and_taken_apart_again() {
    let mut events = two_topics();
    events.push(says(
        "s1",
        1_800_000,
        "Hi, my invoice 77-4411 shows the wrong address, can you correct it?",
    ));
    let world = World::of(&events).await;
    let before = picture(&world.cloud.items().await);
    let (chair, kettle, invoice) =
        (world.thread("c1").await, world.thread("k1").await, world.thread("s1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    world.merge(2, &kettle, &invoice).await.unwrap();
    let all = ["c1", "c2", "c3", "k1", "k2", "k3", "s1"];
    assert_eq!(world.timeline(&invoice).await, all);
    // A late word about the first thread is folded where that is by now.
    let profile = world.live(&invoice).await.unwrap().profile;
    file_all(
        &world.table,
        &[edited("c1", 1_900_000, 1, "Hello, I would like to return a table, article 5500-1173")],
    )
    .await;
    assert_ne!(world.live(&invoice).await.unwrap().profile, profile);
    assert_eq!(world.revert(3, 1).await, Err(aws::store::ThreadRefusal::Superseded));
    world.revert(4, 2).await.unwrap();
    assert_eq!(world.timeline(&kettle).await, all[..6]);
    world.revert(5, 1).await.unwrap();
    assert_eq!(world.timeline(&chair).await, all[..3]);
    let after = picture(&world.cloud.items().await);
    let clean = World::of(&events).await;
    file_all(
        &clean.table,
        &[edited("c1", 1_900_000, 1, "Hello, I would like to return a table, article 5500-1173")],
    )
    .await;
    let mut expected = picture(&clean.cloud.items().await);
    expected.extend(
        after.iter().filter(|(key, _)| key.contains(" 3#")).map(|(k, v)| (k.clone(), v.clone())),
    );
    assert_eq!(after, expected);
    assert_ne!(after, before);
}

#[tokio::test]
async fn a_merge_that_was_taken_back_can_be_made_again_by_taking_that_back() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    let merged = world.live(&kettle).await.unwrap();
    world.revert(2, 1).await.unwrap();
    world.revert(3, 2).await.unwrap();
    let again = world.live(&kettle).await.unwrap();
    assert_eq!((again.profile, again.since), (merged.profile, merged.since));
    assert_eq!(world.timeline(&kettle).await.len(), 6);
    world.revert(4, 3).await.unwrap();
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3"]);
    assert_eq!(world.revert(5, 1).await, Err(aws::store::ThreadRefusal::AlreadyReverted));
    let items = world.cloud.items().await;
    let states: Vec<_> = of_kind(&items, "CON#", "3#").iter().map(|it| text(it, "state")).collect();
    assert_eq!(states.iter().filter(|it| *it == "reverted").count(), 3);
}
