//! Two workers whose calls are made in an order that the test chooses.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws::steps::Steps;
use embedded::{Cloud, Process, hold};

/// Lets one call through at a time: whose turn it is says a bit of the schedule.
#[derive(Debug)]
pub(crate) struct Schedule {
    turn: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Debug)]
struct Turn {
    bits: u64,
    done: [bool; 2],
    busy: bool,
}

impl Schedule {
    /// The schedule of these bits.
    pub(crate) fn of(bits: u64) -> Arc<Self> {
        let turn = Turn { bits, done: [false; 2], busy: false };
        Arc::new(Self { turn: Mutex::new(turn), changed: Condvar::new() })
    }

    /// The program of a worker.
    pub(crate) fn process(self: &Arc<Self>, cloud: &Cloud, worker: usize) -> Process {
        let (enters, leaves) = (Arc::clone(self), Arc::clone(self));
        let gate = hold(
            move || tokio::task::block_in_place(|| enters.enter(worker)),
            move || leaves.leave(),
        );
        cloud.process_intercepted(Steps::default(), Some(gate))
    }

    fn enter(&self, worker: usize) {
        let is_other = |turn: &mut Turn| {
            let next = usize::from(turn.bits & 1 == 1);
            turn.busy || next != worker && !turn.done[next]
        };
        let (mut turn, wait) = self
            .changed
            .wait_timeout_while(self.turn.lock().unwrap(), Duration::from_secs(20), is_other)
            .unwrap();
        assert!(!wait.timed_out(), "the schedule hangs");
        turn.busy = true;
    }

    fn leave(&self) {
        let mut turn = self.turn.lock().unwrap();
        (turn.busy, turn.bits) = (false, turn.bits.rotate_right(1));
        self.changed.notify_all();
    }

    /// Lets the other worker go on alone.
    pub(crate) fn finish(&self, worker: usize) {
        self.turn.lock().unwrap().done[worker] = true;
        self.changed.notify_all();
    }
}

/// A hundred schedules: in 64 the second worker makes its first calls, 0 to 7, at one point of the first one's work, and the
/// rest after it; the others are without order.
pub(crate) fn schedules() -> impl Iterator<Item = u64> {
    let bursts = (0..64u64).map(|n| ((1 << (n % 8)) - 1) << (n / 8));
    bursts.chain((1..=36u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
