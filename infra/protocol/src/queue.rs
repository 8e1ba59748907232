//! The queue: groups in order, deliveries again, and what was set aside after too many of them.

use crate::table::Name;

/// The content of an entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message, which goes where every answer of the decision is tried.
    Said(Name),
    /// An edit of a message.
    Edited(Name),
    /// A message was taken back.
    Deleted(Name),
}

/// An entry of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The address that it is from: entries of one are delivered in order.
    pub group: u8,
    /// The news that it brings.
    pub event: Event,
}

/// The state of an entry's delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Delivery {
    /// It waits, for the first time or again.
    #[default]
    Waits,
    /// A worker has it.
    Out,
    /// It came too often: it is out of the way of its group until somebody puts it back.
    Aside,
    /// It was acknowledged.
    Done,
}

/// Whether an entry may be delivered now: all before it in its group are done or set aside. One that was set aside is put
/// back whenever somebody likes.
pub(crate) fn is_deliverable(entries: &[Entry], deliveries: &[Delivery], place: usize) -> bool {
    match deliveries[place] {
        Delivery::Out | Delivery::Done => false,
        Delivery::Aside => true,
        Delivery::Waits => entries[..place].iter().zip(deliveries).all(|(it, delivery)| {
            it.group != entries[place].group || matches!(delivery, Delivery::Aside | Delivery::Done)
        }),
    }
}
