//! Asks the customer which topic a message is about, and does what they answer.
//!
//! Each step is found done when the queue brings the event again: the question's id derives from the message that is in
//! doubt, and the correction's id from the answer.

use aws::new_id;
use aws::queue::Queue;
use aws::store::keys::{self, Key};
use aws::store::views::Row;
use aws::store::{Acceptance, Order, Question, Rules, Store, Stored, ThreadChange, To};
use aws::store::{Position, SortOrder, Window};
use domain::event::{Direction, Identity, InboundEvent, Message, derived, digest};
use domain::filing::aliases::{forbidden, known_by};
use domain::filing::arbiter::{Answer, Arbiter, QUESTION_MS, answer, question, topics};
use domain::filing::{Decider, Handling};
use domain::id::{ContactId, CorrectionId, IdentityId, MessageId, ThreadId};
use domain::outbound::{Author, SendContent};
use domain::plan::{EVERY_PURPOSE, Purpose};
use domain::sending::{Leg, Outgoing};
use domain::threading::{Evidence, Reading};
use domain::time::Timestamp;

/// Whom a correction names as its author when the customer answered.
const CUSTOMER: &str = "customer";
/// How many messages after the one in doubt are put elsewhere with it.
const MOST_FOLLOWERS: usize = 50;

/// Who is asked where a message in doubt belongs.
#[derive(Clone, Debug, Default)]
pub(crate) enum Asker {
    /// Nobody: it waits, marked, for one of us.
    #[default]
    Nobody,
    /// The customer, where the arbiter says so; the queue takes the questions to be sent.
    Customer(Arbiter, Queue),
}

/// An event as the arbiter sees it.
struct Said<'a> {
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
        table: &Store,
        event: &InboundEvent,
        message: &Message,
        rules: &Rules,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let Self::Customer(arbiter, queue) = self else { return Ok(()) };
        let Some(identity) = &event.identity else { return Ok(()) };
        let said = Said { event, message, identity };
        if !arbiter.may_ask(event, message, now) {
            return Ok(());
        }
        let about = keys::message(&event.channel, &event.account, &message.id);
        let Some(stored) = table.messages().message(&about).await? else { return Ok(()) };
        let Some(filed) = stored.thread.as_ref().filter(|_| stored.is_unsure(rules)) else {
            return Ok(());
        };
        let id = question_id(&about);
        if let Some(asked) = table.sends().outgoing(&id).await? {
            return queue.put_first(&asked).await;
        }
        let prepared = prepare(table, &said, &about, &stored, filed, now).await?;
        let Some((accepted, contact)) = prepared else { return Ok(()) };
        match table.sends().accept(&accepted, None, rules).await? {
            Acceptance::Stored(stored) | Acceptance::Repeated(stored) => {
                tracing::info!(contact.id = %contact, thread.id = %filed, "the customer is asked");
                queue.put_first(&stored).await
            }
            Acceptance::Mismatch | Acceptance::Stale => Ok(()),
        }
    }
}

/// The question as a message of ours, once it is recorded as the one that waits. `None` if there is nothing to choose
/// from, another question waits, or the person wants nothing of us.
async fn prepare(
    table: &Store,
    said: &Said<'_>,
    about: &Key,
    stored: &Stored,
    filed: &ThreadId,
    now: Timestamp,
) -> anyhow::Result<Option<(Outgoing, ContactId)>> {
    let Some(address) = table.contacts().find_identity(&said.identity.id).await? else { return Ok(None) };
    let Some(contact) = address.contact.clone() else { return Ok(None) };
    let kept = table.contacts().addresses(&contact).await?.unwrap_or_default();
    let kept = table.contacts().with_aliases(&kept).await?;
    let forbidden = forbidden(&said.identity.id, &kept);
    let forbids = |purpose: &str| forbidden.iter().any(|it| it == purpose);
    // Who only claims to be a person is told of none of their topics.
    if address.claimed.is_some() || forbids(EVERY_PURPOSE) || forbids(Purpose::Care.name()) {
        return Ok(None);
    }
    let threads = table.threads().live(&contact).await?;
    let offered = topics(&threads.live, filed, now);
    if offered.len() < 2 {
        return Ok(None);
    }
    let view = table.views().view_thread(filed).await?;
    let opened = view.is_some_and(|it| it.opened == stored.at);
    let topics = table.filing().topics(&offered).await?;
    let reading = Reading::of_content(&said.message.content);
    let content = question(&reading, &topics, opened.then_some(filed));
    let message = question_id(about);
    let asked = Question {
        message: message.clone(),
        about: about.clone(),
        filed: filed.clone(),
        opened,
        new: if opened { filed.clone() } else { ThreadId::new(new_id("thr_")) },
        asked: now,
        until: now.plus_ms(QUESTION_MS),
    };
    let waits = table.filing().put_question(&contact, &asked).await?;
    let Some(waits) = waits.filter(|it| it.message == message) else { return Ok(None) };
    let to = known_by(&said.identity.id, &kept);
    Ok(Some((said.accepted(&waits, &contact, content, to), contact)))
}

