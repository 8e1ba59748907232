//! The item that a call of a worker or of a correction reads or writes, as a recorded run names it.

use crate::table::{Name, Thread};

/// An item of the table, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// None: a part of the call that follows.
    Nothing,
    /// The head and the live threads, by one query: the head comes first.
    Person,
    /// The part of a thread that seldom changes.
    Home(Thread),
    /// A live thread.
    Live(Thread),
    /// A thread that was moved out.
    Older(Thread),
    /// A message.
    Message(Name),
    /// Messages, in one call.
    Messages,
    /// The n-th correction.
    Record(u8),
    /// All corrections of the person.
    Records,
    /// An address.
    Address,
    /// The items of a transaction.
    Several,
    /// The rest, which the model does not know: subjects, questions, an index.
    Other,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The item that it is about.
    pub item: Item,
    /// Whether it may change it.
    pub writes: bool,
}
