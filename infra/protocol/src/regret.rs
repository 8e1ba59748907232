//! A merge that is taken back: `try_unmerge`, call by call.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Correction::made` gives each kind of call to the part that makes it"
)]

use crate::correction::{Correcting, Correction, Order, Read};
use crate::guards::Guard;
use crate::table::{Before, MESSAGES, Record, Text, Texts, Thread, Threads, all_of, bit};

impl Correction<'_> {
    pub(crate) fn regret(&mut self, from: Thread, to: Thread, call: Correcting) -> Correcting {
        match call {
            Correcting::Regret => Correcting::Merged(self.table.heads[0]),
            Correcting::Merged(version) if self.guards.hold(Guard::RevertReadsFirst) => {
                let threads = self.threads(version);
                match threads.live[usize::from(to)] {
                    Some(live) => Correcting::Source(threads, Some((live, false))),
                    None => Correcting::MergedOlder(threads),
                }
            }
            Correcting::Merged(version) => {
                let family = self.family_of(from);
                let noted = self.late_of(family) | self.moved_of(family);
                let there = self.said_in(noted, self.family_of(to) & !family);
                Correcting::NotedFirst(version, family, self.said_in(noted, family), there)
            }
            Correcting::NotedFirst(version, family, here, there) => {
                let threads = self.threads(version);
                let noted = self.late_of(family) | self.moved_of(family);
                match self.table.find(usize::from(to)) {
                    Some(read) => Correcting::Unmerge(threads, read, family, noted, here, there),
                    None => Correcting::End(false),
                }
            }
            Correcting::MergedOlder(threads) => {
                let archived = self.table.archived[usize::from(to)];
                Correcting::Source(threads, archived.map(|it| (it, true)))
            }
            Correcting::Source(threads, read) => match self.table.homes[usize::from(from)] {
                Some(home) if home.merged_into == Some(to) => {
                    Correcting::Target(threads, read, home.sources | bit(from))
                }
                Some(_) | None => Correcting::End(false),
            },
            Correcting::Target(threads, read, family) => match self.table.homes[usize::from(to)] {
                Some(home) if home.merged_into.is_none() => match read {
                    Some(read) => Correcting::Late(threads, read, family, family, 0),
                    None => Correcting::Regret,
                },
                Some(_) | None => Correcting::End(false),
            },
            Correcting::Late(threads, read, family, left, late) => {
                let Some(thread) = all_of(left).next() else { return Correcting::End(false) };
                let late = late | self.late_of(bit(thread));
                match (left & !bit(thread), late) {
                    (0, 0) if self.is_untouched(read) => {
                        let nothing = [Text::Absent; MESSAGES];
                        Correcting::Unmerge(threads, read, family, 0, nothing, nothing)
                    }
                    (0, 0) => Correcting::Noted(threads, read, family, 0),
                    (0, late) => Correcting::LateItems(threads, read, family, late),
                    (left, late) => Correcting::Late(threads, read, family, left, late),
                }
            }
            Correcting::LateItems(threads, read, family, late) => {
                Correcting::Noted(threads, read, family, late)
            }
            Correcting::Noted(threads, read, family, late) => {
                Correcting::Here(threads, read, family, late | self.moved_of(family))
            }
            Correcting::Here(threads, read, family, noted) => {
                let shown = if self.shows_all { u8::MAX } else { noted };
                Correcting::There(threads, read, family, noted, self.said_in(shown, family))
            }
            Correcting::There(threads, read, family, noted, here) => {
                let shown = if self.shows_all { u8::MAX } else { noted };
                let there = self.said_in(shown, self.family_of(to) & !family);
                Correcting::Unmerge(threads, read, family, noted, here, there)
            }
            Correcting::Unmerge(threads, read, family, noted, here, there) => {
                self.unmerge((from, to), &threads, read, (family, noted), (here, there))
            }
            other => other,
        }
    }

    fn family_of(&self, thread: Thread) -> u8 {
        self.table.homes[usize::from(thread)].map_or(0, |it| it.sources) | bit(thread)
    }

    /// The messages that were folded through merged threads.
    fn late_of(&self, family: u8) -> u8 {
        let homes = all_of(family).filter_map(|it| self.table.homes[usize::from(it)]);
        homes.fold(0, |late, it| late | it.late)
    }

    /// The messages that corrections brought to these threads or took from them.
    fn moved_of(&self, family: u8) -> u8 {
        let records = self.table.records.iter().zip(self.orders);
        records.fold(0, |noted, it| match it {
            (Some(Record::Move { was, .. }), Some(Order::Move { name, to, .. }))
                if family & (bit(*was) | bit(to)) != 0 =>
            {
                noted | bit(name)
            }
            _ => noted,
        })
    }

    /// The words of these messages, of those that are in these threads.
    pub(crate) fn said_in(&self, noted: u8, family: u8) -> Texts {
        let mut said = [Text::Absent; MESSAGES];
        for (name, message) in (0u8..).zip(&self.table.messages) {
            let is_here = message.thread.is_some_and(|it| family & bit(it) != 0);
            if is_here && noted & bit(name) != 0 {
                said[usize::from(name)] = message.text;
            }
        }
        said
    }

    fn before(&self) -> Option<Before> {
        match self.table.records[usize::from(self.n)] {
            Some(Record::Merge(before)) => Some(before),
            Some(Record::Move { .. }) | None => None,
        }
    }

    fn is_untouched(&self, (now, _): Read) -> bool {
        self.before().is_some_and(|it| now.version == it.target.version + 1)
    }

    fn unmerge(
        &mut self,
        (from, to): (Thread, Thread),
        threads: &Threads,
        (now, is_archived): Read,
        (family, noted): (u8, u8),
        (here, there): (Texts, Texts),
    ) -> Correcting {
        let Some(Before { source: (before, was_older), target: kept }) = self.before() else {
            return Correcting::End(false);
        };
        let (source, target) = (usize::from(from), usize::from(to));
        let is_merged = self.table.homes[source].is_some_and(|it| it.merged_into == Some(to));
        let holds = self.table.is_at(self.guards, threads)
            && is_merged
            && self.is_read(to, (now, is_archived))
            && (was_older || self.table.has_room(self.guards, threads, Some(target)));
        if !holds {
            return Correcting::Regret;
        }
        let (mut alone, mut rest) = (before, now);
        if noted == 0 && self.is_untouched((now, is_archived)) {
            rest = kept;
        } else {
            for name in 0..MESSAGES {
                let was_there = alone.folded[name] != Text::Absent;
                if noted & 1 << name != 0 {
                    (alone.folded[name], rest.folded[name]) = (Text::Absent, Text::Absent);
                }
                alone.folded[name] = here[name].max(alone.folded[name]);
                if was_there || alone.folded[name] != Text::Absent {
                    rest.folded[name] = Text::Absent;
                }
                rest.folded[name] = there[name].max(rest.folded[name]);
            }
        }
        (alone.version, rest.version) = (before.version + 1, now.version + 1);
        let table = &mut *self.table;
        if was_older {
            table.heads[0] = threads.version.map(|it| it + 1);
            table.archived[source] = Some(alone);
        } else {
            table.make_room(0, threads, Some(target));
            table.live[source] = Some(alone);
        }
        let items = if is_archived { &mut table.archived } else { &mut table.live };
        items[target] = Some(rest);
        if let Some(home) = &mut table.homes[source] {
            (home.merged_into, home.late) = (None, 0);
        }
        if let Some(home) = &mut table.homes[target] {
            home.sources &= !family;
        }
        Correcting::End(true)
    }
}
