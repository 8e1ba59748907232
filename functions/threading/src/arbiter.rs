//! Asks the customer which topic a message is about, and does what they answer.
//!
//! Each step is found done when the queue brings the event again: the question's id derives from the message that is in
//! doubt, and the correction's id from the answer.

use aws::new_id;
use aws::queue::Queue;
use aws::sending::{self, Draft, Named, NoDraft, Sending, To as SendTo};
use aws::store::keys::{self, Key};
use aws::store::views::Row;
use aws::store::{
    Acceptance, Order, Position, Question, Rules, SortOrder, Store, Stored, ThreadChange, To,
    Window,
};
use domain::event::{Direction, Identity, InboundEvent, Message, derived, digest};
use domain::filing::arbiter::{Arbiter, CustomerAnswer, QUESTION_MS, answer, question, topics};
use domain::filing::{Decider, Handling};
use domain::id::{ContactId, CorrectionId, MessageId, ThreadId};
use domain::outbound::Feature;
use domain::plan::{Ask, Offer, Senders};
use domain::sending::Outgoing;
use domain::threading::{Evidence, Reading};
use domain::time::Timestamp;

/// The author whom a correction names when the customer answered.
const CUSTOMER: &str = "customer";
/// The number of messages after the one in doubt that are put elsewhere with it.
const MOST_FOLLOWERS: usize = 50;

/// The one to ask where a message in doubt belongs.
#[derive(Clone, Debug, Default)]
pub(crate) enum Asker {
    /// Nobody: it waits, marked, for one of us.
    #[default]
    Nobody,
    /// The customer, where the arbiter says so.
    Customer(Box<Customer>),
}

/// The means by which customers are asked.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Whether to ask, and what.
    pub arbiter: Arbiter,
    /// The queue that takes the questions to be sent.
    pub queue: Queue,
    /// The channels of this deployment.
    pub offers: Vec<Offer>,
    /// Our accounts that send.
    pub senders: Senders,
}

/// An event as the arbiter sees it.
struct DoubtfulMessage<'a> {
    event: &'a InboundEvent,
    message: &'a Message,
    identity: &'a Identity,
}

/// An answer that was found to belong to a question of ours.
#[derive(Debug)]
pub(crate) struct Answered {
    contact: ContactId,
    question: Question,
}

impl Asker {
    /// Asks about a message that was filed with doubts.
    pub(crate) async fn ask(
        &self,
        store: &Store,
        event: &InboundEvent,
        message: &Message,
        rules: &Rules,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Self::Customer(customer) = self else { return Ok(()) };
        let Some(identity) = &event.identity else { return Ok(()) };
        if !customer.arbiter.may_ask(event, message, now) {
            return Ok(());
        }
        let about = keys::message(&event.channel, &event.account, &message.id);
        let Some(stored) = store.messages().message(&about).await? else { return Ok(()) };
        let Some(filed) = stored.thread.as_ref().filter(|_| stored.is_unsure(rules)) else {
            return Ok(());
        };
        let asked = if let Some(asked) = store.sends().outgoing(&question_id(&about)).await? {
            Some(Box::new(asked))
        } else {
            let said = DoubtfulMessage { event, message, identity };
            let Customer { offers, senders, .. } = &**customer;
            let sending = Sending { store, offers, senders, rules };
            let doubted = Doubted { about: &about, stored: &stored, filed };
            put(&sending, &said, &doubted, now).await?
        };
        match asked {
            Some(asked) => customer.queue.put_first(&asked).await,
            None => Ok(()),
        }
    }
}

/// The message that is in doubt, as it is filed.
struct Doubted<'a> {
    about: &'a Key,
    stored: &'a Stored,
    filed: &'a ThreadId,
}

/// Stores the question as a message of ours, once it is recorded as the one that waits. `None` if there is nothing to choose
/// from, another question waits, or it may not go to where the message came from.
async fn put(
    sending: &Sending<'_>,
    said: &DoubtfulMessage<'_>,
    Doubted { about, stored, filed }: &Doubted<'_>,
    now: Timestamp,
) -> anyhow::Result<Option<Box<Outgoing>>> {
    let (store, event, from) = (sending.store, said.event, &said.identity.id);
    let Some(address) = store.contacts().find_identity(from).await? else { return Ok(None) };
    // Who only claims to be a person is told of none of their topics.
    let Some(contact) = address.contact.filter(|_| address.claimed.is_none()) else {
        return Ok(None);
    };
    let threads = store.threads().live(&contact).await?;
    let offered = topics(&threads.live, filed, now);
    if offered.len() < 2 {
        return Ok(None);
    }
    let view = store.views().view_thread(filed).await?;
    let opened = view.is_some_and(|it| it.opened == stored.at);
    let topics = store.filing().topics(&offered).await?;
    let reading = Reading::of_content(&said.message.content);
    let content = question(&reading, &topics, opened.then_some(*filed));
    let message = question_id(about);
    let asked = Question {
        message: message.clone(),
        about: (*about).clone(),
        filed: (*filed).clone(),
        opened,
        new: if opened { (*filed).clone() } else { ThreadId::new(new_id("thr_")) },
        asked: now,
        until: now.plus_ms(QUESTION_MS),
    };
    // It goes where the message came from or nowhere, and quotes it where the channel can.
    let ask = Ask {
        channel: Some(&event.channel),
        account: Some(&event.account),
        address: Some(from),
        expires_at: Some(asked.until),
        ..Ask::of(&content)
    };
    let to = SendTo::Thread((*filed).clone());
    let reply_to = sending.has(&event.channel, Feature::ReplyTo).then_some(*about);
    let order = sending::Order { to: &to, ask, reply_to };
    // Planned before it is recorded: a question that cannot go keeps no other from being asked.
    let Some(draft) = draft(sending, &order, filed, now).await? else { return Ok(None) };
    let waits = store.filing().put_question(&contact, &asked).await?;
    let Some(waits) = waits.filter(|it| it.message == message) else { return Ok(None) };
    let named = Named { hash: digest(&[message.as_str()]), id: message, client_ref: None };
    let ask = Ask { expires_at: Some(waits.until), ..order.ask };
    let order = sending::Order { ask, ..order };
    match sending.accept(&order, &draft, &named, waits.asked).await? {
        Acceptance::Stored(stored) | Acceptance::Repeated(stored) => {
            tracing::info!(contact.id = %contact, thread.id = %filed, "the customer is asked");
            Ok(Some(stored))
        }
        Acceptance::Mismatch | Acceptance::Stale => Ok(None),
    }
}

