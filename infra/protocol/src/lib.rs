//! A model of the table's write protocol, small enough to try every order of its steps.
//!
//! Each step of a worker is one call to the table, and is named after the function of `aws::store` that makes it. Between
//! any two of them another worker, a correction, a crash, a redelivery or a redrive may come: the checker tries all of it.
//! The decision where a message goes is left open: the model takes every answer, so that nothing rests on the weights.
//!
//! It does not model words, times or capacity, nor what is idempotent by itself (windows, consents, reactions).
//!
//! A model is worth what it has in common with the code: `tests/traces.rs` records what the code reads and writes and follows
//! it here, call by call ([`Replay`]).
#![expect(
    clippy::indexing_slicing,
    reason = "all indexes are of the fixed bounds of a model; one out of them fails the check"
)]

mod correction;
mod filing;
mod fold;
mod guards;
mod item;
mod queue;
mod regret;
mod replay;
mod scenario;
mod shift;
mod state;
mod table;

pub use correction::Order;
pub use filing::FilingAnswer;
pub use guards::{Guard, Guards};
pub use item::{Item, Touch};
pub use queue::{Entry, Event};
pub use replay::{Replay, Who};
pub use scenario::Scenario;
pub use state::{Action, Protocol, State};
pub use table::{
    Before, Contact, Home, Live, MESSAGES, Message, Name, Record, THREADS, Table, Text, Thread,
};
