//! Sends messages by the right channel, once.
//!
//! One entry of the queue is one step of one message: make an attempt, or see what became of one. The order is always the
//! same: a timer that asks later, the INTENT, the call, its result. So whatever stops the program, either nothing was sent,
//! or the timer finds an INTENT without a result and says so.

mod accounts;
mod attempt;
mod consume;
mod outbox;
mod send;

pub use accounts::Accounts;
pub use outbox::{Outbox, senders};
