//! Two at work at once. Either one is stopped before each of its calls, the other does all of its work, and the first comes
//! again; or both go on, their calls in an order that the test chooses.

use std::sync::Arc;

use aws::store::item::Item;
use aws::store::{CorrectError, Store};
use domain::event::InboundEvent;
use domain::filing::Proof;
use domain::id::{ContactId, CorrectionId, IdentityId, ThreadId};
use embedded::events::{ada, message, says};
use embedded::tables::{file, fill, of_kind, rules, table, text};
use embedded::{Cloud, Steps};
use embedded::{in_turns, schedules};

use crate::links::CARPET;
use crate::people::{
    World, bob, bob_says, bob_shows, by, contact_of, eve, opened, order, owner, thread_of,
};
use crate::unlinks::{linked_and, mixed};

/// Runs both on a table that holds these items, the first stopped at a point. `None` when it has no such point.
async fn race(
    before: &[Item],
    stop_at: u32,
    first: impl AsyncFn(&Store) -> anyhow::Result<()>,
    second: impl AsyncFn(&Store) -> anyhow::Result<()>,
) -> Option<(Store, Vec<Item>)> {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let process = cloud.process_with(Steps::stopping_at(stop_at));
    if first(&table(&process)).await.is_ok() {
        return None;
    }
    let table = table(&cloud.process());
    second(&table).await.unwrap();
    first(&table).await.unwrap();
    Some((table, cloud.items().await))
}

async fn filed(table: &Store, event: &InboundEvent) -> anyhow::Result<()> {
    file(table, event).await.map(|_| ())
}

#[tokio::test]
async fn of_two_who_show_one_code_at_once_one_joins() {
    let world = World::new().await;
    let code = world.code(7).await;
    let before = world.cloud.items().await;
    let one = bob_shows("b1", 310_000, &code);
    let other = by(eve(), 310_000, message("e1", &code.reveal()));
    let (mut points, mut won) = (0, [0, 0]);
    while let Some((table, items)) = race(
        &before,
        points + 1,
        async |table| filed(table, &one).await,
        async |table| filed(table, &other).await,
    )
    .await
    {
        points += 1;
        let joined = [&one, &other];
        let mut n = 0;
        for (who, event) in joined.into_iter().enumerate() {
            if thread_of(&table, event).await == world.lamp {
                (n, won[who]) = (n + 1, won[who] + 1);
            }
        }
        assert_eq!(n, 1, "stopped at step {points}");
        assert_eq!(of_kind(&items, "MSG#", "0").len(), 4);
    }
    assert!(0 < won[0] && 0 < won[1], "{won:?}: who is first wins");
}

/// All of it is Ada's, each message once.
async fn assert_one(items: &[Item], table: &Store, n: usize, point: u32) {
    let who = contact_of(table, &ada().id).await;
    assert_eq!(contact_of(table, &bob().id).await, who);
    let messages = of_kind(items, "MSG#", "0");
    assert_eq!(messages.len(), n, "stopped at step {point}");
    for item in messages {
        let thread = ThreadId::new(text(item, "thread"));
        assert_eq!(owner(items, &thread), who, "stopped at step {point}");
    }
}

#[tokio::test]
async fn messages_that_arrive_while_people_become_one_end_with_the_one() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let before = world.cloud.items().await;
    let said = [
        bob_says("b2", 900_000, "Good morning, I would like to book a visit of your shop"),
        bob_says("b3", 310_060, "the blue carpet, article 77-3300, please"),
        says("a2", 310_070, "the lamp of order 18-4471 is still broken"),
    ];
    let link = async |table: &Store| {
        table.links().link(&order("1"), &bob().id, &world.ada, Proof::Agent).await?;
        Ok(())
    };
    let arrive = async |table: &Store| {
        for event in &said {
            filed(table, event).await?;
        }
        Ok(())
    };
    let mut points = 0;
    while let Some((table, items)) = race(&before, points + 1, link, arrive).await {
        points += 2;
        assert_one(&items, &table, 6, points).await;
    }
    assert!(30 < points, "{points}");
}

