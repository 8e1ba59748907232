//! A correction by a person: two threads become one, or a message goes into another thread.

use crate::fold::Fold;
use crate::guards::{Guard, Guards};
use crate::table::{Live, MESSAGES, Message, Name, Table, Text, Thread, Threads};

/// What is corrected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// The first thread goes into the second.
    Merge(Thread, Thread),
    /// A message goes from one thread into another.
    Move(Name, Thread, Thread),
}

/// The next call of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Nothing was done yet, or it begins again after a crash.
    Begin,
    /// `live`: the threads come after the head.
    Threads(Option<u8>),
    /// The transaction of a merge.
    Merge(Threads),
    /// The message's thread is rewritten.
    Rewrite,
    /// The thread that the message left is read.
    Source,
    /// Its messages are read, after it.
    Messages(Place),
    /// The thread is read, after its messages: only without [`Guard::CorrectionReadsFirst`].
    SourceLast([Text; MESSAGES]),
    /// The thread is made anew of them.
    Remake(Place, [Text; MESSAGES]),
    /// The message is folded into the thread that it came to.
    Target(Option<Fold>),
    /// All is done.
    End,
}

/// A thread that was read, and whether it had been moved out.
type Place = Option<(Live, bool)>;

impl Order {
    /// Makes the next call.
    pub(crate) fn step(self, call: Call, table: &mut Table, guards: Guards) -> Call {
        match self {
            Self::Merge(source, target) => merge((source, target), call, table, guards),
            Self::Move(name, from, to) => shift(name, (from, to), call, table, guards),
        }
    }
}

fn merge(
    (source, target): (Thread, Thread),
    call: Call,
    table: &mut Table,
    guards: Guards,
) -> Call {
    let (from, to) = (usize::from(source), usize::from(target));
    match call {
        // What was done before the crash is there, whole.
        Call::Begin if table.homes[from].is_none_or(|it| it.merged_into.is_some()) => Call::End,
        Call::Begin => Call::Threads(table.heads[0]),
        Call::Threads(version) => {
            let live = table.all_live(Some(0));
            // Only live threads are merged here.
            if live[from].is_none() || live[to].is_none() {
                return Call::End;
            }
            Call::Merge(Threads { contact: Some(0), version, live })
        }
        Call::Merge(threads) => {
            let (Some(left), Some(kept)) = (threads.live[from], threads.live[to]) else {
                return Call::End;
            };
            let is_read = |place: usize, read: Live| {
                table.live[place].map(|it| it.version) == Some(read.version)
            };
            let are_read = is_read(from, left) && is_read(to, kept);
            if !table.is_at(guards, &threads) || !are_read && guards.hold(Guard::CorrectionVersion)
            {
                return Call::Begin;
            }
            let mut both = Live { version: kept.version + 1, ..kept };
            for (kept, left) in both.folded.iter_mut().zip(left.folded) {
                *kept = left.max(*kept);
            }
            table.live[from] = None;
            table.live[to] = Some(both);
            table.heads[0] = threads.version.map(|it| it + 1);
            if let Some(home) = &mut table.homes[from] {
                home.merged_into = Some(target);
            }
            Call::End
        }
        Call::Rewrite
        | Call::Source
        | Call::Messages(_)
        | Call::SourceLast(_)
        | Call::Remake(..)
        | Call::Target(_)
        | Call::End => Call::End,
    }
}

fn shift(
    name: Name,
    (from, to): (Thread, Thread),
    call: Call,
    table: &mut Table,
    guards: Guards,
) -> Call {
    let message = &mut table.messages[usize::from(name)];
    let left = usize::from(from);
    match call {
        Call::Begin if [Some(from), Some(to)].contains(&message.thread) => Call::Rewrite,
        Call::Rewrite => {
            message.thread = Some(to);
            Call::Source
        }
        Call::Source if guards.hold(Guard::CorrectionReadsFirst) => {
            Call::Messages(place(table, left))
        }
        Call::Source => Call::SourceLast(said_in(table, from)),
        Call::SourceLast(folded) => Call::Remake(place(table, left), folded),
        Call::Messages(read) => Call::Remake(read, said_in(table, from)),
        Call::Remake(Some((read, is_older)), folded) => {
            let item = if is_older { &mut table.older[left] } else { &mut table.live[left] };
            let is_read = item.is_some_and(|it| it.version == read.version);
            if !is_read && guards.hold(Guard::CorrectionVersion) {
                return Call::Source;
            }
            // A thread that does not know the message yet is written too: whoever is about to fold the message into it
            // has to read again.
            if read.folded != folded || guards.hold(Guard::CorrectionWrites) {
                *item = Some(Live { version: read.version + 1, folded });
            }
            let said = (name, table.messages[usize::from(name)].text);
            Call::Target(Fold::of(said, false, (Some(0), to), None))
        }
        Call::Target(Some(fold)) => match fold.step(table, guards) {
            None => Call::End,
            next => Call::Target(next),
        },
        // A message that is elsewhere is refused; a thread that went elsewhere is not of these scenarios.
        Call::Begin
        | Call::Remake(None, _)
        | Call::Target(None)
        | Call::End
        | Call::Threads(_)
        | Call::Merge(_) => Call::End,
    }
}

/// A thread where it is.
fn place(table: &Table, thread: usize) -> Place {
    let live = table.live[thread].map(|it| (it, false));
    live.or(table.older[thread].map(|it| (it, true)))
}

/// What the messages of a thread say.
fn said_in(table: &Table, thread: Thread) -> [Text; MESSAGES] {
    let said = |it: Message| if it.thread == Some(thread) { it.text } else { Text::Absent };
    table.messages.map(said)
}
