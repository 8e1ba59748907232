//! Corrections by people: two threads become one, and perhaps two again, or a message goes into another thread. Two of them
//! may be at work at once.

use crate::guards::{Guard, Guards};
use crate::item::{Item, Touch};
use crate::table::{Before, Live, Name, Record, Table, Texts, Thread, Threads, all_of, bit};

/// The correction that is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// A thread goes into another one, and out again if that is taken back.
    Merge {
        /// The thread that goes.
        source: Thread,
        /// The thread that it goes into.
        target: Thread,
        /// Whether whoever merged them takes it back when it is done.
        is_taken_back: bool,
    },
    /// A message goes from one thread into another.
    Move {
        /// The message.
        name: Name,
        /// The thread that it leaves.
        from: Thread,
        /// The thread that it comes to.
        to: Thread,
    },
}

/// A thread that was read, and whether it had been moved out.
pub(crate) type Read = (Live, bool);

/// A thread and those that were merged into it, a bit each: `Family`.
type Family = u8;

/// The rest of a rebuild: `rebuild_all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rebuild {
    /// The number of the correction whose messages it is about.
    pub(crate) of: u8,
    /// The threads that are to be rebuilt still.
    pub(crate) todo: Family,
    /// The first of them.
    pub(crate) thread: Thread,
    /// The thread that it was followed to.
    pub(crate) now: Thread,
}

/// The next call of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Correcting {
    /// `family`: whose thread it is. Nothing was done yet, or it begins again after a crash.
    Begin,
    /// `named`: whether it was appended before.
    Named,
    /// `live`: the head, with the families if they were read before, which is only without [`Guard::HeadReadFirst`].
    Head(Option<Family>),
    /// `live`: the threads come after the head.
    Threads(Option<u8>, Option<Family>),
    /// `ground_of`: the corrections that are under way.
    Records(Threads),
    /// `family` of the thread that goes or is left.
    From(Option<Threads>),
    /// `family` of the other one.
    Into(Option<Threads>, Family),
    /// `among`: the source, if it was moved out.
    Left(Threads, Family),
    /// `among`: the target, if it was moved out.
    Kept(Threads, Family, Read),
    /// The transaction of `try_merge`.
    Merge(Threads, Family, Read, Read),
    /// `read_merged`: the head.
    Regret,
    /// `read_merged`: the threads, and the target if it is live.
    Merged(Option<u8>),
    /// `read_merged`: the target, if it was moved out.
    MergedOlder(Threads),
    /// `read_merged`: the family of the source.
    Source(Threads, Option<Read>),
    /// `read_merged`: whether the target was merged.
    Target(Threads, Option<Read>, Family),
    /// `read_merged`: what was folded through each thread of the source's family: those to ask still, and what they said.
    Late(Threads, Read, Family, Family, u8),
    /// `noted`: the messages that were folded through, to learn whether they are messages still.
    LateItems(Threads, Read, Family, u8),
    /// `noted`: the corrections.
    Noted(Threads, Read, Family, u8),
    /// `known` of the source, of the messages that were noted.
    Here(Threads, Read, Family, u8),
    /// `known` of the rest.
    There(Threads, Read, Family, u8, Texts),
    /// The notes are read before the threads: only without [`Guard::RevertReadsFirst`].
    NotedFirst(Option<u8>, Family, Texts, Texts),
    /// The transaction of `try_unmerge`: what the messages that were noted say in the source, and in the target.
    Unmerge(Threads, Read, Family, u8, Texts, Texts),
    /// `asked_for`: the message.
    Asked(Threads, Family),
    /// `asked_for`: whose the thread is where the message is.
    Elsewhere(Thread),
    /// The transaction of `begin_move`, with where the message was.
    Append(Threads, Thread, u8),
    /// `place`: the message is read.
    Look(u8),
    /// `place`: the message is written, if it is where it was read.
    Place(u8, Thread, u8),
    /// Each thread is followed to where it went, before the first is rebuilt: only without [`Guard::RebuildLooksAgain`].
    Settle(u8, Family, Family),
    /// `merged`, in `rebuild`.
    Follow(Rebuild),
    /// `live_or_archived`, in `rebuild`: the live thread.
    Live(Rebuild),
    /// `live_or_archived`, in `rebuild`: the thread that was moved out.
    Older(Rebuild),
    /// `family`, in `rebuild`.
    Family(Rebuild, Read),
    /// `known`, in `rebuild`: the message.
    Known(Rebuild, Read, Family),
    /// The message is read before its thread: only without [`Guard::CorrectionReadsFirst`].
    KnownFirst(Rebuild),
    /// The thread is read after its message: only without [`Guard::CorrectionReadsFirst`].
    LiveLast(Rebuild, Texts),
    /// `write_rebuilt`, with what is known.
    Write(Rebuild, Read, Family, Texts),
    /// The correction is done: `settle`.
    Settled(u8),
    /// All is done; whether it was made or refused.
    End(bool),
}