/// Puts what was in doubt where the customer says, if the message answers a question that waits. It comes before the
/// answer itself is filed, so that the thread is there that the answer joins.
pub(crate) async fn hear(
    table: &Store,
    event: &InboundEvent,
    message: &Message,
    rules: &Rules,
) -> anyhow::Result<Option<Answered>> {
    let Some(said) = answer(&message.content) else { return Ok(None) };
    let Some(identity) = &event.identity else { return Ok(None) };
    let Some(address) = table.contacts().find_identity(&identity.id).await? else {
        return Ok(None);
    };
    let Some(contact) = address.contact else { return Ok(None) };
    let Some(question) = table.filing().question(&contact).await? else { return Ok(None) };
    if question.until < event.at {
        return Ok(None);
    }
    let to = match said {
        Answer::Thread(thread) => thread,
        Answer::New => question.new.clone(),
    };
    let order = Order {
        id: correction_id(event),
        author: CUSTOMER.to_owned(),
        decider: Decider::Customer,
        reason: None,
        at: event.at,
    };
    refile(table, &question, &order, &to, rules).await?;
    Ok(Some(Answered { contact, question }))
}

/// Ends a question whose answer is filed.
pub(crate) async fn close(table: &Store, answered: &Answered) -> anyhow::Result<()> {
    table.filing().close_question(&answered.contact, &answered.question).await
}

async fn refile(
    table: &Store,
    question: &Question,
    order: &Order,
    to: &ThreadId,
    rules: &Rules,
) -> anyhow::Result<()> {
    let Some(doubted) = table.messages().message(&question.about).await? else { return Ok(()) };
    let from = &question.filed;
    if to == from {
        return confirm(table, from, order.at).await;
    }
    let corrected = if question.opened {
        let merged = table.corrections().merge(order, from, to).await;
        if merged.is_ok() {
            confirm(table, to, order.at).await?;
        }
        merged
    } else {
        let messages = followers(table, question, &doubted, order.at).await?;
        let place = if *to == question.new { To::New(to.clone()) } else { To::Thread(to.clone()) };
        table.corrections().move_messages(order, from, &place, &messages, rules).await
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
    table: &Store,
    question: &Question,
    doubted: &Stored,
    now: Timestamp,
) -> anyhow::Result<Vec<Key>> {
    let after = Position { at: doubted.at.ms(), key: String::new() };
    let window = Window { order: SortOrder::Ascending, after: Some(after), limit: MOST_FOLLOWERS };
    let page =
        table.views().view_timeline(std::slice::from_ref(&question.filed), &window, now).await?;
    let follows = |it: &&Row| {
        it.key != question.about.pk
            && it.direction == Direction::In
            && !it.evidence.iter().any(Evidence::is_certain)
    };
    let followers = page.rows.iter().filter(follows).map(|it| Key::alone(it.key.clone()));
    Ok(std::iter::once(question.about.clone()).chain(followers).collect())
}

impl Said<'_> {
    fn accepted(
        &self,
        question: &Question,
        contact: &ContactId,
        content: SendContent,
        to: Vec<IdentityId>,
    ) -> Outgoing {
        let leg = Leg {
            reply_to: Some(self.message.id.clone()),
            place: self.message.place.clone(),
            since_inbound_ms: Some(question.asked.since(self.event.at).max(0)),
            ..Leg::new(self.event.channel.clone(), self.event.account.clone(), to)
        };
        Outgoing {
            id: question.message.clone(),
            content,
            author: Author::Automation,
            legs: vec![leg],
            passed: Vec::new(),
            thread: question.filed.clone(),
            contact: contact.clone(),
            at: question.asked,
            expires_at: Some(question.until),
            hash: digest(&[question.message.as_str()]),
            client_ref: None,
            kept_until: None,
        }
    }
}

/// Says of a thread that its messages belong there, whatever else is changed of it meanwhile.
async fn confirm(table: &Store, thread: &ThreadId, now: Timestamp) -> anyhow::Result<()> {
    let handling = Handling { confirm: true, ..Handling::default() };
    let change = ThreadChange { handling, ..ThreadChange::default() };
    table.threads().change_thread(thread, &change, &|_| true, now).await?;
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
