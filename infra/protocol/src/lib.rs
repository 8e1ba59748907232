//! A model of the table's write protocol, small enough to try every order of its steps.
//!
//! Each step of a worker is one call to the table, and is named after the function of `aws::table` that makes it. Between
//! any two of them another worker, a correction, a crash, a redelivery or a redrive may come: the checker tries all of it.
//! What decides where a message goes is left open: the model takes every answer, so that nothing rests on the weights.
//!
//! It does not model words, times or capacity, nor what is idempotent by itself (windows, consents, reactions).
#![expect(
    clippy::indexing_slicing,
    reason = "all indexes are of the fixed bounds of a model; one out of them fails the check"
)]

mod correction;
mod filing;
mod fold;
mod guards;
mod queue;
mod scenario;
mod state;
mod table;

pub use filing::Answer;
pub use guards::{Guard, Guards};
pub use scenario::Scenario;
pub use state::{Action, Protocol, State};
