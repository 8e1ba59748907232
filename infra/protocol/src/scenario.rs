//! What is tried: who is there, what comes, and what may go wrong how often.

use crate::correction::Order;
use crate::queue::{Entry, Event};
use crate::table::{Address, Home, Live, Message, Table, Text};

/// A beginning, what comes, and how often things go wrong.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    pub(crate) table: Table,
    pub(crate) entries: Vec<Entry>,
    /// The address that each group's messages are from; `None` where the person is known from the start.
    pub(crate) strangers: bool,
    /// Whether messages may open threads.
    pub(crate) opens: bool,
    /// Whether a message may name a thread that is not live.
    pub(crate) names_older: bool,
    pub(crate) correction: Option<Order>,
    /// How often a worker or the correction is killed between two calls.
    pub(crate) crashes: u8,
    /// How often an entry comes again while a worker still works on it.
    pub(crate) expiries: u8,
    /// How many entries are set aside and put back out of order.
    pub(crate) asides: u8,
}

fn entries<const N: usize>(all: [(u8, Event); N]) -> Vec<Entry> {
    all.map(|(group, event)| Entry { group, event }).into()
}

/// A person with threads, each with these messages folded in; those after the first so many were moved out.
fn known(threads: &[&[usize]], n_live: usize) -> Table {
    let mut table = Table { heads: [Some(1), None], ..Table::default() };
    table.addresses = [Address { contact: Some(0), held: false }; 2];
    for (place, names) in threads.iter().enumerate() {
        let mut live = Live { version: 1, ..Live::default() };
        for name in *names {
            live.folded[*name] = Text::Said;
            table.messages[*name] = Message { thread: u8::try_from(place).ok(), text: Text::Said };
        }
        table.homes[place] = Some(Home { contact: 0, merged_into: None, late: 0, opener: None });
        let items = if place < n_live { &mut table.live } else { &mut table.older };
        items[place] = Some(live);
    }
    table
}

impl Scenario {
    fn quiet(name: &'static str, table: Table, entries: Vec<Entry>) -> Self {
        Self {
            name,
            table,
            entries,
            strangers: false,
            opens: true,
            names_older: false,
            correction: None,
            crashes: 2,
            expiries: 1,
            asides: 1,
        }
    }

    /// Two addresses of a person who is not known yet write at once, one of them twice.
    #[must_use]
    pub fn first_contact() -> Self {
        let all = [(0, Event::Said(0)), (1, Event::Said(1)), (0, Event::Said(0))];
        Self { strangers: true, ..Self::quiet("a first contact", Table::default(), entries(all)) }
    }

    /// Two addresses of a person with one thread write at once; the platform brings a message twice, and it is edited and
    /// taken back.
    #[must_use]
    pub fn topics() -> Self {
        let all = [
            (0, Event::Said(1)),
            (0, Event::Edited(1)),
            (0, Event::Deleted(1)),
            (1, Event::Said(2)),
        ];
        Self::quiet("messages of two addresses", known(&[&[0]], 1), entries(all))
    }

    /// The live threads are complete: what opens, and what is brought back, makes one of them move out.
    #[must_use]
    pub fn room() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(0)), (1, Event::Said(3))];
        let table = known(&[&[1], &[], &[0]], 2);
        Self { names_older: true, ..Self::quiet("threads that make room", table, entries(all)) }
    }

    /// Two threads are merged while messages come, come twice, are edited and taken back.
    #[must_use]
    pub fn merge() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(2)), (1, Event::Deleted(0))];
        let correction = Some(Order::Merge { source: 0, target: 1, is_taken_back: false });
        Self {
            correction,
            crashes: 1,
            ..Self::quiet("a merge", known(&[&[0], &[1]], 2), entries(all))
        }
    }

    /// A merge is taken back while messages come, come twice, and are edited.
    #[must_use]
    pub fn revert() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(2)), (1, Event::Edited(0))];
        let correction = Some(Order::Merge { source: 0, target: 1, is_taken_back: true });
        let table = known(&[&[0], &[1]], 2);
        let quiet = Self::quiet("a merge that is taken back", table, entries(all));
        Self { correction, opens: false, crashes: 1, asides: 0, ..quiet }
    }

    /// A message is moved into another thread while it comes, comes twice, and is edited.
    #[must_use]
    pub fn shift() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(2)), (1, Event::Edited(0))];
        let correction = Some(Order::Move { name: 2, from: 0, to: 1 });
        let quiet = Self::quiet("a move", known(&[&[0], &[1]], 2), entries(all));
        Self { correction, opens: false, crashes: 1, ..quiet }
    }
}
