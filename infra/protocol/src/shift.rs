//! A move, step by step: appended, the message placed, each thread rebuilt, done.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Correction::made` gives each kind of call to the part that makes it"
)]

use crate::correction::{Correcting, Correction, Order, Rebuild};
use crate::guards::Guard;
use crate::table::{Live, Record, Text, Texts, all_of, bit};

impl Correction<'_> {
    pub(crate) fn shift(&mut self, order: Order, call: Correcting) -> Correcting {
        let Order::Move { name, .. } = order else { return Correcting::End(false) };
        let message = self.table.messages[usize::from(name)];
        match call {
            Correcting::Asked(threads, family) => match message.thread {
                Some(thread) if family & bit(thread) != 0 => {
                    Correcting::Append(threads, thread, message.stamp)
                }
                Some(thread) => Correcting::Elsewhere(thread),
                None => Correcting::End(false),
            },
            Correcting::Elsewhere(_) => Correcting::End(false),
            Correcting::Append(threads, thread, stamp) => {
                if self.guards.hold(Guard::OthersCompleted) {
                    if !self.table.is_at(self.guards, &threads) {
                        return Correcting::Begin;
                    }
                    self.table.heads[0] = threads.version.map(|it| it + 1);
                }
                let record = Record::Move { was: thread, stamp, is_running: true };
                self.table.records[usize::from(self.n)] = Some(record);
                Correcting::Look(self.n)
            }
            Correcting::Look(of) => match self.table.records[usize::from(of)] {
                Some(Record::Move { was, stamp, .. })
                    if message.thread == Some(was) && message.stamp == stamp =>
                {
                    Correcting::Place(of, was, stamp)
                }
                _ => self.placed(of),
            },
            Correcting::Place(of, was, stamp) => {
                if message.thread != Some(was) || message.stamp != stamp {
                    return Correcting::Look(of);
                }
                let Some(Order::Move { to, .. }) = self.orders[usize::from(of)] else {
                    return Correcting::End(false);
                };
                let message = &mut self.table.messages[usize::from(name)];
                message.thread = Some(to);
                message.stamp = of + 1;
                message.placed_by |= bit(of);
                self.placed(of)
            }
            Correcting::Settle(of, todo, settled) => {
                let Some(thread) = all_of(todo).next() else {
                    return Self::next(self.guards.hold(Guard::CorrectionReadsFirst), of, settled);
                };
                let settled = settled | bit(self.table.end_of(thread));
                let todo = todo & !bit(thread);
                if todo == 0 {
                    return Self::next(self.guards.hold(Guard::CorrectionReadsFirst), of, settled);
                }
                Correcting::Settle(of, todo, settled)
            }
            Correcting::Settled(of) => {
                if let Some(Record::Move { is_running, .. }) =
                    &mut self.table.records[usize::from(of)]
                {
                    *is_running = false;
                }
                // Another one's was completed: from the start.
                if of == self.n { Correcting::End(true) } else { Correcting::Begin }
            }
            other => other,
        }
    }

    /// The message is where it belongs: the threads are rebuilt, the first of them first.
    fn placed(&self, of: u8) -> Correcting {
        let Some(Order::Move { from, to, .. }) = self.orders[usize::from(of)] else {
            return Correcting::End(false);
        };
        let was = match self.table.records[usize::from(of)] {
            Some(Record::Move { was, .. }) => bit(was),
            _ => 0,
        };
        let all = bit(from) | bit(to) | was;
        if self.guards.hold(Guard::RebuildLooksAgain) {
            Self::next(self.guards.hold(Guard::CorrectionReadsFirst), of, all)
        } else {
            Correcting::Settle(of, all, 0)
        }
    }

    fn next(reads_first: bool, of: u8, todo: u8) -> Correcting {
        let Some(thread) = all_of(todo).next() else { return Correcting::Settled(of) };
        let rebuild = Rebuild { of, todo, thread, now: thread };
        if reads_first { Correcting::Follow(rebuild) } else { Correcting::KnownFirst(rebuild) }
    }

    pub(crate) fn rebuild(&mut self, it: Rebuild, call: Correcting) -> Correcting {
        let again = || Correcting::Follow(Rebuild { now: it.thread, ..it });
        let place = usize::from(it.now);
        match call {
            Correcting::Follow(_) => match self.table.homes[place].and_then(|it| it.merged_into) {
                Some(now) => Correcting::Follow(Rebuild { now, ..it }),
                None => Correcting::Live(it),
            },
            Correcting::Live(_) => match self.table.live[place] {
                Some(live) => Correcting::Family(it, (live, false)),
                None => Correcting::Older(it),
            },
            Correcting::Older(_) => match self.table.archived[place] {
                Some(archived) => Correcting::Family(it, (archived, true)),
                None => again(),
            },
            Correcting::Family(_, read) => {
                let home = self.table.homes[place].filter(|it| it.merged_into.is_none());
                match home.map(|home| home.sources | bit(it.now)) {
                    Some(family)
                        if family & bit(it.thread) != 0
                            || !self.guards.hold(Guard::RebuildLooksAgain) =>
                    {
                        Correcting::Known(it, read, family)
                    }
                    Some(_) | None => again(),
                }
            }
            Correcting::Known(_, read, family) => {
                Correcting::Write(it, read, family, self.known(it, family))
            }
            Correcting::KnownFirst(_) => Correcting::LiveLast(it, self.known(it, bit(it.now))),
            Correcting::LiveLast(_, said) => match self.table.find(place) {
                Some(read) => Correcting::Write(it, read, bit(it.now), said),
                None => Correcting::KnownFirst(it),
            },
            Correcting::Write(_, (read, is_archived), family, said) => {
                if !self.is_read(it.now, (read, is_archived)) {
                    return again();
                }
                let mut next = Live { version: read.version + 1, ..read };
                next.folded[self.name_of(it)] = Text::Absent;
                for (folded, said) in next.folded.iter_mut().zip(said) {
                    *folded = said.max(*folded);
                }
                // A thread that does not know the message yet is written too: whoever is about to fold the message into
                // it has to read again.
                if next.folded != read.folded || self.guards.hold(Guard::CorrectionWrites) {
                    let table = &mut *self.table;
                    let items = if is_archived { &mut table.archived } else { &mut table.live };
                    items[place] = Some(next);
                }
                let todo = it.todo & !(family | bit(it.thread));
                Self::next(self.guards.hold(Guard::CorrectionReadsFirst), it.of, todo)
            }
            other => other,
        }
    }

    fn name_of(&self, it: Rebuild) -> usize {
        match self.orders[usize::from(it.of)] {
            Some(Order::Move { name, .. }) => usize::from(name),
            Some(Order::Merge { .. }) | None => 0,
        }
    }

    /// The words of the message in a thread with this family, and all others that the index shows there.
    fn known(&self, it: Rebuild, family: u8) -> Texts {
        let own = u8::try_from(self.name_of(it)).map_or(0, bit);
        self.said_in(if self.shows_all { u8::MAX } else { own }, family)
    }
}
