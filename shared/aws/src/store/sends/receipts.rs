//! Receipts: what a platform says about messages of ours, in any order, twice, early or late.

use anyhow::Context;
use domain::event::{Direction, InboundEvent, Receipt, ReceiptOf};
use domain::id::{MessageId, ProviderId, ThreadId};
use domain::sending::{Outgoing, Received, Receiving, receive};
use domain::status::Status;
use domain::time::Timestamp;

use crate::store::base::{ATTEMPTS, pause};
use crate::store::item::{get_number, get_text, moment, number, text};
use crate::store::keys;
use crate::store::messages::stored::OUT;
use crate::store::patch::{Patch, Written};
use crate::store::rules::Rules;
use crate::store::schema::{AT, BY_THREAD, PK, THREAD};
use crate::store::sends::Sends;
use crate::store::sends::{
    FAILURE, INTENT, PROVIDER, RECEIPTS, RETRY_AT, STATUS, forget_titles, json,
};

/// How many of a thread's latest messages a watermark looks at.
const MOST_MARKED: i32 = 50;

impl Sends<'_> {
    /// Completes what follows a result, however often it is asked: the pointer, the receipt that was faster than it, and the
    /// thread, which knows then that we had the last word.
    pub async fn complete(self, message: &Outgoing) -> anyhow::Result<()> {
        if let Some(provider) = &message.provider
            && let Some(parked) = self.point(message, provider).await?
        {
            self.receive(message.clone(), &parked, Some(provider)).await?;
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
                    && let Some(message) = self.outgoing(ours).await?
                {
                    return self.receive(message, &received, Some(id)).await;
                }
                self.receipt_by_provider(event, id, &received, rules).await
            }
        }
    }

    async fn receipt_by_provider(
        self,
        event: &InboundEvent,
        id: &ProviderId,
        received: &Received,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let mut item = self
            .store
            .get(&keys::message(&event.channel, &event.account, id))
            .await?
            .unwrap_or_default();
        for attempt in 0..ATTEMPTS {
            if let Some(ours) = get_text(&item, OUT) {
                let Some(message) = self.outgoing(&MessageId::new(ours)).await? else {
                    return Ok(());
                };
                return self.receive(message, received, None).await;
            }
            if get_number(&item, STATUS).is_some_and(|it: u8| received.status.rank() <= it) {
                return Ok(());
            }
            match self.park(event, id, received, &item, rules).await? {
                None => return Ok(()),
                Some(now) => item = now,
            }
            pause(attempt).await;
        }
        anyhow::bail!("a pointer changed {ATTEMPTS} times while a receipt was recorded")
    }

    /// Records what a receipt changes, in the order that lets it be done again: the pointer, the thread, the message.
    pub(in crate::store) async fn receive(
        self,
        mut message: Outgoing,
        received: &Received,
        id: Option<&ProviderId>,
    ) -> anyhow::Result<()> {
        let mut pointed = false;
        for attempt in 0..ATTEMPTS {
            let change = receive(&message, received, id);
            if let Some(id) = change.learn.as_ref().filter(|_| !pointed) {
                pointed = true;
                if let Some(waited) = self.point(&message, id).await? {
                    Box::pin(self.receive(message.clone(), &waited, None)).await?;
                    message = self.reread(&message).await?;
                    continue;
                }
            }
            if change.fold {
                self.fold_outgoing(&message).await?;
            }
            if !change.writes() || self.note(&message, received, &change).await? {
                return Ok(());
            }
            pause(attempt).await;
            message = self.reread(&message).await?;
        }
        anyhow::bail!("a message changed {ATTEMPTS} times while a receipt was recorded")
    }

    /// Writes what a receipt changes of the message itself. `false` if a higher status was faster.
    async fn note(
        self,
        message: &Outgoing,
        received: &Received,
        change: &Receiving,
    ) -> anyhow::Result<bool> {
        let patch = Patch::of(keys::outbound(message.accepted.id())).if_present(PK);
        let patch = match &change.learn {
            Some(id) => patch.set_if_absent(PROVIDER, text(id.as_str())),
            None => patch,
        };
        let patch = match &change.keep {
            Some(receipt) => patch.push(RECEIPTS, json(receipt)?),
            None => patch,
        };
        let patch = match change.raise {
            Some(status) => {
                patch.if_below(STATUS, number(status.rank())).set(STATUS, number(status.rank()))
            }
            None => patch,
        };
        // What the platform says of the message is the result of its call, if that was never heard.
        let patch = match change.raise {
            Some(status) if Status::Sent <= status => {
                forget_titles(patch.remove(INTENT).remove(RETRY_AT), message)?
            }
            Some(_) | None => patch,
        };
        let patch = match received.error.as_ref().filter(|_| change.raise == Some(Status::Failed)) {
            Some(failure) => patch.set(FAILURE, json(failure)?),
            None => patch,
        };
        Ok(matches!(self.store.write(patch).await?, Written::Done(_)))
    }

    async fn reread(self, message: &Outgoing) -> anyhow::Result<Outgoing> {
        self.outgoing(message.accepted.id()).await?.context("a message of ours went away")
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
                let is_its = message.accepted.account == event.account && message.went_out();
                if is_its {
                    self.receive(message, received, None).await?;
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
            .expression_attribute_names("#direction", "direction")
            .expression_attribute_names("#channel", "channel")
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
