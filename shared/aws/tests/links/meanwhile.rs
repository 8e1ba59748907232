//! Two at work on the same people at once: what one of them read is not so any more when it writes.

use domain::event::Identity;
use domain::id::IdentityId;
use embedded::events::{ada, event, message};
use embedded::schedules;
use embedded::tables::{file, text};

use crate::links::CARPET;
use crate::people::{World, bob, bob_says, by, contact_of, eve, opened, order, owner, thread_of};
use crate::races::{Work, at_once};
use crate::unlinks::linked_and;

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn who_becomes_one_with_somebody_who_becomes_a_third_is_that_one_in_every_order() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    opened(&world.table, &by(eve(), 320_000, message("e1", "Hello, do you sell lawn mowers?")))
        .await;
    let third = contact_of(&world.table, &eve().id).await;
    let before = world.cloud.items().await;
    let work =
        [Work::Link("1", bob().id, world.ada.clone()), Work::Link("2", ada().id, third.clone())];
    for bits in schedules() {
        let (table, _, answers) = at_once(bits, &before, work.clone()).await;
        assert_eq!(answers, [Ok(()), Ok(())], "schedule {bits:b}");
        assert_eq!(contact_of(&table, &bob().id).await, third, "schedule {bits:b}");
        let more = bob_says("b2", 330_000, "the blue carpet, article 77-3300, please");
        file(&table, &more).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn an_address_that_comes_to_a_person_who_becomes_another_is_that_one_s_in_every_order() {
    let world = World::new().await;
    opened(&world.table, &by(eve(), 320_000, message("e1", "Hello, do you sell lawn mowers?")))
        .await;
    let other = contact_of(&world.table, &eve().id).await;
    let before = world.cloud.items().await;
    let number = IdentityId::phone("+447700900222");
    let with_number = Identity { aliases: vec![number.clone()], ..ada() };
    let said = event(with_number, 330_000, message("a9", "This is my other number"));
    let [file, link] = [Work::File(Box::new(said)), Work::Link("1", ada().id, other.clone())];
    for bits in schedules() {
        for work in [[file.clone(), link.clone()], [link.clone(), file.clone()]] {
            let (table, _, answers) = at_once(bits, &before, work).await;
            assert_eq!(answers, [Ok(()), Ok(())], "schedule {bits:b}");
            assert_eq!(contact_of(&table, &ada().id).await, other, "schedule {bits:b}");
            assert_eq!(contact_of(&table, &number).await, other, "schedule {bits:b}");
        }
    }
}

/// The merge is made whole after so many calls of the unlink, all of them before that begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_merge_that_comes_before_an_unlink_begins_is_seen_by_it() {
    let world = linked_and(&[]).await;
    let bob_says = |name| bob_says(name, 310_000, CARPET);
    let his = thread_of(&world.table, &bob_says("b1")).await;
    let before = world.cloud.items().await;
    for bits in (0..10u64).map(|n| u64::MAX << n) {
        for (source, target) in [(&his, &world.chair), (&world.chair, &his)] {
            let work = [
                Work::Unlink("2", bob().id, world.ada.clone()),
                Work::Merge("3", source.clone(), target.clone()),
            ];
            let (_, _, answers) = at_once(bits, &before, work).await;
            assert_eq!(answers, [Err("Superseded".to_owned()), Ok(())], "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_merge_that_is_taken_back_while_its_person_becomes_another_leaves_threads_with_one() {
    let world = World::new().await;
    opened(&world.table, &by(eve(), 320_000, message("e1", "Hello, do you sell lawn mowers?")))
        .await;
    let other = contact_of(&world.table, &eve().id).await;
    let merged =
        world.table.corrections().merge(&order("1"), &world.lamp, &world.chair).await.unwrap();
    let before = world.cloud.items().await;
    let back = Work::Revert("2", world.ada.clone(), merged.id);
    let link = Work::Link("3", ada().id, other.clone());
    for bits in schedules() {
        for work in [[back.clone(), link.clone()], [link.clone(), back.clone()]] {
            let (_, items, answers) = at_once(bits, &before, work).await;
            assert_eq!(owner(&items, &world.chair), other, "schedule {bits:b}: {answers:?}");
            let lamp = format!("THR#{}", world.lamp);
            let lamp = items.iter().find(|it| text(it, "pk") == lamp).unwrap();
            if !lamp.contains_key("merged_into") {
                assert_eq!(owner(&items, &world.lamp), other, "schedule {bits:b}: {answers:?}");
            }
        }
    }
}
