//! Sending: what a message rests on is read here, planned by `domain::plan` and accepted, whoever sends.

mod quote;
mod target;

use anyhow::Context;
use domain::id::{Channel, ContactId, IdentityId, MessageId, ThreadId};
use domain::outbound::{Feature, SendContent, SendProblem};
use domain::plan::{Ask, Judged, Offer, Plan, Senders, TemplateState, Way, plan};
use domain::sending::{Leg, Outgoing};
use domain::time::Timestamp;

use crate::env_or;
use crate::store::keys::Key;
use crate::store::{Acceptance, Attempt, Fresh, Rules, Store};
use quote::Quoted;
use target::Target;

/// The things that every send rests on.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// The table.
    pub store: &'a Store,
    /// The channels of this deployment.
    pub offers: &'a [Offer],
    /// Our accounts that send.
    pub senders: &'a Senders,
    /// The rules by which threads and messages are kept.
    pub rules: &'a Rules,
}

/// The channels and accounts that a deployment may send by.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its channels.
    pub offers: Vec<Offer>,
    /// Our accounts that send.
    pub senders: Senders,
}

impl Deployed {
    /// As the environment says: `CHANNELS`, which `offers` looks up in the list of all, and `SENDING_ACCOUNTS`.
    pub fn from_env<E>(offers: impl FnOnce(&str) -> Result<Vec<Offer>, E>) -> anyhow::Result<Self>
    where
        Result<Vec<Offer>, E>: Context<Vec<Offer>, E>,
    {
        let offers = offers(&env_or("CHANNELS", "")).context("CHANNELS is wrong")?;
        let senders = Senders::parse(&env_or("SENDING_ACCOUNTS", ""));
        let senders = senders.context("SENDING_ACCOUNTS must name each as channel:id")?;
        Ok(Self { offers, senders })
    }
}

/// The addressee of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// The person that the thread is with; the message becomes part of it.
    Thread(ThreadId),
    /// A person; it opens a thread.
    Contact(ContactId),
    /// An address, known or not; it opens a thread.
    Address(Channel, IdentityId),
}

/// A message that somebody wants to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// To whom.
    pub to: &'a To,
    /// The content, and the bounds within which it is sent. That it quotes is known from `reply_to`.
    pub ask: Ask<'a>,
    /// The message that it quotes.
    pub reply_to: Option<&'a Key>,
}

/// The names of a message that is accepted.
#[derive(Clone, Debug)]
pub struct Named {
    /// Our id of it: the same id again is the same message.
    pub id: MessageId,
    /// The SHA-256 of what was asked for: something else under the same id is refused.
    pub hash: String,
    /// The caller's own word for it.
    pub client_ref: Option<String>,
}

/// The reason why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub enum NoDraft {
    /// There is no such thread.
    #[error("there is no such thread")]
    Thread,
    /// The thread is closed.
    #[error("the thread is closed")]
    Closed,
    /// There is no such person.
    #[error("there is no such contact")]
    Contact,
    /// There is no such message to quote.
    #[error("there is no such message")]
    Quoted,
    /// The message to quote has no id at its platform yet.
    #[error("it was not sent yet")]
    QuotedUnsent,
    /// The message to quote is another person's.
    #[error("is not a message of this conversation")]
    QuotedElsewhere,
    /// The person is reached by accounts only that do not send.
    #[error("the account is none that sends")]
    NoSender,
    /// The table does not answer.
    #[error(transparent)]
    Unread(#[from] anyhow::Error),
}

/// The outcome for a message that was to be sent.
#[derive(Debug)]
pub enum Sent {
    /// It is stored, now or before.
    Accepted(Box<Outgoing>),
    /// Another message has this id.
    Mismatch,
    /// No way may be taken.
    Refused(Box<Draft>),
}

/// A message with its plan, not yet stored.
#[derive(Debug)]
pub struct Draft {
    /// By which ways it may go.
    pub plan: Plan,
    target: Target,
    quoted: Option<Quoted>,
}

impl Draft {
    /// The way that is taken; `None` where none may be, or where it is not known by which account of ours.
    #[must_use]
    pub fn way(&self) -> Option<&Way> {
        self.plan.chosen().filter(|it| it.account.is_some())
    }
}

