//! `Filing::file`: what a worker does with an entry of the queue, call by call.

use crate::fold::Fold;
use crate::guards::{Guard, Guards};
use crate::item::{Item, Touch};
use crate::queue::Event;
use crate::table::{Address, Contact, Home, Live, Message, Name, Table, Text, Thread, Threads};

/// Addresses of which a worker read whose they were, to make them a person's: `Claims`.
pub(crate) type Claims = [Option<Address>; 2];

/// The next call of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FilingCall {
    /// `whom`: the address that the message is from.
    Whom,
    /// `whom`: the number that the address came with.
    Alias(Address),
    /// `attach`: a person who is there gets addresses.
    Attach(Contact, Claims),
    /// `live`: the head comes first. A query is no snapshot.
    Head(Contact),
    /// `live`: the threads come after it.
    Threads(Contact, Option<u8>),
    /// The decision, and with it the first call of `join` or of `open`.
    Decide(Threads, Claims),
    /// The transaction of `open`, with the words of an edit that came first.
    Open(Threads, Claims, Text),
    /// `reword`, which looks what the message names in the bucket before it replaces that.
    Look(Text),
    /// The write of `edit` or `take_back`.
    Change(Text),
    /// `home`, in `fold_stored`.
    Stored(Thread, Text),
    /// `fold_at`.
    Fold(Fold),
}

/// The answer of the model to a message: every answer is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilingAnswer {
    /// It joins this thread.
    Join(u8),
    /// It opens a thread.
    Open,
}

/// The facts noted beside the table, to be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Noted {
    /// A thread was opened beside live ones that the decision had not seen.
    pub(crate) opened_blindly: bool,
    /// A message was kept that had been taken back before it came.
    pub(crate) kept_what_was_taken_back: bool,
}

/// A worker's view of one entry.
#[derive(Clone, Copy)]
pub(crate) struct Filing<'a> {
    pub(crate) guards: Guards,
    pub(crate) event: Event,
    /// The one of the two addresses that it is from; `None` where the person is known from the start.
    pub(crate) from: Option<u8>,
    pub(crate) noted: &'a std::cell::Cell<Noted>,
}

impl FilingCall {
    /// The item that the call reads or writes.
    pub(crate) fn touch(self, name: Name, answer: Option<FilingAnswer>) -> Touch {
        let read = |item| Touch { item, writes: false };
        let write = |item| Touch { item, writes: true };
        match self {
            Self::Whom | Self::Alias(_) => read(Item::Address),
            Self::Head(_) => read(Item::Nothing),
            Self::Threads(..) => read(Item::Person),
            Self::Decide(..) => match answer {
                Some(FilingAnswer::Join(_)) => write(Item::Message(name)),
                Some(FilingAnswer::Open) | None => read(Item::Message(name)),
            },
            Self::Attach(..) | Self::Open(..) => write(Item::Several),
            Self::Look(_) => read(Item::Message(name)),
            Self::Change(_) => write(Item::Message(name)),
            Self::Stored(thread, _) => read(Item::Home(thread)),
            Self::Fold(fold) => fold.touch(),
        }
    }
}

