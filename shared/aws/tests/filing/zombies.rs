//! A worker that is stopped for long between two calls, and goes on when others have done its work and more.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws::store::To;
use aws::store::item::Item;
use domain::event::InboundEvent;
use domain::time::Timestamp;
use embedded::events::{START, answers, call, deleted, edited, key, order, quotes, says, topics};
use embedded::tables::{assert_folds, file, fill, picture, rules, table, text};
use embedded::{Cloud, Steps, hold};

/// Holds one worker before a call leaves, or before its answer is read, until the others are done.
#[derive(Debug)]
struct Coma {
    begins_at: u32,
    inner: Mutex<Asleep>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Asleep {
    steps: u32,
    /// Whether the worker came to where it is held.
    fell: bool,
    /// Whether it may go on.
    woken: bool,
    /// Whether it came to its end.
    ended: bool,
}

impl Coma {
    fn at(begins_at: u32) -> Arc<Self> {
        Arc::new(Self { begins_at, inner: Mutex::default(), changed: Condvar::new() })
    }

    fn step(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.steps += 1;
        if inner.steps == self.begins_at {
            inner.fell = true;
            self.changed.notify_all();
            let wait = Duration::from_mins(1);
            let held = self.changed.wait_timeout_while(inner, wait, |it| !it.woken).unwrap();
            assert!(!held.1.timed_out(), "nobody woke the worker");
        }
    }

    /// Waits until the worker is held, or ended before it came to that. Says whether it is held.
    fn is_held(&self) -> bool {
        let inner = self.inner.lock().unwrap();
        self.changed.wait_while(inner, |it| !it.fell && !it.ended).unwrap().fell
    }

    fn set(&self, change: impl FnOnce(&mut Asleep)) {
        change(&mut self.inner.lock().unwrap());
        self.changed.notify_all();
    }
}

/// The work of others while a worker sleeps, after they filed its event.
#[derive(Clone, Copy)]
struct Meanwhile<'a> {
    events: &'a [InboundEvent],
    correction: Option<Correction>,
}

/// A correction of the threads of the messages 1 and 6.
#[derive(Clone, Copy, Debug)]
enum Correction {
    /// The first thread goes into the second.
    Merge,
    /// The message 2 goes from the first into the second.
    Move,
}

/// Files the first event with a worker that is held at a step, then all of them with another worker, then lets the first go
/// on. `None` when the event takes fewer steps.
async fn with_zombie(before: &[Item], others: Meanwhile<'_>, step: u32) -> Option<Vec<Item>> {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let coma = Coma::at(step);
    let (leaves, answered) = (Arc::clone(&coma), Arc::clone(&coma));
    let holder = hold(move |_| leaves.step(), move || answered.step());
    let process = cloud.process_intercepted(Steps::default(), Some(holder));
    let (first, its_coma) = (others.events[0].clone(), Arc::clone(&coma));
    // A thread of its own: a runtime whose thread is held could hold more than this worker.
    let zombie = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let filed = runtime.block_on(file(&table(&process), &first));
        its_coma.set(|it| it.ended = true);
        filed
    });
    let waits = Arc::clone(&coma);
    let is_held = tokio::task::spawn_blocking(move || waits.is_held()).await.unwrap();
    if is_held {
        all(&cloud, others.events).await;
        correct(&cloud, others.correction).await;
    }
    coma.set(|it| it.woken = true);
    tokio::task::spawn_blocking(|| zombie.join()).await.unwrap().unwrap().unwrap();
    if is_held { Some(cloud.items().await) } else { None }
}

async fn all(cloud: &Cloud, events: &[InboundEvent]) {
    let table = table(&cloud.process());
    for event in events {
        file(&table, event).await.unwrap();
    }
}

async fn correct(cloud: &Cloud, correction: Option<Correction>) {
    let Some(correction) = correction else { return };
    let table = table(&cloud.process());
    let thread = async |name: &str| {
        table.messages().message(&key(name)).await.unwrap().unwrap().thread.unwrap()
    };
    let (first, second) = (thread("1").await, thread("6").await);
    let order = order("cor_1", "ada", Timestamp::from_secs(START + 1_000_000));
    let made = match correction {
        Correction::Merge => table.corrections().merge(&order, &first, &second).await,
        Correction::Move => {
            let (to, moved) = (To::Thread(second), [key("2")]);
            table.corrections().move_messages(&order, &first, &to, &moved, &rules()).await
        }
    };
    made.unwrap();
}