impl Sending<'_> {
    /// Plans a message and stores it once, with its thread if that is new. What is stored has to be queued then.
    pub async fn send(
        &self,
        order: &Order<'_>,
        named: &Named,
        now: Timestamp,
    ) -> Result<Sent, NoDraft> {
        let attempt = || async {
            let draft = self.draft(order, now).await?;
            if draft.way().is_none() {
                return Ok(Attempt::Done(Sent::Refused(Box::new(draft))));
            }
            Ok(match self.accept(order, &draft, named, now).await? {
                Acceptance::Stored(stored) | Acceptance::Repeated(stored) => {
                    Attempt::Done(Sent::Accepted(stored))
                }
                Acceptance::Mismatch => Attempt::Done(Sent::Mismatch),
                // Its address became somebody's.
                Acceptance::Stale => Attempt::Again(()),
            })
        };
        self.store.retrying("a message was planned", attempt).await
    }

    /// Reads what a message rests on and plans it.
    pub async fn draft(&self, order: &Order<'_>, now: Timestamp) -> Result<Draft, NoDraft> {
        let quoted = match order.reply_to {
            Some(message) => Some(self.quoted(message).await?),
            None => None,
        };
        let ask = Ask { quotes: quoted.is_some(), ..order.ask };
        let mut target = self.target(order.to, &ask, quoted.as_ref(), now).await?;
        if !target.ways.is_empty() {
            // Accepted for such an account it would fail a moment later.
            target.ways.retain(|it| self.senders.take(it));
            if target.ways.is_empty() {
                return Err(NoDraft::NoSender);
            }
        }
        let judge = |templates: &[TemplateState]| {
            plan(&ask, target.ways.clone(), self.offers, templates, now)
        };
        let is_template = matches!(ask.content, SendContent::Template { .. });
        let known = if is_template { self.templates(target.ways.iter()).await? } else { vec![] };
        let mut plan = judge(&known);
        if plan.chosen().is_none() && !is_template {
            // Templates are read only when they are what would work instead.
            let is_closed = |it: &&Judged| {
                let refusal = it.verdict.refusal.as_ref();
                refusal.is_some_and(|it| it.problem == SendProblem::WindowClosed)
            };
            let closed = plan.ways.iter().filter(is_closed).map(|it| &it.way);
            let templates = self.templates(closed).await?;
            plan = judge(&templates);
        }
        Ok(Draft { plan, target, quoted })
    }

    /// Stores a draft of which a way is taken. One that opens its thread may be [`Acceptance::Stale`].
    pub async fn accept(
        &self,
        order: &Order<'_>,
        draft: &Draft,
        named: &Named,
        now: Timestamp,
    ) -> anyhow::Result<Acceptance> {
        let Draft { plan, target, quoted } = draft;
        let taken = plan.taken().and_then(|(rank, it)| Some((rank, it, it.way.account.clone()?)));
        let (rank, Judged { way, verdict }, account) =
            taken.context("a message is to be accepted that may go no way")?;
        let leg = Leg {
            place: self.place(way, target, quoted.as_ref(), now).await?,
            reply_to: quoted.as_ref().map(|it| it.id.clone()),
            since_inbound_ms: way.last_inbound.map(|it| now.since(it).max(0)),
            verdict: verdict.clone(),
            rank,
            ..Leg::new(way.channel.clone(), account, target.known_by(way))
        };
        // Ids of a request that lost are not used.
        let fresh = Fresh::ids();
        let message = Outgoing {
            id: named.id.clone(),
            content: order.ask.content.clone(),
            author: order.ask.author,
            legs: vec![leg],
            passed: plan.passed(),
            thread: target.thread.clone().unwrap_or(fresh.thread),
            contact: target.contact.clone().unwrap_or(fresh.contact),
            at: now,
            expires_at: order.ask.expires_at,
            hash: named.hash.clone(),
            client_ref: named.client_ref.clone(),
            kept_until: None,
        };
        let opening = target.thread.is_none().then_some(&target.claims);
        self.store.sends().accept(&message, opening, self.rules).await
    }

    /// The known states of the templates on the accounts of some ways.
    async fn templates<'w>(
        &self,
        ways: impl Iterator<Item = &'w Way>,
    ) -> anyhow::Result<Vec<TemplateState>> {
        let (mut asked, mut found) = (Vec::new(), Vec::new());
        for way in ways.filter(|it| self.has(&it.channel, Feature::Templates)) {
            let Some(account) = &way.account else { continue };
            if !asked.contains(&(&way.channel, account)) {
                asked.push((&way.channel, account));
                found.extend(self.store.views().templates(&way.channel, account).await?);
            }
        }
        Ok(found)
    }

    /// Whether a channel of this deployment can do something.
    #[must_use]
    pub fn has(&self, channel: &Channel, feature: Feature) -> bool {
        let mut offers = self.offers.iter().filter(|it| it.channel == *channel);
        offers.any(|it| it.capabilities.has(feature))
    }
}
