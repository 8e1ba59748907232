//! Workers of which one makes a call at a time, in an order that the test chooses.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::{Cloud, Process, Steps, hold};

/// The time that a worker waits for its turn before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// Lets one call through at a time; after each, a rule says whose turn it is.
pub struct Turns {
    turn: Mutex<Turn>,
    changed: Condvar,
}

struct Turn {
    /// Draws one of the workers that are not done.
    rule: Box<dyn FnMut(&[usize]) -> usize + Send>,
    left: Vec<usize>,
    next: usize,
    busy: bool,
}

impl Turns {
    /// So many workers; the rule draws the next of those that are not done.
    pub fn of(workers: usize, rule: impl FnMut(&[usize]) -> usize + Send + 'static) -> Arc<Self> {
        let left = (0..workers).collect();
        let mut turn = Turn { rule: Box::new(rule), left, next: 0, busy: false };
        turn.draw();
        Arc::new(Self { turn: Mutex::new(turn), changed: Condvar::new() })
    }

    /// The program of a worker.
    #[must_use]
    pub fn process(self: &Arc<Self>, cloud: &Cloud, worker: usize) -> Process {
        self.process_watched(cloud, worker, |_| (), || ())
    }

    /// The same; one function is shown each call when its turn has come, another is called when it took effect, before the next.
    #[must_use]
    pub fn process_watched(
        self: &Arc<Self>,
        cloud: &Cloud,
        worker: usize,
        entered: impl Fn(&HttpRequest) + Send + Sync + 'static,
        done: impl Fn() + Send + Sync + 'static,
    ) -> Process {
        let (enters, leaves) = (Arc::clone(self), Arc::clone(self));
        let gate = hold(
            move |call| {
                tokio::task::block_in_place(|| enters.enter(worker));
                entered(call);
            },
            move || {
                done();
                leaves.leave();
            },
        );
        cloud.process_intercepted(Steps::default(), Some(gate))
    }

    /// Lets the others go on without this one.
    pub fn finish(&self, worker: usize) {
        let mut turn = self.turn.lock().unwrap();
        turn.left.retain(|it| *it != worker);
        if turn.next == worker {
            turn.draw();
        }
        self.changed.notify_all();
    }

    fn enter(&self, worker: usize) {
        let is_other = |turn: &mut Turn| turn.busy || turn.next != worker;
        let turn = self.turn.lock().unwrap();
        let (mut turn, wait) = self.changed.wait_timeout_while(turn, PATIENCE, is_other).unwrap();
        assert!(!wait.timed_out(), "the turns hang");
        turn.busy = true;
    }

    fn leave(&self) {
        let mut turn = self.turn.lock().unwrap();
        turn.busy = false;
        turn.draw();
        self.changed.notify_all();
    }
}

impl Turn {
    fn draw(&mut self) {
        if !self.left.is_empty() {
            self.next = (self.rule)(&self.left);
        }
    }
}

/// Turns in which one bit after the other says whose turn it is.
#[must_use]
pub fn in_turns(mut bits: u64) -> Arc<Turns> {
    Turns::of(2, move |left| {
        let next = usize::from(bits & 1 == 1);
        bits = bits.rotate_right(1);
        if left.contains(&next) { next } else { left[0] }
    })
}

/// A hundred schedules: in 64 the second worker makes its first calls, 0 to 7, at one point of the first one's work, and the
/// rest after it; the others are without order.
pub fn schedules() -> impl Iterator<Item = u64> {
    let bursts = (0..64u64).map(|n| ((1 << (n % 8)) - 1) << (n / 8));
    bursts.chain((1..=36u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
