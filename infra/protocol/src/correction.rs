//! A correction by a person: two threads become one, and perhaps two again, or a message goes into another thread.

use crate::guards::{Guard, Guards};
use crate::table::{Before, Live, MESSAGES, Name, Table, Text, Thread, Threads};

/// What is corrected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// The first thread goes into the second, and out again if that is taken back.
    Merge { source: Thread, target: Thread, is_taken_back: bool },
    /// A message goes from one thread into another.
    Move { name: Name, from: Thread, to: Thread },
}

/// A thread that was read, and whether it had been moved out.
type Read = (Live, bool);

/// What each message says in one thread; what is not there says nothing.
type Said = [Text; MESSAGES];

/// The next call of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Nothing was done yet, or it begins again after a crash: `record`.
    Begin,
    /// `pair`: the threads come after the head.
    Pair(Option<u8>),
    /// The transaction of `try_merge`.
    Merge(Threads, Read, Read),
    /// `read_merged`: the head.
    Regret,
    /// `read_merged`: the threads, and the target where it is.
    Merged(Option<u8>),
    /// `read_merged` and `noted`: what came to the source since, and each of these messages.
    Noted(Threads, Read),
    /// The same before the threads are read: only without [`Guard::RevertReadsFirst`].
    NotedFirst(Option<u8>, Said, Said),
    /// The transaction of `try_unmerge`: what the messages that were noted say in the source, and in the target.
    Unmerge(Threads, Read, Said, Said),
    /// `place`: the message's thread is rewritten.
    Place,
    /// `rebuild`: a thread is read.
    Rebuild(Thread),
    /// `known`: the message is read, after the thread.
    Known(Thread, Option<Read>),
    /// The thread is read after the message: only without [`Guard::CorrectionReadsFirst`].
    KnownFirst(Thread, Text),
    /// `write_rebuilt`.
    Write(Thread, Option<Read>, Text),
    /// All is done.
    End,
}

/// One correction at work.
pub(crate) struct Correction<'a> {
    pub(crate) order: Order,
    pub(crate) guards: Guards,
    pub(crate) table: &'a mut Table,
}

