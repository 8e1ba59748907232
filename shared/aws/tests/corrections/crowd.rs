//! Corrections where the live threads are complete, and of threads that were moved out or are long.

use aws::store::To;
use domain::filing::{Live, MOST_LIVE, State};
use domain::id::ThreadId;
use embedded::events::{quotes, topics};
use embedded::tables::{file_all, of_kind};

use crate::world::{World, assert_sound, new_thread};

/// A customer with so many topics, one thread each.
async fn crowd(n: usize) -> (World, Vec<ThreadId>) {
    let events = topics(n);
    let world = World::of(&events).await;
    let mut threads = Vec::new();
    for n in 0..n {
        threads.push(world.thread(&n.to_string()).await);
    }
    (world, threads)
}

async fn archived(world: &World, thread: &ThreadId) -> Option<Live> {
    let view = world.table.views().view_thread(thread).await.unwrap().unwrap();
    if world.live(thread).await.is_none() { view.live } else { None }
}

async fn count(world: &World) -> (usize, usize) {
    let items = world.cloud.items().await;
    assert_sound(&items, "a crowd");
    (of_kind(&items, "CON#", "1#").len(), of_kind(&items, "CON#", "2#").len())
}

#[tokio::test]
async fn a_split_moves_the_oldest_thread_out_where_the_live_ones_are_complete() {
    let (world, threads) = crowd(MOST_LIVE).await;
    let to = To::Thread(threads[4].clone());
    world.relocate(1, &threads[5], &to, &["5"]).await.unwrap();
    file_all(&world.table, &topics(25)[24..]).await;
    assert_eq!(count(&world).await, (MOST_LIVE, 1));
    world.relocate(2, &threads[4], &new_thread(), &["4"]).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE, 2));
    assert!(archived(&world, &threads[0]).await.is_some());
    world.revert(3, 2).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE - 1, 3));
}

#[tokio::test]
async fn a_merge_into_a_thread_that_was_moved_out_brings_it_back_in_the_place_of_the_other() {
    let (world, threads) = crowd(MOST_LIVE + 1).await;
    assert!(archived(&world, &threads[0]).await.is_some());
    world.merge(1, &threads[7], &threads[0]).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE, 0));
    assert_eq!(world.live(&threads[0]).await.unwrap().state, State::Waiting);
    // Taken back, the other one needs a place, and the oldest makes it.
    world.revert(2, 1).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE, 1));
    assert!(world.live(&threads[7]).await.is_some());
}

#[tokio::test]
async fn a_thread_that_was_moved_out_is_merged_and_comes_back_where_it_was() {
    let (world, threads) = crowd(MOST_LIVE + 1).await;
    world.merge(1, &threads[0], &threads[7]).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE, 0));
    world.revert(2, 1).await.unwrap();
    assert_eq!(count(&world).await, (MOST_LIVE, 1));
    assert!(archived(&world, &threads[0]).await.is_some());
}

#[tokio::test]
async fn a_message_that_is_moved_to_a_thread_that_was_moved_out_brings_it_back() {
    let (world, threads) = crowd(MOST_LIVE + 1).await;
    let to = To::Thread(threads[0].clone());
    world.relocate(1, &threads[9], &to, &["9"]).await.unwrap();
    assert!(world.live(&threads[0]).await.is_some());
    assert!(archived(&world, &threads[9]).await.is_some(), "left without a message");
    assert_eq!(count(&world).await, (MOST_LIVE - 1, 2));
    // What is late leaves it where it is.
    let (world, threads) = crowd(MOST_LIVE + 2).await;
    let to = To::Thread(threads[1].clone());
    world.relocate(1, &threads[0], &to, &["0"]).await.unwrap();
    assert!(archived(&world, &threads[1]).await.is_some());
    assert_eq!(count(&world).await, (MOST_LIVE, 2));
}

#[tokio::test]
async fn a_long_thread_is_rebuilt_from_its_latest_messages() {
    let (world, threads) = crowd(1).await;
    let said = |n: i64| {
        let text = if n % 9 == 0 {
            format!("and of order 77-{n:04}0 as well")
        } else {
            "yes please".into()
        };
        quotes(&format!("m{n}"), 100 + 60 * n, &text, "0")
    };
    let more: Vec<_> = (0..80).map(said).collect();
    file_all(&world.table, &more).await;
    let names: Vec<_> = (40..80).step_by(3).map(|n| format!("m{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    world.relocate(1, &threads[0], &new_thread(), &names).await.unwrap();
    assert_eq!(count(&world).await, (2, 0));
    world.revert(2, 1).await.unwrap();
    assert_eq!(count(&world).await, (1, 1));
}