#[tokio::test]
async fn what_arrives_while_people_become_two_again_reaches_no_thread_of_the_other() {
    let world = linked_and(&mixed()[..1]).await;
    let before = world.cloud.items().await;
    let said = bob_says("b9", 910_000, "three of the green garden chairs, article 99-1200");
    let unlink = async |table: &Store| {
        table.links().unlink(&order("2"), &world.ada, &bob().id, &rules()).await?;
        Ok(())
    };
    let mut points = 0;
    while let Some((table, items)) =
        race(&before, points + 1, unlink, async |table| filed(table, &said).await).await
    {
        points += 2;
        let who = contact_of(&table, &bob().id).await;
        assert_ne!(who, contact_of(&table, &ada().id).await);
        assert_eq!(owner(&items, &thread_of(&table, &said).await), who, "stopped at step {points}");
    }
    let (mut at, arrive) = (1, async |table: &Store| filed(table, &said).await);
    while let Some((table, items)) = race(&before, at, arrive, unlink).await {
        let who = contact_of(&table, &bob().id).await;
        assert_eq!(owner(&items, &thread_of(&table, &said).await), who, "filing stopped at {at}");
        at += 2;
    }
    assert!(20 < points && 4 < at, "{points} and {at}");
}

/// The work of one worker.
#[derive(Clone)]
pub(crate) enum Work {
    File(Box<InboundEvent>),
    Link(&'static str, IdentityId, ContactId),
    Unlink(&'static str, IdentityId, ContactId),
    Merge(&'static str, ThreadId, ThreadId),
    Revert(&'static str, ContactId, CorrectionId),
}

impl Work {
    /// Does it, and tells the answer: done, or the name of its refusal.
    async fn run(self, table: &Store) -> Result<(), String> {
        match self {
            Self::File(event) => {
                filed(table, &event).await.unwrap();
                Ok(())
            }
            Self::Link(n, identity, to) => table
                .links()
                .link(&order(n), &identity, &to, Proof::Agent)
                .await
                .map(drop)
                .map_err(why),
            Self::Unlink(n, identity, contact) => table
                .links()
                .unlink(&order(n), &contact, &identity, &rules())
                .await
                .map(drop)
                .map_err(why),
            Self::Merge(n, source, target) => {
                table.corrections().merge(&order(n), &source, &target).await.map(drop).map_err(why)
            }
            Self::Revert(n, contact, of) => table
                .corrections()
                .revert(&order(n), &contact, &of, &rules())
                .await
                .map(drop)
                .map_err(why),
        }
    }
}

fn why<R: std::fmt::Debug>(error: CorrectError<R>) -> String {
    format!("{:?}", error.refusal().unwrap())
}

/// Does both at the same time. What each was answered.
pub(crate) async fn at_once(
    bits: u64,
    before: &[Item],
    work: [Work; 2],
) -> (Store, Vec<Item>, Vec<Result<(), String>>) {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let schedule = in_turns(bits);
    let workers = work.into_iter().enumerate().map(|(worker, work)| {
        let process = schedule.process(&cloud, worker);
        let schedule = Arc::clone(&schedule);
        tokio::spawn(async move {
            let answer = Box::pin(work.run(&table(&process))).await;
            schedule.finish(worker);
            answer
        })
    });
    let mut answers = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        answers.push(worker.await.unwrap());
    }
    (table(&cloud.process()), cloud.items().await, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn of_two_who_show_one_code_one_joins_in_every_order() {
    let world = World::new().await;
    let code = world.code(7).await;
    let before = world.cloud.items().await;
    let one = bob_shows("b1", 310_000, &code);
    let other = by(eve(), 310_000, message("e1", &code.reveal()));
    let mut won = [0, 0];
    for bits in schedules() {
        let work = [Work::File(Box::new(one.clone())), Work::File(Box::new(other.clone()))];
        let (table, items, _) = at_once(bits, &before, work).await;
        let first = thread_of(&table, &one).await == world.lamp;
        let second = thread_of(&table, &other).await == world.lamp;
        assert!(first != second, "schedule {bits:b}");
        won[usize::from(second)] += 1;
        let claimed = of_kind(&items, "IDN#", "0");
        let claimed = claimed.iter().filter(|it| it.contains_key("claimed:thread")).count();
        assert_eq!(claimed, 1, "schedule {bits:b}");
    }
    assert!(0 < won[0] && 0 < won[1], "{won:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_thread_that_is_opened_while_people_become_one_is_the_one_s_in_every_order() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let before = world.cloud.items().await;
    let opens = bob_says("b2", 900_000, "Good morning, I would like to book a visit of your shop");
    let work = [Work::File(Box::new(opens)), Work::Link("1", bob().id, world.ada.clone())];
    for bits in schedules() {
        for work in [work.clone(), [work[1].clone(), work[0].clone()]] {
            let (table, items, answers) = at_once(bits, &before, work).await;
            assert_eq!(answers, [Ok(()), Ok(())]);
            assert_one(&items, &table, 4, 0).await;
        }
    }
}
