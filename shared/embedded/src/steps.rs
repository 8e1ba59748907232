//! Counts every call that leaves the process, so that a test can stop it before or after the n-th one.
//!
//! Each call has two stops: before it leaves, and after it took effect but before its answer is read. A process that was
//! stopped makes no further call, whatever it does with the error: as if it had been killed there. A model of a platform makes
//! these steps for the calls that it gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::config::SharedInterceptor;

use crate::hold::hold_or_stop;

/// The calls of one process so far, and the step that it is to stop at.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    passed: AtomicU32,
    stop_at: AtomicU32,
}

/// The process was stopped here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped at step {0}")]
pub struct Stopped(pub u32);

impl Steps {
    /// Steps that stop the process at the n-th, counted from 1.
    #[must_use]
    pub fn stopping_at(n: u32) -> Self {
        let steps = Self::default();
        steps.inner.stop_at.store(n, Ordering::SeqCst);
        steps
    }

    /// The number of steps that were made.
    #[must_use]
    pub fn passed(&self) -> u32 {
        self.inner.passed.load(Ordering::SeqCst)
    }

    /// Whether the process was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let stop_at = self.inner.stop_at.load(Ordering::SeqCst);
        stop_at != 0 && stop_at <= self.passed()
    }

    /// Makes a step, unless the process is stopped at it or was before.
    pub fn step(&self) -> Result<(), Stopped> {
        let step = self.inner.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if self.is_stopped() { Err(Stopped(step)) } else { Ok(()) }
    }

    /// Makes a step of either side of each call of a client.
    pub(crate) fn interceptor(&self) -> SharedInterceptor {
        let (leaves, answered) = (self.clone(), self.clone());
        hold_or_stop(move |_| Ok(leaves.step()?), move || Ok(answered.step()?))
    }
}
