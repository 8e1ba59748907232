//! Stopping before and after every call of a correction, and giving the same order again from another program.

use aws::store::item::Item;
use aws::store::{Store, ThreadError, ThreadRefusal, To};
use domain::filing::Correction;
use domain::id::ThreadId;
use embedded::events::{echo, key, quotes};
use embedded::tables::{file_all, fill, of_kind, picture, rules, table, text};
use embedded::{Cloud, Steps};

use crate::world::{World, assert_sound, order, relocate, two_topics};

/// An order of a colleague.
#[derive(Clone, Copy, Debug)]
enum Act {
    Merge,
    Split,
    Move,
    Revert(u32),
}

/// The threads of a world.
struct Stage {
    chair: ThreadId,
    kettle: ThreadId,
    new: ThreadId,
    contact: domain::id::ContactId,
}

impl Stage {
    async fn of(world: &World) -> Self {
        let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
        let new = aws::store::Fresh::ids().thread;
        Self { chair, kettle, new, contact: world.contact.clone() }
    }

    async fn act(&self, table: &Store, n: u32, act: Act) -> Result<Correction, ThreadError> {
        match act {
            Act::Merge => {
                Box::pin(table.corrections().merge(&order(n), &self.chair, &self.kettle)).await
            }
            Act::Split => {
                let to = To::New(self.new.clone());
                Box::pin(relocate(table, n, &self.kettle, &to, &["k2", "k3", "n2"])).await
            }
            Act::Move => {
                let to = To::Thread(self.chair.clone());
                Box::pin(relocate(table, n, &self.kettle, &to, &["k2", "k3"])).await
            }
            Act::Revert(of) => {
                Box::pin(table.corrections().revert(
                    &order(n),
                    &self.contact,
                    &order(of).id,
                    &rules(),
                ))
                .await
            }
        }
    }
}

/// A customer with two topics, one of which we answered.
async fn answered() -> World {
    let world = World::of(&two_topics()).await;
    let more = [
        quotes("n1", 900_180, "how long do I wait for it?", "k1"),
        echo("n2", 900_200, "Three days, for both"),
        quotes("n3", 900_300, "that is fine, and for the chair?", "k1"),
    ];
    file_all(&world.table, &more).await;
    for name in ["n1", "n2", "n3"] {
        assert_eq!(world.thread(name).await, world.thread("k1").await);
    }
    world
}

async fn acted(
    before: &[Item],
    stage: &Stage,
    n: u32,
    act: Act,
    stop_at: u32,
) -> (Vec<Item>, Correction, u32) {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let process = cloud.process_with(Steps::stopping_at(stop_at));
    let made = if let Ok(made) = stage.act(&table(&process), n, act).await {
        made
    } else {
        assert_ne!(stop_at, 0, "{act:?} cannot be done");
        stage.act(&table(&cloud.process()), n, act).await.unwrap()
    };
    (cloud.items().await, made, process.steps.passed())
}

/// Before the first call, and after each: before the next one is the same.
fn stops(steps: u32) -> impl Iterator<Item = u32> {
    std::iter::once(1).chain((2..=steps).step_by(2))
}

/// Does one act after the other, each stopped at every step and ordered again. Returns the number of crash points.
async fn survive(world: &World, acts: &[Act]) -> (Vec<Item>, u32) {
    let stage = Stage::of(world).await;
    let (mut before, mut points) = (world.cloud.items().await, 0);
    for (n, act) in (1..).zip(acts) {
        let (after, made, steps) = acted(&before, &stage, n, *act, 0).await;
        assert_sound(&after, &format!("{act:?}"));
        let expected = picture(&after);
        for stop_at in stops(steps) {
            let (items, answer, _) = acted(&before, &stage, n, *act, stop_at).await;
            assert_eq!(answer, made, "{act:?} stopped at step {stop_at} answers the same");
            assert_eq!(picture(&items), expected, "{act:?} stopped at step {stop_at}");
        }
        (before, points) = (after, points + u32::try_from(stops(steps).count()).unwrap());
    }
    (before, points)
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many points were tried is what a reader wants to see")]
async fn a_correction_that_was_stopped_anywhere_is_completed_by_the_same_order() {
    let world = answered().await;
    let merges = [Act::Merge, Act::Revert(1), Act::Revert(2)];
    let (_, first) = survive(&world, &merges).await;
    let splits = [Act::Split, Act::Revert(1), Act::Revert(2), Act::Merge, Act::Revert(4)];
    let (_, second) = survive(&world, &splits).await;
    let (items, third) = survive(&world, &[Act::Move, Act::Revert(1)]).await;
    assert_eq!(of_kind(&items, "MSG#", "0").len(), 9);
    println!("{} crash points, each ended as the clean run did", first + second + third);
}

#[tokio::test]
async fn a_correction_that_was_stopped_anywhere_can_be_taken_back_instead() {
    let world = answered().await;
    let stage = Stage::of(&world).await;
    let before = world.cloud.items().await;
    for act in [Act::Split, Act::Move] {
        let (_, _, steps) = acted(&before, &stage, 1, act, 0).await;
        for stop_at in stops(steps) {
            let cloud = Cloud::start().await;
            fill(&cloud, before.clone()).await;
            let stopped = cloud.process_with(Steps::stopping_at(stop_at));
            stage.act(&table(&stopped), 1, act).await.unwrap_err();
            let world = World::over(cloud.clone(), table(&cloud.process())).await;
            match world.revert(2, 1).await {
                Ok(_) => {}
                Err(refused) => assert_eq!(refused, ThreadRefusal::NoCorrection),
            }
            assert_sound(&cloud.items().await, &format!("{act:?} stopped at {stop_at}"));
            assert_eq!(world.timeline(&stage.kettle).await, ["k1", "k2", "k3", "n1", "n2", "n3"]);
            // Whoever was stopped may wake up: what was taken back stays so.
            if world
                .table
                .corrections()
                .view_correction(&stage.contact, &order(1).id)
                .await
                .unwrap()
                .is_some()
            {
                stage.act(&world.table, 1, act).await.unwrap();
            }
            assert_eq!(world.thread("k2").await, stage.kettle);
            assert_eq!(
                world.table.messages().message(&key("k2")).await.unwrap().unwrap().confidence,
                before
                    .iter()
                    .find(|it| text(it, "pk") == key("k2").pk)
                    .and_then(|it| it["confidence"].as_n().unwrap().parse().ok())
            );
        }
    }
}
