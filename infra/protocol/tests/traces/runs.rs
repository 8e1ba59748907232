//! Runs of two or three workers, and what the model says to each of their calls.

use aws::store::{Order as Told, Store, To};
use domain::event::InboundEvent;
use domain::filing::Decider;
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::time::Timestamp;
use embedded::answered;
use embedded::events::{START, ada, deleted, edited, key, quotes, says, topics};
use embedded::tables::{file, file_all, rules, table};
use protocol::{Entry, Event, Guard, Guards, Item, Order, Protocol, Replay, Scenario, Touch, Who};

use crate::record::{self, Names, Run};

/// Runs of each kind; `SEEDS` says another number.
const RUNS: &str = "6";

/// Three topics, the first with two messages.
struct World {
    cloud: embedded::Cloud,
    contact: ContactId,
    names: Names,
    threads: Vec<ThreadId>,
}

fn pk(name: &str) -> String {
    key(name).pk
}

impl World {
    async fn new() -> Self {
        let cloud = embedded::Cloud::start().await;
        let table = table(&cloud.process());
        let mut events = topics(3);
        events.insert(1, quotes("m", 60, "it should be a red one, please", "0"));
        file_all(&table, &events).await;
        let contact =
            table.contacts().find_identity(&ada().id).await.unwrap().unwrap().contact.unwrap();
        let names = ["0", "m", "1", "2", "n"].map(pk);
        let mut threads = Vec::new();
        for name in [0, 2, 3] {
            let key = aws::store::keys::Key::alone(names[name].clone());
            threads.push(table.messages().message(&key).await.unwrap().unwrap().thread.unwrap());
        }
        let names = Names {
            contact: contact.to_string(),
            threads: threads.iter().map(ToString::to_string).collect(),
            messages: names.into(),
            orders: [1, 2].map(|n| told(n).id.to_string()),
        };
        Self { cloud, contact, names, threads }
    }
}

fn told(n: u32) -> Told {
    Told {
        id: CorrectionId::new(format!("cor_{n:032}")),
        author: "grace".into(),
        decider: Decider::Person,
        reason: None,
        at: Timestamp::from_secs(START + 2_000_000 + i64::from(n)),
    }
}

/// The work of a worker of the recorded run, and the model's word for it.
#[derive(Clone)]
enum Work {
    File(Event, Box<InboundEvent>),
    Correct(Order),
}

async fn work(world_table: Store, threads: Vec<ThreadId>, contact: ContactId, n: u32, work: Work) {
    let thread = |it: u8| threads[usize::from(it)].clone();
    match work {
        Work::File(_, event) => {
            file(&world_table, &event).await.unwrap();
        }
        Work::Correct(Order::Merge { source, target, is_taken_back }) => {
            let made =
                world_table.corrections().merge(&told(n), &thread(source), &thread(target)).await;
            let made = answered(made);
            if is_taken_back && let Ok(made) = made {
                let back = told(n + 10);
                let back =
                    world_table.corrections().revert(&back, &contact, &made.id, &rules()).await;
                let _may_be_refused = answered(back);
            }
        }
        Work::Correct(Order::Move { name: _, from, to }) => {
            let keys = [aws::store::keys::Key::alone(pk("m"))];
            let to = To::Thread(thread(to));
            let (order, from, rules) = (told(n), thread(from), rules());
            let corrections = world_table.corrections();
            let made = corrections.move_messages(&order, &from, &to, &keys, &rules);
            let _may_be_refused = answered(Box::pin(made).await);
        }
    }
}

/// The scenario of what workers do, and who each of them is in it.
fn scenario(mut before: protocol::Table, all: &[Work]) -> (Scenario, Vec<Who>) {
    for (name, message) in before.messages.iter().enumerate() {
        let thread = message.thread.map(usize::from);
        if let Some(live) = thread.and_then(|it| before.live[it].as_mut()) {
            live.folded[name] = message.text;
        }
    }
    let (mut entries, mut orders, mut who) = (Vec::new(), Vec::new(), Vec::new());
    for it in all {
        match it {
            Work::File(event, _) => {
                // Each of another address, so that they come at once.
                let group = u8::try_from(entries.len()).unwrap();
                who.push(Who::Entry(entries.len()));
                entries.push(Entry { group, event: *event });
            }
            Work::Correct(order) => {
                who.push(Who::Order(orders.len()));
                orders.push(*order);
            }
        }
    }
    let orders = [orders.first().copied(), orders.get(1).copied()];
    (Scenario::recorded(&before, entries, orders), who)
}

/// Whether a call, before a fold, names the thread anew: what named it was taken back. Names are not in the model.
fn is_naming(touch: Touch, expected: &[Touch]) -> bool {
    let folds = expected.iter().any(|it| it.writes && matches!(it.item, Item::Live(_)));
    folds
        && (touch.item == Item::Several || !touch.writes && matches!(touch.item, Item::Message(_)))
}

