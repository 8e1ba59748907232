//! Messages of ours: accepted once, and what became of each attempt.
//!
//! Every write is conditional on what it was decided by, so that of two programs at work on one message one has to read
//! again. Attempts are written by `outbound`, receipts by `threading`; they share the status of a leg, which only rises. What
//! the whole message has come to follows from its legs, and is written with whichever of them rises.

mod attempts;
mod item;
mod legs;
mod pointer;
mod receipts;
mod values;

use anyhow::Context;
use domain::filing::{Change, Live};
use domain::id::{IdentityId, MessageId};
use domain::sending::Outgoing;
use domain::threading::subject_line;
use domain::time::Timestamp;

use crate::store::base::{Attempt, Store};
use crate::store::contacts::identities::{Claims, add_claims};
use crate::store::item::{Item, get_text};
use crate::store::keys;
use crate::store::messages::stored::Stored;
use crate::store::patch::{Patch, Written};
use crate::store::room::room;
use crate::store::rules::Rules;
use crate::store::schema::HASH;
use crate::store::threads::open::{add_opening, next_head};
use crate::store::threads::subjects::{Subject, naming};
use crate::store::transaction::{Committed, Transaction};

pub use attempts::{Ended, OfLeg};
pub(in crate::store) use item::forget_titles;
pub(in crate::store) use values::{get_json, json};

room! {
    /// Messages of ours.
    Sends, sends
}

/// The outcome for a message that was to be accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Acceptance {
    /// It is stored now.
    Stored(Box<Outgoing>),
    /// It was stored before, by the same request: what is stored is the answer.
    Repeated(Box<Outgoing>),
    /// Another request used the same key.
    Mismatch,
    /// The address became somebody's meanwhile: plan again.
    Stale,
}

impl Sends<'_> {
    /// Stores a message, once: the same id again with the same body is the same message. With `opening` it opens its thread
    /// in the same transaction, and gives the person the addresses that are claimed; without it the thread is there.
    pub async fn accept(
        self,
        message: &Outgoing,
        opening: Option<&Claims>,
        rules: &Rules,
    ) -> anyhow::Result<Acceptance> {
        let until = rules.retention_ms().map(|it| message.may_go_at(it));
        let attempt = || async {
            let answer = match opening {
                None => self.accept_alone(message, until).await?,
                Some(claims) => self.accept_opening(message, claims, until).await?,
            };
            Ok(answer.map_or(Attempt::Again(()), Attempt::Done))
        };
        self.store.retrying("a message was accepted", attempt).await
    }

    /// A message of ours as it is at this moment.
    pub async fn outgoing(self, id: &MessageId) -> anyhow::Result<Option<Outgoing>> {
        self.store.get(&keys::outbound(id)).await?.map(|it| item::read(&it)).transpose()
    }

    /// Forgets what a message of ours said that a colleague took back where it was sent.
    pub(in crate::store) async fn take_back_ours(self, id: &MessageId) -> anyhow::Result<()> {
        let Some(message) = self.outgoing(id).await? else { return Ok(()) };
        let key = keys::outbound(id);
        let item = self.store.write_retrying(item::forget_words(&message)?).await?;
        self.store.threads().rename_after(&key, &item).await?;
        self.store.threads().fold_stored(&Stored::of(&item), &key, Change::Reworded).await
    }

    async fn accept_alone(
        self,
        message: &Outgoing,
        until: Option<Timestamp>,
    ) -> anyhow::Result<Option<Acceptance>> {
        match self.store.write(item::write(message, until)?).await? {
            Written::Done(item) => Ok(Some(Acceptance::Stored(Box::new(item::read(&item)?)))),
            Written::Refused(item) => repeated(message, &item).map(Some),
            Written::Busy => Ok(None),
        }
    }

    async fn accept_opening(
        self,
        message: &Outgoing,
        claims: &Claims,
        until: Option<Timestamp>,
    ) -> anyhow::Result<Option<Acceptance>> {
        // A repeated request would cost a whole refused transaction.
        if let Some(item) = self.store.get(&keys::outbound(&message.id)).await? {
            return repeated(message, &item).map(Some);
        }
        let threads = self.store.threads().live(&message.contact).await?;
        if threads.version.is_none() && claims.claims.is_empty() || threads.linked_into.is_some() {
            return Ok(Some(Acceptance::Stale));
        }
        let mut transaction = Transaction::default();
        let words = subject_line(message.content.words());
        let subject = words.map(|line| Subject { line, edit: 0, until });
        let write = item::write(message, until)?;
        let write = if subject.is_some() { naming(write, &message.thread) } else { write };
        let place = transaction.patch(write);
        let head = transaction.patch(claims.to_head(next_head(&threads), &message.contact));
        // The thread knows nothing of the message before the message went out.
        let live = Live { needs_subject: subject.is_none(), ..Live::new(message.thread.clone()) };
        add_opening(&mut transaction, &threads, &live, message.at, subject.as_ref());
        add_claims(&mut transaction, &message.contact, claims);
        let refused = match self.store.commit(transaction).await? {
            Committed::Done => {
                let stored = Outgoing { kept_until: until, ..message.clone() };
                return Ok(Some(Acceptance::Stored(Box::new(stored))));
            }
            Committed::Refused(refused) => refused,
        };
        if let Some((_, item)) = refused.iter().find(|(at, _)| *at == place) {
            return repeated(message, item).map(Some);
        }
        let is_stale = !claims.claims.is_empty() && refused.iter().any(|(at, _)| *at != head);
        Ok(is_stale.then_some(Acceptance::Stale))
    }

    /// A write to a message of ours; `false` if what it was decided by is so no longer.
    async fn change(self, patch: Patch) -> anyhow::Result<bool> {
        Ok(matches!(self.store.write(patch).await?, Written::Done(_)))
    }
}

/// Whether a message of ours went out, by its item.
pub(in crate::store) fn went_out(item: &Item) -> anyhow::Result<bool> {
    Ok(item::read(item)?.went_out())
}

/// To whom a message of ours is, by its item; `None` for any other item.
pub(in crate::store) fn addressed_to(item: &Item) -> anyhow::Result<Option<IdentityId>> {
    if get_text(item, HASH).is_none() {
        return Ok(None);
    }
    Ok(item::read(item)?.legs.into_iter().next().and_then(|it| it.to.into_iter().next()))
}

/// The message was stored before.
fn repeated(message: &Outgoing, item: &Item) -> anyhow::Result<Acceptance> {
    let hash = get_text(item, HASH).context("a message of ours without the hash of its request")?;
    if hash == message.hash {
        Ok(Acceptance::Repeated(Box::new(item::read(item)?)))
    } else {
        Ok(Acceptance::Mismatch)
    }
}
