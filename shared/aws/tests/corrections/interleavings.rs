//! A correction beside whatever else is at work on the same person, their calls in an order that the test chooses.

use std::sync::Arc;

use aws::store::item::Item;
use aws::store::{Store, ThreadRefusal, To};
use domain::event::InboundEvent;
use domain::id::{ContactId, ThreadId};
use embedded::events::{deleted, echo, edited, quotes, says};
use embedded::in_turns;
use embedded::tables::{file, fill, of_kind, rules, table};
use embedded::{Cloud, answered};

use crate::world::{World, assert_sound, order, relocate, two_topics};

/// Thirty schedules: in 14 the second worker does all of its work at one point of the first one's, in 10 its first calls,
/// and the others are without order.
pub(crate) fn schedules() -> impl Iterator<Item = u64> {
    let whole = (0..14u64).map(|n| u64::MAX << n);
    let bursts = (0..10u64).map(|n| 0xfff << (4 * n));
    let random = (1..=6u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    whole.chain(bursts).chain(random)
}

/// One of the tasks that a worker does, one after the other.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    File(Box<InboundEvent>),
    Merge(u32, ThreadId, ThreadId),
    Relocate(u32, ThreadId, To, &'static [&'static str]),
    Revert(u32, u32),
}

fn filed(event: InboundEvent) -> Job {
    Job::File(Box::new(event))
}

impl Job {
    pub(crate) async fn run(
        &self,
        table: &Store,
        contact: &ContactId,
    ) -> Result<(), ThreadRefusal> {
        let made = match self {
            Self::File(event) => {
                file(table, event).await.unwrap();
                return Ok(());
            }
            Self::Merge(n, source, target) => {
                table.corrections().merge(&order(*n), source, target).await
            }
            Self::Relocate(n, from, to, names) => relocate(table, *n, from, to, names).await,
            Self::Revert(n, of) => {
                table.corrections().revert(&order(*n), contact, &order(*of).id, &rules()).await
            }
        };
        answered(made).map(drop)
    }
}

/// The world in the end, and the answer to each worker's last job.
pub(crate) struct Outcome {
    pub(crate) world: World,
    pub(crate) answers: [Result<(), ThreadRefusal>; 2],
    pub(crate) items: Vec<Item>,
}

/// Lets two workers do their jobs at the same time, over a copy of a world.
pub(crate) async fn interleave(bits: u64, before: &World, jobs: [&[Job]; 2]) -> Outcome {
    let cloud = Cloud::start().await;
    fill(&cloud, before.cloud.items().await).await;
    let schedule = in_turns(bits);
    let workers = jobs.into_iter().enumerate().map(|(worker, jobs)| {
        let table = table(&schedule.process(&cloud, worker));
        let (schedule, jobs) = (Arc::clone(&schedule), jobs.to_vec());
        let contact = before.contact.clone();
        tokio::spawn(async move {
            let mut answer = Ok(());
            for job in &jobs {
                answer = job.run(&table, &contact).await;
            }
            schedule.finish(worker);
            answer
        })
    });
    let mut answers = [Ok(()), Ok(())];
    for (answer, worker) in answers.iter_mut().zip(workers.collect::<Vec<_>>()) {
        *answer = worker.await.unwrap();
    }
    let items = cloud.items().await;
    assert_sound(&items, &format!("schedule {bits:b}"));
    let table = table(&cloud.process());
    Outcome { world: World::over(cloud, table).await, answers, items }
}

/// The jobs that may happen to both topics meanwhile.
fn meanwhile() -> Vec<Job> {
    let events = [
        quotes("n1", 900_500, "and how long do I wait for the kettle?", "k1"),
        says("k2", 900_060, "the kettle should be a red one"),
        edited("c2", 900_510, 1, "the table is too low for my chair, article 5500-1199"),
        quotes("n2", 900_520, "did you hear about the chair?", "c1"),
        echo("n3", 900_530, "We collect the chair on Monday"),
        deleted("k3", 900_540),
    ];
    events.into_iter().map(filed).collect()
}

pub(crate) struct Topics {
    pub(crate) world: World,
    pub(crate) chair: ThreadId,
    pub(crate) kettle: ThreadId,
    new: To,
}

impl Topics {
    pub(crate) async fn new() -> Self {
        let world = World::of(&two_topics()).await;
        let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
        Self { world, chair, kettle, new: crate::world::new_thread() }
    }

