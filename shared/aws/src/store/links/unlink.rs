//! Taking a link back.

use std::collections::BTreeSet;

use domain::event::derived;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Live};
use domain::id::{ContactId, CorrectionId, IdentityId, ThreadId};
use domain::time::Timestamp;

use super::give::heads;
use super::item::{Bond, Split};
use super::opened_by;
use crate::store::base::Attempt;
use crate::store::corrections::refusal::{PersonError, PersonRefusal, ThreadError, ThreadRefusal};
use crate::store::corrections::{MOST_MOVED, Order, To};
use crate::store::item::{Item, get_text};
use crate::store::keys::Key;
use crate::store::links::Links;
use crate::store::links::give::add_addresses;
use crate::store::messages::stored::Stored;
use crate::store::patch::key_item;
use crate::store::query::{SortOrder, Window};
use crate::store::rules::Rules;
use crate::store::schema::{IDENTITY, LINKED_INTO, PK};
use crate::store::sends::addressed_to;
use crate::store::transaction::{Committed, Transaction};

/// The most by which a message that came after the link may be older than it: longer than it can be on its way.
const LATE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The number of messages that are looked at in one read.
const PAGE: usize = 100;

impl Links<'_> {
    /// Takes back the link by which an address became a person's: what came with it, and what was said by it since, goes
    /// back to the person whose it was.
    pub async fn unlink(
        self,
        order: &Order,
        contact: &ContactId,
        identity: &IdentityId,
        rules: &Rules,
    ) -> Result<Correction, PersonError> {
        let attempt = || async {
            let Some(contact) = self.store.contacts().who_is(contact).await? else {
                return Err(PersonRefusal::NoContact.into());
            };
            let bond = match self.bond(&contact, &order.id).await? {
                Some(Some(bond)) if !bond.is_link() && bond.names(identity) => bond,
                Some(_) => return Err(PersonRefusal::OtherCorrection.into()),
                None => match self.begin_unlink(order, &contact, identity).await? {
                    Some(bond) => bond,
                    None => return Ok(Attempt::Again(())),
                },
            };
            // What moves messages is large: on the heap it is so for this call alone.
            let made = Box::pin(self.complete_unlink(order, bond, rules)).await?;
            Ok(Attempt::Done(made))
        };
        self.store.retrying("a link was taken back", attempt).await
    }

    /// Appends the undoing, with which the addresses go back. `None` if something changed since it was read.
    async fn begin_unlink(
        self,
        order: &Order,
        contact: &ContactId,
        identity: &IdentityId,
    ) -> Result<Option<Bond>, PersonError> {
        let Some(link) = self.link_of(contact, identity).await? else {
            return Err(PersonRefusal::NotLinked.into());
        };
        let Some(to) = link.ends().map(|it| it.from.clone()) else {
            return Err(PersonRefusal::NotLinked.into());
        };
        if link.correction.state == CorrectionState::Running {
            self.complete_link(link).await?;
            return Ok(None);
        }
        // The heads come first: a merge that is made after this gives one a new version.
        let giver = self.store.threads().live(contact).await?;
        let taker = self.store.threads().live(&to).await?;
        if giver.linked_into.is_some() {
            return Ok(None);
        }
        if self.is_mixed_by_merge(contact, &link).await? {
            return Err(PersonRefusal::Superseded.into());
        }
        let mut addresses = self.store.contacts().addresses(contact).await?.unwrap_or_default();
        // One that went to somebody else meanwhile is not given back.
        addresses.retain(|(id, _)| link.identities.contains(id));
        let kind = CorrectionKind::Unlink { identity: identity.clone(), from: contact.clone(), to };
        let mut bond = Bond::begun(contact, order, kind);
        bond.correction.reverts = Some(link.correction.id.clone());
        (bond.identities, bond.threads) = (link.identities.clone(), link.threads.clone());
        bond.since = link.since;
        let mut transaction = Transaction::default();
        transaction.patch(bond.write()?);
        transaction.patch(link.reverting(&order.id));
        let (old_head, new_head) = heads((&giver, &taker), &addresses);
        transaction.patch(old_head);
        transaction.patch(new_head.remove(LINKED_INTO));
        add_addresses(&mut transaction, (&giver, &taker), &addresses);
        let begun = matches!(self.store.commit(transaction).await?, Committed::Done);
        Ok(begun.then_some(bond))
    }

    /// The last link by which an address became a person's and that was not taken back.
    async fn link_of(
        self,
        contact: &ContactId,
        identity: &IdentityId,
    ) -> anyhow::Result<Option<Bond>> {
        let address = self.store.contacts().find_identity(identity).await?;
        if address.and_then(|it| it.contact).as_ref() != Some(contact) {
            return Ok(None);
        }
        let is_it =
            |it: &Bond| it.is_link() && !it.is_taken_back() && it.identities.contains(identity);
        Ok(self.bonds(contact).await?.into_iter().rfind(is_it))
    }

    /// Whether a thread that came with a link was merged with one that did not.
    async fn is_mixed_by_merge(self, contact: &ContactId, link: &Bond) -> anyhow::Result<bool> {
        let lives = self.all_threads(contact).await?;
        let mut families = self.families(&lives).await?.into_values();
        let came = |it: &ThreadId| link.threads.contains(it);
        Ok(families.any(|it| it.iter().any(came) && !it.iter().all(came)))
    }

    /// Completes the taking back of a link from wherever it was left.
    async fn complete_unlink(
        self,
        order: &Order,
        mut bond: Bond,
        rules: &Rules,
    ) -> anyhow::Result<Correction> {
        if bond.correction.state != CorrectionState::Running {
            return Ok(bond.correction);
        }
        for n in 0..bond.splits.len() {
            if !self.is_given(&bond, n).await? {
                self.split_off(order, &bond, n, rules).await?;
            }
        }
        let kept = self.store.contacts().addresses(&bond.contact).await?.unwrap_or_default();
        let stay: BTreeSet<_> = kept.into_iter().map(|(id, _)| id).collect();
        let lives = self.all_threads(&bond.contact).await?;
        for live in &lives {
            self.sort_out(order, &mut bond, &stay, live, rules).await?;
        }
        if let Some(link) = &bond.correction.reverts
            && let Some(Some(link)) = self.bond(&bond.contact, link).await?
            && link.correction.state == CorrectionState::Reverting
        {
            self.take_back_lent(&link, &bond).await?;
            self.advance(&link, CorrectionState::Reverted).await?;
        }
        self.advance(&bond, CorrectionState::Done).await
    }

    /// Puts a thread where it belongs, and its messages that belong to the other person into a thread of theirs.
    async fn sort_out(
        self,
        order: &Order,
        bond: &mut Bond,
        stay: &BTreeSet<IdentityId>,
        live: &Live,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let Some((from, to)) = bond.ends().map(|it| (it.from.clone(), it.to.clone())) else {
            return Ok(());
        };
        let came = bond.threads.contains(&live.thread);
        if !came && live.profile.last_at() < bond.since.plus_ms(-LATE_MS) {
            return Ok(());
        }
        let family = self.families(std::slice::from_ref(live)).await?;
        let family: Vec<_> = family.into_values().flatten().collect();
        let said = self.said_in(&family, order.at).await?;
        let (leave, stay) = (by(&said, &bond.identities), by(&said, stay));
        let goes = came || stay.is_empty() && !leave.is_empty();
        let others = if goes { stay } else { leave };
        let split = opened_by(order, &live.thread);
        self.split(order, bond, (&live.thread, &split), &others, rules).await?;
        let given = if goes {
            family
        } else if others.is_empty() {
            Vec::new()
        } else {
            vec![split]
        };
        for thread in &given {
            self.give(thread, &from, &to).await?;
        }
        Ok(())
    }

    /// The messages of threads, by or to whom each is, as they are at this moment.
    async fn said_in(
        self,
        threads: &[ThreadId],
        now: Timestamp,
    ) -> anyhow::Result<Vec<(String, IdentityId)>> {
        let mut window = Window { order: SortOrder::Ascending, after: None, limit: PAGE };
        let mut said = Vec::new();
        loop {
            let page = self.store.views().view_timeline(threads, &window, now).await?;
            let keys = page.rows.iter().map(|it| key_item(&Key::alone(it.key.clone()))).collect();
            for item in self.store.items(keys, true).await? {
                let is_here = Stored::of(&item).thread.is_some_and(|it| threads.contains(&it));
                let key = get_text(&item, PK).filter(|_| is_here);
                said.extend(key.map(str::to_owned).zip(whose(&item)?));
            }
            let Some(next) = page.next else { return Ok(said) };
            window.after = Some(next);
        }
    }

    /// Splits messages off a thread. What is split is recorded first, so that it can be completed.
    async fn split(
        self,
        order: &Order,
        bond: &mut Bond,
        (from, to): (&ThreadId, &ThreadId),
        keys: &[String],
        rules: &Rules,
    ) -> anyhow::Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let is_there = self.store.threads().home(to).await?.is_some();
        let splits = keys.chunks(MOST_MOVED).enumerate().map(|(n, keys)| Split {
            from: from.clone(),
            to: to.clone(),
            opens: n == 0 && !is_there,
            keys: keys.to_vec(),
        });
        let splits: Vec<_> = splits.collect();
        let item = self.store.write_retrying(bond.with_splits(&splits)?).await?;
        // Of two programs at work on one order, the second does what the first recorded.
        let before = bond.splits.len();
        bond.splits = Bond::read(&item)?.map_or(Vec::new(), |it| it.splits);
        for n in before..bond.splits.len() {
            self.split_off(order, bond, n, rules).await?;
        }
        Ok(())
    }

    /// Whether a thread of a split went to its person already: it does only when all of it was split.
    async fn is_given(self, bond: &Bond, n: usize) -> anyhow::Result<bool> {
        let Some(split) = bond.splits.get(n) else { return Ok(true) };
        for thread in [&split.from, &split.to] {
            let home = self.store.threads().home(thread).await?;
            if home.is_some_and(|it| it.contact != bond.contact) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes one of the splits that were recorded, or completes it.
    async fn split_off(
        self,
        order: &Order,
        bond: &Bond,
        n: usize,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let Some(split) = bond.splits.get(n) else { return Ok(()) };
        let id = CorrectionId::new(derived("cor_", &[order.id.as_str(), &n.to_string()]));
        let order = Order { id, ..order.clone() };
        let to = if split.opens { To::New(split.to.clone()) } else { To::Thread(split.to.clone()) };
        let keys: Vec<_> = split.keys.iter().map(|it| Key::alone(it.clone())).collect();
        let corrections = self.store.corrections();
        match corrections.move_messages(&order, &split.from, &to, &keys, rules).await {
            // A thread that went to its person already is complete.
            Ok(_) | Err(ThreadError::Refused(ThreadRefusal::OtherContact)) => Ok(()),
            Err(ThreadError::Refused(refused)) => {
                anyhow::bail!("messages could not be split off: {refused:?}")
            }
            Err(ThreadError::Failed(error)) => Err(error),
        }
    }
}

/// The messages by one of these addresses, or to one.
fn by(said: &[(String, IdentityId)], ids: &BTreeSet<IdentityId>) -> Vec<String> {
    said.iter().filter(|(_, id)| ids.contains(id)).map(|(key, _)| key.clone()).collect()
}

/// By whom a message is, or to whom.
fn whose(item: &Item) -> anyhow::Result<Option<IdentityId>> {
    if let Some(identity) = get_text(item, IDENTITY) {
        return Ok(Some(IdentityId::from_stored(identity)));
    }
    addressed_to(item)
}
