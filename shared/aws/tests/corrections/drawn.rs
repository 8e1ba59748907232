//! Many corrections of one person's threads at once, drawn by seeds, with messages that come in between: each message ends in
//! exactly one timeline. `SEEDS=1000 cargo test --workspace --test corrections drawn -- --nocapture` tries a thousand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::store::item::Item;
use aws::store::{SortOrder, Store, ThreadError, ThreadRefusal, To, Window};
use domain::event::InboundEvent;
use domain::id::{ContactId, ThreadId};
use embedded::events::{key, quotes, topics};
use embedded::stories::Dice;
use embedded::tables::{file, fill, rules, table, text};
use embedded::{Cloud, Turns, answered};

use crate::world::{World, assert_sound, at, new_thread, order};

/// Threads at the beginning.
const THREADS: usize = 4;
/// The most corrections at once.
const AT_ONCE: usize = 12;
/// The number of the first correction that is made at once with others; those below were made before.
const FIRST: u32 = 10;

/// The task of one worker.
#[derive(Clone, Debug)]
enum Job {
    File(Vec<InboundEvent>),
    Merge(ThreadId, ThreadId),
    Relocate(ThreadId, To, Vec<String>),
    Revert(u32),
}

/// Threads with the names of their messages, as people read them.
type Timelines = BTreeMap<ThreadId, Vec<String>>;

/// The outcome of one schedule.
#[derive(Debug, Default)]
struct Outcome {
    made: usize,
    refused: usize,
    filed: usize,
    messages: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
}

impl Job {
    async fn run(&self, table: &Store, contact: &ContactId, n: u32) -> Result<(), ThreadError> {
        match self {
            Self::File(events) => {
                for event in events {
                    file(table, event).await?;
                }
                return Ok(());
            }
            Self::Merge(source, target) => {
                table.corrections().merge(&order(n), source, target).await?
            }
            Self::Relocate(from, to, names) => {
                let keys: Vec<_> = names.iter().map(|it| key(it)).collect();
                Box::pin(table.corrections().move_messages(&order(n), from, to, &keys, &rules()))
                    .await?
            }
            Self::Revert(of) => {
                Box::pin(table.corrections().revert(&order(n), contact, &order(*of).id, &rules()))
                    .await?
            }
        };
        Ok(())
    }
}

/// Every thread that a person has, by the views that the API shows.
async fn timelines(table: &Store, contact: &ContactId, known: &[String]) -> Timelines {
    let names: BTreeMap<_, _> = known.iter().map(|it| (key(it).pk, it.clone())).collect();
    let mut window = Window { order: SortOrder::Ascending, after: None, limit: 3 };
    let mut all = Timelines::new();
    loop {
        let page = table.views().view_contact(contact, &window).await.unwrap();
        for row in page.rows {
            let view = table.views().view_thread(&row.id).await.unwrap().unwrap();
            let threads: Vec<_> = std::iter::once(view.id.clone()).chain(view.sources).collect();
            let said = Window { order: SortOrder::Ascending, after: None, limit: 1_000 };
            let said = table.views().view_timeline(&threads, &said, at(0)).await.unwrap();
            let said = said.rows.iter().map(|it| names.get(&it.key).cloned().unwrap_or_default());
            assert!(all.insert(view.id, said.collect()).is_none(), "a thread is listed twice");
        }
        window.after = page.next;
        if window.after.is_none() {
            return all;
        }
    }
}

/// Draws a correction of the threads as they are.
fn draw(dice: &mut Dice, threads: &Timelines, reverts: u32) -> Job {
    let all: Vec<_> = threads.keys().cloned().collect();
    let spoken: Vec<_> = threads.iter().filter(|it| !it.1.is_empty()).collect();
    let one = |dice: &mut Dice| all[dice.below(all.len())].clone();
    match dice.below(if reverts == 0 { 7 } else { 10 }) {
        0..4 => Job::Merge(one(dice), one(dice)),
        kind @ 4..7 => {
            let (from, said) = spoken[dice.below(spoken.len())];
            let mut names: Vec<_> = said.iter().filter(|_| dice.one_in(2)).cloned().collect();
            if names.is_empty() {
                names.push(said[dice.below(said.len())].clone());
            }
            let to = if kind == 4 { new_thread() } else { To::Thread(one(dice)) };
            Job::Relocate(from.clone(), to, names)
        }
        _ => Job::Revert(u32::try_from(dice.below(usize::try_from(reverts).unwrap())).unwrap()),
    }
}

/// Messages that come meanwhile, each in answer to one that is there.
fn arriving(dice: &mut Dice, names: &[String], worker: usize) -> Vec<InboundEvent> {
    let said = |n: usize, dice: &mut Dice| {
        let (name, quoted) = (format!("n{worker}{n}"), &names[dice.below(names.len())]);
        let after = 2_000_000 + i64::try_from(10 * worker + n).unwrap();
        quotes(&name, after, "and how long do I have to wait for it?", quoted)
    };
    (0..=dice.below(3)).map(|n| said(n, dice)).collect()
}

/// The start of every schedule: a person with four threads of two or three messages.
#[derive(Clone)]
struct Start {
    items: Vec<Item>,
    contact: ContactId,
    names: Vec<String>,
}

