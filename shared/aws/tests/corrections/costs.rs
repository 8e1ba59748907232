//! The capacity that corrections consume, by the embedded table's own count, indexes included.

use domain::id::ThreadId;
use embedded::Capacity;
use embedded::events::quotes;
use embedded::tables::file_all;

use crate::world::{World, new_thread, two_topics};

/// Fails if an act cost more writes than its bar, and says what it cost.
fn line(world: &World, act: &str, bar: f64) -> String {
    let used = world.cloud.meter.take();
    let line = format!("{act:<44} {:>5} of {bar:>4} WRU {:>5} RRU", used.write, used.read);
    assert!(used.write <= bar, "{line}");
    line
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "what corrections cost is what a reader wants to see")]
async fn a_correction_costs_what_it_moves_however_long_the_threads_are() {
    for earlier in [0, 60] {
        let world = World::of(&two_topics()).await;
        let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
        let mut more = Vec::new();
        for n in 0..5 {
            let name = format!("n{n}");
            more.push(quotes(&name, 901_000 + n, "and the kettle should hold two litres", "k1"));
        }
        for n in 0..earlier {
            let name = format!("m{n}");
            more.push(quotes(&name, 900_200 + n, "the kettle should not be a loud one", "k1"));
        }
        file_all(&world.table, &more).await;
        println!("{} messages in the thread that is corrected", 8 + earlier);
        for line in bill(&world, &chair, &kettle).await {
            println!("  {line}");
        }
    }
}

async fn bill(world: &World, chair: &ThreadId, kettle: &ThreadId) -> Vec<String> {
    let Capacity { .. } = world.cloud.meter.take();
    let mut lines = Vec::new();
    world.merge(1, chair, kettle).await.unwrap();
    lines.push(line(world, "merge", 24.0));
    world.revert(2, 1).await.unwrap();
    lines.push(line(world, "its revert", 24.0));
    let five = ["n0", "n1", "n2", "n3", "n4"];
    world.relocate(3, kettle, &new_thread(), &five).await.unwrap();
    lines.push(line(world, "split of 5", 50.0));
    world.revert(4, 3).await.unwrap();
    lines.push(line(world, "its revert", 50.0));
    lines
}
