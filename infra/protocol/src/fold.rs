//! `Threads::fold_at`: a message is folded into the thread where it is, wherever that thread went meanwhile.

use crate::guards::{Guard, Guards};
use crate::item::{Item, Touch};
use crate::table::{Contact, Live, Name, Table, Text, Thread, Threads};

/// A fold that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fold {
    name: Name,
    text: Text,
    /// `Change::Said`: only such a message brings a thread back.
    said: bool,
    contact: Option<Contact>,
    thread: Thread,
    filed_in: Thread,
    next: FoldCall,
}

/// A thread that was read, and whether it had been moved out.
type Read = (Live, bool);

/// The next call of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum FoldCall {
    /// `live_or_archived`: the live thread.
    Thread,
    /// `live_or_archived`: the thread that was moved out.
    Older,
    /// `message`, after its thread was read.
    Message(Option<Read>),
    /// `live_or_archived`, after the message was read: only without [`Guard::ThreadReadFirst`].
    ThreadLast,
    /// `home`, in `follow_thread`.
    Home,
    /// `merged`, in `pass`: where the message's own thread went, followed so far.
    Merged(Read, Thread),
    /// The note of what is folded through a merged thread, in `pass`.
    Note(Read),
    /// The write of `fold_into`.
    Write(Read),
    /// `live`, in `fold_into`, for a thread that comes back: the head comes first.
    Head(Live),
    /// `live`, in `fold_into`: the threads come after it.
    Threads(Live, Option<u8>),
    /// `move_in`.
    MoveIn(Live, Threads),
}

impl Fold {
    /// A fold into a thread; `live` if it was read before the message was put.
    pub(crate) fn of(
        (name, text): (Name, Text),
        said: bool,
        (contact, thread): (Option<Contact>, Thread),
        live: Option<Live>,
    ) -> Option<Self> {
        let fold =
            Self { name, text, said, contact, thread, filed_in: thread, next: FoldCall::Thread };
        match live {
            Some(live) => fold.fold_into((live, false)),
            None => Some(fold.again()),
        }
    }

    /// The item that the next call reads or writes.
    pub(crate) fn touch(self) -> Touch {
        let read = |item| Touch { item, writes: false };
        let write = |item| Touch { item, writes: true };
        match self.next {
            FoldCall::Thread | FoldCall::ThreadLast => read(Item::Live(self.thread)),
            FoldCall::Older => read(Item::Older(self.thread)),
            FoldCall::Message(_) => read(Item::Message(self.name)),
            FoldCall::Home => read(Item::Home(self.thread)),
            FoldCall::Merged(_, at) => read(Item::Home(at)),
            FoldCall::Note(_) => write(Item::Home(self.filed_in)),
            FoldCall::Write((_, true)) => write(Item::Older(self.thread)),
            FoldCall::Write(_) => write(Item::Live(self.thread)),
            FoldCall::Head(_) => read(Item::Nothing),
            FoldCall::Threads(..) => read(Item::Person),
            FoldCall::MoveIn(..) => write(Item::Several),
        }
    }

    fn then(self, next: FoldCall) -> Self {
        Self { next, ..self }
    }

    fn again(self) -> Self {
        self.then(FoldCall::Thread)
    }

