//! A message to send, the program that sends it, and the queue and timers that bring its entries.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws::batch::Time;
use aws::calls::{Calls, Limits};
use aws::objects::Objects;
use aws::queue::{self, Queue};
use aws::store::{Fresh, Rules, Store};
use aws::timers::{OUTBOUND, Queues, Schedules, Timers};
use aws::vault::Vault;
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_scheduler::config::{BehaviorVersion, Credentials, Region};
use domain::content::Content;
use domain::event::{InboundEvent, Kind, Message, Receipt, ReceiptOf};
use domain::id::{AccountId, ContactId, IdentityId, MessageId, ProviderId, Reference, ThreadId};
use domain::outbound::Outbound;
use domain::sending::{Leg, OutboundEntry, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;
use embedded::events::{answer, known_by, told};
use embedded::tables::table;
use embedded::{Cloud, Process, STAMPS, Steps, is_in_inbox, queued};
use outbound::{Accounts, Outbox};
use serde_json::{Value, json};

use crate::platform::{CARRIER, PIGEON, Platform};

const QUEUE: &str = "outbound.fifo";
const TIMERS: &str = "timers";

/// Items by attribute.
pub(crate) type Picture = Vec<BTreeMap<String, String>>;

/// One message on its way.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) platform: Platform,
    channel: Outbound,
    /// Whether the channel is one of those that the deployment names.
    deployed: Cell<bool>,
    clock: fn() -> Timestamp,
}

thread_local! {
    /// The time on the clock of a test that lives through hours.
    static NOW: Cell<Timestamp> = Cell::default();
}

impl World {
    /// A person wrote, and our answer is accepted and queued.
    pub(crate) async fn new(channel: Outbound) -> Self {
        Self::at(channel, None, aws::now()).await
    }

    /// The same at a given time, with an answer that may be of no more use so many milliseconds later.
    pub(crate) async fn at(
        channel: Outbound,
        expires_after_ms: Option<i64>,
        now: Timestamp,
    ) -> Self {
        let (cloud, platform) = (Cloud::start().await, Platform::start().await);
        let deployed = Cell::new(true);
        let world = Self { cloud, platform, channel, deployed, clock: aws::now };
        world.put_token(&json!("hush"));
        let table = world.table();
        let fresh = Fresh { contact: ContactId::new("con_1"), thread: ThreadId::new("thr_1") };
        let question = Message::inbound(ProviderId::new("in"), Content::text("Where is my order?"));
        table
            .filing()
            .file(&event(now.plus_ms(-60_000), question.into()), &fresh, &rules())
            .await
            .unwrap();
        let leg = Leg::new(PIGEON, account(), vec![ada()]);
        let accepted = Outgoing {
            expires_at: expires_after_ms.map(|it| now.plus_ms(it)),
            ..answer(id(), leg, (&fresh.thread, &fresh.contact), now)
        };
        table.sends().accept(&accepted, None, &rules()).await.unwrap();
        world.queue_again().await;
        world
    }

    /// The same by a clock of its own, which shows that time until it is set.
    pub(crate) async fn simulated(channel: Outbound, now: Timestamp) -> Self {
        NOW.set(now);
        Self { clock: || NOW.get(), ..Self::at(channel, None, now).await }
    }

    /// Sets the clock on, and never back.
    pub(crate) fn set_clock(at: Timestamp) -> Timestamp {
        NOW.set(NOW.get().max(at));
        NOW.get()
    }

    /// Deploys with the channel named, or without.
    pub(crate) fn deploy(&self, named: bool) {
        self.deployed.set(named);
    }

    /// Puts the first entry in, as `api` does, also when a caller repeats a request.
    pub(crate) async fn queue_again(&self) {
        let first = queue::QueueEntry::of(&OutboundEntry::first(id(), &ada())).unwrap();
        self.queue(&self.cloud.process(), QUEUE).put(&first).await.unwrap();
    }

    pub(crate) fn table(&self) -> Store {
        table(&self.cloud.process())
    }

    pub(crate) async fn message(&self) -> Outgoing {
        self.table().sends().outgoing(&id()).await.unwrap().unwrap()
    }

    /// The content of the table, without versions, and without how and when it came to that.
    pub(crate) async fn picture(&self) -> Picture {
        self.cloud.items().await.iter().map(shown).collect()
    }

    /// Whether the person waits for an answer.
    pub(crate) async fn waits(&self) -> bool {
        self.cloud.items().await.iter().any(is_in_inbox)
    }

    /// The platform says that it has the message, and hands our id back.
    pub(crate) async fn receipt(&self, status: Status, provider: &str) {
        let of = ReceiptOf::Message(ProviderId::new(provider));
        let receipt = Receipt { of, status, error: None, our_ref: Some(Reference::of(&id(), 0)) };
        let event = event(aws::now(), Kind::Receipt(receipt.clone()));
        self.table().sends().receipt(&event, &receipt, &rules()).await.unwrap();
    }

    /// Hands an entry to a program that stops where the steps say, and says whether it was done with it.
    pub(crate) async fn work(&self, entry: &Queuing, steps: Steps) -> bool {
        let outbox = self.outbox(&self.cloud.process_with(steps.clone()));
        // A program that was stopped tells the queue nothing.
        Self::hand(&outbox, entry).await && !steps.is_stopped()
    }

