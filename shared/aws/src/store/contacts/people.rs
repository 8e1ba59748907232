//! The person that an event is about, and what is remembered of them.

use domain::event::{Identity, InboundEvent};
use domain::filing::identity::{
    Address, Consent, Resolution, given_up, names_news, resolve, succeed,
};
use domain::id::{ContactId, IdentityId};

use crate::store::base::Attempt;
use crate::store::contacts::Contacts;
use crate::store::contacts::identities::{
    Claims, add_claims, if_seen_before, release, seen, write_consent,
};
use crate::store::item::{moment, number, text};
use crate::store::keys;
use crate::store::patch::Patch;
use crate::store::schema::{ADDRESS_CHANGED, CHANGED_AT, LINKED_INTO, PK, VERSION};
use crate::store::transaction::{Committed, Transaction};

impl Contacts<'_> {
    /// Reads whom an event is about. An alias costs a read only when it is news.
    pub(in crate::store) async fn whom(
        self,
        identity: &Identity,
    ) -> anyhow::Result<(Address, Resolution)> {
        let own = self.find_identity(&identity.id).await?;
        let aliases = if names_news(identity, own.as_ref()) {
            self.aliases(identity).await?
        } else {
            Vec::new()
        };
        let kept: Vec<_> = aliases.iter().map(|(id, kept)| (id, kept.as_ref())).collect();
        let resolution = resolve(identity, own.as_ref(), &kept);
        for claim in resolution.claims.iter().filter(|it| it.from.is_some()) {
            let number =
                aliases.iter().find(|(id, _)| *id == claim.id).and_then(|(_, it)| it.as_ref());
            if let (Some(number), Some(holder)) = (number, &claim.held_by)
                && claim.from != resolution.contact
            {
                // It goes to somebody else. What was said by it stays with who said it.
                self.hand_on(number, holder).await?;
            }
        }
        Ok((own.unwrap_or_default(), resolution))
    }

    async fn aliases(
        self,
        identity: &Identity,
    ) -> anyhow::Result<Vec<(IdentityId, Option<Address>)>> {
        let mut aliases: Vec<(IdentityId, _)> = Vec::with_capacity(identity.aliases.len());
        for alias in identity.aliases.iter().filter(|it| **it != identity.id) {
            // One number in two spellings is one item, and a transaction may write it once.
            if !aliases.iter().any(|(id, _)| id == alias) {
                aliases.push((alias.clone(), self.find_identity(alias).await?));
            }
        }
        Ok(aliases)
    }

    /// Gives addresses to a person that is there already. False if something changed since it was read.
    pub(in crate::store) async fn attach(
        self,
        contact: &ContactId,
        claims: &Claims,
    ) -> anyhow::Result<bool> {
        let mut transaction = Transaction::default();
        add_claims(&mut transaction, contact, claims);
        // Who was made one with another person gets no address any more: it would be nobody's.
        let head = Patch::of(keys::contact(contact))
            .if_present(PK)
            .if_absent(LINKED_INTO)
            .add(VERSION, number(1));
        transaction.patch(claims.to_head(head, contact));
        Ok(matches!(self.store.commit(transaction).await?, Committed::Done))
    }

    /// Remembers when a person last wrote to an account of ours: that is until when we may write freely. It is written
    /// when it moves far enough to matter.
    pub(in crate::store) async fn remember(
        self,
        event: &InboundEvent,
        identity: &Identity,
        own: &Address,
    ) -> anyhow::Result<()> {
        let claims = Claims::of(Vec::new(), event);
        let Some((account, at)) = &claims.inbound else { return Ok(()) };
        if own.window_moves(&event.channel, &event.account, *at) {
            let patch = if_seen_before(Patch::of(keys::identity(&identity.id)), account, *at);
            self.store.write_retrying(seen(patch, &claims)).await?;
        }
        Ok(())
    }

    /// Remembers what a person allowed or forbade, also before their first message.
    pub(in crate::store) async fn consent(
        self,
        identity: &Identity,
        purpose: &str,
        consent: Consent,
        detail: &str,
    ) -> anyhow::Result<()> {
        self.store.write_retrying(write_consent(&identity.id, purpose, consent, detail)).await?;
        Ok(())
    }

    /// Lets what a person allowed or forbade by an address that they lose hold for one that they keep.
    async fn hand_on(self, lost: &Address, kept: &IdentityId) -> anyhow::Result<()> {
        for (purpose, consent) in &lost.consents {
            self.store
                .write_retrying(write_consent(kept, purpose, *consent, "said by another address"))
                .await?;
        }
        Ok(())
    }

    /// Follows the platform's word that a person's addresses changed.
    pub(in crate::store) async fn identity_changed(
        self,
        event: &InboundEvent,
        identity: &Identity,
        previous: Option<&IdentityId>,
        reason: &str,
    ) -> anyhow::Result<()> {
        if let Some(previous) = previous {
            self.follow(event, identity, previous).await?;
        }
        let note = Patch::of(keys::identity(&identity.id))
            .if_present(PK)
            .if_below(CHANGED_AT, moment(event.at.plus_ms(1)))
            .set(ADDRESS_CHANGED, text(reason))
            .set(CHANGED_AT, moment(event.at));
        self.store.write_retrying(note).await?;
        Ok(())
    }

    async fn follow(
        self,
        event: &InboundEvent,
        identity: &Identity,
        previous: &IdentityId,
    ) -> anyhow::Result<()> {
        let attempt = || async {
            let before = self.find_identity(previous).await?;
            let own = self.find_identity(&identity.id).await?;
            let aliases = self.aliases(identity).await?;
            let kept: Vec<_> = aliases.iter().map(|(id, kept)| (id, kept.as_ref())).collect();
            let succession = succeed(identity, own.as_ref(), &kept, before.as_ref());
            let Some(contact) = succession.contact else { return Ok(Attempt::Done(())) };
            let claims = Claims::of(succession.claims, event);
            if claims.claims.is_empty() || self.attach(&contact, &claims).await? {
                if let Some(before) = before.as_ref().filter(|_| *previous != identity.id) {
                    self.hand_on(before, &identity.id).await?;
                }
                for number in given_up(identity, previous, before.as_ref()) {
                    self.give_up(&number, &contact, &identity.id).await?;
                }
                return Ok(Attempt::Done(()));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("addresses of a person were followed", attempt).await
    }

    /// Takes a number from a person, if it is still theirs. What they said by it holds for the address that they have now.
    async fn give_up(
        self,
        number: &IdentityId,
        contact: &ContactId,
        now: &IdentityId,
    ) -> anyhow::Result<()> {
        let attempt = || async {
            let kept = self.find_identity(number).await?;
            let Some(kept) = kept.filter(|it| it.contact.as_ref() == Some(contact)) else {
                return Ok(Attempt::Done(()));
            };
            self.hand_on(&kept, now).await?;
            let mut transaction = Transaction::default();
            release(&mut transaction, number, contact);
            if matches!(self.store.commit(transaction).await?, Committed::Done) {
                return Ok(Attempt::Done(()));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a number was given up", attempt).await
    }
}