    /// Makes the next call. `None` when all is done.
    pub(crate) fn step(self, table: &mut Table, guards: Guards) -> Option<Self> {
        let place = usize::from(self.thread);
        match self.next {
            FoldCall::Thread if guards.hold(Guard::ThreadReadFirst) => {
                let live = table.live_of(self.contact, self.thread).map(|it| (it, false));
                Some(self.then(live.map_or(FoldCall::Older, |it| FoldCall::Message(Some(it)))))
            }
            FoldCall::Thread => match self.looked_for(table)? {
                moved if moved.filed_in != self.filed_in => Some(moved),
                here => Some(here.then(FoldCall::ThreadLast)),
            },
            FoldCall::ThreadLast => self.found(table.find(place), guards),
            FoldCall::Older => {
                let is_theirs =
                    table.homes[place].is_some_and(|it| Some(it.contact) == self.contact);
                let archived = table.archived[place].filter(|_| is_theirs).map(|it| (it, true));
                Some(self.then(FoldCall::Message(archived)))
            }
            FoldCall::Message(read) => match self.looked_for(table)? {
                moved if moved.filed_in != self.filed_in => Some(moved),
                here => here.found(read, guards),
            },
            FoldCall::Home => {
                let home = table.homes[place]?;
                let thread = home.merged_into.unwrap_or(self.thread);
                Some(Self { contact: Some(home.contact), thread, ..self }.again())
            }
            FoldCall::Merged(read, at) => {
                match table.homes[usize::from(at)].and_then(|it| it.merged_into) {
                    Some(into) => Some(self.then(FoldCall::Merged(read, into))),
                    None if at != self.thread => Some(self.back()),
                    None if guards.hold(Guard::LateNoted) => Some(self.then(FoldCall::Note(read))),
                    None => self.fold_into(read),
                }
            }
            FoldCall::Note(read) => match &mut table.homes[usize::from(self.filed_in)] {
                Some(home) if home.merged_into.is_some() => {
                    home.late |= 1 << self.name;
                    self.fold_into(read)
                }
                Some(_) | None => Some(self.back()),
            },
            FoldCall::Write((read, is_archived)) => {
                let items = if is_archived { &mut table.archived } else { &mut table.live };
                self.write(&mut items[place], read, guards)
            }
            FoldCall::Head(read) => {
                let version = self.contact.and_then(|it| table.heads[usize::from(it)]);
                Some(self.then(FoldCall::Threads(read, version)))
            }
            FoldCall::Threads(read, version) => {
                let live = table.all_live(self.contact);
                let threads = Threads { contact: self.contact, version, live };
                Some(self.then(FoldCall::MoveIn(read, threads)))
            }
            FoldCall::MoveIn(read, threads) => self.move_in(table, guards, read, &threads),
        }
    }

    /// A merge was taken back since: from the start.
    fn back(self) -> Self {
        Self { thread: self.filed_in, ..self }.again()
    }

    /// Reads where the message is now, and goes there if it was moved. `None` if it is nowhere.
    fn looked_for(self, table: &Table) -> Option<Self> {
        let now_in = table.messages[usize::from(self.name)].thread?;
        if now_in == self.filed_in {
            return Some(self);
        }
        Some(Self { filed_in: now_in, thread: now_in, ..self }.again())
    }

    fn found(self, read: Option<Read>, guards: Guards) -> Option<Self> {
        match read {
            None => Some(self.then(FoldCall::Home)),
            Some(read) if self.thread != self.filed_in && guards.hold(Guard::MergeReadLast) => {
                Some(self.then(FoldCall::Merged(read, self.filed_in)))
            }
            Some(read) => self.fold_into(read),
        }
    }

    /// A message that is folded already is not written. The person's next message makes a thread live again; anything that is
    /// late or ours leaves it where it is.
    fn fold_into(self, (read, is_archived): Read) -> Option<Self> {
        read.fold(self.name, self.text)?;
        let is_next = read.last().is_none_or(|last| last <= usize::from(self.name));
        let is_back = is_archived && is_next && self.said;
        Some(self.then(if is_back {
            FoldCall::Head(read)
        } else {
            FoldCall::Write((read, is_archived))
        }))
    }

    /// The condition of the write: the version that was read.
    fn write(self, item: &mut Option<Live>, read: Live, guards: Guards) -> Option<Self> {
        let is_read = item.is_some_and(|it| it.version == read.version);
        if !is_read && guards.hold(Guard::FoldVersion) {
            return Some(self.again());
        }
        *item = read.fold(self.name, self.text);
        None
    }

    fn move_in(
        self,
        table: &mut Table,
        guards: Guards,
        read: Live,
        threads: &Threads,
    ) -> Option<Self> {
        let place = usize::from(self.thread);
        let is_read = table.archived[place].is_some_and(|it| it.version == read.version);
        let holds = table.is_at(guards, threads)
            && table.has_room(guards, threads, None)
            && (is_read || !guards.hold(Guard::BackVersion));
        let (true, Some(contact)) = (holds, self.contact) else { return Some(self.again()) };
        table.archived[place] = None;
        table.live[place] = read.fold(self.name, self.text);
        table.make_room(contact, threads, None);
        None
    }
}
