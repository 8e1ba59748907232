//! The items of the table, and the writes that have conditions.

use crate::guards::{Guard, Guards};

/// A thread, by its place in the arrays.
pub type Thread = u8;
/// A message, by its place in the arrays; a higher one was said later.
pub type Name = u8;
/// A person, by their place in the arrays.
pub type Contact = u8;

/// Messages of the greatest scenario.
pub const MESSAGES: usize = 5;
/// Threads of the greatest scenario. Where all are open, no further opening is tried.
pub const THREADS: usize = 4;

/// A set that one place is in.
pub(crate) fn bit(place: u8) -> u8 {
    1 << place
}

/// The places in a set, the lowest first.
pub(crate) fn all_of(set: u8) -> impl Iterator<Item = u8> {
    (0..8).filter(move |it| set & bit(*it) != 0)
}

/// The words of each message in one thread; a message that is not there says nothing.
pub(crate) type Texts = [Text; MESSAGES];

/// The knowledge of a message's words; the higher replaces the lower, as in `Stored::entry`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Text {
    /// Nothing.
    #[default]
    Absent,
    /// As it came.
    Said,
    /// As it was edited.
    Edited,
    /// It was taken back.
    Gone,
}

/// `MSG#`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// The thread that it is in.
    pub thread: Option<Thread>,
    /// The knowledge that there is of its words.
    pub text: Text,
    /// The number of the correction that decided about it last, counted from 1; 0 where it was filed.
    pub stamp: u8,
    /// Not in the table: the corrections that placed it at some time, a bit each.
    pub placed_by: u8,
}

impl Message {
    /// `Stored::is_settled`.
    pub(crate) fn is_settled(self) -> bool {
        self.thread.is_some() || self.text == Text::Gone
    }
}

/// `CON#…/1#` or `CON#…/2#`: its version, and what is folded into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Live {
    /// Its version.
    pub version: u8,
    /// The words that it knows of each message.
    pub folded: [Text; MESSAGES],
}

impl Live {
    /// `Live::fold`, which keeps the highest of each message.
    pub(crate) fn fold(mut self, name: Name, text: Text) -> Option<Self> {
        let kept = &mut self.folded[usize::from(name)];
        if text <= *kept {
            return None;
        }
        *kept = text;
        self.version += 1;
        Some(self)
    }

    /// `Profile::last_at`: the last message that it knows.
    pub(crate) fn last(&self) -> Option<usize> {
        self.folded.iter().rposition(|it| *it != Text::Absent)
    }
}

/// `THR#`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Home {
    /// The person that it is of.
    pub contact: Contact,
    /// The thread that it went into.
    pub merged_into: Option<Thread>,
    /// The threads that were merged into it, a bit each: what its timeline reads beside itself.
    pub sources: u8,
    /// The messages that were folded through it into the thread that it went into, a bit each.
    pub late: u8,
    /// Not in the table: the message that the thread was opened for.
    pub opener: Option<Name>,
}

/// `IDN#`: whose it is, and for the number whether the other address holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) contact: Option<Contact>,
    pub(crate) held: bool,
}

/// `CON#…/3#`, of a merge that was made: both threads as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Before {
    /// The thread that went, and whether it had been moved out.
    pub(crate) source: (Live, bool),
    pub(crate) target: Live,
}

/// `CON#…/3#`: a correction that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// A merge, which is done at once.
    Merge(Before),
    /// A move of a message.
    Move {
        /// The thread where the message was.
        was: Thread,
        /// The stamp that it had.
        stamp: u8,
        /// Whether it is under way.
        is_running: bool,
    },
}

/// All items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Table {
    /// The messages.
    pub messages: [Message; MESSAGES],
    /// The live threads.
    pub live: [Option<Live>; THREADS],
    /// Those that were moved out.
    pub archived: [Option<Live>; THREADS],
    /// The parts of threads that seldom change.
    pub homes: [Option<Home>; THREADS],
    /// `CON#…/0`: the version.
    pub heads: [Option<u8>; 2],
    pub(crate) addresses: [Address; 2],
    /// The corrections.
    pub records: [Option<Record>; 2],
    /// Not in the table: live threads that a person may have.
    pub(crate) most_live: usize,
}

/// The state of a person, as it was read: `Threads`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Threads {
    /// `None` for a person who is not there yet.
    pub(crate) contact: Option<Contact>,
    pub(crate) version: Option<u8>,
    pub(crate) live: [Option<Live>; THREADS],
}

