//! Move and split: messages go to another thread of the same person.
//!
//! Step by step, and each step can be made again: the correction is appended as running, with each message and where it was,
//! as long as no other one began since that was read; each message is rewritten, if it is still as it was recorded; both live threads are rebuilt; the correction is done. A
//! message that arrives meanwhile is filed by what it finds, and folded into the thread that its own item names. One that
//! was moved is folded where it went, since a fold reads the live thread first and the message second.

use std::collections::{BTreeSet, HashMap};

use domain::filing::{Correction, CorrectionKind, CorrectionState, Live};
use domain::id::{ContactId, ThreadId};

use super::common;
use super::item::{Moved, Now, Record};
use super::place;
use super::rebuild::{About, Family};
use super::{MOST_MOVED, Order, To};
use crate::store::base::Attempt;
use crate::store::corrections::Corrections;
use crate::store::corrections::refusal::{ThreadError, ThreadRefusal};
use crate::store::item::{Item, get_text};
use crate::store::keys::Key;
use crate::store::messages::stored::Stored;
use crate::store::messages::stored::runs_out;
use crate::store::patch::{Patch, Written, key_item};
use crate::store::rules::Rules;
use crate::store::schema::{ALONE, DELETED, PK};
use crate::store::threads::live::LiveThreads;
use crate::store::threads::open::{add_opening, next_head};
use crate::store::threads::subjects::{Subject, naming};
use crate::store::transaction::Transaction;

/// The move that is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    from: &'a ThreadId,
    to: &'a To,
    messages: &'a [Key],
}