    /// Hands an entry to a program that lives on, and says whether it was done with it.
    pub(crate) async fn hand(outbox: &Outbox, entry: &Queuing) -> bool {
        let mut queued = queued("1", None, &entry.body);
        queued.event_source_arn = Some(format!("arn:aws:sqs:eu-west-1:0:{}", entry.queue));
        let mut batch = SqsEvent::default();
        batch.records.push(queued);
        let time = Time::lasting(Duration::from_mins(1), Duration::ZERO);
        outbox.handle(batch, time).await.is_ok_and(|it| it.batch_item_failures.is_empty())
    }

    /// The entries that wait in the queue and in the timers, the queue first.
    pub(crate) fn waiting(&self) -> Vec<Queuing> {
        let take = |queue: &'static str| {
            self.cloud.queues.take(queue).into_iter().map(move |it| Queuing {
                queue,
                body: it.body,
                delay_s: it.delay_s,
            })
        };
        take(QUEUE).chain(take(TIMERS)).collect()
    }

    /// Lets queue and timers bring all they have until there is nothing left, and says for how long timers waited.
    pub(crate) async fn run_until_idle(&self) -> Vec<u64> {
        self.settle_from(Vec::new()).await
    }

    /// The same, with entries that come again first.
    pub(crate) async fn settle_from(&self, mut waiting: Vec<Queuing>) -> Vec<u64> {
        let mut waits = Vec::new();
        for _ in 0..100 {
            waiting.extend(self.waiting());
            if waiting.is_empty() {
                return waits;
            }
            // A timer comes minutes later, and the queue remembers for five.
            self.cloud.queues.forget();
            for entry in std::mem::take(&mut waiting) {
                if entry.queue == TIMERS {
                    waits.push(entry.delay_s);
                }
                assert!(self.work(&entry, Steps::default()).await, "{}", entry.body);
            }
        }
        panic!("it goes on for ever");
    }

    /// Fills in the secret with what authorises a send.
    pub(crate) fn put_token(&self, token: &Value) {
        self.put_account(token, None);
    }

    /// The same, with the source of the channel that the account sends by.
    pub(crate) fn put_account(&self, token: &Value, source: Option<&str>) {
        let base_url = self.platform.base_url();
        let account =
            json!({ "id": account(), "token": token, "base_url": base_url, "source": source });
        self.cloud.secrets.put("ariane/pigeon/sending", &json!([account]));
    }

    /// A program that was just started.
    pub(crate) fn outbox(&self, process: &Process) -> Outbox {
        let bucket = Objects::over(process.bucket.clone(), "bucket".to_owned());
        self.platform.is_called_by(&process.steps);
        Outbox::over(
            table(process),
            Calls::new(bucket, Limits::default()).unwrap(),
            Timers::new(self.queue(process, TIMERS), schedules()),
            Queues::over([(OUTBOUND.to_owned(), self.queue(process, QUEUE))]),
            Accounts::stored(Vault::over(process.secrets.clone()), "ariane".to_owned()),
            self.deployed.get().then(|| [self.channel.clone(), CARRIER]).into_iter().flatten(),
        )
        .by(self.clock)
    }

    fn queue(&self, process: &Process, name: &str) -> Queue {
        Queue::over(process.queues.clone(), self.cloud.queues.url(name))
    }
}

fn shown(fields: &HashMap<String, AttributeValue>) -> BTreeMap<String, String> {
    let path = ["attempt", "attempts", "receipts"];
    let is_end = |name: &str| !path.contains(&name) && !STAMPS.contains(&name);
    let fields = fields.iter().filter(|(name, _)| is_end(name));
    let value = |value: &AttributeValue| match value.as_l() {
        Ok(legs) => {
            let legs = legs.iter().map(|it| it.as_m().map(shown));
            format!("{:?}", legs.collect::<Vec<_>>())
        }
        Err(other) => format!("{other:?}"),
    };
    fields.map(|(name, it)| (name.clone(), value(it))).collect()
}

/// An entry that waits somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Queuing {
    queue: &'static str,
    pub(crate) body: String,
    pub(crate) delay_s: u64,
}

impl Queuing {
    /// An entry that somebody else put into the queue.
    pub(crate) fn stray(body: &str) -> Self {
        Self { queue: QUEUE, body: body.to_owned(), delay_s: 0 }
    }
}

/// Nothing here waits long enough for one.
fn schedules() -> Schedules {
    let config = aws_sdk_scheduler::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:1");
    let client = aws_sdk_scheduler::Client::from_conf(config.build());
    Schedules::over(client, String::new(), String::new(), String::new())
}

fn rules() -> Rules {
    Rules::keeping(None)
}

fn id() -> MessageId {
    MessageId::new("msg_0191d2e0f0007000a000000000000001")
}

fn account() -> AccountId {
    AccountId::new("loft")
}

fn ada() -> IdentityId {
    IdentityId::scoped(&PIGEON, "", "ada")
}

fn event(at: Timestamp, kind: Kind) -> InboundEvent {
    let key = serde_json::to_string(&kind).unwrap();
    InboundEvent {
        channel: PIGEON,
        account: account(),
        ..told(Some(known_by(ada())), &key, at, kind)
    }
}