/// One correction at work.
pub(crate) struct Correction<'a> {
    /// The number of the one at work, of the two.
    pub(crate) n: u8,
    pub(crate) orders: [Option<Order>; 2],
    pub(crate) guards: Guards,
    /// Whether the index shows all messages: it may be behind.
    pub(crate) shows_all: bool,
    pub(crate) table: &'a mut Table,
}

impl Correcting {
    /// Whether the call looks for messages by the index.
    pub(crate) fn asks_index(self) -> bool {
        matches!(self, Self::Known(..) | Self::Here(..) | Self::There(..))
    }

    /// The item that the call reads or writes.
    pub(crate) fn touch(self, n: u8, order: Order) -> Touch {
        let (from, to) = order.ends();
        let read = |item| Touch { item, writes: false };
        let write = |item| Touch { item, writes: true };
        match self {
            Self::Begin | Self::From(_) | Self::Source(..) => read(Item::Home(from)),
            Self::Into(..) | Self::Target(..) => read(Item::Home(to)),
            Self::Elsewhere(thread) => read(Item::Home(thread)),
            Self::Named => read(Item::Record(n)),
            Self::Head(_) | Self::Regret | Self::NotedFirst(..) | Self::End(_) => {
                read(Item::Nothing)
            }
            Self::Threads(..) | Self::Merged(_) => read(Item::Person),
            Self::Records(_) | Self::Noted(..) => read(Item::Records),
            Self::Left(..) => read(Item::Older(from)),
            Self::Kept(..) | Self::MergedOlder(_) => read(Item::Older(to)),
            Self::Late(_, _, _, left, _) => read(Item::Home(all_of(left).next().unwrap_or(from))),
            Self::LateItems(..) | Self::Here(..) | Self::There(..) | Self::Asked(..) => {
                read(Item::Messages)
            }
            Self::Known(..) | Self::KnownFirst(_) => read(Item::Messages),
            Self::Merge(..) | Self::Unmerge(..) | Self::Append(..) => write(Item::Several),
            Self::Look(_) => read(Item::Message(order.name())),
            Self::Place(..) => write(Item::Message(order.name())),
            Self::Settle(_, todo, _) => read(Item::Home(all_of(todo).next().unwrap_or(from))),
            Self::Follow(it) | Self::Family(it, _) => read(Item::Home(it.now)),
            Self::Live(it) | Self::LiveLast(it, _) => read(Item::Live(it.now)),
            Self::Older(it) => read(Item::Older(it.now)),
            Self::Write(it, (_, true), ..) => write(Item::Older(it.now)),
            Self::Write(it, ..) => write(Item::Live(it.now)),
            Self::Settled(of) => write(Item::Record(of)),
        }
    }
}

impl Order {
    /// The thread that goes or is left, and the other one.
    fn ends(self) -> (Thread, Thread) {
        match self {
            Self::Merge { source, target, .. } => (source, target),
            Self::Move { from, to, .. } => (from, to),
        }
    }

