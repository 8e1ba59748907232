//! One person who becomes two again.

use std::collections::BTreeMap;

use aws::store::item::Item;
use aws::store::{PersonRefusal, ProfileChange};
use domain::event::InboundEvent;
use domain::filing::CorrectionState;
use domain::id::{Channel, CorrectionId};
use embedded::events::{ada, by_us, message, says};
use embedded::tables::{file, file_all, of_kind, picture, rules, text};

use crate::links::CARPET;
use crate::people::{World, bob, bob_says, by, contact_of, eve, opened, order, owner, segments};

/// The items of a table beside corrections.
pub(crate) fn without_corrections(items: &[Item]) -> BTreeMap<String, String> {
    let kept = items.iter().filter(|it| !text(it, "sk").starts_with("3#")).cloned();
    picture(&kept.collect::<Vec<_>>())
}

/// Messages of both while they are held for one person: in threads of each other, in new ones, and what we say to Bob.
pub(crate) fn mixed() -> Vec<InboundEvent> {
    let ours = by_us(message("o1", "We have two of the green garden chairs, article 99-1200"));
    vec![
        bob_says("b2", 310_100, "and the green garden chairs, article 99-1200, two of them please"),
        by(bob(), 310_200, ours),
        says("a2", 310_300, "and the blue carpet, article 77-3300, when will it come?"),
        bob_says(
            "b3",
            900_000,
            "Good morning, I would like to book a visit of your shop, request 55-8800",
        ),
    ]
}

/// Bob has a thread of a carpet, is linked to Ada, and both go on.
pub(crate) async fn linked() -> World {
    linked_and(&mixed()).await
}

/// Bob has a thread of a carpet, is linked to Ada, and this is said then.
pub(crate) async fn linked_and(said: &[InboundEvent]) -> World {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    world.prefer().await;
    world.link("1", &bob().id).await.unwrap();
    file_all(&world.table, said).await;
    world
}

/// Fails unless every message is in a thread of whom it is by or to.
pub(crate) async fn assert_apart(world: &World) {
    let items = world.cloud.items().await;
    let (one, other) =
        (contact_of(&world.table, &ada().id).await, contact_of(&world.table, &bob().id).await);
    assert_ne!(one, other);
    let messages = of_kind(&items, "MSG#", "0");
    assert_eq!(messages.len(), 7, "nothing is lost");
    for item in messages {
        let thread = domain::id::ThreadId::new(text(item, "thread"));
        let whose = if text(item, "channel") == "telegram" { &other } else { &one };
        assert_eq!(&owner(&items, &thread), whose, "{}", text(item, "content"));
    }
}

#[tokio::test]
async fn unlinking_leaves_everything_as_it_was_before_the_link() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    world.prefer().await;
    let before = without_corrections(&world.cloud.items().await);
    world.link("1", &bob().id).await.unwrap();
    assert_ne!(without_corrections(&world.cloud.items().await), before);
    let made = world.unlink("2", &bob().id).await.unwrap();
    assert_eq!(without_corrections(&world.cloud.items().await), before);
    let id = |id: &str| Some(CorrectionId::new(format!("cor_{id:0>32}")));
    assert_eq!((made.state, made.reverts), (CorrectionState::Done, id("1")));
    let link = world
        .table
        .corrections()
        .view_correction(&world.ada, &id("1").unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((link.state, link.reverted_by), (CorrectionState::Reverted, id("2")));
}

#[tokio::test]
async fn what_a_person_prefers_goes_over_with_a_link_and_back_with_its_end() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    world.prefer().await;
    let person = contact_of(&world.table, &bob().id).await;
    let his = world.table.contacts().profile(&person).await.unwrap();
    world.link("1", &bob().id).await.unwrap();
    let both = world.table.contacts().profile(&world.ada).await.unwrap();
    let telegram = [Channel::from_static("telegram")];
    assert_eq!((&both.channels[..], both.locale.as_deref()), (&telegram[..], Some("en")));
    assert_eq!(both.segments, segments(&["b2c", "vip"]));
    // The same order again lends nothing again.
    let change =
        ProfileChange { segments: Some(segments(&["vip", "loyal"])), ..ProfileChange::default() };
    world.table.contacts().change_profile(&world.ada, &change, None).await.unwrap();
    world.link("1", &bob().id).await.unwrap();
    assert_eq!(
        world.table.contacts().profile(&world.ada).await.unwrap().segments,
        segments(&["loyal", "vip"])
    );

    world.unlink("2", &bob().id).await.unwrap();
    let hers = world.table.contacts().profile(&world.ada).await.unwrap();
    assert_eq!((hers.channels.len(), hers.locale.as_deref()), (0, Some("en")));
    assert_eq!(hers.segments, segments(&["loyal"]));
    assert_eq!(world.table.contacts().profile(&person).await.unwrap(), his);
}

