//! The loan of a profile: the wishes of a person go over with a link, and are taken back with it.
//!
//! The link records what it lent, in the transaction that lends it: so it is lent once, and to take it back needs no guess.
//! Their own stays where it is, for the day when they are two again.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::ContactId;

use super::item::Bond;
use crate::store::base::Attempt;
use crate::store::contacts::profiles::{ContactProfile, write};
use crate::store::item::{Item, get_text, text};
use crate::store::links::Links;
use crate::store::schema::LENT;
use crate::store::sends::json;
use crate::store::transaction::{Committed, Transaction};

impl Links<'_> {
    /// Lends what the one person wants of us to the other, where the other has said nothing else.
    pub(in crate::store) async fn lend(self, link: &Bond) -> anyhow::Result<()> {
        let Some(ends) = link.ends() else { return Ok(()) };
        let own = self.store.contacts().profile(ends.from).await?;
        if own == ContactProfile::default() {
            return Ok(());
        }
        let lend = |before: &ContactProfile| {
            let lent = before.lacks(&own);
            Ok((json(&lent)?, before.joined(&lent)))
        };
        self.change_once(link, ends.to, lend).await
    }

    /// Takes back what a link lent, where nobody changed it since.
    pub(in crate::store) async fn take_back_lent(
        self,
        link: &Bond,
        unlink: &Bond,
    ) -> anyhow::Result<()> {
        let Some(lent) = self.lent(link).await? else { return Ok(()) };
        let lent: ContactProfile = serde_json::from_str(get_text(&lent, LENT).unwrap_or_default())?;
        let take = |before: &ContactProfile| Ok((text(""), before.without(&lent)));
        self.change_once(unlink, &unlink.contact, take).await
    }

    /// Changes a profile and says so on a link, unless the link says so already. `next` makes what the link says, and the
    /// profile as it becomes.
    async fn change_once(
        self,
        bond: &Bond,
        contact: &ContactId,
        next: impl Fn(&ContactProfile) -> anyhow::Result<(AttributeValue, ContactProfile)>,
    ) -> anyhow::Result<()> {
        let attempt = || async {
            if self.lent(bond).await?.is_some() {
                return Ok(Attempt::Done(()));
            }
            let before = self.store.contacts().profile(contact).await?;
            let (says, next) = next(&before)?;
            let mut transaction = Transaction::default();
            transaction.patch(bond.patch().if_absent(LENT).set(LENT, says));
            transaction.patch(write(contact, &before, &next));
            if matches!(self.store.commit(transaction).await?, Committed::Done) {
                return Ok(Attempt::Done(()));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a link was to change a profile", attempt).await
    }

    /// The item of a link that lent something, or of an undoing that took it back.
    async fn lent(self, bond: &Bond) -> anyhow::Result<Option<Item>> {
        Ok(self.store.get(&bond.key()).await?.filter(|it| it.contains_key(LENT)))
    }
}