    fn merge(&self, n: u32) -> Job {
        Job::Merge(n, self.chair.clone(), self.kettle.clone())
    }

    pub(crate) fn split(&self, n: u32) -> Job {
        Job::Relocate(n, self.kettle.clone(), self.new.clone(), &["k2", "k3"])
    }

    pub(crate) fn split_off(&self) -> &ThreadId {
        let To::New(new) = &self.new else { unreachable!() };
        new
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_merge_beside_messages_loses_none_in_any_order() {
    let topics = Topics::new().await;
    for bits in schedules() {
        let end = interleave(bits, &topics.world, [&[topics.merge(1)], &meanwhile()]).await;
        assert_eq!(end.answers, [Ok(()), Ok(())]);
        let all = end.world.timeline(&topics.kettle).await;
        assert_eq!(
            all,
            ["c1", "c2", "c3", "k1", "k2", "k3", "n1", "n2", "n3"],
            "schedule {bits:b}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_merge_that_is_taken_back_beside_messages_loses_none_in_any_order() {
    let topics = Topics::new().await;
    topics.world.merge(1, &topics.chair, &topics.kettle).await.unwrap();
    for bits in schedules() {
        let end = interleave(bits, &topics.world, [&[Job::Revert(2, 1)], &meanwhile()]).await;
        assert_eq!(end.answers, [Ok(()), Ok(())]);
        let mut all = end.world.timeline(&topics.kettle).await;
        all.extend(end.world.timeline(&topics.chair).await);
        all.sort();
        assert_eq!(
            all,
            ["c1", "c2", "c3", "k1", "k2", "k3", "n1", "n2", "n3"],
            "schedule {bits:b}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn what_happens_to_a_merged_message_while_the_merge_is_taken_back_ends_where_it_is_in_any_order()
 {
    let topics = Topics::new().await;
    topics.world.merge(1, &topics.chair, &topics.kettle).await.unwrap();
    let edit = filed(edited("c2", 900_510, 1, "the table is too low, article 5500-1199"));
    for bits in schedules() {
        let jobs: [&[Job]; 2] = [std::slice::from_ref(&edit), &[Job::Revert(2, 1)]];
        let end = interleave(bits, &topics.world, jobs).await;
        assert_eq!(
            end.world.timeline(&topics.chair).await,
            ["c1", "c2", "c3"],
            "schedule {bits:b}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_split_and_its_revert_beside_messages_lose_none_in_any_order() {
    let topics = Topics::new().await;
    for jobs in [vec![topics.split(1)], vec![topics.split(1), Job::Revert(2, 1)]] {
        for bits in schedules() {
            let end = interleave(bits, &topics.world, [&jobs, &meanwhile()]).await;
            assert_eq!(end.answers, [Ok(()), Ok(())]);
            assert_eq!(of_kind(&end.items, "MSG#", "0").len(), 9, "schedule {bits:b}");
            let there = end.world.timeline(topics.split_off()).await;
            let moved: Vec<_> = there.iter().filter(|it| it.starts_with('k')).collect();
            let expected: &[&str] = if jobs.len() == 1 { &["k2", "k3"] } else { &[] };
            assert_eq!(moved, expected, "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_message_that_is_moved_before_its_thread_knows_it_is_known_where_it_went_in_any_order() {
    let topics = Topics::new().await;
    let said = filed(quotes("n1", 900_500, "and how long do I wait for it?", "k1"));
    let to = To::Thread(topics.chair.clone());
    let jobs = [
        Job::Relocate(1, topics.kettle.clone(), to, &["n1"]),
        Job::Relocate(2, topics.kettle.clone(), topics.new.clone(), &["n1"]),
    ];
    for job in jobs {
        let mut n_moved = 0;
        for bits in schedules() {
            let jobs: [&[Job]; 2] = [std::slice::from_ref(&said), std::slice::from_ref(&job)];
            let end = interleave(bits, &topics.world, jobs).await;
            n_moved += u32::from(end.world.thread("n1").await != topics.kettle);
        }
        assert!(3 < n_moved, "often enough it is there already: {n_moved}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn what_comes_again_or_is_edited_beside_its_correction_ends_where_it_is_in_any_order() {
    let topics = Topics::new().await;
    let again = filed(two_topics().remove(5));
    let edit = filed(edited("c2", 900_510, 1, "the table is too low, article 5500-1199"));
    for bits in schedules() {
        let jobs: [&[Job]; 2] = [std::slice::from_ref(&again), &[topics.split(1)]];
        let end = interleave(bits, &topics.world, jobs).await;
        assert_eq!(end.world.thread("k3").await, *topics.split_off(), "schedule {bits:b}");
        let jobs: [&[Job]; 2] = [&[topics.merge(1)], std::slice::from_ref(&edit)];
        let end = interleave(bits, &topics.world, jobs).await;
        assert_eq!(end.world.timeline(&topics.kettle).await.len(), 6, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn two_corrections_of_the_same_messages_leave_each_in_one_thread_in_any_order() {
    let topics = Topics::new().await;
    let to = To::Thread(topics.chair.clone());
    let moves = Job::Relocate(2, topics.kettle.clone(), to, &["k3", "k1"]);
    for bits in schedules() {
        let end =
            interleave(bits, &topics.world, [&[topics.split(1)], std::slice::from_ref(&moves)])
                .await;
        assert_eq!(of_kind(&end.items, "MSG#", "0").len(), 6, "schedule {bits:b}");
        // Whoever comes second finds a message elsewhere, and moves none.
        assert_ne!(end.answers[0].is_ok(), end.answers[1].is_ok(), "schedule {bits:b}");
        let (k2, k1) = (end.world.thread("k2").await, end.world.thread("k1").await);
        assert_eq!(end.answers[0].is_ok(), k2 == *topics.split_off(), "schedule {bits:b}");
        assert_eq!(end.answers[1].is_ok(), k1 == topics.chair, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_merge_beside_a_split_ends_with_every_message_in_one_thread_in_any_order() {
    let topics = Topics::new().await;
    let back = Job::Merge(1, topics.kettle.clone(), topics.chair.clone());
    for merge in [topics.merge(1), back] {
        for bits in schedules() {
            let jobs: [&[Job]; 2] = [std::slice::from_ref(&merge), &[topics.split(2)]];
            let end = interleave(bits, &topics.world, jobs).await;
            assert_eq!(end.answers[0], Ok(()));
            assert_eq!(of_kind(&end.items, "MSG#", "0").len(), 6, "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn of_two_opposite_merges_at_once_one_is_refused_in_any_order() {
    let topics = Topics::new().await;
    let back = Job::Merge(2, topics.kettle.clone(), topics.chair.clone());
    for bits in schedules() {
        let jobs: [&[Job]; 2] = [&[topics.merge(1)], std::slice::from_ref(&back)];
        let end = interleave(bits, &topics.world, jobs).await;
        let refused = end.answers.iter().filter(|it| matches!(it, Err(ThreadRefusal::Merged(_))));
        assert_eq!(refused.count(), 1, "schedule {bits:b}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn one_order_in_two_programs_is_one_correction_in_any_order() {
    let topics = Topics::new().await;
    for job in [topics.merge(1), topics.split(1)] {
        for bits in schedules() {
            let jobs = [job.clone(), Job::Revert(2, 1)];
            let end = interleave(bits, &topics.world, [&jobs, &jobs]).await;
            assert_eq!(of_kind(&end.items, "CON#", "3#").len(), 2, "schedule {bits:b}");
            let (chair, kettle) = (&topics.chair, &topics.kettle);
            assert_eq!(end.world.timeline(chair).await, ["c1", "c2", "c3"], "schedule {bits:b}");
            assert_eq!(end.world.timeline(kettle).await, ["k1", "k2", "k3"], "schedule {bits:b}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_split_that_is_taken_back_while_it_runs_is_taken_back_in_any_order() {
    let topics = Topics::new().await;
    for bits in schedules() {
        let jobs: [&[Job]; 2] = [&[topics.split(1)], &[Job::Revert(2, 1)]];
        let end = interleave(bits, &topics.world, jobs).await;
        let expected: &[&str] = match &end.answers[1] {
            Ok(()) => &["k1", "k2", "k3"],
            Err(refused) => {
                assert_eq!(*refused, ThreadRefusal::NoCorrection);
                &["k1"]
            }
        };
        assert_eq!(end.world.timeline(&topics.kettle).await, expected, "schedule {bits:b}");
    }
}