    fn name(self) -> Name {
        match self {
            Self::Merge { .. } => 0,
            Self::Move { name, .. } => name,
        }
    }

    fn is_move(self) -> bool {
        matches!(self, Self::Move { .. })
    }
}

impl Correction<'_> {
    /// Makes the next call.
    pub(crate) fn step(&mut self, call: Correcting) -> Correcting {
        let Some(order) = self.orders[usize::from(self.n)] else {
            return Correcting::End(false);
        };
        let next = self.made(order, call);
        match (order, next) {
            // Whoever takes a merge back does so when it is done.
            (Order::Merge { source, target, is_taken_back: true }, Correcting::End(true))
                if !matches!(call, Correcting::Unmerge(..)) =>
            {
                let home = self.table.homes[usize::from(source)];
                let is_merged = home.is_some_and(|it| it.merged_into == Some(target));
                if is_merged { Correcting::Regret } else { Correcting::End(true) }
            }
            _ => next,
        }
    }

    fn made(&mut self, order: Order, call: Correcting) -> Correcting {
        let (from, to) = order.ends();
        match call {
            Correcting::Begin => Correcting::Named,
            Correcting::Named => self.named(order),
            Correcting::Head(families) => Correcting::Threads(self.table.heads[0], families),
            Correcting::Threads(version, families) => {
                let threads = self.threads(version);
                match families {
                    Some(family) => Self::left(from, to, threads, family),
                    None if order.is_move() && self.guards.hold(Guard::OthersCompleted) => {
                        Correcting::Records(threads)
                    }
                    None => Correcting::From(Some(threads)),
                }
            }
            Correcting::Records(threads) => match self.other_under_way(order) {
                Some(other) => Correcting::Look(other),
                None => Correcting::From(Some(threads)),
            },
            Correcting::From(threads) => match self.unmerged(from) {
                Some(family) => Correcting::Into(threads, family),
                None => Correcting::End(false),
            },
            Correcting::Into(threads, family) => match (self.unmerged(to), threads) {
                (None, _) => Correcting::End(false),
                (Some(_), None) => Correcting::Head(Some(family)),
                (Some(_), Some(threads)) if order.is_move() => Correcting::Asked(threads, family),
                (Some(_), Some(threads)) => Self::left(from, to, threads, family),
            },
            Correcting::Left(..) | Correcting::Kept(..) | Correcting::Merge(..) => {
                self.merge(from, to, call)
            }
            Correcting::Asked(..)
            | Correcting::Elsewhere(_)
            | Correcting::Append(..)
            | Correcting::Look(_)
            | Correcting::Place(..)
            | Correcting::Settle(..)
            | Correcting::Settled(_) => self.shift(order, call),
            Correcting::Follow(it)
            | Correcting::Live(it)
            | Correcting::Older(it)
            | Correcting::Family(it, _)
            | Correcting::Known(it, ..)
            | Correcting::KnownFirst(it)
            | Correcting::LiveLast(it, _)
            | Correcting::Write(it, ..) => self.rebuild(it, call),
            Correcting::Regret
            | Correcting::Merged(_)
            | Correcting::MergedOlder(_)
            | Correcting::Source(..)
            | Correcting::Target(..)
            | Correcting::Late(..)
            | Correcting::LateItems(..)
            | Correcting::Noted(..)
            | Correcting::Here(..)
            | Correcting::There(..)
            | Correcting::NotedFirst(..)
            | Correcting::Unmerge(..) => self.regret(from, to, call),
            Correcting::End(made) => Correcting::End(made),
        }
    }

    /// A correction that was appended before is completed, and nothing is appended twice.
    fn named(&self, order: Order) -> Correcting {
        match self.table.records[usize::from(self.n)] {
            Some(Record::Merge(_) | Record::Move { is_running: false, .. }) => {
                Correcting::End(true)
            }
            Some(Record::Move { is_running: true, .. }) => Correcting::Look(self.n),
            None if order.is_move() || self.guards.hold(Guard::HeadReadFirst) => {
                Correcting::Head(None)
            }
            None => Correcting::From(None),
        }
    }

    pub(crate) fn threads(&self, version: Option<u8>) -> Threads {
        Threads { contact: Some(0), version, live: self.table.all_live(Some(0)) }
    }

    /// The family of a thread, if it is no part of another.
    fn unmerged(&self, thread: Thread) -> Option<Family> {
        let home = self.table.homes[usize::from(thread)]?;
        home.merged_into.is_none().then_some(home.sources | bit(thread))
    }

    /// The other correction, if it moves the same message and is not done.
    fn other_under_way(&self, order: Order) -> Option<u8> {
        let other = 1 - self.n;
        let is_of_it = self.orders[usize::from(other)]
            .is_some_and(|it| it.is_move() && it.name() == order.name());
        let record = self.table.records[usize::from(other)];
        let is_running = matches!(record, Some(Record::Move { is_running: true, .. }));
        (is_of_it && is_running).then_some(other)
    }

    /// Whether a thread is where and as it was read.
    pub(crate) fn is_read(&self, thread: Thread, (read, is_archived): Read) -> bool {
        let items = if is_archived { &self.table.archived } else { &self.table.live };
        items[usize::from(thread)].is_some_and(|it| it.version == read.version)
            || !self.guards.hold(Guard::CorrectionVersion)
    }

    fn left(from: Thread, to: Thread, threads: Threads, family: Family) -> Correcting {
        match threads.live[usize::from(from)] {
            Some(left) => Self::kept(to, threads, family, (left, false)),
            None => Correcting::Left(threads, family),
        }
    }

    fn kept(to: Thread, threads: Threads, family: Family, left: Read) -> Correcting {
        match threads.live[usize::from(to)] {
            Some(kept) => Correcting::Merge(threads, family, left, (kept, false)),
            None => Correcting::Kept(threads, family, left),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`made` gives it these calls alone")]
    fn merge(&mut self, from: Thread, to: Thread, call: Correcting) -> Correcting {
        match call {
            Correcting::Left(threads, family) => match self.table.archived[usize::from(from)] {
                Some(left) => Self::kept(to, threads, family, (left, true)),
                None => Correcting::Begin,
            },
            Correcting::Kept(threads, family, left) => match self.table.archived[usize::from(to)] {
                Some(kept) => Correcting::Merge(threads, family, left, (kept, true)),
                None => Correcting::Begin,
            },
            Correcting::Merge(threads, family, left, kept) => {
                let are_alone = self.unmerged(from).is_some() && self.unmerged(to).is_some();
                let are_read = self.is_read(from, left) && self.is_read(to, kept);
                if !self.table.is_at(self.guards, &threads) || !are_read || !are_alone {
                    return Correcting::Begin;
                }
                self.write_merge((from, to), &threads, family, left, kept);
                Correcting::End(true)
            }
            other => other,
        }
    }

    fn write_merge(
        &mut self,
        (source, target): (Thread, Thread),
        threads: &Threads,
        family: Family,
        (left, left_is_older): Read,
        (kept, kept_is_older): Read,
    ) {
        let (from, to) = (usize::from(source), usize::from(target));
        let table = &mut *self.table;
        let mut both = Live { version: kept.version + 1, ..kept };
        for (kept, left) in both.folded.iter_mut().zip(left.folded) {
            *kept = left.max(*kept);
        }
        (table.live[from], table.archived[from]) = (None, None);
        // A target that was moved out takes the place of a source that was not.
        let stays_archived = kept_is_older && left_is_older;
        let both = Some(both);
        (table.live[to], table.archived[to]) =
            if stays_archived { (None, both) } else { (both, None) };
        table.heads[0] = threads.version.map(|it| it + 1);
        let before = Before { source: (left, left_is_older), target: kept };
        table.records[usize::from(self.n)] = Some(Record::Merge(before));
        if let Some(home) = &mut table.homes[from] {
            home.merged_into = Some(target);
        }
        if let Some(home) = &mut table.homes[to] {
            home.sources |= family;
        }
    }
}
