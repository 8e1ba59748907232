//! The sending of one message once by each of its legs: what is known of it, what may be done next, and when to try again.
//!
//! Pure: the queue, the timers, the table and the platform are the caller's. The order is always a timer, the INTENT, the
//! call, its result: whatever stops a program in between, what it left says whether a platform may have the message.

mod entry;
mod leg;
mod message;
mod progress;
mod receive;
mod retry;

#[cfg(test)]
mod model;

pub use entry::{OutboundEntry, Step};
pub use leg::{Attempt, End, Leg, Received};
pub use message::{Outgoing, shown};
pub use progress::{Move, Progress, decide};
pub use receive::{Receiving, receive};
pub use retry::{Retry, after_failure, out_of_time};

/// The greatest number of attempts, and of receipts, that is kept of a leg.
pub const MAX_KEPT: usize = 16;

/// The time that a message without an expiry of its own is tried, in milliseconds.
pub const MAX_TRYING_MS: i64 = 24 * 3_600_000;

/// The longest time that a message is tried, whatever its caller says, in milliseconds: what is tried for ever is a loop.
pub const MOST_TRYING_MS: i64 = 7 * 24 * 3_600_000;
