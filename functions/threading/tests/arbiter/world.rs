//! A cloud, messages that came over the last minutes, and what became of them.

use aws::queue::Queue;
use aws::store::views::Row;
use aws::store::{SortOrder, Store, Window, keys};
use domain::content::Content;
use domain::event::{InboundEvent, Kind, Message, Receipt, ReceiptOf};
use domain::filing::Live;
use domain::filing::arbiter::Arbiter;
use domain::id::{ProviderId, Reference, ThreadId};
use domain::plan::{Offer, Senders};
use domain::sending::{OutboundEntry, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;
use embedded::events::{WHATSAPP, account, bsuid, by_us, known_by, told};
use embedded::tables::table;
use embedded::{Cloud, Queued, Steps};
use threading::{Customer, Filer};

pub(crate) const QUEUE: &str = "outbound.fifo";

/// One test: a cloud, and messages that came over the last minutes.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    now: Timestamp,
}

impl World {
    /// Ada wrote about two orders, and we asked something about each.
    pub(crate) async fn with_two_topics() -> Self {
        let world = Self { cloud: Cloud::start().await, now: aws::now() };
        world.take(&world.says("1", 600, "Hello, where is my order A-10023?")).await;
        world.take(&world.says("3", 300, "Hello, I would like to book a table for dinner")).await;
        world.take(&world.echo("4", 21, "For which day shall we book the table?", "3")).await;
        world.take(&world.echo("2", 20, "On which day may we bring order A-10023?", "1")).await;
        world
    }

    pub(crate) fn table(&self) -> Store {
        table(&self.cloud.process())
    }

    /// A filer that asks on these channels.
    pub(crate) fn filer(&self, steps: Steps, channels: &str) -> Filer {
        let process = self.cloud.process_with(steps);
        let filer = Filer::over(table(&process), None);
        let queue = Queue::over(process.queues, self.cloud.queues.url(QUEUE));
        match Arbiter::parse(channels) {
            Some(arbiter) => {
                let (offers, senders) = (offers(), Senders::default());
                filer.asking(Customer { arbiter, queue, offers, senders })
            }
            None => filer,
        }
    }

    /// A filer that asks on WhatsApp if it can be sent there, by accounts of ours that are these.
    pub(crate) fn filer_by(&self, offers: Vec<Offer>, senders: &str) -> Filer {
        let process = self.cloud.process();
        let filer = Filer::over(table(&process), None);
        let queue = Queue::over(process.queues, self.cloud.queues.url(QUEUE));
        let arbiter = Arbiter::parse("whatsapp").unwrap();
        let senders = Senders::parse(senders).unwrap();
        filer.asking(Customer { arbiter, queue, offers, senders })
    }

    pub(crate) async fn take(&self, event: &InboundEvent) {
        self.filer(Steps::default(), "whatsapp").file(event).await.unwrap();
    }

    pub(crate) fn event(&self, minutes_ago: i64, message: Message) -> InboundEvent {
        self.event_of("GB.1", minutes_ago, message)
    }

    pub(crate) fn event_of(
        &self,
        person: &str,
        minutes_ago: i64,
        message: Message,
    ) -> InboundEvent {
        let (key, at) = (message.id.clone(), self.now.plus_ms(-minutes_ago * 60_000));
        told(Some(known_by(bsuid(person))), key.as_str(), at, message)
    }

    pub(crate) fn said(id: &str, content: Content) -> Message {
        Message { opens_window: true, ..Message::inbound(ProviderId::new(id), content) }
    }

    pub(crate) fn says(&self, id: &str, minutes_ago: i64, text: &str) -> InboundEvent {
        self.event(minutes_ago, Self::said(id, Content::text(text)))
    }

    pub(crate) fn echo(&self, id: &str, minutes_ago: i64, text: &str, of: &str) -> InboundEvent {
        let said = Message::inbound(ProviderId::new(id), Content::text(text));
        let reply_to = Some(ProviderId::new(of));
        self.event(minutes_ago, by_us(Message { reply_to, ..said }))
    }

    pub(crate) fn taps(&self, id: &str, option: &str) -> InboundEvent {
        let content = Content::Choice { id: option.to_owned(), title: "x".to_owned() };
        self.event(0, Self::said(id, content))
    }

    /// The platform says that it sent a message of ours.
    pub(crate) fn sent(&self, message: &Outgoing) -> InboundEvent {
        let receipt = Receipt {
            of: ReceiptOf::Message(ProviderId::new("ours")),
            status: Status::Sent,
            error: None,
            our_ref: Some(Reference::of(&message.id, 0)),
        };
        InboundEvent { kind: Kind::Receipt(receipt), ..self.says("sent", 0, "") }
    }

    pub(crate) async fn thread_of(&self, id: &str) -> ThreadId {
        let key = keys::message(&WHATSAPP, &account(), &ProviderId::new(id));
        self.table().messages().message(&key).await.unwrap().unwrap().thread.unwrap()
    }

    pub(crate) async fn confidence_of(&self, id: &str) -> f32 {
        let key = keys::message(&WHATSAPP, &account(), &ProviderId::new(id));
        self.table().messages().message(&key).await.unwrap().unwrap().confidence.unwrap()
    }

    pub(crate) async fn timeline(&self, thread: &ThreadId) -> Vec<Row> {
        let window = Window { order: SortOrder::Ascending, after: None, limit: 100 };
        let view = self.table().views().view_thread(thread).await.unwrap().unwrap();
        let parts: Vec<_> = std::iter::once(thread).chain(&view.sources).cloned().collect();
        self.table().views().view_timeline(&parts, &window, aws::now()).await.unwrap().rows
    }

    pub(crate) async fn live(&self, thread: &ThreadId) -> Live {
        self.table().views().view_thread(thread).await.unwrap().unwrap().live.unwrap()
    }

    pub(crate) async fn is_unsure(&self, thread: &ThreadId) -> bool {
        self.live(thread).await.unsure
    }

    /// The questions that were queued.
    pub(crate) fn queued(&self) -> Vec<Queued> {
        self.cloud.queues.take(QUEUE)
    }

    /// The one question that was queued.
    pub(crate) async fn question(&self) -> Outgoing {
        let queued = self.queued();
        let [entry] = queued.as_slice() else { panic!("{} questions", queued.len()) };
        let entry: OutboundEntry = serde_json::from_str(&entry.body).unwrap();
        self.table().sends().outgoing(&entry.message).await.unwrap().unwrap()
    }
}

/// The content that WhatsApp carries.
pub(crate) fn offers() -> Vec<Offer> {
    channels::offers(channels::ALL, "whatsapp").unwrap()
}
