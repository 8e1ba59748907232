//! Stops before and after every call that leaves the program, and then what the queue and the timers bring again.

use std::fmt::Write;

use domain::outbound::Outbound;
use domain::status::Status;
use domain::time::Timestamp;
use embedded::Steps;

use crate::platform::{CAREFUL, Deed, EAGER};
use crate::support::{Picture, World};

/// A way that a send can go, of which every step is a point to stop at.
struct Case {
    name: &'static str,
    channel: Outbound,
    deeds: &'static [Deed],
    /// Whether the platform's receipts, which hand our id back, come before the timer.
    receipts: bool,
}

#[tokio::test]
async fn no_stop_loses_a_message_whose_receipts_tell() {
    check(&Case { name: "receipts tell", channel: CAREFUL, deeds: &[], receipts: true }).await;
}

#[tokio::test]
async fn no_stop_loses_a_message_that_is_given_up_in_doubt_without_a_flag() {
    check(&Case { name: "nothing tells, given up", channel: CAREFUL, deeds: &[], receipts: false })
        .await;
}

#[tokio::test]
async fn no_stop_doubles_a_message_that_is_sent_again_in_doubt_without_a_flag() {
    check(&Case { name: "nothing tells, sent again", channel: EAGER, deeds: &[], receipts: false })
        .await;
}

#[tokio::test]
async fn no_stop_loses_or_doubles_a_message_that_is_retried_without_a_flag() {
    let deeds = &[Deed::Answers(429, None)];
    check(&Case { name: "busy, then sent", channel: CAREFUL, deeds, receipts: false }).await;
}

#[tokio::test]
async fn no_stop_of_the_second_attempt_loses_a_message_without_a_flag() {
    let deeds = &[Deed::TakesUnheard];
    check(&Case { name: "unheard, then sent again", channel: EAGER, deeds, receipts: false }).await;
}

/// Stops at every step of every entry.
async fn check(case: &Case) {
    let (mut report, mut wrong) = (String::new(), Vec::new());
    let now = aws::now();
    let clean = world(case, now).await;
    let n_entries = run(&clean, case, None).await;
    let clean = End::of(&clean).await;
    for entry in 0..n_entries {
        for stop in 1.. {
            let world = world(case, now).await;
            let steps = Steps::stopping_at(stop);
            run(&world, case, Some((entry, steps.clone()))).await;
            if steps.passed() < stop {
                break;
            }
            let end = End::of(&world).await;
            let (when, call) = (if stop % 2 == 1 { "before" } else { "after" }, stop.div_ceil(2));
            let line = format!(
                "{:<26} entry {entry}, {when:>6} call {call:>2}: {}",
                case.name,
                end.shown()
            );
            wrong.extend(end.fault(&clean).map(|it| format!("{line}: {it}")));
            assert!(writeln!(report, "{line}").is_ok());
        }
    }
    print(&report);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn world(case: &Case, now: Timestamp) -> World {
    let world = World::at(case.channel.clone(), None, now).await;
    world.platform.will(case.deeds);
    world
}

/// Works through all entries, stopping at one of them if one is named, and returns how many there were.
async fn run(world: &World, case: &Case, stop: Option<(usize, Steps)>) -> usize {
    let (mut waiting, mut n_entries, mut told) = (world.waiting(), 0, false);
    while !waiting.is_empty() {
        world.cloud.queues.forget();
        for entry in std::mem::take(&mut waiting) {
            let steps =
                stop.as_ref().filter(|(at, _)| *at == n_entries).map(|(_, steps)| steps.clone());
            n_entries += 1;
            if !world.work(&entry, steps.unwrap_or_default()).await {
                waiting.push(entry);
            }
            if case.receipts && 0 < world.platform.arrived() && !told {
                told = true;
                world.receipt(Status::Sent, "pigeon-1").await;
            }
        }
        waiting.extend(world.waiting());
        assert!(n_entries < 100, "it goes on for ever");
    }
    n_entries
}

/// The end of a run.
#[derive(PartialEq)]
struct End {
    arrived: u32,
    status: Status,
    /// The words to the caller about the doubt, if there is one.
    flag: Option<&'static str>,
    waits: bool,
    picture: Picture,
}

impl End {
    async fn of(world: &World) -> Self {
        let message = world.message().await;
        let failed = message.failure().map(|it| it.problem.slug());
        let duplicate = message.possible_duplicate().then_some("possible duplicate");
        Self {
            arrived: world.platform.arrived(),
            status: message.status(),
            flag: failed.or(duplicate),
            waits: world.waits().await,
            picture: world.picture().await,
        }
    }

    fn shown(&self) -> String {
        format!(
            "arrived {}, {:<8} {}",
            self.arrived,
            self.status.name(),
            self.flag.unwrap_or_default()
        )
    }

    /// The reason for which it must not end so.
    fn fault(&self, clean: &Self) -> Option<String> {
        let is_over = Status::Sent <= self.status;
        if self.arrived != 1 && self.flag.is_none() {
            Some("not flagged".to_owned())
        } else if !is_over {
            Some("it never ends".to_owned())
        } else if self.waits != (self.status == Status::Failed) {
            Some(format!("in the inbox: {}", self.waits))
        } else if (self.arrived, self.flag) == (clean.arrived, clean.flag)
            && self.picture != clean.picture
        {
            let other = self.picture.iter().find(|it| !clean.picture.contains(it));
            Some(format!("not as after a clean run: {other:#?}"))
        } else {
            None
        }
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a reader of the test run wants to see")]
fn print(report: &str) {
    println!("{report}");
}
