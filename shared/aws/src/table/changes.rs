//! What happens to a message after it was said, or before it came: edits, reactions, taking back, reading again.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::{Direction, InboundEvent};
use domain::filing::Change;
use domain::id::ProviderId;

use super::item::{Item, get_flag, get_number, moment, number, text};
use super::keys::{self, Key};
use super::messages::{
    CONTENT, CONTENT_REF, DELETED, EDITED, EVIDENCE, EVIDENCE_FILED, QUOTE, REFERRAL, Stored,
    content, expires,
};
use super::patch::Patch;
use super::schema::EXPIRES;
use super::{Rules, Table};

impl Table {
    /// Records what a message says now, if no later edit is known. An edit that comes first waits for its message.
    pub(super) async fn edit(
        &self,
        event: &InboundEvent,
        of: &ProviderId,
        n: u64,
        says: &Content,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        // The message itself is edit 0.
        let n = n.max(1);
        let patch = expiring(&key, event, rules)
            .if_below(EDITED, number(n))
            .if_absent(DELETED)
            .set(EDITED, number(n))
            .set(CONTENT, content(says)?)
            .set(CONTENT_REF, text(event.content_ref.clone().unwrap_or_default()));
        let is_next = |it: &Item| {
            !get_flag(it, DELETED) && get_number::<u64>(it, EDITED).is_none_or(|it| it < n)
        };
        let item = self.reword(&key, event, &patch, is_next).await?;
        self.rename_after(&key, &item).await?;
        self.fold_stored(&Stored::of(&item), &key, Change::Reworded).await
    }

    /// Removes what a message said, wherever it is kept. Before the message it leaves a tombstone, so that the message is
    /// never kept.
    pub(super) async fn take_back(
        &self,
        event: &InboundEvent,
        of: &ProviderId,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        let gone = [CONTENT, CONTENT_REF, EVIDENCE, EVIDENCE_FILED, QUOTE, REFERRAL];
        let gone = gone.into_iter().chain(["reaction_in", "reaction_out"]);
        let patch = expiring(&key, event, rules).set(DELETED, AttributeValue::Bool(true));
        let patch = gone.fold(patch, Patch::remove);
        let item = self.reword(&key, event, &patch, |_| true).await?;
        self.drop_copies(&item).await?;
        self.rename_after(&key, &item).await?;
        let stored = Stored::of(&item);
        match &stored.ours {
            Some(ours) => self.take_back_ours(ours).await,
            None => self.fold_stored(&stored, &key, Change::Reworded).await,
        }
    }

    /// Records a reaction, the last one of each side.
    pub(super) async fn react(
        &self,
        event: &InboundEvent,
        of: &ProviderId,
        emoji: Option<&str>,
        direction: Direction,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        let item =
            self.settle(reaction(expiring(&key, event, rules), event, emoji, direction)).await?;
        if let Some(ours) = Stored::of(&item).ours {
            self.settle(reaction(Patch::of(keys::outbound(&ours)), event, emoji, direction))
                .await?;
        }
        Ok(())
    }

    /// Replaces what could not be read by what a later parser reads, and returns the message as it is then. An edit that
    /// came meanwhile stays.
    pub(super) async fn replace_unsupported(
        &self,
        event: &InboundEvent,
        says: &Content,
        key: &Key,
    ) -> anyhow::Result<Stored> {
        let patch = Patch::of(key.clone())
            .if_absent(EDITED)
            .if_absent(DELETED)
            .set(CONTENT, content(says)?);
        let patch = match &event.content_ref {
            Some(whole) => patch.set(CONTENT_REF, text(whole)),
            None => patch.remove(CONTENT_REF),
        };
        let is_as_filed = |it: &Item| !get_flag(it, DELETED) && !it.contains_key(EDITED);
        Ok(Stored::of(&self.reword(key, event, &patch, is_as_filed).await?))
    }
}

/// A write to an item that waits for its message, and may wait in vain.
pub(super) fn expiring(key: &Key, event: &InboundEvent, rules: &Rules) -> Patch {
    let patch = Patch::of(key.clone());
    match expires(event.at, rules) {
        Some(at) => patch.set_if_absent(EXPIRES, at),
        None => patch,
    }
}

fn reaction(
    patch: Patch,
    event: &InboundEvent,
    emoji: Option<&str>,
    direction: Direction,
) -> Patch {
    let said = format!("reaction_{}", direction.name());
    let at = format!("{said}_at");
    let patch = patch
        .if_below(&at, moment(event.at.plus_ms(1)))
        .if_absent(DELETED)
        .set(&at, moment(event.at));
    match emoji {
        Some(emoji) => patch.set(&said, text(emoji)),
        None => patch.remove(&said),
    }
}
