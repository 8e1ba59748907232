//! The scenarios that are tried: who is there, what comes, and what may go wrong how often.

use crate::correction::Order;
use crate::queue::{Entry, Event};
use crate::table::{Address, Before, Home, Live, Message, Record, Table, Text};

/// A beginning, what comes, and how often things go wrong.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of it in reports.
    pub name: &'static str,
    pub(crate) table: Table,
    pub(crate) entries: Vec<Entry>,
    /// The address that each group's messages are from; `None` where the person is known from the start.
    pub(crate) strangers: bool,
    /// Whether messages may open threads.
    pub(crate) opens: bool,
    /// Whether a message may name a thread that is not live.
    pub(crate) names_older: bool,
    pub(crate) orders: [Option<Order>; 2],
    /// The number of times that a worker or a correction is killed between two calls.
    pub(crate) crashes: u8,
    /// The number of times that an entry comes again while a worker still works on it.
    pub(crate) expiries: u8,
    /// The number of entries that are set aside and put back out of order.
    pub(crate) asides: u8,
}

/// Live threads that a person may have, where nothing else is said.
const MOST_LIVE: usize = 2;

fn merge(source: u8, target: u8, is_taken_back: bool) -> Order {
    Order::Merge { source, target, is_taken_back }
}

fn entries<const N: usize>(all: [(u8, Event); N]) -> Vec<Entry> {
    all.map(|(group, event)| Entry { group, event }).into()
}

/// A person with threads, each with these messages folded in; those after the first so many were moved out.
fn known(threads: &[&[usize]], n_live: usize) -> Table {
    let mut table = Table { heads: [Some(1), None], most_live: MOST_LIVE, ..Table::default() };
    table.addresses = [Address { contact: Some(0), held: false }; 2];
    for (place, names) in threads.iter().enumerate() {
        let mut live = Live { version: 1, ..Live::default() };
        for name in *names {
            live.folded[*name] = Text::Said;
            let thread = u8::try_from(place).ok();
            table.messages[*name] = Message { thread, text: Text::Said, ..Message::default() };
        }
        table.homes[place] = Some(Home::default());
        let items = if place < n_live { &mut table.live } else { &mut table.archived };
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
            orders: [None; 2],
            crashes: 2,
            expiries: 1,
            asides: 1,
        }
    }

    /// Two addresses of a person who is not known yet write at once, one of them twice.
    #[must_use]
    pub fn first_contact() -> Self {
        let all = [(0, Event::Said(0)), (1, Event::Said(1)), (0, Event::Said(0))];
        let table = Table { most_live: MOST_LIVE, ..Table::default() };
        Self { strangers: true, ..Self::quiet("a first contact", table, entries(all)) }
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
        let orders = [Some(merge(0, 1, false)), None];
        Self { orders, crashes: 1, ..Self::quiet("a merge", known(&[&[0], &[1]], 2), entries(all)) }
    }

    /// A merge is taken back while messages come, come twice, and are edited.
    #[must_use]
    pub fn revert() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(2)), (1, Event::Edited(0))];
        let orders = [Some(merge(0, 1, true)), None];
        let table = known(&[&[0], &[1]], 2);
        let quiet = Self::quiet("a merge that is taken back", table, entries(all));
        Self { orders, opens: false, crashes: 1, asides: 0, ..quiet }
    }

    /// A message is moved into another thread while it comes, comes twice, and is edited.
    #[must_use]
    pub fn shift() -> Self {
        let all = [(0, Event::Said(2)), (0, Event::Edited(2)), (1, Event::Edited(0))];
        let orders = [Some(Order::Move { name: 2, from: 0, to: 1 }), None];
        let quiet = Self::quiet("a move", known(&[&[0], &[1]], 2), entries(all));
        Self { orders, opens: false, crashes: 1, asides: 0, ..quiet }
    }

    /// Three threads, of which one goes into another while that goes into the third.
    #[must_use]
    pub fn merges() -> Self {
        let table = Table { most_live: 3, ..known(&[&[0], &[1], &[2]], 3) };
        let orders = [Some(merge(0, 1, false)), Some(merge(1, 2, false))];
        let quiet = Self::quiet("two merges at once", table, entries([(0, Event::Edited(0))]));
        Self { orders, opens: false, crashes: 1, expiries: 0, asides: 0, ..quiet }
    }

    /// Two move one message, each into another thread.
    #[must_use]
    pub fn moves() -> Self {
        let table = Table { most_live: 3, ..known(&[&[0], &[1], &[2]], 3) };
        let orders = [1, 2].map(|to| Some(Order::Move { name: 0, from: 0, to }));
        let quiet = Self::quiet("two moves at once", table, entries([(0, Event::Edited(0))]));
        Self { orders, opens: false, crashes: 1, expiries: 0, asides: 0, ..quiet }
    }

    /// A merge is taken back while a message is moved that came with it.
    #[must_use]
    pub fn apart() -> Self {
        let mut table = Table { most_live: 3, ..known(&[&[0], &[1], &[2]], 3) };
        if let [Some(source), Some(target), ..] = table.live {
            let both = Live {
                version: 2,
                folded: [Text::Said, Text::Said, Text::Absent, Text::Absent, Text::Absent],
            };
            (table.live[0], table.live[1]) = (None, Some(both));
            table.records[0] = Some(Record::Merge(Before { source: (source, false), target }));
        }
        table.homes[0] = Some(Home { merged_into: Some(1), ..Home::default() });
        table.homes[1] = Some(Home { sources: 1, ..Home::default() });
        let orders = [Some(merge(0, 1, true)), Some(Order::Move { name: 0, from: 1, to: 2 })];
        let quiet = Self::quiet("a move beside the end of a merge", table, Vec::new());
        Self { orders, opens: false, crashes: 1, expiries: 0, asides: 0, ..quiet }
    }

    /// The start of a recorded run, and what it does: nothing is left to chance but its order.
    #[must_use]
    pub fn recorded(table: &Table, entries: Vec<Entry>, orders: [Option<Order>; 2]) -> Self {
        let table = Table { most_live: 24, ..table.clone() };
        let quiet = Self::quiet("a recorded run", table, entries);
        Self { orders, crashes: 0, expiries: 0, asides: 0, ..quiet }
    }
}
