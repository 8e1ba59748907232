//! Stopping before and after every call of a redemption, a link and an unlink, and doing it again.

use aws::store::Store;
use aws::store::item::Item;
use domain::filing::Proof;
use embedded::events::calls;
use embedded::tables::{file, fill, picture, rules, table};
use embedded::{Cloud, Steps};

use crate::links::{CARPET, VISIT};
use crate::people::{World, bob, bob_says, bob_shows, opened, order};
use crate::unlinks::{linked_and, mixed};

/// Does something to a table that holds these items, stopped at every point and done again: each ends as the clean run.
async fn survive(before: &[Item], act: impl AsyncFn(&Store) -> anyhow::Result<()>) -> u32 {
    let (expected, steps) = done(before, &act, 0).await;
    for stop_at in 1..=steps {
        let (items, _) = done(before, &act, stop_at).await;
        assert_eq!(picture(&items), picture(&expected), "stopped at step {stop_at}");
    }
    steps
}

async fn done(
    before: &[Item],
    act: &impl AsyncFn(&Store) -> anyhow::Result<()>,
    stop_at: u32,
) -> (Vec<Item>, u32) {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let process = cloud.process_with(Steps::stopping_at(stop_at));
    if act(&table(&process)).await.is_err() {
        assert_ne!(stop_at, 0, "what cannot be done");
        act(&table(&cloud.process())).await.unwrap();
    }
    (cloud.items().await, process.steps.passed())
}

#[expect(clippy::print_stdout, reason = "how many points were tried is what a reader wants to see")]
fn tell(what: &str, points: u32) {
    assert!(4 < points, "{what} takes calls");
    println!("{what}: {points} crash points, each ended as the clean run did");
}

#[tokio::test]
async fn a_redemption_that_is_stopped_ends_as_a_clean_one() {
    let world = World::new().await;
    let code = world.code(7).await;
    let unknown = world.cloud.items().await;
    let shown = bob_shows("b1", 310_000, &code);
    let redeem = async |table: &Store| file(table, &shown).await.map(|_| ());
    tell("a code of another person, by somebody new", survive(&unknown, redeem).await);
    opened(&world.table, &bob_says("b0", 305_000, CARPET)).await;
    let known = world.cloud.items().await;
    tell("a code of another person, by somebody known", survive(&known, redeem).await);
    let own = calls("c1", 310_000, &code.reveal());
    let redeem = async |table: &Store| file(table, &own).await.map(|_| ());
    tell("a code of one's own", survive(&known, redeem).await);
}

#[tokio::test]
async fn a_link_that_is_stopped_ends_as_a_clean_one() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    opened(&world.table, &bob_says("b2", 700_000, VISIT)).await;
    world.prefer().await;
    let before = world.cloud.items().await;
    let link = async |table: &Store| {
        table.links().link(&order("1"), &bob().id, &world.ada, Proof::Agent).await?;
        Ok(())
    };
    tell("a link", survive(&before, link).await);
}

#[tokio::test]
async fn an_unlink_that_is_stopped_ends_as_a_clean_one_where_they_spoke_in_our_thread() {
    let world = linked_and(&mixed()[..1]).await;
    tell("an unlink, a thread that stays is mixed", survive_unlink(&world).await);
}

#[tokio::test]
async fn an_unlink_that_is_stopped_ends_as_a_clean_one_where_we_spoke_in_their_thread() {
    let world = linked_and(&mixed()[2..3]).await;
    tell("an unlink, a thread that goes is mixed", survive_unlink(&world).await);
}

async fn survive_unlink(world: &World) -> u32 {
    let unlink = async |table: &Store| {
        table.links().unlink(&order("2"), &world.ada, &bob().id, &rules()).await?;
        Ok(())
    };
    survive(&world.cloud.items().await, unlink).await
}
