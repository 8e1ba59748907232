//! Two workers on one person at once, their calls in an order that the test chooses.

use std::sync::Arc;

use aws::store::item::Item;
use domain::event::InboundEvent;
use embedded::Cloud;
use embedded::events::{START, call, calls, deleted, edited, image, says};
use embedded::tables::{assert_one_thread, file, of_kind, picture, table};
use embedded::{in_turns, schedules};

/// Files each worker's events at the same time as the other's, and returns what the table holds then.
async fn interleave(bits: u64, before: &[InboundEvent], work: [&[InboundEvent]; 2]) -> Vec<Item> {
    let cloud = Cloud::start().await;
    for event in before {
        file(&table(&cloud.process()), event).await.unwrap();
    }
    let schedule = in_turns(bits);
    let workers = work.into_iter().enumerate().map(|(worker, events)| {
        let process = schedule.process(&cloud, worker);
        let (schedule, events) = (Arc::clone(&schedule), events.to_vec());
        tokio::spawn(async move {
            for event in &events {
                file(&table(&process), event).await.unwrap();
            }
            schedule.finish(worker);
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    cloud.items().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_first_message_and_a_first_call_of_one_number_become_one_contact_in_every_order() {
    for bits in schedules() {
        let items = interleave(bits, &[], [&[says("1", 0, "hello")], &[call("2", 1)]]).await;
        assert_eq!(of_kind(&items, "CON#", "0").len(), 1, "schedule {bits:b}");
        assert_eq!(of_kind(&items, "MSG#", "0").len(), 2, "schedule {bits:b}");
        assert_eq!(of_kind(&items, "IDN#", "0").len(), 2, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_zombie_that_files_the_same_messages_changes_nothing_in_any_order() {
    let before = [says("0", 0, "Hello, I want to order a lamp")];
    let events = [says("1", 60, "which one is in stock?"), says("2", 61, "the red one")];
    let alone = picture(&interleave(0, &before, [&events, &[]]).await);
    for bits in schedules() {
        let items = interleave(bits, &before, [&events, &events]).await;
        assert_one_thread(&items, 3);
        assert_eq!(picture(&items), alone, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn an_edit_beside_its_message_ends_as_after_it_in_every_order() {
    let (lamp, hello) = ([says("0", 0, "Hello, I want to order a lamp")], [says("0", 0, "Hello")]);
    for before in [&lamp[..0], &lamp, &hello] {
        let (said, edit) =
            (says("1", 60, "the read one"), edited("1", 65, 1, "the red one, 4711-22"));
        let alone = picture(&interleave(0, before, [&[said.clone(), edit.clone()], &[]]).await);
        for bits in schedules() {
            let items = interleave(
                bits,
                before,
                [std::slice::from_ref(&said), std::slice::from_ref(&edit)],
            )
            .await;
            assert_eq!(picture(&items), alone, "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_message_that_is_taken_back_beside_its_arrival_leaves_no_word_in_any_order() {
    let (lamp, hello) = ([says("0", 0, "Hello, I want to order a lamp")], [says("0", 0, "Hello")]);
    for before in [&lamp[..0], &lamp, &hello] {
        let said = || says("1", 60, "a secret 4711-22");
        let never = picture(&interleave(0, before, [&[deleted("1", 65), said()], &[]]).await);
        let after = picture(&interleave(0, before, [&[said(), deleted("1", 65)], &[]]).await);
        for bits in schedules() {
            let items = interleave(bits, before, [&[said()], &[deleted("1", 65)]]).await;
            assert!(!format!("{items:?}").contains("secret"), "schedule {bits:b}");
            assert!([&never, &after].contains(&&picture(&items)), "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn two_addresses_of_a_known_contact_that_begin_one_topic_at_once_open_one_thread() {
    const CHAIR: &str = "I would like to return the chair of order 99-1200, how do I do that?";
    let before = [says("0", 0, "Hello, I want to order a lamp"), call("call", 10)];
    let began: i64 = (START + 900_000) * 1000;
    let work = [says("1", 900_000, CHAIR), calls("2", 900_001, CHAIR)];
    for bits in schedules() {
        let items = interleave(bits, &before, [&work[..1], &work[1..]]).await;
        let new = of_kind(&items, "THR#", "0")
            .into_iter()
            .filter(|it| began <= it["opened"].as_n().unwrap().parse().unwrap());
        assert_eq!(new.count(), 1, "schedule {bits:b}");
        assert_eq!(of_kind(&items, "MSG#", "0").len(), 4, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn an_album_of_ten_images_at_once_is_one_thread_of_ten_messages() {
    for _ in 0..3 {
        let cloud = Cloud::start().await;
        let images = (0..10).map(|n| (cloud.process(), image(&n.to_string(), 0)));
        let workers = images.map(|(process, image)| {
            tokio::spawn(async move { file(&table(&process), &image).await })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap().unwrap();
        }
        assert_one_thread(&cloud.items().await, 10);
    }
}
