//! The changes to a message after it was said, or before it came: edits, reactions, taking back, reading again.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::{Direction, InboundEvent};
use domain::filing::Change;
use domain::id::ProviderId;

use crate::store::item::{Item, get_flag, get_number, moment, number, text};
use crate::store::keys::{self, Key};
use crate::store::messages::Messages;
use crate::store::messages::stored::Stored;
use crate::store::messages::stored::content;
use crate::store::messages::stored::expires;
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::schema::{
    CONTENT, CONTENT_REF, DELETED, EDITED, EVIDENCE, EVIDENCE_FILED, EXPIRES, QUOTE, REACTION_IN,
    REACTION_OUT, REFERRAL,
};

impl Messages<'_> {
    /// Records what a message says now, if no later edit is known. An edit that comes first waits for its message.
    pub(in crate::store) async fn edit(
        self,
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
        self.store.threads().rename_after(&key, &item).await?;
        self.store.threads().fold_stored(&Stored::of(&item), &key, Change::Reworded).await
    }

    /// Removes what a message said, wherever it is kept. Before the message it leaves a tombstone, so that the message is
    /// never kept.
    pub(in crate::store) async fn take_back(
        self,
        event: &InboundEvent,
        of: &ProviderId,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        let gone = [CONTENT, CONTENT_REF, EVIDENCE, EVIDENCE_FILED, QUOTE, REFERRAL];
        let gone = gone.into_iter().chain([REACTION_IN, REACTION_OUT]);
        let patch = expiring(&key, event, rules).set(DELETED, AttributeValue::Bool(true));
        let patch = gone.fold(patch, Patch::remove);
        let item = self.reword(&key, event, &patch, |_| true).await?;
        self.drop_copies(&item).await?;
        self.store.threads().rename_after(&key, &item).await?;
        let stored = Stored::of(&item);
        match &stored.ours {
            Some(ours) => self.store.sends().take_back_ours(&ours.parts().0).await,
            None => self.store.threads().fold_stored(&stored, &key, Change::Reworded).await,
        }
    }

    /// Records a reaction, the last one of each side.
    pub(in crate::store) async fn react(
        self,
        event: &InboundEvent,
        of: &ProviderId,
        emoji: Option<&str>,
        direction: Direction,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        let item = self
            .store
            .write_retrying(reaction(expiring(&key, event, rules), event, emoji, direction))
            .await?;
        if let Some(ours) = Stored::of(&item).ours {
            self.store
                .write_retrying(reaction(
                    Patch::of(keys::outbound(&ours.parts().0)),
                    event,
                    emoji,
                    direction,
                ))
                .await?;
        }
        Ok(())
    }

    /// Replaces what could not be read by what a later parser reads, and returns the message as it is then. An edit that
    /// came meanwhile stays.
    pub(in crate::store) async fn replace_unsupported(
        self,
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
pub(in crate::store) fn expiring(key: &Key, event: &InboundEvent, rules: &Rules) -> Patch {
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
