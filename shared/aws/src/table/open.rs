//! Threads that come among the live ones: a new one, or one that was moved out and is written to again.

use domain::filing::{Live, MOST_LIVE, oldest};
use domain::id::ThreadId;
use domain::time::Timestamp;

use super::Table;
use super::item::number;
use super::keys;
use super::patch::Patch;
use super::schema::{PK, VERSION};
use super::subjects::Subject;
use super::threads::{Threads, write_live, write_thread};
use super::transaction::{Committed, Transaction};

impl Table {
    /// Adds the opening of a thread to a transaction: the thread, the live thread, and, if there are too many, the one
    /// that makes room. The head's next version belongs into the same transaction ([`next_head`]): it makes two openings
    /// at once impossible, as one of them has to read again.
    pub fn add_opening(
        &self,
        transaction: &mut Transaction,
        threads: &Threads,
        live: &Live,
        at: Timestamp,
        subject: Option<&Subject>,
    ) -> anyhow::Result<()> {
        transaction.patch(self, write_thread(&live.thread, &threads.contact, at, subject))?;
        transaction.patch(
            self,
            write_live(keys::live(&threads.contact, &live.thread), live).if_absent(PK),
        )?;
        self.add_room(transaction, threads, None)
    }

    /// Makes a thread that was moved out live again. False if something changed since it was read.
    pub(super) async fn move_in(
        &self,
        threads: &Threads,
        live: &Live,
        version: u64,
    ) -> anyhow::Result<bool> {
        let mut transaction = Transaction::default();
        transaction.patch(self, next_head(threads))?;
        transaction.remove(self, &keys::older(&threads.contact, &live.thread), version)?;
        transaction.patch(
            self,
            write_live(keys::live(&threads.contact, &live.thread), live).if_absent(PK),
        )?;
        self.add_room(&mut transaction, threads, None)?;
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }

    /// Moves the oldest thread out, unchanged, where the live ones are complete; not the one that stays.
    pub(super) fn add_room(
        &self,
        transaction: &mut Transaction,
        threads: &Threads,
        stays: Option<&ThreadId>,
    ) -> anyhow::Result<()> {
        if threads.live.len() < MOST_LIVE {
            return Ok(());
        }
        let others: Vec<_> =
            threads.live.iter().filter(|it| stays != Some(&it.thread)).cloned().collect();
        let Some(oldest) = oldest(&others) else { return Ok(()) };
        transaction.remove(self, &keys::live(&threads.contact, &oldest.thread), oldest.version)?;
        transaction.patch(
            self,
            write_live(keys::older(&threads.contact, &oldest.thread), oldest).if_absent(PK),
        )?;
        Ok(())
    }
}

/// The head, a version later.
#[must_use]
pub fn next_head(threads: &Threads) -> Patch {
    let next = threads.version.map_or(1, |it| it + 1);
    Patch::of(keys::contact(&threads.contact))
        .if_is(VERSION, threads.version.map(number))
        .set(VERSION, number(next))
}
