//! Merge: one thread goes into another, in one transaction.
//!
//! No message is rewritten: the timeline of the target reads its sources, and what comes for the source is folded into the
//! thread that it went into. A message that was decided for the source just before finds no live thread there, reads where it
//! went and is folded into the target.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::union;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Live};
use domain::id::{ContactId, ThreadId};

use super::item::{Before, Record};
use super::rebuild::Family;
use super::{MOST_SOURCES, Order};
use crate::store::base::Attempt;
use crate::store::corrections::Corrections;
use crate::store::corrections::refusal::{ThreadError, ThreadRefusal};
use crate::store::item::{number, text};
use crate::store::keys::{self, Key};
use crate::store::patch::Patch;
use crate::store::schema::{CONTACT, MERGED_INTO, PK, REVERTED_BY, SOURCES, VERSION};
use crate::store::threads::live::LiveThreads;
use crate::store::threads::live::write_live;
use crate::store::threads::open::next_head;
use crate::store::transaction::Transaction;

/// Two threads as they were read, the families with what was merged into them before.
struct Pair {
    threads: LiveThreads,
    source: (Key, Live),
    target: (Key, Live),
    from: Family,
    into: Family,
}

impl Corrections<'_> {
    /// Lets one thread go into another.
    pub async fn merge(
        self,
        order: &Order,
        source: &ThreadId,
        target: &ThreadId,
    ) -> Result<Correction, ThreadError> {
        if source == target {
            return Err(ThreadRefusal::SameThread.into());
        }
        let kind = CorrectionKind::Merge { source: source.clone(), target: target.clone() };
        let attempt = || async {
            let Some(family) = self.family(source).await? else {
                return Err(ThreadRefusal::NoThread(source.clone()).into());
            };
            if let Some(record) = self.named(&family.contact, &order.id).await? {
                let made = record.map(|it| it.correction);
                let made = made.filter(|it| it.kind == kind && it.reverts.is_none());
                return Ok(Attempt::Done(made.ok_or(ThreadRefusal::OtherCorrection)?));
            }
            let record = Record::begun(&family.contact, order, kind.clone());
            match self.try_merge(&family.contact, record, None).await? {
                Some(made) => Ok(Attempt::Done(made)),
                None => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("threads were to be merged", attempt).await
    }

    /// Merges two threads of this person once; `of` is a revert that is taken back by it. `None` if something changed since
    /// it was read.
    pub(in crate::store) async fn try_merge(
        self,
        contact: &ContactId,
        mut record: Record,
        of: Option<&Record>,
    ) -> Result<Option<Correction>, ThreadError> {
        let CorrectionKind::Merge { source, target } = record.correction.kind.clone() else {
            return Err(ThreadRefusal::OtherCorrection.into());
        };
        let Some(pair) = self.pair(contact, &source, &target).await? else { return Ok(None) };
        record.correction.state = CorrectionState::Done;
        record.before = Some(Before { source: pair.source.clone(), target: pair.target.clone() });
        let mut transaction = Transaction::default();
        transaction.patch(record.write()?);
        if let Some(of) = of {
            transaction.patch(taken_back(of, &record));
        }
        add_merge(&mut transaction, &pair);
        let made = self.made(transaction).await?;
        Ok(made.then_some(record.correction))
    }

    /// Both threads, if the one may go into the other. The head is read first: every merge, and every one that is taken back,
    /// gives it a new version, so that the families are as they were read as long as the head is.
    async fn pair(
        self,
        contact: &ContactId,
        source: &ThreadId,
        target: &ThreadId,
    ) -> Result<Option<Pair>, ThreadError> {
        let Some(threads) = self.ground(contact).await? else { return Ok(None) };
        let Some(from) = self.family(source).await? else {
            return Err(ThreadRefusal::NoThread(source.clone()).into());
        };
        let Some(into) = self.family(target).await? else {
            return Err(ThreadRefusal::NoThread(target.clone()).into());
        };
        if from.contact != into.contact {
            return Err(ThreadRefusal::OtherContact.into());
        }
        if from.contact != *contact {
            return Ok(None);
        }
        if let Some(thread) = from.merged_into.clone().or_else(|| into.merged_into.clone()) {
            return Err(ThreadRefusal::Merged(thread).into());
        }
        if MOST_SOURCES < from.threads.len() + into.threads.len() - 1 {
            return Err(ThreadRefusal::TooMany.into());
        }
        let source = self.among(&threads, source).await?;
        let target = self.among(&threads, target).await?;
        let pair = |(source, target)| Pair { threads, source, target, from, into };
        Ok(source.zip(target).map(pair))
    }

    /// A thread of a person, from the live ones that were read or from those that were moved out.
    pub(in crate::store) async fn among(
        self,
        threads: &LiveThreads,
        thread: &ThreadId,
    ) -> anyhow::Result<Option<(Key, Live)>> {
        if let Some(live) = threads.live.iter().find(|it| it.thread == *thread) {
            return Ok(Some((keys::live(&threads.contact, thread), live.clone())));
        }
        let key = keys::archived(&threads.contact, thread);
        Ok(self.store.threads().thread_at(&key).await?.map(|live| (key, live)))
    }
}

fn add_merge(transaction: &mut Transaction, pair: &Pair) {
    let ((source_key, source), (target_key, target)) = (&pair.source, &pair.target);
    let contact = &pair.threads.contact;
    let mut merged = union(target, source);
    merged.version = target.version + 1;
    transaction.patch(next_head(&pair.threads));
    transaction.remove(source_key, source.version);
    // A target that was moved out takes the place of a source that was not.
    let place = keys::live(contact, &target.thread);
    let is_back = *target_key != place && *source_key == keys::live(contact, &source.thread);
    if is_back {
        transaction.remove(target_key, target.version);
        transaction.patch(write_live(place, &merged).if_absent(PK));
    } else {
        let patch = write_live(target_key.clone(), &merged);
        transaction.patch(patch.if_is(VERSION, Some(number(target.version))));
    }
    let goes = unmerged(&pair.from, &source.thread)
        .set(MERGED_INTO, text(target.thread.as_str()))
        .add(VERSION, number(1));
    transaction.patch(goes);
    let takes = unmerged(&pair.into, &target.thread)
        .add(SOURCES, names(&pair.from.threads))
        .add(VERSION, number(1));
    transaction.patch(takes);
}

/// A thread's item, as long as it is this person's and no part of another.
fn unmerged(family: &Family, thread: &ThreadId) -> Patch {
    Patch::of(keys::thread(thread))
        .if_is(CONTACT, Some(text(family.contact.as_str())))
        .if_absent(MERGED_INTO)
}

/// Threads as a set.
pub(in crate::store) fn names(threads: &[ThreadId]) -> AttributeValue {
    AttributeValue::Ss(threads.iter().map(|it| it.as_str().to_owned()).collect())
}

/// Marks a correction that is taken back in one transaction.
pub(in crate::store) fn taken_back(of: &Record, by: &Record) -> Patch {
    of.advance(CorrectionState::Reverted).set(REVERTED_BY, text(by.correction.id.as_str()))
}
