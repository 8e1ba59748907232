//! Giving a thread from one person to another, and the addresses of one to the other.

use domain::filing::MOST_LIVE;
use domain::filing::identity::Address;
use domain::id::{ContactId, IdentityId, ThreadId};

use crate::store::base::Attempt;
use crate::store::contacts::identities;
use crate::store::contacts::identities::remove_claimed;
use crate::store::item::text;
use crate::store::keys;
use crate::store::links::Links;
use crate::store::patch::Patch;
use crate::store::schema::{CONTACT, IDENTITIES, MERGED_INTO, PK};
use crate::store::threads::live::Found;
use crate::store::threads::live::LiveThreads;
use crate::store::threads::live::write_live;
use crate::store::threads::open::next_head;
use crate::store::transaction::{Committed, Transaction};

/// Addresses with what is kept of each.
pub(in crate::store) type Addresses = Vec<(IdentityId, Address)>;

impl Links<'_> {
    /// Gives a thread to another person, if it is the first one's: its own item and, unless it was merged, its live one,
    /// together. Where the other person's live threads are complete it goes to those that were moved out.
    pub(in crate::store) async fn give(
        self,
        thread: &ThreadId,
        from: &ContactId,
        to: &ContactId,
    ) -> anyhow::Result<()> {
        let attempt = || async {
            let home = self.store.threads().home(thread).await?;
            let Some(home) = home.filter(|it| it.contact == *from) else {
                return Ok(Attempt::Done(()));
            };
            let mut transaction = Transaction::default();
            let into = home.merged_into.as_ref().map(|it| text(it.as_str()));
            let own = Patch::of(keys::thread(thread))
                .if_is(CONTACT, Some(text(from.as_str())))
                .if_is(MERGED_INTO, into);
            transaction.patch(own.set(CONTACT, text(to.as_str())));
            if home.merged_into.is_none() {
                // Without its live thread it was merged or went elsewhere since: read again.
                let Some(found) = self.store.threads().reach(from, thread).await? else {
                    return Ok(Attempt::Done(()));
                };
                if found.contact != *from || found.live.thread != *thread {
                    return Ok(Attempt::Again(()));
                }
                self.add_giving(&mut transaction, found, to).await?;
            }
            if matches!(self.store.commit(transaction).await?, Committed::Done) {
                return Ok(Attempt::Done(()));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a thread was given to another person", attempt).await
    }

    async fn add_giving(
        self,
        transaction: &mut Transaction,
        found: Found,
        to: &ContactId,
    ) -> anyhow::Result<()> {
        let Found { contact: from, mut live, is_live } = found;
        let key = if is_live { keys::live } else { keys::archived };
        transaction.remove(&key(&from, &live.thread), live.version);
        live.version += 1;
        let threads = self.store.threads().live(to).await?;
        let key = if is_live && threads.live.len() < MOST_LIVE {
            transaction.patch(next_head(&threads));
            keys::live(to, &live.thread)
        } else {
            keys::archived(to, &live.thread)
        };
        transaction.patch(write_live(key, &live).if_absent(PK));
        Ok(())
    }
}

/// Adds that addresses become another person's to a transaction, as long as each is whose it was when it
/// was read. A claim to be the other person is over by it, one way or the other.
pub(in crate::store) fn add_addresses(
    transaction: &mut Transaction,
    (giver, taker): (&LiveThreads, &LiveThreads),
    addresses: &Addresses,
) {
    for (identity, address) in addresses {
        let whose = address.contact.as_ref().map(|it| text(it.as_str()));
        let patch = Patch::of(keys::identity(identity)).if_is(CONTACT, whose);
        let patch = patch.set(CONTACT, text(taker.contact.as_str()));
        let ends = [&giver.contact, &taker.contact];
        let is_over = address.claimed.as_ref().is_some_and(|it| ends.contains(&&it.contact));
        transaction.patch(if is_over { remove_claimed(patch) } else { patch });
    }
}

/// The heads of both, a version later, with the addresses at the one who takes.
pub(in crate::store) fn heads(
    (giver, taker): (&LiveThreads, &LiveThreads),
    addresses: &Addresses,
) -> (Patch, Patch) {
    let (old_head, new_head) = (next_head(giver), next_head(taker));
    let ids = || identities::ids(addresses.iter().map(|(id, _)| id));
    let old_head = match ids().filter(|_| giver.version.is_some()) {
        Some(ids) => old_head.take_out(IDENTITIES, ids),
        None => old_head,
    };
    let new_head = match ids() {
        Some(ids) => new_head.add(IDENTITIES, ids),
        None => new_head,
    };
    (old_head, new_head)
}
