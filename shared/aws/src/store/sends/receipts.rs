//! Receipts: what a platform says about messages of ours, in any order, twice, early or late.

use anyhow::Context;
use domain::event::{Direction, InboundEvent, Receipt, ReceiptOf};
use domain::id::{MessageId, ProviderId, Reference, ThreadId};
use domain::sending::{Leg, Outgoing, Received, Receiving, receive};
use domain::status::Status;
use domain::time::Timestamp;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_number, get_text, moment, number, text};
use crate::store::keys;
use crate::store::messages::stored::pointed;
use crate::store::patch::Written;
use crate::store::rules::Rules;
use crate::store::schema::{
    AT, BY_THREAD, CHANNEL, DIRECTION, FAILURE, INTENT, PK, PROVIDER, RECEIPTS, RETRY_AT, STATUS,
    THREAD,
};
use crate::store::sends::Sends;
use crate::store::sends::attempts::OfLeg;
use crate::store::sends::forget_titles;
use crate::store::sends::json;
use crate::store::sends::legs::of_leg;
use crate::store::sends::legs::patch;
use crate::store::sends::legs::raise;

/// The number of a thread's latest messages that a watermark looks at.
const MOST_MARKED: i32 = 50;

impl Sends<'_> {
    /// Completes what follows the result of a leg, however often it is asked: the pointer, the receipt that was faster than it,
    /// and the thread, which knows then that we had the last word.
    pub async fn complete(self, of: OfLeg<'_>) -> anyhow::Result<()> {
        let OfLeg { message, leg } = of;
        if let Some(provider) = message.legs.get(leg).and_then(|it| it.provider.as_ref())
            && let Some(parked) = self.point(of, provider).await?
        {
            self.receive((message.clone(), leg), &parked, Some(provider)).await?;
        }
        if message.went_out() {
            self.fold_outgoing(message).await?;
        }
        Ok(())
    }

    /// Records a receipt. Our own id in it matches first; else the platform's id leads to the message, or lets the receipt
    /// wait there for it.
    pub async fn receipt(
        self,
        event: &InboundEvent,
        receipt: &Receipt,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let received =
            Received { status: receipt.status, at: event.at, error: receipt.error.clone() };
        match &receipt.of {
            ReceiptOf::UpTo(mark) => self.receipt_up_to(event, &received, *mark).await,
            ReceiptOf::Message(id) => {
                if let Some(ours) = &receipt.our_ref
                    && let Some(found) = self.referred_to(event, ours).await?
                {
                    return self.receive(found, &received, Some(id)).await;
                }
                self.receipt_by_provider(event, id, &received, rules).await
            }
        }
    }

    /// The leg that a reference of ours names, if the receipt comes from where that leg went.
    async fn referred_to(
        self,
        event: &InboundEvent,
        ours: &Reference,
    ) -> anyhow::Result<Option<(Outgoing, usize)>> {
        let (id, leg) = ours.parts();
        let message = self.outgoing(&id).await?;
        let goes_there = |it: &Outgoing| it.legs.get(leg).is_some_and(|it| is_of(it, event));
        Ok(message.filter(goes_there).map(|it| (it, leg)))
    }

    async fn receipt_by_provider(
        self,
        event: &InboundEvent,
        id: &ProviderId,
        received: &Received,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, id);
        let read = self.store.get(&key).await?.unwrap_or_default();
        let attempt = |item: Item| async move {
            if let Some(ours) = pointed(&item) {
                let (id, leg) = ours.parts();
                if let Some(message) = self.outgoing(&id).await? {
                    self.receive((message, leg), received, None).await?;
                }
                return Ok(Attempt::Done(()));
            }
            if get_number(&item, STATUS).is_some_and(|it: u8| received.status.rank() <= it) {
                return Ok(Attempt::Done(()));
            }
            let now = self.park(event, id, received, &item, rules).await?;
            Ok(now.map_or(Attempt::Done(()), Attempt::Again))
        };
        self.store.retrying_from("a receipt was recorded", read, attempt).await
    }

    /// Records what a receipt changes of a leg, in the order that lets it be done again: the pointer, the thread, the message.
    pub(in crate::store) async fn receive(
        self,
        (message, leg): (Outgoing, usize),
        received: &Received,
        id: Option<&ProviderId>,
    ) -> anyhow::Result<()> {
        let attempt = |(message, pointed): (Outgoing, bool)| async move {
            let change = receive(&message, leg, received, id);
            let of = OfLeg { message: &message, leg };
            if let Some(id) = change.learn.as_ref().filter(|_| !pointed)
                && let Some(waited) = self.point(of, id).await?
            {
                Box::pin(self.receive((message.clone(), leg), &waited, None)).await?;
                return Ok(Attempt::Again((self.reread(&message).await?, true)));
            }
            if change.fold {
                self.fold_outgoing(&message).await?;
            }
            if !change.writes() || self.note(of, received, &change).await? {
                return Ok(Attempt::Done(()));
            }
            let pointed = pointed || change.learn.is_some();
            Ok(Attempt::Again((self.reread(&message).await?, pointed)))
        };
        self.store.retrying_from("a receipt was recorded", (message, false), attempt).await
    }

    /// Writes what a receipt changes of the leg itself. `false` if a higher status was faster, or another leg rose.
    async fn note(
        self,
        OfLeg { message, leg }: OfLeg<'_>,
        received: &Received,
        change: &Receiving,
    ) -> anyhow::Result<bool> {
        let at = |name| of_leg(leg, name);
        let patch = patch(message);
        let patch = match &change.learn {
            Some(id) => patch.set_if_absent(at(PROVIDER), text(id.as_str())),
            None => patch,
        };
        let patch = match &change.keep {
            Some(receipt) => patch.push(at(RECEIPTS), json(receipt)?),
            None => patch,
        };
        let patch = match change.raise {
            Some(status) => raise(patch, message, leg, status),
            None => patch,
        };
        // What the platform says of the message is the result of its call, if that was never heard.
        let patch = match change.raise {
            Some(status) if Status::Sent <= status => patch.remove(at(INTENT)).remove(at(RETRY_AT)),
            Some(_) | None => patch,
        };
        let is_over = change.raise.is_some_and(|it| Status::Sent <= it);
        let patch = if is_over && message.is_over_but_for(leg) {
            forget_titles(patch, message)?
        } else {
            patch
        };
        let patch = match received.error.as_ref().filter(|_| change.raise == Some(Status::Failed)) {
            Some(failure) => patch.set(at(FAILURE), json(failure)?),
            None => patch,
        };
        Ok(matches!(self.store.write(patch).await?, Written::Done(_)))
    }

    async fn reread(self, message: &Outgoing) -> anyhow::Result<Outgoing> {
        self.outgoing(&message.id).await?.context("a message of ours went away")
    }

    /// Records a watermark: every message to the person by then that is known to have gone out.
    async fn receipt_up_to(
        self,
        event: &InboundEvent,
        received: &Received,
        mark: Timestamp,
    ) -> anyhow::Result<()> {
        let Some(identity) = &event.identity else { return Ok(()) };
        let address = self.store.contacts().find_identity(&identity.id).await?;
        let Some(contact) = address.and_then(|it| it.contact) else { return Ok(()) };
        for live in self.store.threads().live(&contact).await?.live {
            for id in self.marked(&live.thread, event, received.status, mark).await? {
                let Some(message) = self.outgoing(&id).await? else { continue };
                let legs = message.legs.iter().enumerate();
                let its = legs.filter(|(_, it)| is_of(it, event) && it.went_out());
                for (leg, _) in its {
                    self.receive((message.clone(), leg), received, None).await?;
                }
            }
        }
        Ok(())
    }

    /// The messages of ours in a thread that a watermark raises, latest first.
    async fn marked(
        self,
        thread: &ThreadId,
        event: &InboundEvent,
        status: Status,
        mark: Timestamp,
    ) -> anyhow::Result<Vec<MessageId>> {
        let query = self
            .store
            .query()
            .index_name(BY_THREAD)
            .key_condition_expression("#thread = :thread AND #at <= :mark")
            .filter_expression("#direction = :out AND #channel = :channel AND #status < :status")
            .expression_attribute_names("#thread", THREAD)
            .expression_attribute_names("#at", AT)
            .expression_attribute_names("#direction", DIRECTION)
            .expression_attribute_names("#channel", CHANNEL)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_values(":thread", text(thread.as_str()))
            .expression_attribute_values(":mark", moment(mark))
            .expression_attribute_values(":out", text(Direction::Out.name()))
            .expression_attribute_values(":channel", text(event.channel.as_str()))
            .expression_attribute_values(":status", number(status.rank()))
            .scan_index_forward(false)
            .limit(MOST_MARKED);
        let page = query.send().await.context("cannot read a thread's messages")?;
        let items = page.items().iter();
        Ok(items.filter_map(|it| keys::message_of_ours(get_text(it, PK)?)).collect())
    }
}

/// Whether a leg left by the account that an event came to.
fn is_of(leg: &Leg, event: &InboundEvent) -> bool {
    leg.channel == event.channel && leg.account == event.account
}
