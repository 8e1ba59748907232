//! The capacity that a redemption, a link and an unlink consume, by the embedded table's own count, indexes included.

use embedded::Capacity;
use embedded::events::says;
use embedded::tables::file;

use crate::links::{CARPET, VISIT};
use crate::people::{MORE, World, bob, bob_says, bob_shows, opened};
use crate::unlinks::linked;

struct Bill<'a> {
    world: &'a World,
    missed: Vec<String>,
}

impl Bill<'_> {
    #[expect(
        clippy::print_stdout,
        reason = "the table is what a reader of the test run wants to see"
    )]
    fn note(&mut self, act: &str, (write, read): (f64, f64)) {
        let used = self.world.cloud.meter.take();
        let line = format!(
            "{act:<48} {:>5} of {write:>4} WRU {:>5} of {read:>4} RRU",
            used.write, used.read
        );
        println!("{line}");
        if write < used.write || read < used.read {
            self.missed.push(line);
        }
    }
}

#[tokio::test]
async fn codes_links_and_unlinks_stay_within_their_bars() {
    let world = World::new().await;
    let (code, other) = (world.code(7).await, world.code(8).await);
    let mut bill = Bill { world: &world, missed: Vec::new() };
    let Capacity { .. } = world.cloud.meter.take();
    file(&world.table, &bob_shows("b1", 310_000, &code)).await.unwrap();
    bill.note("redeem a code of another person, somebody new", (16.0, 7.0));
    file(&world.table, &bob_says("b2", 310_900, MORE)).await.unwrap();
    bill.note("join the claimed thread", (4.0, 3.0));
    file(&world.table, &says("a2", 311_800, &format!("{MORE} {}", other.reveal()))).await.unwrap();
    bill.note("redeem a code of one's own", (7.0, 6.0));
    opened(&world.table, &bob_says("b3", 600_000, CARPET)).await;
    opened(&world.table, &bob_says("b4", 900_000, VISIT)).await;
    opened(&world.table, &bob_says("b5", 1_200_000, "Hello, can I pay in March? Number 1234"))
        .await;
    let Capacity { .. } = world.cloud.meter.take();
    world.link("1", &bob().id).await.unwrap();
    bill.note("link a person with three threads", (60.0, 30.0));
    world.unlink("2", &bob().id).await.unwrap();
    bill.note("unlink them, their messages split off one thread", (110.0, 110.0));
    let missed = bill.missed;
    let world = linked().await;
    let Capacity { .. } = world.cloud.meter.take();
    let mut bill = Bill { world: &world, missed };
    world.unlink("2", &bob().id).await.unwrap();
    bill.note("unlink with two mixed threads", (110.0, 110.0));
    assert!(bill.missed.is_empty(), "over the bar:\n{}", bill.missed.join("\n"));
}
