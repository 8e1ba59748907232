//! `Table::fold_at`: a message is folded into the thread where it is, wherever that thread went meanwhile.

use crate::guards::{Guard, Guards};
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
    next: Call,
}

/// The next call of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Call {
    /// `thread_at(live)`.
    Thread,
    /// `message`, after its thread was read.
    Message(Option<Live>),
    /// `thread_at(live)`, after its message was read: only without [`Guard::ThreadReadFirst`].
    ThreadLast,
    /// `write_fold` of a live thread.
    Write(Live),
    /// `home`, in `fold_elsewhere`.
    Home,
    /// `thread_at(older)`, in `fold_elsewhere`.
    Older,
    /// `write_fold` of a thread that was moved out.
    WriteOlder(Live),
    /// `live`, in `bring_back`: the head comes first.
    Head(Live),
    /// `live`, in `bring_back`: the threads come after it.
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
        let fold = Self { name, text, said, contact, thread, filed_in: thread, next: Call::Thread };
        match live {
            Some(live) => fold.write(live),
            None => Some(fold.again()),
        }
    }

    fn then(self, next: Call) -> Self {
        Self { next, ..self }
    }

    fn again(self) -> Self {
        self.then(Call::Thread)
    }

    /// What is folded already is not written.
    fn write(self, read: Live) -> Option<Self> {
        read.fold(self.name, self.text)?;
        Some(self.then(Call::Write(read)))
    }

    /// Makes the next call. `None` when all is done.
    pub(crate) fn step(self, table: &mut Table, guards: Guards) -> Option<Self> {
        let place = usize::from(self.thread);
        match self.next {
            Call::Thread if guards.hold(Guard::ThreadReadFirst) => {
                Some(self.then(Call::Message(table.live_of(self.contact, self.thread))))
            }
            Call::Thread => match self.looked_for(table)? {
                moved if moved.filed_in != self.filed_in => Some(moved),
                here => Some(here.then(Call::ThreadLast)),
            },
            Call::ThreadLast => self.found(table.live_of(self.contact, self.thread)),
            Call::Message(live) => match self.looked_for(table)? {
                moved if moved.filed_in != self.filed_in => Some(moved),
                here => here.found(live),
            },
            Call::Write(read) => {
                let live = &mut table.live[place];
                self.put(live, read, guards)
            }
            Call::Home => {
                let home = table.homes[place]?;
                if self.contact == Some(home.contact) && home.merged_into.is_none() {
                    return Some(self.then(Call::Older));
                }
                let thread = home.merged_into.unwrap_or(self.thread);
                Some(Self { contact: Some(home.contact), thread, ..self }.again())
            }
            Call::Older => match table.older[place] {
                None => Some(self.again()),
                Some(read) => self.older(read),
            },
            Call::WriteOlder(read) => {
                let older = &mut table.older[place];
                self.put(older, read, guards)
            }
            Call::Head(read) => {
                let version = self.contact.and_then(|it| table.heads[usize::from(it)]);
                Some(self.then(Call::Threads(read, version)))
            }
            Call::Threads(read, version) => {
                let live = table.all_live(self.contact);
                let threads = Threads { contact: self.contact, version, live };
                Some(self.then(Call::MoveIn(read, threads)))
            }
            Call::MoveIn(read, threads) => self.move_in(table, guards, read, &threads),
        }
    }

    /// Reads where the message is now, and goes there if it was moved. `None` if it is nowhere.
    fn looked_for(self, table: &Table) -> Option<Self> {
        let now_in = table.messages[usize::from(self.name)].thread?;
        if now_in == self.filed_in {
            return Some(self);
        }
        Some(Self { filed_in: now_in, thread: now_in, ..self }.again())
    }

    fn found(self, live: Option<Live>) -> Option<Self> {
        match live {
            Some(live) => self.write(live),
            None => Some(self.then(Call::Home)),
        }
    }

    /// The condition of `write_fold`: the version that was read.
    fn put(self, item: &mut Option<Live>, read: Live, guards: Guards) -> Option<Self> {
        let is_read = item.is_some_and(|it| it.version == read.version);
        if !is_read && guards.hold(Guard::FoldVersion) {
            return Some(self.again());
        }
        *item = read.fold(self.name, self.text);
        None
    }

    /// The person's next message makes a thread live again; anything that is late or ours leaves it where it is.
    fn older(self, read: Live) -> Option<Self> {
        read.fold(self.name, self.text)?;
        let is_next = read.last().is_none_or(|last| last <= usize::from(self.name));
        Some(self.then(if is_next && self.said {
            Call::Head(read)
        } else {
            Call::WriteOlder(read)
        }))
    }

    fn move_in(
        self,
        table: &mut Table,
        guards: Guards,
        read: Live,
        threads: &Threads,
    ) -> Option<Self> {
        let place = usize::from(self.thread);
        let is_read = table.older[place].is_some_and(|it| it.version == read.version);
        let holds = table.is_at(guards, threads)
            && table.has_room(guards, threads)
            && (is_read || !guards.hold(Guard::BackVersion));
        let (true, Some(contact)) = (holds, self.contact) else { return Some(self.again()) };
        table.older[place] = None;
        table.live[place] = read.fold(self.name, self.text);
        table.make_room(contact, threads);
        None
    }
}