/// The items of a table, but for what corrections note for themselves: how the threads were, and what came through a merge.
fn threads(items: &[Item]) -> BTreeMap<String, String> {
    let mut items: Vec<_> =
        items.iter().filter(|it| !text(it, "sk").starts_with("3#")).cloned().collect();
    for item in &mut items {
        item.remove("late");
    }
    picture(&items)
}

/// Lets a worker sleep at each step of each event while its event comes again, the next ones are filed and perhaps threads are
/// corrected. Returns how many steps were tried.
async fn survive(
    mut before: Vec<Item>,
    events: &[InboundEvent],
    n_next: usize,
    correction: Option<Correction>,
) -> u32 {
    let mut tried = 0;
    for n in 0..events.len() {
        let these = &events[n..events.len().min(n + 1 + n_next)];
        let clean = Cloud::start().await;
        fill(&clean, before.clone()).await;
        all(&clean, &these[..1]).await;
        let next = clean.items().await;
        all(&clean, &these[1..]).await;
        correct(&clean, correction).await;
        let expected = threads(&clean.items().await);
        let others = Meanwhile { events: these, correction };
        for step in 1.. {
            let Some(items) = with_zombie(&before, others, step).await else { break };
            let run = format!("{correction:?}, {:?} slept at step {step}", these[0]);
            assert_eq!(threads(&items), expected, "{run}");
            assert_folds(&items, &run);
            tried += 1;
        }
        before = next;
    }
    tried
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many steps were tried is what a reader wants to see")]
async fn a_worker_that_wakes_after_others_did_its_work_changes_nothing() {
    let life = [
        says("1", 0, "Hello, I want to know where order 18-4471 is"),
        says("2", 10, "it was due on Monday"),
        edited("2", 20, 1, "it was due on Tuesday"),
        answers("3", 60, "It is on its way", "1"),
        edited("4", 100, 1, "thanks, at what time will it be here?"),
        quotes("4", 90, "thanks, when will it be here?", "3"),
        call("5", 900),
        says("6", 90_000, "Good morning, I would like to return a chair, order 99-1200, how?"),
        deleted("2", 90_100),
        deleted("7", 90_200),
        says("7", 90_150, "never mind"),
    ];
    let tried = survive(Vec::new(), &life, 3, None).await;
    assert!(60 < tried, "{tried}");
    println!("a worker slept at {tried} steps, and each ended as the clean run did");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many steps were tried is what a reader wants to see")]
async fn a_worker_that_wakes_when_its_thread_made_room_changes_nothing() {
    let mut events = topics(26);
    let opens = events.split_off(24);
    let cloud = Cloud::start().await;
    all(&cloud, &events).await;
    let late = edited("0", 30, 1, "Hello, I would like another lamp");
    let events = [late, opens[0].clone(), opens[1].clone()];
    let tried = survive(cloud.items().await, &events, 2, None).await;
    println!("a worker slept at {tried} steps, and each ended as the clean run did");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many steps were tried is what a reader wants to see")]
async fn a_worker_that_wakes_after_a_correction_folds_where_its_message_is_now() {
    let before = [
        says(
            "1",
            0,
            "Hello, I would like to return a chair, article 5500-1171, how does that work?",
        ),
        says("6", 900_000, "Good morning, which kettle and which toaster can you recommend to me?"),
    ];
    let cloud = Cloud::start().await;
    all(&cloud, &before).await;
    let events = [
        quotes("2", 900_060, "the chair, article 5500-1171, is too low for my desk", "1"),
        edited("2", 900_070, 1, "the chair is too high for my desk, article 5500-1172"),
        quotes("2", 900_060, "the chair, article 5500-1171, is too low for my desk", "1"),
    ];
    for correction in [Correction::Merge, Correction::Move] {
        let tried = survive(cloud.items().await, &events, 1, Some(correction)).await;
        println!(
            "{correction:?}: a worker slept at {tried} steps, and each ended as the clean run did"
        );
    }
}
