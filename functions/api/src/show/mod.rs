//! The answers of the API as types: handlers make them of the table's things, and the OpenAPI document is made of the types.
//!
//! A field that has no value is left out; none is ever null.

mod contact;
mod correction;
mod message;
mod plan;
mod problem;
mod thread;

pub(crate) use contact::{Changed as ContactChanged, Contact, ContactList, Identity, Preferences};
pub(crate) use correction::{Correction, CorrectionList};
pub(crate) use message::{AnyContent, Message, Timeline, TimelineMessage};
pub(crate) use plan::{Accepted, ChosenWay, SendPlan, WayVerdict};
pub(crate) use problem::{Alternatives, PartError, Problem, SendFailure};
pub(crate) use thread::{Changed as ThreadChanged, Thread, ThreadList};

/// Whether a merge patch gives a field a value: neither leaves it alone nor takes it away.
fn is_set(patch: &serde_json::Value, name: &str) -> bool {
    patch.get(name).is_some_and(|it| !it.is_null())
}
