//! Two workers whose calls are made in an order that the test chooses.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws::steps::Steps;
use aws_sdk_dynamodb::config::SharedInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use embedded::{Cloud, Process};

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
        let gate = SharedInterceptor::new(Gate { schedule: Arc::clone(self), worker });
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

/// One worker's place in the schedule.
#[derive(Debug)]
struct Gate {
    schedule: Arc<Schedule>,
    worker: usize,
}

impl Intercept for Gate {
    fn name(&self) -> &'static str {
        "Gate"
    }

    fn modify_before_transmit(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        tokio::task::block_in_place(|| self.schedule.enter(self.worker));
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        _: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.schedule.leave();
        Ok(())
    }
}

/// A hundred schedules: in 64 the second worker makes its first calls, 0 to 7, at one point of the first one's work, and the
/// rest after it; the others are without order.
pub(crate) fn schedules() -> impl Iterator<Item = u64> {
    let bursts = (0..64u64).map(|n| ((1 << (n % 8)) - 1) << (n / 8));
    bursts.chain((1..=36u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