impl Threads {
    /// `oldest`, where the live threads are complete. One may have to stay.
    fn makes_room(&self, most_live: usize, stays: Option<usize>) -> Option<(Thread, Live)> {
        let live = (0u8..).zip(self.live).filter_map(|(thread, it)| Some((thread, it?)));
        if live.clone().count() < most_live {
            return None;
        }
        live.filter(|it| stays != Some(usize::from(it.0)))
            .min_by_key(|(thread, it)| (it.last(), *thread))
    }
}

impl Table {
    /// The place of a thread that is not there yet.
    pub(crate) fn fresh_thread(&self) -> Option<Thread> {
        Some(u8::try_from(self.homes.iter().position(Option::is_none)?).unwrap_or(u8::MAX))
    }

    /// A live thread under the key of this person.
    pub(crate) fn live_of(&self, contact: Option<Contact>, thread: Thread) -> Option<Live> {
        let home = self.homes[usize::from(thread)]?;
        self.live[usize::from(thread)].filter(|_| contact == Some(home.contact))
    }

    /// The live threads of a person.
    pub(crate) fn all_live(&self, contact: Option<Contact>) -> [Option<Live>; THREADS] {
        let mut all = [None; THREADS];
        for (thread, place) in (0u8..).zip(&mut all) {
            *place = self.live_of(contact, thread);
        }
        all
    }

    /// Whether the condition of `write_message` holds.
    pub(crate) fn takes(&self, guards: Guards, name: Name) -> bool {
        let message = self.messages[usize::from(name)];
        (message.thread.is_none() || !guards.hold(Guard::MessageAbsent))
            && (message.text != Text::Gone || !guards.hold(Guard::NotTakenBack))
    }

    /// Sets what `write_message` sets. What came before the message stays.
    pub(crate) fn put_message(&mut self, name: Name, thread: Thread) -> Text {
        let message = &mut self.messages[usize::from(name)];
        message.thread = Some(thread);
        message.text = message.text.max(Text::Said);
        message.text
    }

    /// Whether the condition of `next_head` holds.
    pub(crate) fn is_at(&self, guards: Guards, threads: &Threads) -> bool {
        let version = threads.contact.and_then(|it| self.heads[usize::from(it)]);
        version == threads.version || !guards.hold(Guard::HeadVersion)
    }

    /// Whether the condition of `add_room` holds. The code also puts threads only where there is none: that always holds,
    /// as a thread is in one place.
    pub(crate) fn has_room(&self, guards: Guards, threads: &Threads, stays: Option<usize>) -> bool {
        let Some((thread, read)) = threads.makes_room(self.most_live, stays) else { return true };
        let place = usize::from(thread);
        let is_read = self.live[place].is_some_and(|it| it.version == read.version);
        is_read || !guards.hold(Guard::RoomVersion)
    }

    /// `next_head` and `add_room`.
    pub(crate) fn make_room(&mut self, contact: Contact, threads: &Threads, stays: Option<usize>) {
        self.heads[usize::from(contact)] = Some(threads.version.map_or(1, |it| it + 1));
        if let Some((thread, read)) = threads.makes_room(self.most_live, stays) {
            self.live[usize::from(thread)] = None;
            self.archived[usize::from(thread)] = Some(read);
        }
    }

    /// A thread where it is, and whether it was moved out.
    pub(crate) fn find(&self, thread: usize) -> Option<(Live, bool)> {
        let live = self.live[thread].map(|it| (it, false));
        live.or(self.archived[thread].map(|it| (it, true)))
    }

    /// The number of timelines that show a message of this thread: those of threads that were not merged, which read themselves
    /// and what was merged into them.
    pub(crate) fn shown(&self, thread: Thread) -> usize {
        let homes = (0u8..).zip(&self.homes).filter_map(|(place, it)| Some((place, (*it)?)));
        let roots = homes.filter(|(_, it)| it.merged_into.is_none());
        roots.filter(|(place, it)| (it.sources | bit(*place)) & bit(thread) != 0).count()
    }

    /// The thread that a thread went into by merges, to the last: what a fold follows.
    pub(crate) fn end_of(&self, mut thread: Thread) -> Thread {
        while let Some(into) = self.homes[usize::from(thread)].and_then(|it| it.merged_into) {
            thread = into;
        }
        thread
    }
}
