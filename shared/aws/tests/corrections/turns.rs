//! Many workers whose calls are made in an order that dice draw.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws::steps::Steps;
use embedded::{Cloud, Process, hold};

use crate::stories::Dice;

/// Lets one call through at a time; after each, dice say whose turn it is.
pub(crate) struct Turns {
    turn: Mutex<Turn>,
    changed: Condvar,
}

struct Turn {
    dice: Dice,
    /// Workers that are not done.
    left: Vec<usize>,
    next: usize,
    busy: bool,
}

impl Turns {
    /// So many workers in the order of these dice.
    pub(crate) fn of(dice: Dice, workers: usize) -> Arc<Self> {
        let mut turn = Turn { dice, left: (0..workers).collect(), next: 0, busy: false };
        turn.draw();
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
        let is_other = |turn: &mut Turn| turn.busy || turn.next != worker;
        let (mut turn, wait) = self
            .changed
            .wait_timeout_while(self.turn.lock().unwrap(), Duration::from_mins(1), is_other)
            .unwrap();
        assert!(!wait.timed_out(), "the turns hang");
        turn.busy = true;
    }

    fn leave(&self) {
        let mut turn = self.turn.lock().unwrap();
        turn.busy = false;
        turn.draw();
        self.changed.notify_all();
    }

    /// Lets the others go on without this one.
    pub(crate) fn finish(&self, worker: usize) {
        let mut turn = self.turn.lock().unwrap();
        turn.left.retain(|it| *it != worker);
        if turn.next == worker {
            turn.draw();
        }
        self.changed.notify_all();
    }
}

impl Turn {
    fn draw(&mut self) {
        if !self.left.is_empty() {
            self.next = self.left[self.dice.below(self.left.len())];
        }
    }
}