/// The plan of a question, if it may go.
async fn draft(
    sending: &Sending<'_>,
    order: &sending::Order<'_>,
    filed: &ThreadId,
    now: Timestamp,
) -> anyhow::Result<Option<Draft>> {
    let draft = match sending.draft(order, now).await {
        Ok(draft) => draft,
        Err(NoDraft::Unread(error)) => return Err(error),
        Err(why) => {
            tracing::info!(thread.id = %filed, %why, "the customer cannot be asked");
            return Ok(None);
        }
    };
    if draft.way().is_none() {
        let why = draft.plan.refusal.as_ref().map(|(it, _)| it.problem.slug());
        tracing::info!(thread.id = %filed, why, "the customer may not be asked");
        return Ok(None);
    }
    Ok(Some(draft))
}

/// Puts what was in doubt where the customer says, if the message answers a question that waits. It comes before the
/// answer itself is filed, so that the thread is there that the answer joins.
pub(crate) async fn hear(
    store: &Store,
    event: &InboundEvent,
    message: &Message,
    rules: &Rules,
) -> anyhow::Result<Option<Answered>> {
    let Some(said) = answer(&message.content) else { return Ok(None) };
    let Some(identity) = &event.identity else { return Ok(None) };
    let Some(address) = store.contacts().find_identity(&identity.id).await? else {
        return Ok(None);
    };
    let Some(contact) = address.contact else { return Ok(None) };
    let Some(question) = store.filing().question(&contact).await? else { return Ok(None) };
    if question.until < event.at {
        return Ok(None);
    }
    let to = match said {
        CustomerAnswer::Thread(thread) => thread,
        CustomerAnswer::New => question.new.clone(),
    };
    let order = Order {
        id: correction_id(event),
        author: CUSTOMER.to_owned(),
        decider: Decider::Customer,
        reason: None,
        at: event.at,
    };
    refile(store, &question, &order, &to, rules).await?;
    Ok(Some(Answered { contact, question }))
}

/// Ends a question whose answer is filed.
pub(crate) async fn close(store: &Store, answered: &Answered) -> anyhow::Result<()> {
    store.filing().close_question(&answered.contact, &answered.question).await
}

async fn refile(
    store: &Store,
    question: &Question,
    order: &Order,
    to: &ThreadId,
    rules: &Rules,
) -> anyhow::Result<()> {
    let Some(doubted) = store.messages().message(&question.about).await? else { return Ok(()) };
    let from = &question.filed;
    if to == from {
        return confirm(store, from, order.at).await;
    }
    let corrected = if question.opened {
        let merged = store.corrections().merge(order, from, to).await;
        if merged.is_ok() {
            confirm(store, to, order.at).await?;
        }
        merged
    } else {
        let messages = followers(store, question, &doubted, order.at).await?;
        let place = if *to == question.new { To::New(to.clone()) } else { To::Thread(to.clone()) };
        store.corrections().move_messages(order, from, &place, &messages, rules).await
    };
    // A person was faster: what they decided stands.
    if let Err(error) = corrected {
        let refused = error.refusal()?;
        tracing::info!(thread.id = %from, ?refused, "a customer's answer changed nothing");
    }
    Ok(())
}

/// The message in doubt and what followed it in its thread by no better evidence. What came in its second after it did goes
/// along, what had come before it does not.
async fn followers(
    store: &Store,
    question: &Question,
    doubted: &Stored,
    now: Timestamp,
) -> anyhow::Result<Vec<Key>> {
    let after = Position { at: doubted.at.ms(), key: String::new() };
    let window = Window { order: SortOrder::Ascending, after: Some(after), limit: MOST_FOLLOWERS };
    let page =
        store.views().view_timeline(std::slice::from_ref(&question.filed), &window, now).await?;
    let follows = |it: &&Row| {
        it.key != question.about.pk
            && it.direction == Direction::In
            && !it.evidence.iter().any(Evidence::is_certain)
    };
    let followers = page.rows.iter().filter(follows).map(|it| Key::alone(it.key.clone()));
    Ok(std::iter::once(question.about.clone()).chain(followers).collect())
}

/// Says of a thread that its messages belong there, whatever else is changed of it meanwhile.
async fn confirm(store: &Store, thread: &ThreadId, now: Timestamp) -> anyhow::Result<()> {
    let handling = Handling { confirm: true, ..Handling::default() };
    let change = ThreadChange { handling, ..ThreadChange::default() };
    store.threads().change_thread(thread, &change, &|_| true, now).await?;
    Ok(())
}

/// The id of the question about a message: the same each time.
fn question_id(about: &Key) -> MessageId {
    MessageId::new(derived("msg_", &["question", &about.pk]))
}

/// The id of what an answer corrects: the same each time.
fn correction_id(event: &InboundEvent) -> CorrectionId {
    CorrectionId::new(derived("cor_", &["answer", &event.deduplication_id()]))
}
