//! Making two people one.

use std::collections::BTreeSet;

use domain::filing::identity::Address;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Proof};
use domain::id::{ContactId, IdentityId, ThreadId};

use super::give::{Addresses, heads};
use super::item::Bond;
use super::{MOST_IDENTITIES, MOST_THREADS};
use crate::store::base::Attempt;
use crate::store::corrections::refusal::{PersonError, PersonRefusal};
use crate::store::corrections::{Order, common};
use crate::store::item::text;
use crate::store::links::Links;
use crate::store::links::give::add_addresses;
use crate::store::schema::LINKED_INTO;
use crate::store::threads::live::LiveThreads;
use crate::store::transaction::{Committed, Transaction};

impl Links<'_> {
    /// Makes the person of an address one with another person: their addresses and threads become the other one's. An
    /// address of nobody just becomes theirs.
    pub async fn link(
        self,
        order: &Order,
        identity: &IdentityId,
        to: &ContactId,
        proof: Proof,
    ) -> Result<Correction, PersonError> {
        let attempt = || async {
            let Some(to) = self.store.contacts().who_is(to).await? else {
                return Err(PersonRefusal::NoContact.into());
            };
            let bond = match self.bond(&to, &order.id).await? {
                Some(Some(bond)) if bond.is_link() && bond.names(identity) => bond,
                Some(_) => return Err(PersonRefusal::OtherCorrection.into()),
                None => match self.begin_link(order, identity, &to, &proof).await? {
                    Some(bond) => bond,
                    None => return Ok(Attempt::Again(())),
                },
            };
            Ok(Attempt::Done(self.complete_link(bond).await?))
        };
        self.store.retrying("two people were made one", attempt).await
    }

    /// Appends the link, with which the addresses go over. `None` if something changed since it was read.
    async fn begin_link(
        self,
        order: &Order,
        identity: &IdentityId,
        to: &ContactId,
        proof: &Proof,
    ) -> Result<Option<Bond>, PersonError> {
        let address = self.store.contacts().find_identity(identity).await?.unwrap_or_default();
        let from = address.contact.clone().unwrap_or_else(|| nobody(order));
        if from == *to {
            return Err(PersonRefusal::SameContact.into());
        }
        let giver = self.store.threads().live(&from).await?;
        let taker = self.store.threads().live(to).await?;
        if taker.linked_into.is_some() {
            // They were made one with somebody else since: who they are is read again.
            return Ok(None);
        }
        let addresses = self.addresses_of(&giver, identity, address).await?;
        let lives = self.all_threads(&from).await?;
        let threads: BTreeSet<ThreadId> =
            self.families(&lives).await?.into_values().flatten().collect();
        if MOST_IDENTITIES < addresses.len() || MOST_THREADS < threads.len() {
            return Err(PersonRefusal::TooMany.into());
        }
        let kind = CorrectionKind::Link {
            identity: identity.clone(),
            from,
            to: to.clone(),
            proof: proof.clone(),
        };
        let mut bond = Bond::begun(to, order, kind);
        let claims = addresses.iter().filter_map(|(_, it)| it.claimed.as_ref());
        let claims = claims.filter(|it| it.contact == *to).map(|it| it.at);
        bond.since = claims.chain([order.at]).min().unwrap_or(order.at);
        bond.identities = addresses.iter().map(|(id, _)| id.clone()).collect();
        bond.threads = threads;
        let mut transaction = Transaction::default();
        transaction.patch(bond.write()?);
        let (old_head, new_head) = heads((&giver, &taker), &addresses);
        transaction.patch(old_head.set(LINKED_INTO, text(to.as_str())));
        transaction.patch(new_head);
        add_addresses(&mut transaction, (&giver, &taker), &addresses);
        let begun = matches!(self.store.commit(transaction).await?, Committed::Done);
        Ok(begun.then_some(bond))
    }

    /// All addresses of a person, the one that is asked for among them.
    async fn addresses_of(
        self,
        person: &LiveThreads,
        identity: &IdentityId,
        address: Address,
    ) -> anyhow::Result<Addresses> {
        let mut addresses =
            self.store.contacts().addresses(&person.contact).await?.unwrap_or_default();
        if !addresses.iter().any(|(id, _)| id == identity) {
            addresses.push((identity.clone(), address));
        }
        Ok(addresses)
    }

    /// Completes a link from wherever it was left.
    pub(in crate::store) async fn complete_link(self, bond: Bond) -> anyhow::Result<Correction> {
        let Some(ends) = bond.ends() else { return Ok(bond.correction) };
        if bond.correction.state != CorrectionState::Running {
            return Ok(bond.correction);
        }
        for thread in &bond.threads {
            self.give(thread, ends.from, ends.to).await?;
        }
        // What was opened by a correction that was under way when the link began.
        let late = self.all_threads(ends.from).await?;
        for thread in self.families(&late).await?.into_values().flatten() {
            self.store.write_retrying(bond.with_thread(&thread)).await?;
            self.give(&thread, ends.from, ends.to).await?;
        }
        self.lend(&bond).await?;
        self.advance(&bond, CorrectionState::Done).await
    }

    /// Completes the links by which a person became another one. Whether one was under way.
    pub(in crate::store) async fn complete_links(
        self,
        from: &ContactId,
        to: &ContactId,
    ) -> anyhow::Result<bool> {
        let is_it = |it: &Bond| {
            let is_running = it.correction.state == CorrectionState::Running;
            is_running && it.is_link() && it.ends().is_some_and(|it| it.from == from)
        };
        let Some(bond) = self.bonds(to).await?.into_iter().find(is_it) else { return Ok(false) };
        self.complete_link(bond).await.map(|_| true)
    }

    /// Takes a link to another state, unless somebody else did.
    pub(in crate::store) async fn advance(
        self,
        bond: &Bond,
        to: CorrectionState,
    ) -> anyhow::Result<Correction> {
        common::read(&self.store.write_retrying(bond.advance(to)).await?)
    }
}

/// The person of an address that was nobody's: nothing else is known of them, and they are the same each time that the order
/// comes.
fn nobody(order: &Order) -> ContactId {
    let id = order.id.as_str();
    ContactId::new(format!("con_{}", id.strip_prefix("cor_").unwrap_or(id)))
}
