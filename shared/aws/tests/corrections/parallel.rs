//! Two corrections of one person's threads at the same time, of which the second must see what the first did.

use aws::store::{ThreadRefusal, To};
use domain::id::ThreadId;
use embedded::events::{key, says};
use embedded::tables::{fill, of_kind, table};
use embedded::{Cloud, Steps};

use crate::interleavings::{Job, Topics, interleave, schedules};
use crate::world::{World, assert_sound, new_thread, relocate, two_topics};

fn to_new(from: &ThreadId, names: &'static [&'static str], n: u32) -> Job {
    Job::Relocate(n, from.clone(), new_thread(), names)
}

/// Fails unless one of two was made and the other one says that a message is elsewhere by now. Which one was made.
fn one_made(answers: &[Result<(), ThreadRefusal>; 2], name: &str, why: &str) -> usize {
    let late = Err(ThreadRefusal::NotInThread(key(name)));
    let made = usize::from(answers[0].is_err());
    assert_eq!((&answers[made], &answers[1 - made]), (&Ok(()), &late), "{why}");
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn of_two_splits_of_one_message_at_once_one_is_refused_and_leaves_nothing_in_any_order() {
    let topics = Topics::new().await;
    let mut won = [0, 0];
    for bits in schedules() {
        let jobs = [1, 2].map(|n| to_new(&topics.kettle, &["k2"], n));
        let [one, other] = &jobs;
        let jobs = [std::slice::from_ref(one), std::slice::from_ref(other)];
        let end = interleave(bits, &topics.world, jobs).await;
        won[one_made(&end.answers, "k2", &format!("schedule {bits:b}"))] += 1;
        assert_eq!(of_kind(&end.items, "CON#", "3#").len(), 1, "schedule {bits:b}");
        assert_eq!(of_kind(&end.items, "THR#", "0").len(), 3, "schedule {bits:b}");
    }
    assert!(0 < won[0] && 0 < won[1], "who is first wins: {won:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn of_two_moves_that_share_a_message_one_is_refused_and_moves_none_in_any_order() {
    let topics = Topics::new().await;
    let to = To::Thread(topics.chair.clone());
    for bits in schedules() {
        let one = to_new(&topics.kettle, &["k1", "k2"], 1);
        let other = Job::Relocate(2, topics.kettle.clone(), to.clone(), &["k2", "k3"]);
        let jobs = [std::slice::from_ref(&one), std::slice::from_ref(&other)];
        let end = interleave(bits, &topics.world, jobs).await;
        let made = one_made(&end.answers, "k2", &format!("schedule {bits:b}"));
        let stays = end.world.thread(if made == 0 { "k3" } else { "k1" }).await;
        assert_eq!(stays, topics.kettle, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn two_moves_that_share_no_message_are_both_made_in_any_order() {
    let topics = Topics::new().await;
    for bits in schedules() {
        let one = to_new(&topics.kettle, &["k1", "k2"], 1);
        let other = to_new(&topics.kettle, &["k3"], 2);
        let jobs = [std::slice::from_ref(&one), std::slice::from_ref(&other)];
        let end = interleave(bits, &topics.world, jobs).await;
        assert_eq!(end.answers, [Ok(()), Ok(())], "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_move_that_was_made_beside_a_revert_of_what_it_moves_is_not_undone_by_it_in_any_order() {
    let topics = Topics::new().await;
    topics.split(1).run(&topics.world.table, &topics.world.contact).await.unwrap();
    let to = To::Thread(topics.chair.clone());
    let on = Job::Relocate(3, topics.split_off().clone(), to, &["k2"]);
    for bits in schedules() {
        let jobs = [std::slice::from_ref(&on), &[Job::Revert(2, 1)]];
        let end = interleave(bits, &topics.world, jobs).await;
        assert_eq!(end.answers[1], Ok(()), "schedule {bits:b}");
        let is_there = end.world.thread("k2").await == topics.chair;
        assert_eq!(end.answers[0].is_ok(), is_there, "schedule {bits:b}: {:?}", end.answers);
        assert_eq!(end.world.thread("k3").await, topics.kettle, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_move_beside_the_taking_back_of_a_merge_leaves_each_thread_with_its_own_in_any_order() {
    let topics = Topics::new().await;
    topics.world.merge(1, &topics.chair, &topics.kettle).await.unwrap();
    for names in [&["c2"][..], &["k2"], &["c2", "k2"]] {
        for bits in schedules() {
            let split = Job::Relocate(3, topics.kettle.clone(), new_thread(), names);
            let jobs = [std::slice::from_ref(&split), &[Job::Revert(2, 1)]];
            let end = interleave(bits, &topics.world, jobs).await;
            assert_eq!(end.answers[1], Ok(()), "schedule {bits:b}");
            assert_eq!(of_kind(&end.items, "MSG#", "0").len(), 6, "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn of_a_chain_of_merges_at_once_each_message_is_shown_once_in_any_order() {
    let mut events = two_topics();
    events.push(says(
        "s1",
        1_800_000,
        "Hi, my invoice 77-4411 shows the wrong address, can you correct it?",
    ));
    let world = World::of(&events).await;
    let mut threads = Vec::new();
    for name in ["c1", "k1", "s1"] {
        threads.push(world.thread(name).await);
    }
    for bits in schedules() {
        for (first, second) in [([0, 1], [1, 2]), ([1, 2], [0, 1]), ([0, 1], [2, 0])] {
            let merge = |n: u32, [source, target]: [usize; 2]| {
                Job::Merge(n, threads[source].clone(), threads[target].clone())
            };
            let (first, second) = (merge(1, first), merge(2, second));
            let jobs = [std::slice::from_ref(&first), std::slice::from_ref(&second)];
            let end = interleave(bits, &world, jobs).await;
            let mut all = Vec::new();
            for thread in &threads {
                let view = end.world.table.views().view_thread(thread).await.unwrap().unwrap();
                if view.merged_into.is_none() {
                    all.extend(end.world.timeline(thread).await);
                }
            }
            all.sort();
            assert_eq!(
                all,
                ["c1", "c2", "c3", "k1", "k2", "k3", "s1"],
                "schedule {bits:b}: {:?}",
                end.answers
            );
        }
    }
}

#[tokio::test]
async fn a_correction_that_was_left_half_way_is_completed_by_the_next_one_of_its_message() {
    let topics = Topics::new().await;
    let before = topics.world.cloud.items().await;
    let mut left = 0;
    for stop_at in 1.. {
        let cloud = Cloud::start().await;
        fill(&cloud, before.clone()).await;
        let stopped = table(&cloud.process_with(Steps::stopping_at(stop_at)));
        let to = new_thread();
        let first = Box::pin(relocate(&stopped, 1, &topics.kettle, &to, &["k2", "k3"])).await;
        let world = World::over(cloud.clone(), table(&cloud.process())).await;
        let second = world.relocate(2, &topics.kettle, &new_thread(), &["k3", "k1"]).await;
        assert_sound(&cloud.items().await, &format!("stopped at {stop_at}"));
        if second.is_err() {
            assert_eq!(second, Err(ThreadRefusal::NotInThread(key("k3"))), "stopped at {stop_at}");
            let To::New(new) = &to else { unreachable!() };
            assert_eq!(world.timeline(new).await, ["k2", "k3"], "stopped at {stop_at}");
            left += 1;
        }
        if first.is_ok() {
            break;
        }
    }
    assert!(10 < left, "often enough it had begun: {left}");
}