impl Correction<'_> {
    /// Makes the next call.
    pub(crate) fn step(&mut self, call: Call) -> Call {
        match self.order {
            Order::Merge { source, target, is_taken_back } => {
                let next = self.merge((usize::from(source), usize::from(target)), call);
                // Whoever takes a merge back does so when it is done.
                if next == Call::End && is_taken_back {
                    self.begin_revert(source, target)
                } else {
                    next
                }
            }
            Order::Move { name, from, to } => self.shift(usize::from(name), (from, to), call),
        }
    }

    fn merge(&mut self, (source, target): (usize, usize), call: Call) -> Call {
        match call {
            Call::Begin if self.table.merge.is_some() => Call::End,
            Call::Begin => Call::Pair(self.table.heads[0]),
            Call::Pair(version) => {
                let live = self.table.all_live(Some(0));
                let threads = Threads { contact: Some(0), version, live };
                match (self.table.find(source), self.table.find(target)) {
                    (Some(left), Some(kept)) => Call::Merge(threads, left, kept),
                    (None, _) | (_, None) => Call::End,
                }
            }
            Call::Merge(threads, left, kept) => {
                let are_read = self.is_read(source, left) && self.is_read(target, kept);
                if !self.table.is_at(self.guards, &threads) || !are_read {
                    return Call::Begin;
                }
                self.write_merge((source, target), &threads, left, kept);
                Call::End
            }
            Call::Regret => Call::Merged(self.table.heads[0]),
            Call::Merged(version) if self.guards.hold(Guard::RevertReadsFirst) => {
                let live = self.table.all_live(Some(0));
                let threads = Threads { contact: Some(0), version, live };
                self.table.find(target).map_or(Call::End, |it| Call::Noted(threads, it))
            }
            Call::Merged(version) => {
                Call::NotedFirst(version, self.noted(source, source), self.noted(source, target))
            }
            Call::NotedFirst(version, here, there) => {
                let live = self.table.all_live(Some(0));
                let threads = Threads { contact: Some(0), version, live };
                let read = self.table.find(target);
                read.map_or(Call::End, |it| Call::Unmerge(threads, it, here, there))
            }
            Call::Noted(threads, read) => {
                let (here, there) = (self.noted(source, source), self.noted(source, target));
                Call::Unmerge(threads, read, here, there)
            }
            Call::Unmerge(threads, read, here, there) => {
                self.unmerge((source, target), &threads, read, (here, there))
            }
            Call::Place
            | Call::Rebuild(_)
            | Call::Known(..)
            | Call::KnownFirst(..)
            | Call::Write(..)
            | Call::End => Call::End,
        }
    }

    fn begin_revert(&self, source: Thread, target: Thread) -> Call {
        let is_merged =
            self.table.homes[usize::from(source)].is_some_and(|it| it.merged_into == Some(target));
        if is_merged { Call::Regret } else { Call::End }
    }

    /// Whether a thread is where and as it was read.
    fn is_read(&self, thread: usize, (read, is_older): Read) -> bool {
        let items = if is_older { &self.table.older } else { &self.table.live };
        items[thread].is_some_and(|it| it.version == read.version)
            || !self.guards.hold(Guard::CorrectionVersion)
    }

    fn write_merge(
        &mut self,
        (source, target): (usize, usize),
        threads: &Threads,
        (left, left_is_older): Read,
        (kept, kept_is_older): Read,
    ) {
        let table = &mut *self.table;
        let mut both = Live { version: kept.version + 1, ..kept };
        for (kept, left) in both.folded.iter_mut().zip(left.folded) {
            *kept = left.max(*kept);
        }
        (table.live[source], table.older[source]) = (None, None);
        // A target that was moved out takes the place of a source that was not.
        let stays_older = kept_is_older && left_is_older;
        let both = Some(both);
        (table.live[target], table.older[target]) =
            if stays_older { (None, both) } else { (both, None) };
        table.heads[0] = threads.version.map(|it| it + 1);
        table.merge = Some(Before { source: (left, left_is_older), target: kept });
        if let Some(home) = &mut table.homes[source] {
            home.merged_into = u8::try_from(target).ok();
        }
    }

    /// What the messages say, of those noted at the source, that are in this thread.
    fn noted(&self, source: usize, thread: usize) -> Said {
        let late = self.table.homes[source].map_or(0, |it| it.late);
        let mut said = self.said_in(thread);
        for (name, text) in said.iter_mut().enumerate() {
            if late & 1 << name == 0 {
                *text = Text::Absent;
            }
        }
        said
    }

    fn said_in(&self, thread: usize) -> Said {
        self.table.messages.map(|it| match it.thread {
            Some(in_) if usize::from(in_) == thread => it.text,
            Some(_) | None => Text::Absent,
        })
    }

    fn unmerge(
        &mut self,
        (source, target): (usize, usize),
        threads: &Threads,
        (now, is_older): Read,
        (here, there): (Said, Said),
    ) -> Call {
        let Some(Before { source: (before, was_older), target: kept }) = self.table.merge else {
            return Call::End;
        };
        let holds = self.table.is_at(self.guards, threads)
            && self.is_read(target, (now, is_older))
            && self.table.has_room(self.guards, threads, Some(target));
        if !holds {
            return Call::Regret;
        }
        let nothing = [Text::Absent; MESSAGES];
        let is_untouched = here == nothing && there == nothing && now.version == kept.version + 1;
        let (mut alone, mut rest) = (before, now);
        if is_untouched {
            rest = kept;
        } else {
            for name in 0..MESSAGES {
                alone.folded[name] = alone.folded[name].max(here[name]);
                if alone.folded[name] != Text::Absent {
                    rest.folded[name] = Text::Absent;
                }
                rest.folded[name] = rest.folded[name].max(there[name]);
            }
        }
        (alone.version, rest.version) = (before.version + 1, now.version + 1);
        let table = &mut *self.table;
        if was_older {
            table.heads[0] = threads.version.map(|it| it + 1);
            table.older[source] = Some(alone);
        } else {
            table.make_room(0, threads, Some(target));
            table.live[source] = Some(alone);
        }
        let items = if is_older { &mut table.older } else { &mut table.live };
        items[target] = Some(rest);
        if let Some(home) = &mut table.homes[source] {
            (home.merged_into, home.late) = (None, 0);
        }
        Call::End
    }

    fn shift(&mut self, name: usize, (from, to): (Thread, Thread), call: Call) -> Call {
        let message = &mut self.table.messages[name];
        let text_in = |thread: Thread| {
            if message.thread == Some(thread) { message.text } else { Text::Absent }
        };
        match call {
            Call::Begin if [Some(from), Some(to)].contains(&message.thread) => Call::Place,
            Call::Place => {
                message.thread = Some(to);
                Call::Rebuild(from)
            }
            Call::Rebuild(thread) if self.guards.hold(Guard::CorrectionReadsFirst) => {
                Call::Known(thread, self.table.find(usize::from(thread)))
            }
            Call::Rebuild(thread) => Call::KnownFirst(thread, text_in(thread)),
            Call::KnownFirst(thread, text) => {
                Call::Write(thread, self.table.find(usize::from(thread)), text)
            }
            Call::Known(thread, read) => Call::Write(thread, read, text_in(thread)),
            Call::Write(thread, Some((read, is_older)), text) => {
                if !self.is_read(usize::from(thread), (read, is_older)) {
                    return Call::Rebuild(thread);
                }
                let mut next = Live { version: read.version + 1, ..read };
                next.folded[name] = text;
                // A thread that does not know the message yet is written too: whoever is about to fold the message into
                // it has to read again.
                if next.folded != read.folded || self.guards.hold(Guard::CorrectionWrites) {
                    let table = &mut *self.table;
                    let items = if is_older { &mut table.older } else { &mut table.live };
                    items[usize::from(thread)] = Some(next);
                }
                if thread == to { Call::End } else { Call::Rebuild(to) }
            }
            // A message that is elsewhere is refused; no thread goes away in a scenario with a move.
            Call::Begin
            | Call::Write(_, None, _)
            | Call::Pair(_)
            | Call::Merge(..)
            | Call::Regret
            | Call::Merged(_)
            | Call::Noted(..)
            | Call::NotedFirst(..)
            | Call::Unmerge(..)
            | Call::End => Call::End,
        }
    }
}
