//! Streams that are drawn by seeds: with redeliveries, duplicates and crashes they end as without, and late messages lose
//! nothing. `SEEDS=1000 cargo test --workspace --test filing seeds` tries a thousand of them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use aws::store::item::Item;
use aws::store::item::get_text;
use aws::store::keys;
use aws::store::{SortOrder, Window};
use domain::event::{InboundEvent, Kind};
use domain::id::ThreadId;
use domain::time::Timestamp;
use embedded::stories::{Dice, group, story};
use embedded::tables::{assert_folds, assert_turns, file, name_in, of_kind, picture, table, text};
use embedded::{Cloud, Process, Steps};

/// Events of a stream.
const EVENTS: usize = 12;
/// Streams that are tried at once.
const AT_ONCE: u64 = 3;

/// Tries every seed, some at once. A seed that fails is named by its own assertion.
async fn each_seed<F>(check: impl Fn(u64) -> F + Copy + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let n_seeds: u64 = aws::env_or("SEEDS", "90").parse().unwrap();
    let parts = (0..AT_ONCE).map(|part| {
        tokio::spawn(async move {
            for seed in (0..n_seeds).filter(|it| it % AT_ONCE == part) {
                check(seed).await;
            }
        })
    });
    for part in parts.collect::<Vec<_>>() {
        part.await.unwrap();
    }
}

/// A program that is killed now and then, and started anew.
struct Mortal {
    cloud: Cloud,
    process: Process,
    dice: Dice,
}

impl Mortal {
    fn of(cloud: &Cloud, dice: Dice) -> Self {
        Self { cloud: cloud.clone(), process: cloud.process(), dice }
    }

    /// Files an event, killed at steps that are drawn until it goes through.
    async fn file(&mut self, event: &InboundEvent) {
        while self.dice.one_in(3) {
            let stop_at = u32::try_from(1 + self.dice.below(14)).unwrap();
            let killed = self.cloud.process_with(Steps::stopping_at(stop_at));
            if file(&table(&killed), event).await.is_ok() {
                return;
            }
        }
        file(&table(&self.process), event).await.unwrap();
    }
}

async fn clean(events: &[InboundEvent]) -> Vec<Item> {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    for event in events {
        file(&table, event).await.unwrap();
    }
    cloud.items().await
}

/// Files events in their order, with crashes, with two workers on one entry, and with entries that come again late.
async fn disturbed(seed: u64, events: &[InboundEvent]) -> Vec<Item> {
    let cloud = Cloud::start().await;
    let mut worker = Mortal::of(&cloud, Dice::of(!seed));
    for (n, event) in events.iter().enumerate() {
        if worker.dice.one_in(4) {
            let (one, other) = (table(&worker.process), table(&cloud.process()));
            let (one, other) = tokio::join!(file(&one, event), file(&other, event));
            assert!(one.is_ok() && other.is_ok(), "seed {seed}: {one:?} {other:?}");
        } else {
            worker.file(event).await;
        }
        if worker.dice.one_in(3) {
            let again = &events[worker.dice.below(n + 1)];
            worker.file(again).await;
        }
    }
    cloud.items().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn streams_with_duplicates_redeliveries_and_crashes_end_as_the_clean_run_does() {
    each_seed(|seed| async move {
        let events = story(seed, EVENTS);
        let (clean, disturbed) = (clean(&events).await, Box::pin(disturbed(seed, &events)).await);
        assert_eq!(picture(&clean), picture(&disturbed), "seed {seed}: {events:#?}");
    })
    .await;
}

/// Files what each address sends with a worker of its own, all at once, with crashes, entries that come twice, and some that
/// come long after those that follow them.
async fn late(seed: u64, events: &[InboundEvent]) -> Cloud {
    let cloud = Cloud::start().await;
    let mut groups = BTreeMap::<String, Vec<InboundEvent>>::new();
    for event in events {
        groups.entry(group(event)).or_default().push(event.clone());
    }
    let workers = (0u64..).zip(groups.into_values()).map(|(n, mut events)| {
        let mut worker = Mortal::of(&cloud, Dice::of(!seed ^ n << 32));
        tokio::spawn(async move {
            for n in 0..events.len() {
                if worker.dice.one_in(3) {
                    let later = n + worker.dice.below(events.len() - n);
                    events[n..=later].rotate_left(1);
                }
                worker.file(&events[n]).await;
                if worker.dice.one_in(4) {
                    let again = &events[worker.dice.below(n + 1)];
                    worker.file(again).await;
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    cloud
}

/// The messages of a stream, and those of which a deletion came.
fn messages(events: &[InboundEvent]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut said, mut deleted) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        let pk = |id| keys::message(&event.channel, &event.account, id).pk;
        if let Kind::Message(message) = &event.kind {
            said.insert(pk(&message.id));
        } else if let Kind::Deleted { of } = &event.kind {
            deleted.insert(pk(of));
        }
    }
    (said, deleted)
}

/// The keys of a thread's messages as its timeline shows them.
async fn timeline(cloud: &Cloud, thread: &str) -> Vec<(Timestamp, String)> {
    let window = Window { order: SortOrder::Ascending, after: None, limit: 100 };
    let table = table(&cloud.process());
    let thread = [ThreadId::new(thread)];
    let page = table.views().view_timeline(&thread, &window, Timestamp::default()).await.unwrap();
    page.rows.into_iter().map(|it| (it.at, it.key)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn messages_that_come_late_are_each_kept_once_where_their_thread_knows_them() {
    each_seed(|seed| async move {
        let events = story(seed, EVENTS);
        let cloud = late(seed, &events).await;
        let items = cloud.items().await;
        assert_folds(&items, &format!("seed {seed}"));
        assert_turns(&items, &format!("seed {seed}"));
        let mut shown = BTreeSet::new();
        for thread in of_kind(&items, "THR#", "0") {
            let rows = timeline(&cloud, &name_in(thread, "pk")).await;
            assert!(rows.is_sorted(), "seed {seed}: by the platforms' time: {rows:?}");
            assert!(!rows.is_empty(), "seed {seed}: a thread without a message");
            for (_, key) in rows {
                assert!(shown.insert(key.clone()), "seed {seed}: {key} is shown twice");
            }
        }
        let (said, deleted) = messages(&events);
        let kept = items.iter().filter(|it| get_text(it, "thread").is_some());
        assert_eq!(kept.map(|it| text(it, "pk")).collect::<BTreeSet<_>>(), shown, "seed {seed}");
        assert!(shown.is_subset(&said), "seed {seed}");
        assert!(said.difference(&shown).all(|it| deleted.contains(it)), "seed {seed}: one is lost");
    })
    .await;
}