/// Lets workers do this at once, and follows them through the model: how many calls that were, or which one is none of it.
async fn followed(seed: u64, all: Vec<Work>, guards: Guards) -> Result<usize, String> {
    let world = World::new().await;
    let before = record::table(&world.cloud.items().await, &world.names);
    let (scenario, who) = scenario(before, &all);
    let may_name = all.iter().any(|it| matches!(it, Work::File(Event::Deleted(_), _)));
    let run = Run::of(&world.cloud, world.names.clone(), seed, all.len());
    let workers = all.into_iter().zip(&who).enumerate().map(|(worker, (it, who))| {
        let n = if let Who::Order(n) = who { u32::try_from(*n).unwrap() + 1 } else { 0 };
        let (threads, contact) = (world.threads.clone(), world.contact.clone());
        let (table, run) = (table(&run.process(worker)), run.clone());
        tokio::spawn(async move {
            Box::pin(work(table, threads, contact, n, it)).await;
            run.finish(worker);
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    let mut replay = Replay::of(Protocol { scenario, guards });
    let calls = run.calls();
    for (n, call) in calls.iter().enumerate() {
        let who = who[call.worker];
        let expected = replay.expected(who);
        if may_name && is_naming(call.touch, &expected) {
            continue;
        }
        if !replay.follow(who, call.touch, |it| record::agrees(it, &call.after)) {
            let made: Vec<_> = calls[..n].iter().map(|it| (it.worker, it.touch)).collect();
            let found = format!("call {n} of {who:?} is {:?}", call.touch);
            return Err(format!(
                "seed {seed}: {found}; the model expects {expected:?} after {made:?}"
            ));
        }
    }
    if replay.is_over() {
        Ok(calls.len())
    } else {
        Err(format!("seed {seed}: there is more to do"))
    }
}

#[expect(clippy::print_stdout, reason = "how much was followed is what a reader wants to see")]
async fn each_follows(what: &str, all: impl Fn() -> Vec<Work>) {
    let runs: u64 = aws::env_or("SEEDS", RUNS).parse().unwrap();
    let mut calls = 0;
    for seed in 0..runs {
        calls += followed(seed, all(), Guards::ALL).await.unwrap();
    }
    println!("{what}: {calls} calls of {runs} runs, each one of the model's");
}

fn said() -> Work {
    let words = "Hello, I would like to buy another lamp from your catalogue, article 5500-0071";
    Work::File(Event::Said(4), Box::new(says("n", 1_900_000, words)))
}

fn edit() -> Work {
    let event = edited("m", 1_900_100, 1, "it should be a blue one, please");
    Work::File(Event::Edited(1), Box::new(event))
}

fn gone() -> Work {
    Work::File(Event::Deleted(1), Box::new(deleted("m", 1_900_200)))
}

fn merge(source: u8, target: u8) -> Work {
    Work::Correct(Order::Merge { source, target, is_taken_back: false })
}

fn merge_and_back(source: u8, target: u8) -> Work {
    Work::Correct(Order::Merge { source, target, is_taken_back: true })
}

fn shift(from: u8, to: u8) -> Work {
    Work::Correct(Order::Move { name: 1, from, to })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn messages_are_filed_as_the_model_files_them() {
    each_follows("messages", || vec![said(), edit()]).await;
    each_follows("messages that come again", || vec![said(), said()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn threads_are_merged_as_the_model_merges_them() {
    each_follows("two merges", || vec![merge(0, 1), merge(1, 2)]).await;
    each_follows("two opposite merges and an edit", || vec![merge(0, 1), merge(1, 0), edit()])
        .await;
    each_follows("a merge and messages", || vec![merge(0, 1), said(), gone()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn merges_are_taken_back_as_the_model_takes_them_back() {
    each_follows("a merge and its end", || vec![merge_and_back(0, 1), edit()]).await;
    each_follows("a merge in a merge", || vec![merge_and_back(0, 1), merge(1, 2), edit()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn messages_are_moved_as_the_model_moves_them() {
    each_follows("two moves of one message", || vec![shift(0, 1), shift(0, 2)]).await;
    each_follows("a move and an edit", || vec![shift(0, 1), edit()]).await;
    each_follows("a move beside merges", || vec![shift(0, 2), merge_and_back(0, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_model_of_another_order_is_not_followed() {
    let merges = vec![merge(0, 1), merge(1, 2)];
    for (guard, all) in [
        (Guard::HeadReadFirst, merges),
        (Guard::OthersCompleted, vec![shift(0, 1), shift(0, 2)]),
        (Guard::ThreadReadFirst, vec![edit()]),
        (Guard::CorrectionReadsFirst, vec![shift(0, 1)]),
        (Guard::RevertReadsFirst, vec![merge_and_back(0, 1), edit()]),
        (Guard::LateNoted, vec![merge(0, 1), edit()]),
    ] {
        let mut seeds = 0..20;
        let mut unlike = false;
        while !unlike && let Some(seed) = seeds.next() {
            unlike = followed(seed, all.clone(), Guards::without(guard)).await.is_err();
        }
        assert!(unlike, "the code does without {guard:?}");
    }
}
