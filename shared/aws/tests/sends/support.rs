//! A person who wrote to us, and an answer to them.

use std::collections::HashMap;

use aws::store::{Acceptance, Fresh, OfLeg, Rules, Store};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::{InboundEvent, Kind, Message, Receipt, ReceiptOf};
use domain::id::{ContactId, MessageId, ProviderId, Reference, ThreadId};
use domain::outbound::SendContent;
use domain::sending::{Leg, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;
use embedded::events::{self, START, WHATSAPP, account, ada, by_us, phone};
use embedded::tables::table;
use embedded::{Cloud, STAMPS, is_in_inbox};

/// The cloud, the table and the thread that one test works with.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) table: Store,
    pub(crate) thread: ThreadId,
    pub(crate) contact: ContactId,
}

impl World {
    /// A table in which Ada wrote once and waits for an answer.
    pub(crate) async fn new() -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        let fresh = Fresh::ids();
        table
            .filing()
            .file(&says("wamid.in", 0, "Where is my order A-1234?"), &fresh, &rules())
            .await
            .unwrap();
        Self { cloud, table, thread: fresh.thread, contact: fresh.contact }
    }

    /// An answer to Ada, not yet accepted.
    pub(crate) fn answer(&self, id: &str) -> Outgoing {
        let text = "It left our warehouse this morning and will be with you tomorrow between nine and noon.";
        let leg = Leg {
            since_inbound_ms: Some(60_000),
            ..Leg::new(WHATSAPP, account(), vec![ada().id, phone()])
        };
        let at = Timestamp::from_secs(START + 60);
        let of = (&self.thread, &self.contact);
        Outgoing {
            content: SendContent::Text { text: text.to_owned() },
            client_ref: Some("crm-889".to_owned()),
            ..events::answer(message_id(id), leg, of, at)
        }
    }

    /// An answer that is accepted.
    pub(crate) async fn accepted(&self, id: &str) -> Outgoing {
        let accepted = self.table.sends().accept(&self.answer(id), None, &rules()).await.unwrap();
        let Acceptance::Stored(message) = accepted else { panic!("{accepted:?}") };
        *message
    }

    /// An answer that the platform took, as `outbound` records it.
    pub(crate) async fn sent(&self, id: &str, provider: &str) -> Outgoing {
        self.accepted(id).await;
        self.takes(id, provider).await
    }

    /// The platform takes a message that is accepted.
    pub(crate) async fn takes(&self, id: &str, provider: &str) -> Outgoing {
        let message = self.read(id).await;
        let now = message.at.plus_ms(500);
        assert!(
            self.table
                .sends()
                .begin(OfLeg { message: &message, leg: 0 }, 1, false, now)
                .await
                .unwrap()
        );
        self.table
            .sends()
            .sent(OfLeg { message: &message, leg: 0 }, 1, Some(&ProviderId::new(provider)), now)
            .await
            .unwrap();
        let message = self.read(id).await;
        self.table.sends().complete(OfLeg { message: &message, leg: 0 }).await.unwrap();
        message
    }

    pub(crate) async fn read(&self, id: &str) -> Outgoing {
        self.table.sends().outgoing(&message_id(id)).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self, id: &str) -> Status {
        self.read(id).await.status()
    }

    /// Whether the thread is in the inbox.
    pub(crate) async fn waits(&self) -> bool {
        self.cloud.items().await.iter().any(is_in_inbox)
    }

    /// The table without how often and when its items were written.
    pub(crate) async fn facts(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut items = self.cloud.items().await;
        for item in &mut items {
            item.retain(|name, _| !STAMPS.contains(&name.as_str()));
        }
        items
    }

    /// The items whose partition key begins so.
    pub(crate) async fn items(&self, pk: &str) -> Vec<HashMap<String, AttributeValue>> {
        let mut items = self.cloud.items().await;
        items.retain(|it| it["pk"].as_s().unwrap().starts_with(pk));
        items
    }

    pub(crate) async fn receive(&self, status: Status, after: i64, about: &About) {
        self.table
            .sends()
            .receipt(
                &event(after, Kind::Deleted { of: ProviderId::new("-") }),
                &about.receipt(status),
                &rules(),
            )
            .await
            .unwrap();
    }
}

/// The subject of a receipt.
#[derive(Clone)]
pub(crate) enum About {
    /// A message under the platform's id.
    Provider(&'static str),
    /// The same, with our own id.
    Ours(&'static str, &'static str),
    /// The same, with our reference of one of its legs.
    Leg(&'static str, usize, &'static str),
    /// The same, with our id as it was handed over before messages had legs.
    OldForm(&'static str, &'static str),
    /// Everything up to so many seconds after the start.
    UpTo(i64),
}

impl About {
    fn receipt(&self, status: Status) -> Receipt {
        let (of, our_ref) = match self {
            Self::Provider(id) => (ReceiptOf::Message(ProviderId::new(*id)), None),
            Self::Ours(ours, id) => (
                ReceiptOf::Message(ProviderId::new(*id)),
                Some(Reference::of(&message_id(ours), 0)),
            ),
            Self::Leg(ours, leg, id) => {
                let ours = Reference::of(&message_id(ours), *leg);
                (ReceiptOf::Message(ProviderId::new(*id)), Some(ours))
            }
            Self::OldForm(ours, id) => {
                let ours = Reference::new(message_id(ours).as_str());
                (ReceiptOf::Message(ProviderId::new(*id)), Some(ours))
            }
            Self::UpTo(after) => (ReceiptOf::UpTo(Timestamp::from_secs(START + after)), None),
        };
        Receipt { of, status, error: None, our_ref }
    }
}

pub(crate) fn rules() -> Rules {
    Rules::keeping(None)
}

/// An id of ours as long as the real ones.
pub(crate) fn message_id(name: &str) -> MessageId {
    MessageId::new(format!("msg_{name:0>32}"))
}

/// Something of Ada's that happened so many seconds after the start.
pub(crate) fn event(after: i64, kind: impl Into<Kind>) -> InboundEvent {
    events::event(ada(), after, kind)
}

/// A text of Ada's.
pub(crate) fn says(id: &str, after: i64, text: &str) -> InboundEvent {
    event(after, Message::inbound(ProviderId::new(id), Content::text(text)))
}

/// The platform's copy of a message that left by another tool, or of ours.
pub(crate) fn echo(id: &str, after: i64, text: &str) -> InboundEvent {
    event(after, by_us(Message::inbound(ProviderId::new(id), Content::text(text))))
}
