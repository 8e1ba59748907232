//! Files each event of the inbound queue under its contact's thread.
//!
//! One entry is one event. Whatever happens between two calls, the queue brings the entry again, and filing it again
//! completes what is missing. An entry that can never be read or filed is put aside: it would block its person for ever.

mod arbiter;

use std::time::Duration;

use anyhow::Context;
use arbiter::{Asker, close, hear};
use aws::batch::{self, Permanent, Time};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::sending::Deployed;
use aws::store::{BackTo, Budget, Filed, Fresh, Rules, Store};
use aws::{env, env_or};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::event::{InboundEvent, Kind, Receipt, ReceiptOf};
use domain::filing::arbiter::Arbiter;
use domain::id::Reference;
use domain::overlap::Unread;
use domain::status::Status;

/// The share of messages that may be shown as unsure where nobody says another, in percent.
const USUAL_PERCENT: &str = "5";

pub use arbiter::Customer;

/// How often an event comes again that only another version knows: about two hours, at one receive a minute.
const MOST_RECEIVES: u32 = 120;

/// The worker that files events.
#[derive(Clone, Debug)]
pub struct Filer {
    store: Store,
    rules: Rules,
    budget: Option<Budget>,
    asker: Asker,
}

impl Filer {
    /// A filer as the environment says: `TABLE_NAME`; `BUCKET_NAME`, from which large content goes that is taken back or
    /// replaced; `RETENTION_DAYS` after which messages go (0: never); `ASK_CUSTOMER_ON`, the channels on which a customer is
    /// asked where a doubtful message belongs, with `OUTBOUND_QUEUE_URL` for the question, and `CHANNELS` and `SENDING_ACCOUNTS`
    /// to plan it by; `UNSURE_PERCENT`, the share of messages that may be shown as unsure.
    pub fn from_env() -> anyhow::Result<Self> {
        let sdk = aws::config::sdk()?;
        let bucket = Objects::new(&sdk, env("BUCKET_NAME")?);
        let store = Store::from_env(&sdk)?.with_bucket(bucket);
        let percent: f32 = env_or("UNSURE_PERCENT", USUAL_PERCENT)
            .parse()
            .context("UNSURE_PERCENT is not a share in percent")?;
        let filer = Self {
            store,
            rules: Rules::from_env()?,
            budget: Some(Budget::percent(percent)),
            asker: Asker::Nobody,
        };
        match Arbiter::parse(&env_or("ASK_CUSTOMER_ON", "")) {
            None => Ok(filer),
            Some(arbiter) => {
                let deployed = Deployed::from_env(|names| channels::offers(channels::ALL, names))?;
                let Deployed { offers, senders } = deployed;
                Ok(filer.asking(Customer {
                    arbiter,
                    queue: Queue::new(&sdk, env("OUTBOUND_QUEUE_URL")?),
                    offers,
                    senders,
                }))
            }
        }
    }

    /// A filer over this table.
    #[must_use]
    pub fn over(store: Store, retention: Option<Duration>) -> Self {
        Self { store, rules: Rules::keeping(retention), budget: None, asker: Asker::Nobody }
    }

    /// The same filer with a threshold that follows a budget.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The same filer with customers to ask.
    #[must_use]
    pub fn asking(self, customer: Customer) -> Self {
        Self { asker: Asker::Customer(Box::new(customer)), ..self }
    }

    /// Files a batch, and names the entries that the queue has to bring again.
    pub async fn handle(&self, batch: SqsEvent, time: Time) -> anyhow::Result<SqsBatchResponse> {
        let put_aside = async |entry: &SqsMessage, why| {
            let retention = self.rules.retention;
            self.store.filing().put_aside(BackTo::Inbound, entry, why, aws::now(), retention).await
        };
        let work = async |entry: &SqsMessage| self.take(entry).await;
        Box::pin(batch::each(batch, time, work, put_aside)).await
    }

    async fn take(&self, entry: &SqsMessage) -> anyhow::Result<()> {
        let body = entry.body.as_deref().unwrap_or_default();
        // Without the parser's own words: they quote the entry.
        let event = match InboundEvent::read(body) {
            Ok(event) => event,
            // Versions overlap for minutes while they are deployed: the next one knows how to file it. If none comes, what
            // follows it in its group goes on, and `cargo replay` brings it back.
            Err(Unread::Yet) if MOST_RECEIVES <= receives(entry) => {
                return Err(Permanent("no version came that knows it").into());
            }
            Err(Unread::Yet) => anyhow::bail!("an event of a kind that is not known yet"),
            Err(Unread::Ever) => return Err(Permanent("it is no event of ours").into()),
        };
        self.file(&event).await
    }

    /// Files one event.
    pub async fn file(&self, event: &InboundEvent) -> anyhow::Result<()> {
        let Some(budget) = &self.budget else {
            return Box::pin(self.file_by(event, &self.rules)).await;
        };
        let rules = self.store.filing().within(budget, &self.rules, aws::now()).await;
        Box::pin(self.file_by(event, &rules)).await?;
        self.store.filing().write_tally(&rules.tally, aws::now()).await;
        Ok(())
    }

    async fn file_by(&self, event: &InboundEvent, rules: &Rules) -> anyhow::Result<()> {
        if let Kind::Receipt(receipt) = &event.kind {
            return self.store.sends().receipt(event, receipt, rules).await;
        }
        let Kind::Message(message) = &event.kind else {
            let filed = self.store.filing().file(event, &Fresh::ids(), rules).await?;
            log(event, &filed);
            return Ok(());
        };
        // What moves messages is large: on the heap it is so for this call alone.
        let answered = Box::pin(hear(&self.store, event, message, rules)).await?;
        let filed = self.store.filing().file(event, &Fresh::ids(), rules).await?;
        log(event, &filed);
        match filed {
            Filed::Ours(ours) => {
                let of = ReceiptOf::Message(message.id.clone());
                self.store.sends().receipt(event, &sent(of, ours), rules).await
            }
            Filed::Joined(_) | Filed::Opened(_) | Filed::Repeated(_) => match answered {
                Some(answered) => close(&self.store, &answered).await,
                None => self.asker.ask(&self.store, event, message, rules, aws::now()).await,
            },
            Filed::TakenBack | Filed::Noted | Filed::Kept => Ok(()),
        }
    }
}

/// A platform that shows us our own message says that it has it.
fn sent(of: ReceiptOf, ours: Reference) -> Receipt {
    Receipt { of, status: Status::Sent, error: None, our_ref: Some(ours) }
}

fn log(event: &InboundEvent, filed: &Filed) {
    let (what, thread) = match filed {
        Filed::Joined(thread) => ("joined", Some(thread.as_str())),
        Filed::Opened(thread) => ("opened", Some(thread.as_str())),
        Filed::Repeated(thread) => ("repeated", Some(thread.as_str())),
        Filed::TakenBack => ("taken back before it came", None),
        Filed::Ours(_) => ("ours", None),
        Filed::Noted => ("noted", None),
        Filed::Kept => ("kept unread", None),
    };
    tracing::info!(channel = %event.channel, thread.id = thread, filed = what, "an event was filed");
}

fn receives(entry: &SqsMessage) -> u32 {
    let count = entry.attributes.get("ApproximateReceiveCount");
    count.and_then(|it| it.parse().ok()).unwrap_or(0)
}