impl Corrections<'_> {
    /// Moves messages of a thread, or of those that were merged into it, to another thread of the same person or to one of
    /// their own.
    pub async fn move_messages(
        self,
        order: &Order,
        from: &ThreadId,
        to: &To,
        messages: &[Key],
        rules: &Rules,
    ) -> Result<Correction, ThreadError> {
        let asked = Asked { from, to, messages };
        let attempt = || async {
            let Some(family) = self.family(from).await? else {
                return Err(ThreadRefusal::NoThread(from.clone()).into());
            };
            let record = match self.named(&family.contact, &order.id).await? {
                Some(Some(record)) if asked.is(&record) => record,
                Some(_) => return Err(ThreadRefusal::OtherCorrection.into()),
                None => match self.begin_move(order, &family.contact, asked, rules).await? {
                    Some(record) => record,
                    None => return Ok(Attempt::Again(())),
                },
            };
            Ok(Attempt::Done(Box::pin(self.carry_out(record, rules)).await?))
        };
        self.store.retrying("messages were to be moved", attempt).await
    }

    /// Appends the correction, and opens the thread of a split with it. `None` if something changed since it was read.
    async fn begin_move(
        self,
        order: &Order,
        contact: &ContactId,
        asked: Asked<'_>,
        rules: &Rules,
    ) -> Result<Option<Record>, ThreadError> {
        let ground = self.ground_of(contact, &asked.keys(), None, rules).await?;
        let Some(threads) = ground else { return Ok(None) };
        let Some(family) = self.family(asked.from).await? else {
            return Err(ThreadRefusal::NoThread(asked.from.clone()).into());
        };
        if family.contact != *contact {
            return Ok(None);
        }
        self.may_move(&family, asked).await?;
        let items = self.asked_for(&family, asked).await?;
        let from = asked.from.clone();
        let kind = match asked.to {
            To::Thread(to) => CorrectionKind::Move { from, to: to.clone() },
            To::New(to) => CorrectionKind::Split { from, to: to.clone() },
        };
        let mut record = Record::begun(&family.contact, order, kind);
        record.moved = items.iter().filter_map(Moved::of).collect();
        record.correction.n_messages = record.moved.len();
        let mut transaction = Transaction::default();
        transaction.patch(record.write()?);
        transaction.patch(next_head(&threads));
        if let To::New(thread) = asked.to {
            add_split(&mut transaction, &threads, &record, thread, &items);
        }
        let begun = self.made(transaction).await?;
        Ok(begun.then_some(record))
    }

    /// Whether messages may go from the one thread to the other.
    async fn may_move(self, family: &Family, asked: Asked<'_>) -> Result<(), ThreadError> {
        if asked.messages.is_empty() {
            return Err(ThreadRefusal::Nothing.into());
        }
        if MOST_MOVED < asked.messages.len() {
            return Err(ThreadRefusal::TooMany.into());
        }
        if let Some(into) = &family.merged_into {
            return Err(ThreadRefusal::Merged(into.clone()).into());
        }
        let (To::Thread(to) | To::New(to)) = asked.to;
        if to == asked.from {
            return Err(ThreadRefusal::SameThread.into());
        }
        match (asked.to, self.family(to).await?) {
            (To::Thread(_), None) => Err(ThreadRefusal::NoThread(to.clone()).into()),
            (To::New(_), Some(_)) => Err(ThreadRefusal::OtherCorrection.into()),
            (To::New(_), None) => Ok(()),
            (To::Thread(_), Some(it)) if it.contact != family.contact => {
                Err(ThreadRefusal::OtherContact.into())
            }
            (To::Thread(_), Some(it)) => match it.merged_into {
                Some(into) => Err(ThreadRefusal::Merged(into).into()),
                None => Ok(()),
            },
        }
    }

    /// The messages that are asked for, each once, in the order of their keys.
    async fn asked_for(self, family: &Family, asked: Asked<'_>) -> Result<Vec<Item>, ThreadError> {
        let keys: BTreeSet<&Key> = asked.messages.iter().collect();
        let found = self.store.items(keys.iter().map(|it| key_item(it)).collect(), true).await?;
        let mut found: HashMap<_, _> =
            found.into_iter().filter_map(|it| Some((get_text(&it, PK)?.to_owned(), it))).collect();
        let mut items = Vec::with_capacity(keys.len());
        for key in keys {
            let item = found.remove(&key.pk).and_then(|it| Some((Moved::of(&it)?, it)));
            let Some((moved, item)) = item else {
                return Err(ThreadRefusal::NoMessage(key.clone()).into());
            };
            if !family.threads.contains(&moved.was.thread) {
                let home = self.store.threads().home(&moved.was.thread).await?;
                let is_theirs = home.is_some_and(|it| it.contact == family.contact);
                return Err(if is_theirs {
                    ThreadRefusal::NotInThread(key.clone()).into()
                } else {
                    ThreadRefusal::OtherContact.into()
                });
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Completes a move or a split, or the taking back of one, from wherever it was left.
    pub(in crate::store) async fn carry_out(
        self,
        record: Record,
        rules: &Rules,
    ) -> anyhow::Result<Correction> {
        if record.correction.state != CorrectionState::Running {
            return Ok(record.correction);
        }
        let of = match &record.correction.reverts {
            Some(of) => self.record(&record.contact, of).await?,
            None => None,
        };
        let moved = self.moved(&record, of.as_ref()).await?;
        for message in &moved {
            self.place(&record, of.as_ref(), message).await?;
        }
        let ends = record.correction.kind.threads().map(|(from, to)| [from, to]);
        let threads = moved.iter().map(|it| &it.was.thread).chain(ends.into_iter().flatten());
        let threads = threads.cloned().collect();
        let about = About { moved: &moved, by: Some(&record.correction.id) };
        self.rebuild_all(&threads, about, rules).await?;
        if let Some(of) = of.filter(|it| it.correction.state == CorrectionState::Reverting) {
            self.store.write_retrying(of.advance(CorrectionState::Reverted)).await?;
        }
        let done = self.store.write_retrying(record.advance(CorrectionState::Done)).await?;
        common::read(&done)
    }

    /// The messages of a move, or of the one that is taken back in the end; `of` is the correction that is taken back at once.
    pub(in crate::store) async fn moved(
        self,
        record: &Record,
        of: Option<&Record>,
    ) -> anyhow::Result<Vec<Moved>> {
        let Some(root) = &record.root else { return Ok(record.moved.clone()) };
        if let Some(of) = of.filter(|it| it.correction.id == *root) {
            return Ok(of.moved.clone());
        }
        Ok(self.record(&record.contact, root).await?.map_or(Vec::new(), |it| it.moved))
    }

    /// Puts one message where the correction wants it.
    async fn place(
        self,
        record: &Record,
        of: Option<&Record>,
        message: &Moved,
    ) -> anyhow::Result<()> {
        let key = message.key();
        let attempt = || async {
            let Some(item) = self.store.get(&key).await? else { return Ok(Attempt::Done(())) };
            let Some(now) = Now::of(&item) else { return Ok(Attempt::Done(())) };
            let step = place::step(record, of, message, &now.placed)?;
            let patch = place::write(message, &now, &step, &record.correction.id);
            let Some(patch) = patch else { return Ok(Attempt::Done(())) };
            if matches!(self.store.write(patch).await?, Written::Done(_)) {
                return Ok(Attempt::Done(()));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a message was moved", attempt).await
    }
}

/// Adds the opening of the thread that messages are split off to.
fn add_split(
    transaction: &mut Transaction,
    threads: &LiveThreads,
    record: &Record,
    thread: &ThreadId,
    items: &[Item],
) {
    let mut said: Vec<_> = items.iter().map(|it| (Stored::of(it), it)).collect();
    said.sort_by_key(|(it, _)| it.at);
    let namer = said.iter().find_map(|(it, item)| {
        let content = it.content.as_ref().filter(|_| !it.deleted)?;
        Some((Subject::of(content, it.edited, runs_out(item))?, get_text(item, PK)?))
    });
    let subject = namer.as_ref().map(|(subject, _)| subject);
    let opened = said.first().map_or(record.correction.at, |(it, _)| it.at);
    // It takes the messages in once they say that they are there.
    let live = Live { needs_subject: subject.is_none(), ..Live::new(thread.clone()) };
    add_opening(transaction, threads, &live, opened, subject);
    if let Some((_, pk)) = namer {
        let message = Key { pk: pk.to_owned(), sk: ALONE.to_owned() };
        let message = Patch::of(message).if_present(PK).if_absent(DELETED);
        transaction.patch(naming(message, thread));
    }
}

impl Asked<'_> {
    /// The partition keys of the messages.
    fn keys(&self) -> BTreeSet<&str> {
        self.messages.iter().map(|it| it.pk.as_str()).collect()
    }

    /// Whether a correction that is there is the one that is asked for.
    fn is(&self, record: &Record) -> bool {
        let is_kind = match (&record.correction.kind, self.to) {
            (CorrectionKind::Split { from, .. }, To::New(_)) => from == self.from,
            (CorrectionKind::Move { from, to }, To::Thread(asked)) => {
                from == self.from && to == asked
            }
            (
                CorrectionKind::Split { .. }
                | CorrectionKind::Move { .. }
                | CorrectionKind::Merge { .. }
                | CorrectionKind::Link { .. }
                | CorrectionKind::Unlink { .. },
                To::New(_) | To::Thread(_),
            ) => false,
        };
        let moved: BTreeSet<&str> = record.moved.iter().map(|it| it.key.as_str()).collect();
        is_kind && record.correction.reverts.is_none() && self.keys() == moved
    }
}