#[tokio::test]
async fn what_each_said_since_goes_where_it_belongs_and_nothing_is_lost() {
    let world = linked().await;
    for (event, in_chair) in mixed().iter().zip([true, true, false, false]) {
        assert_eq!(world.thread_of(event).await == world.chair, in_chair, "it is mixed before");
    }
    let carpet = world.thread_of(&bob_says("b1", 310_000, CARPET)).await;
    assert_eq!(world.thread_of(&mixed()[2]).await, carpet);
    world.unlink("2", &bob().id).await.unwrap();
    assert_apart(&world).await;
    let [chairs, ours, asks, visit] = mixed().try_into().unwrap();
    assert_eq!(
        world.thread_of(&chairs).await,
        world.thread_of(&ours).await,
        "our answer goes along"
    );
    assert_ne!(world.thread_of(&asks).await, carpet);
    assert_ne!(world.thread_of(&visit).await, world.thread_of(&chairs).await);
}

#[tokio::test]
async fn the_profiles_of_what_was_mixed_hold_only_their_own_words() {
    let world = linked().await;
    world.unlink("2", &bob().id).await.unwrap();
    let chairs = bob_says("b9", 910_000, "three of the green garden chairs, article 99-1200");
    file(&world.table, &chairs).await.unwrap();
    assert_eq!(world.thread_of(&chairs).await, world.thread_of(&mixed()[0]).await);
    let carpet = says("a9", 910_100, "the blue carpet, article 77-3300, is it there?");
    file(&world.table, &carpet).await.unwrap();
    assert_eq!(world.thread_of(&carpet).await, world.thread_of(&mixed()[2]).await);
}

#[tokio::test]
async fn the_same_order_again_changes_nothing_and_another_finds_no_link() {
    let world = linked().await;
    let made = world.unlink("2", &bob().id).await;
    let before = picture(&world.cloud.items().await);
    assert_eq!(world.unlink("2", &bob().id).await, made);
    assert_eq!(picture(&world.cloud.items().await), before);
    assert_eq!(world.unlink("3", &bob().id).await, Err(PersonRefusal::NotLinked));
    assert_eq!(world.unlink("3", &ada().id).await, Err(PersonRefusal::NotLinked));
}

#[tokio::test]
async fn threads_of_both_that_were_merged_are_taken_apart_first() {
    let world = linked().await;
    let carpet = world.thread_of(&mixed()[2]).await;
    let merge = order("5");
    world.table.corrections().merge(&merge, &carpet, &world.chair).await.unwrap();
    assert_eq!(world.unlink("2", &bob().id).await, Err(PersonRefusal::Superseded));
    world.table.corrections().revert(&order("6"), &world.ada, &merge.id, &rules()).await.unwrap();
    world.unlink("2", &bob().id).await.unwrap();
    assert_apart(&world).await;
}

#[tokio::test]
async fn links_are_taken_back_one_by_one_the_last_first() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let eves =
        opened(&world.table, &by(eve(), 310_010, message("e1", "Hello, where is your shop?")))
            .await;
    let before = without_corrections(&world.cloud.items().await);
    let was_bob = contact_of(&world.table, &bob().id).await;
    let was_eve = contact_of(&world.table, &eve().id).await;
    // Eve is Bob, and Bob is Ada.
    let link = world
        .table
        .links()
        .link(&order("1"), &eve().id, &was_bob, domain::filing::Proof::Agent)
        .await;
    link.unwrap();
    world.link("2", &eve().id).await.unwrap();
    assert_eq!(world.table.contacts().who_is(&was_eve).await.unwrap(), Some(world.ada.clone()));
    assert_eq!(owner(&world.cloud.items().await, &eves), world.ada);
    world.unlink("3", &eve().id).await.unwrap();
    assert_eq!(contact_of(&world.table, &eve().id).await, was_bob);
    world.table.links().unlink(&order("4"), &was_bob, &eve().id, &rules()).await.unwrap();
    assert_eq!(contact_of(&world.table, &eve().id).await, was_eve);
    assert_eq!(without_corrections(&world.cloud.items().await), before);
}
