//! The pointer: a message of ours under the platform's id of it, where its receipts, replies and reactions look for it.

use domain::event::InboundEvent;
use domain::filing::Change;
use domain::filing::arbiter::is_question;
use domain::id::ProviderId;
use domain::sending::{Outgoing, Received};

use super::attempts::OfLeg;
use super::values::get_json;
use super::values::json;
use super::values::rank;
use crate::store::base::Attempt;
use crate::store::item::{Item, get_flag, number, seconds, text};
use crate::store::keys;
use crate::store::kind::ItemKind;
use crate::store::messages::stored::Stored;
use crate::store::messages::stored::expires;
use crate::store::patch::{Patch, Written};
use crate::store::rules::Rules;
use crate::store::schema::{
    AT, CONTENT, DELETED, EVIDENCE, EXPIRES, LEG, OUT, RECEIPT, STATUS, THREAD,
};
use crate::store::sends::Sends;

impl Sends<'_> {
    /// Writes the pointer of a leg and returns what waited there. If the message was taken back before, its words go now.
    pub(in crate::store) async fn point(
        self,
        of: OfLeg<'_>,
        provider: &ProviderId,
    ) -> anyhow::Result<Option<Received>> {
        let OfLeg { message, leg } = of;
        let by = of.read()?;
        // Where the platform showed us our own message before we knew its id, that is no message any more: it would stand
        // in its thread twice. What is too large for an item stays named: the object goes when the message is taken back.
        let patch = [AT, THREAD, CONTENT, EVIDENCE]
            .into_iter()
            .fold(Patch::of(keys::message(&by.channel, &by.account, provider)), Patch::remove);
        let patch = match message.kept_until {
            Some(until) => patch.set(EXPIRES, seconds(until)),
            None => patch.remove(EXPIRES),
        };
        let patch =
            patch.kind(ItemKind::Pointer).set(OUT, text(message.id.as_str())).set(LEG, number(leg));
        let attempt = || async {
            anyhow::Ok(match self.store.swap(patch.clone()).await? {
                Written::Done(before) => Attempt::Done(before),
                Written::Refused(_) | Written::Busy => Attempt::Again(()),
            })
        };
        let before = self.store.retrying("a pointer was written", attempt).await?;
        if get_flag(&before, DELETED) {
            Box::pin(self.take_back_ours(&message.id)).await?;
        }
        get_json(&before, RECEIPT)
    }

    /// Lets a receipt wait under the platform's id for its message; the highest stays. Returns the item if it is not so
    /// any more.
    pub(in crate::store) async fn park(
        self,
        event: &InboundEvent,
        provider: &ProviderId,
        received: &Received,
        before: &Item,
        rules: &Rules,
    ) -> anyhow::Result<Option<Item>> {
        let patch = Patch::of(keys::message(&event.channel, &event.account, provider))
            .if_below(STATUS, rank(received.status))
            .set(STATUS, rank(received.status))
            .set(RECEIPT, json(received)?);
        // What another tool sent is kept as a message of its own: it shows the status itself.
        let patch = match expires(event.at, rules) {
            _ if Stored::of(before).kind == Some(ItemKind::Message) => {
                patch.if_kind(ItemKind::Message)
            }
            Some(at) => patch.if_absent_or(ItemKind::Early).set_if_absent(EXPIRES, at),
            None => patch.if_absent_or(ItemKind::Early),
        };
        match self.store.write(patch).await? {
            Written::Done(_) => Ok(None),
            Written::Refused(item) => Ok(Some(item)),
            Written::Busy => Ok(Some(before.clone())),
        }
    }

    /// Folds a message of ours into its thread.
    pub(in crate::store) async fn fold_outgoing(self, message: &Outgoing) -> anyhow::Result<()> {
        let key = keys::outbound(&message.id);
        let Some(entry) = self
            .store
            .messages()
            .message(&key)
            .await?
            .as_ref()
            .and_then(|it: &Stored| it.entry(&key))
        else {
            return Ok(());
        };
        // Who is asked what they mean has not been answered, and waits for us still.
        let change = if is_question(&message.content) {
            Change::Reworded
        } else {
            Change::Said { unsure: false }
        };
        self.store.threads().fold(&message.contact, &message.thread, &key, &entry, change).await
    }
}