impl Filing<'_> {
    /// The first call.
    pub(crate) fn begin(self) -> FilingCall {
        match (self.event, self.from) {
            (Event::Said(_), None) => FilingCall::Head(0),
            (Event::Said(_), Some(_)) => FilingCall::Whom,
            (Event::Edited(_), _) => FilingCall::Look(Text::Edited),
            (Event::Deleted(_), _) => FilingCall::Look(Text::Gone),
        }
    }

    pub(crate) fn name(self) -> Name {
        let (Event::Said(name) | Event::Edited(name) | Event::Deleted(name)) = self.event;
        name
    }

    /// Makes the next call. `None` when all is done.
    pub(crate) fn step(
        self,
        call: FilingCall,
        answer: Option<FilingAnswer>,
        table: &mut Table,
    ) -> Option<FilingCall> {
        match call {
            FilingCall::Whom => self.whom(table),
            FilingCall::Alias(own) => Some(alias(own, table)),
            FilingCall::Attach(contact, claims) => {
                if self.may_claim(table, &claims) {
                    claim(table, &claims, contact);
                    let version = &mut table.heads[usize::from(contact)];
                    *version = version.map(|it| it + 1);
                }
                Some(FilingCall::Whom)
            }
            FilingCall::Head(contact) => {
                Some(FilingCall::Threads(contact, table.heads[usize::from(contact)]))
            }
            FilingCall::Threads(contact, version) => {
                let contact = Some(contact);
                let threads = Threads { contact, version, live: table.all_live(contact) };
                Some(FilingCall::Decide(threads, Claims::default()))
            }
            FilingCall::Decide(threads, claims) => match answer {
                Some(FilingAnswer::Join(thread)) => self.join(table, &threads, thread),
                Some(FilingAnswer::Open) | None => {
                    let before = table.messages[usize::from(self.name())];
                    if before.is_settled() {
                        return self.repeat(before, &threads);
                    }
                    Some(FilingCall::Open(threads, claims, before.text))
                }
            },
            FilingCall::Open(threads, claims, before) => {
                self.open(table, &threads, &claims, before)
            }
            FilingCall::Look(text) => {
                let message = table.messages[usize::from(self.name())];
                // An edit that came before is not made again; what is taken back is taken back again.
                if text == Text::Edited && text <= message.text {
                    return Some(FilingCall::Stored(message.thread?, message.text));
                }
                Some(FilingCall::Change(text))
            }
            FilingCall::Change(text) => {
                let message = &mut table.messages[usize::from(self.name())];
                message.text = message.text.max(text);
                Some(FilingCall::Stored(message.thread?, message.text))
            }
            FilingCall::Stored(thread, text) => {
                let contact = table.homes[usize::from(thread)].map(|it| it.contact)?;
                let said = (self.name(), text);
                Fold::of(said, false, (Some(contact), thread), None).map(FilingCall::Fold)
            }
            FilingCall::Fold(fold) => fold.step(table, self.guards).map(FilingCall::Fold),
        }
    }

    /// The number is read only when it is news.
    fn whom(self, table: &Table) -> Option<FilingCall> {
        let from = self.from?;
        let own = table.addresses[usize::from(from)];
        Some(match (from, own.contact) {
            (_, Some(contact)) => FilingCall::Head(contact),
            (0, None) => FilingCall::Alias(own),
            (_, None) => FilingCall::Decide(Threads::default(), [None, Some(own)]),
        })
    }

    fn may_claim(self, table: &Table, claims: &Claims) -> bool {
        let is_read = |(now, read): (&Address, &Option<Address>)| read.is_none_or(|it| *now == it);
        !self.guards.hold(Guard::AddressOwner) || table.addresses.iter().zip(claims).all(is_read)
    }

    fn join(self, table: &mut Table, threads: &Threads, thread: Thread) -> Option<FilingCall> {
        let name = self.name();
        let message = table.messages[usize::from(name)];
        if !table.takes(self.guards, name) {
            return self.repeat(message, threads);
        }
        self.note_kept(message);
        let text = table.put_message(name, thread);
        let place = (threads.contact, thread);
        Fold::of((name, text), true, place, threads.live[usize::from(thread)]).map(FilingCall::Fold)
    }

    fn open(
        self,
        table: &mut Table,
        threads: &Threads,
        claims: &Claims,
        before: Text,
    ) -> Option<FilingCall> {
        let (name, guards) = (self.name(), self.guards);
        let message = table.messages[usize::from(name)];
        let sees_edit =
            message.text == before || message.text != Text::Edited || !guards.hold(Guard::EditSeen);
        let holds = table.takes(guards, name)
            && sees_edit
            && table.is_at(guards, threads)
            && table.has_room(guards, threads, None)
            && self.may_claim(table, claims);
        if !holds {
            if message.is_settled() {
                return self.repeat(message, threads);
            }
            return Some(self.begin());
        }
        let fresh = table.heads.iter().position(Option::is_none);
        let contact = threads.contact.or(u8::try_from(fresh?).ok())?;
        let thread = table.fresh_thread()?;
        self.note_kept(message);
        self.note_opening(table, threads);
        table.put_message(name, thread);
        table.homes[usize::from(thread)] =
            Some(Home { contact, opener: Some(name), ..Home::default() });
        table.live[usize::from(thread)] = Live::default().fold(name, before.max(Text::Said));
        table.make_room(contact, threads, None);
        claim(table, claims, contact);
        None
    }

    /// The message is there: what is recorded is the decision. It was read after the threads.
    fn repeat(self, stored: Message, threads: &Threads) -> Option<FilingCall> {
        let (said, thread) = ((self.name(), stored.text), stored.thread?);
        let live = threads.live[usize::from(thread)];
        Fold::of(said, true, (threads.contact, thread), live).map(FilingCall::Fold)
    }

    fn note_kept(self, message: Message) {
        let is_tombstone = message.thread.is_none() && message.text == Text::Gone;
        let noted = self.noted.get();
        let kept = noted.kept_what_was_taken_back || is_tombstone;
        self.noted.set(Noted { kept_what_was_taken_back: kept, ..noted });
    }

    fn note_opening(self, table: &Table, threads: &Threads) {
        let are = |live: [Option<Live>; _]| live.map(|it| it.is_some());
        let is_blind = are(table.all_live(threads.contact)) != are(threads.live);
        let noted = self.noted.get();
        let opened_blindly = noted.opened_blindly || is_blind;
        self.noted.set(Noted { opened_blindly, ..noted });
    }
}

/// A number that nobody else holds says who this is.
fn alias(own: Address, table: &Table) -> FilingCall {
    let number = table.addresses[1];
    let claims = [Some(own), Some(number)];
    match number.contact {
        Some(contact) => FilingCall::Attach(contact, claims),
        None => FilingCall::Decide(Threads::default(), claims),
    }
}

fn claim(table: &mut Table, claims: &Claims, contact: Contact) {
    let is_held = claims[0].is_some();
    for (place, (address, claim)) in table.addresses.iter_mut().zip(claims).enumerate() {
        if claim.is_some() {
            *address = Address { contact: Some(contact), held: place == 1 && is_held };
        }
    }
}
