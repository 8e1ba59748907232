//! Threads that come among the live ones: a new one, or one that was moved out and is written to again.

use domain::filing::{Live, MOST_LIVE, oldest};
use domain::id::{ContactId, ThreadId};
use domain::time::Timestamp;

use crate::store::item::{moment, number, seconds, text};
use crate::store::keys;
use crate::store::patch::Patch;
use crate::store::schema::{CONTACT, OPENED, PK, SUBJECT, SUBJECT_EDIT, SUBJECT_UNTIL, VERSION};
use crate::store::threads::Threads;
use crate::store::threads::live::LiveThreads;
use crate::store::threads::live::write_live;
use crate::store::threads::subjects::Subject;
use crate::store::transaction::{Committed, Transaction};

impl Threads<'_> {
    /// Makes a thread that was moved out live again. False if something changed since it was read.
    pub(in crate::store) async fn move_in(
        self,
        threads: &LiveThreads,
        live: &Live,
        version: u64,
    ) -> anyhow::Result<bool> {
        let mut transaction = Transaction::default();
        transaction.patch(next_head(threads));
        transaction.remove(&keys::archived(&threads.contact, &live.thread), version);
        transaction
            .patch(write_live(keys::live(&threads.contact, &live.thread), live).if_absent(PK));
        add_room(&mut transaction, threads, None);
        Ok(matches!(self.store.commit(transaction).await?, Committed::Done))
    }
}

/// Moves the oldest thread out, unchanged, where the live ones are complete; not the one that stays.
pub(in crate::store) fn add_room(
    transaction: &mut Transaction,
    threads: &LiveThreads,
    stays: Option<&ThreadId>,
) {
    if threads.live.len() < MOST_LIVE {
        return;
    }
    let others: Vec<_> =
        threads.live.iter().filter(|it| stays != Some(&it.thread)).cloned().collect();
    let Some(oldest) = oldest(&others) else { return };
    transaction.remove(&keys::live(&threads.contact, &oldest.thread), oldest.version);
    transaction
        .patch(write_live(keys::archived(&threads.contact, &oldest.thread), oldest).if_absent(PK));
}

/// Adds the opening of a thread to a transaction: the thread, the live thread, and, if there are too many, the one
/// that makes room. The head's next version belongs into the same transaction ([`next_head`]): it makes two openings
/// at once impossible, as one of them has to read again.
pub(in crate::store) fn add_opening(
    transaction: &mut Transaction,
    threads: &LiveThreads,
    live: &Live,
    at: Timestamp,
    subject: Option<&Subject>,
) {
    transaction.patch(write_thread(&live.thread, &threads.contact, at, subject));
    transaction.patch(write_live(keys::live(&threads.contact, &live.thread), live).if_absent(PK));
    add_room(transaction, threads, None);
}

/// The head, a version later.
#[must_use]
pub fn next_head(threads: &LiveThreads) -> Patch {
    let next = threads.version.map_or(1, |it| it + 1);
    Patch::of(keys::contact(&threads.contact))
        .if_is(VERSION, threads.version.map(number))
        .set(VERSION, number(next))
}

/// The item of a new thread.
fn write_thread(
    thread: &ThreadId,
    contact: &ContactId,
    at: Timestamp,
    subject: Option<&Subject>,
) -> Patch {
    Patch::of(keys::thread(thread))
        .set(CONTACT, text(contact.as_str()))
        .set(OPENED, moment(at))
        .set_some(SUBJECT, subject.map(|it| text(&*it.line)))
        .set_some(SUBJECT_EDIT, subject.map(|it| number(it.edit)))
        .set_some(SUBJECT_UNTIL, subject.and_then(|it| it.until).map(seconds))
        .if_absent(PK)
}