impl Start {
    async fn new() -> Self {
        let mut events = topics(THREADS);
        let mut names: Vec<_> = (0..THREADS).map(|it| it.to_string()).collect();
        for n in 0..6 {
            let (name, topic) = (format!("m{n}"), n % THREADS);
            let [day, minute] = [topic, n + 1].map(|it| i64::try_from(it).unwrap());
            let after = 300_000 * day + 60 * minute;
            events.push(quotes(&name, after, "it should be a red one, please", &topic.to_string()));
            names.push(name);
        }
        events.sort_by_key(|it| it.at);
        let World { cloud, table, contact } = World::of(&events).await;
        assert_eq!(timelines(&table, &contact, &names).await.len(), THREADS);
        Self { items: cloud.items().await, contact, names }
    }
}

/// Makes some corrections one after the other, then the others all at once.
async fn tried(seed: u64, start: Start) -> Outcome {
    let Start { items, contact, mut names } = start;
    let mut dice = Dice::of(seed);
    let cloud = Cloud::start().await;
    fill(&cloud, items).await;
    let alone = table(&cloud.process());
    let n_before = u32::try_from(dice.below(4)).unwrap();
    for n in 0..n_before {
        let job = draw(&mut dice, &timelines(&alone, &contact, &names).await, n);
        let _may_be_refused = answered(job.run(&alone, &contact, n).await);
    }
    let mut jobs = at_once(&mut dice, &timelines(&alone, &contact, &names).await, n_before);
    let mut outcome = Outcome::default();
    for worker in 0..dice.below(3) {
        let events = arriving(&mut dice, &names, worker);
        outcome.filed += events.len();
        jobs.push(Job::File(events));
    }
    names.extend((0..2).flat_map(|worker| (0..3).map(move |n| format!("n{worker}{n}"))));
    for (job, answer) in jobs.iter().zip(run_all(dice, &cloud, &contact, &jobs).await) {
        match (job, answer) {
            (Job::File(_), _) => {}
            (_, Ok(())) => outcome.made += 1,
            (_, Err(_)) => outcome.refused += 1,
        }
    }
    outcome.see(&cloud.items().await, timelines(&alone, &contact, &names).await, &names);
    if outcome.lost.is_empty() && outcome.doubled.is_empty() {
        assert_sound(&cloud.items().await, &format!("seed {seed}"));
    }
    outcome
}

/// Draws what is corrected at once. A revert may be of a correction that was made before, or of one of these.
fn at_once(dice: &mut Dice, threads: &Timelines, n_before: u32) -> Vec<Job> {
    let n = 2 + dice.below(AT_ONCE - 1);
    let all = n_before + u32::try_from(n).unwrap();
    let named = |n: u32| if n < n_before { n } else { FIRST + n - n_before };
    let jobs = (0..n).map(|_| match draw(dice, threads, all) {
        Job::Revert(n) => Job::Revert(named(n)),
        job @ (Job::File(_) | Job::Merge(..) | Job::Relocate(..)) => job,
    });
    jobs.collect()
}

/// Lets each job have a worker of its own. What each was answered.
async fn run_all(
    mut dice: Dice,
    cloud: &Cloud,
    contact: &ContactId,
    jobs: &[Job],
) -> Vec<Result<(), ThreadRefusal>> {
    let turns = Turns::of(jobs.len(), move |left| left[dice.below(left.len())]);
    let workers = jobs.iter().cloned().enumerate().map(|(worker, job)| {
        let table = table(&turns.process(cloud, worker));
        let (turns, contact) = (Arc::clone(&turns), contact.clone());
        tokio::spawn(async move {
            let answer = job.run(&table, &contact, FIRST + u32::try_from(worker).unwrap()).await;
            turns.finish(worker);
            answered(answer)
        })
    });
    let mut answers = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        answers.push(worker.await.unwrap());
    }
    answers
}

impl Outcome {
    /// Compares the messages that are kept with those that the timelines show.
    fn see(&mut self, items: &[Item], timelines: Timelines, names: &[String]) {
        let is_kept = |it: &&String| items.iter().any(|item| text(item, "pk") == key(it).pk);
        let kept: BTreeSet<_> = names.iter().filter(is_kept).cloned().collect();
        self.messages = kept.len();
        let mut shown = BTreeSet::new();
        for name in timelines.into_values().flatten() {
            if !shown.insert(name.clone()) {
                self.doubled.push(name);
            }
        }
        self.lost = kept.difference(&shown).cloned().collect();
    }

    fn add(&mut self, other: &Self) {
        self.made += other.made;
        self.refused += other.refused;
        self.filed += other.filed;
        self.messages += other.messages;
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "what was tried is what a reader of the run wants to see")]
fn corrections_at_once_leave_each_message_in_exactly_one_timeline() {
    let n_seeds: u64 = aws::env_or("SEEDS", "24").parse().unwrap();
    // Each has a runtime of its own, with which its servers end.
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let start = runtime().block_on(Start::new());
    let (mut sum, mut failed) = (Outcome::default(), Vec::new());
    for seed in 0..n_seeds {
        let start = start.clone();
        let ended = runtime().block_on(async { tokio::spawn(tried(seed, start)).await });
        match ended {
            Ok(outcome) => {
                sum.add(&outcome);
                let Outcome { lost, doubled, .. } = outcome;
                if !lost.is_empty() || !doubled.is_empty() {
                    failed.push(format!("seed {seed}: lost {lost:?}, doubled {doubled:?}"));
                }
            }
            Err(error) => failed.push(format!("seed {seed}: {error}")),
        }
    }
    println!(
        "{n_seeds} schedules of up to {AT_ONCE} corrections at once on {THREADS} threads: {} made, {} refused, {} messages \
         filed in between; of {} messages each in exactly one timeline, but for {} schedules",
        sum.made,
        sum.refused,
        sum.filed,
        sum.messages,
        failed.len(),
    );
    assert!(failed.is_empty(), "{failed:#?}");
}
