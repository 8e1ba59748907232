//! A correction of threads as an item.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Direction;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Decider, Gone, Live};
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Order;
use super::common;
use crate::store::corrections::Corrections;
use crate::store::item::{Item, get_flag, get_text, text};
use crate::store::keys::{self, Key};
use crate::store::messages::stored::Stored;
use crate::store::patch::Patch;
use crate::store::schema::{
    BACKWARD, CONFIDENCE, DECIDER, DELETED, EVIDENCE, EVIDENCE_FILED, MESSAGES, PK, PLACED_BY,
    ROOT, SK, SOURCE_BEFORE, STAMP, TARGET_BEFORE,
};
use crate::store::sends::{get_json, json};
use crate::store::threads::live::{read_live, snapshot};
use crate::store::transaction::{Committed, Transaction};

/// A correction with all that taking it back needs.
#[derive(Clone, Debug)]
pub(in crate::store) struct Record {
    pub(in crate::store) contact: ContactId,
    pub(in crate::store) correction: Correction,
    pub(in crate::store) decider: Decider,
    /// The messages of a move.
    pub(in crate::store) moved: Vec<Moved>,
    /// The move whose messages a revert is about.
    pub(in crate::store) root: Option<CorrectionId>,
    /// Whether it puts messages where a person wants them, rather than back: a revert of a revert does.
    pub(in crate::store) forward: bool,
    /// The state that a merge found.
    pub(in crate::store) before: Option<Before>,
}

/// Both threads of a merge as they were.
#[derive(Clone, Debug)]
pub(in crate::store) struct Before {
    pub(in crate::store) source: (Key, Live),
    pub(in crate::store) target: (Key, Live),
}

/// A message that is moved, and where it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Moved {
    /// The partition key of its item.
    #[serde(rename = "k")]
    pub(in crate::store) key: String,
    #[serde(rename = "a")]
    pub(in crate::store) at: Timestamp,
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::store) is_ours: bool,
    #[serde(flatten)]
    pub(in crate::store) was: Placed,
}

/// The thread of a message, the reason for it, and the corrections that put it there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Placed {
    #[serde(rename = "t")]
    pub(in crate::store) thread: ThreadId,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) evidence: Option<String>,
    /// As it is written: it comes back digit by digit.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) confidence: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) by: Option<CorrectionId>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) stamp: Option<CorrectionId>,
}

/// A message as it is at this moment, with what only its own item says of it.
#[derive(Clone, Debug)]
pub(in crate::store) struct Now {
    pub(in crate::store) placed: Placed,
    /// The reason for filing it where it was: it may quote what was said.
    pub(in crate::store) filed: Option<String>,
    pub(in crate::store) is_deleted: bool,
}

impl Now {
    /// The message in an item; `None` if it is in no thread.
    pub(in crate::store) fn of(item: &Item) -> Option<Self> {
        let placed = Moved::of(item)?.was;
        let is_filed = placed.by.is_none() && !item.contains_key(EVIDENCE_FILED);
        let name = if is_filed { EVIDENCE } else { EVIDENCE_FILED };
        let filed = get_text(item, name).map(str::to_owned);
        Some(Self { placed, filed, is_deleted: get_flag(item, DELETED) })
    }
}

impl Moved {
    /// The message in an item; `None` if it is in no thread.
    pub(in crate::store) fn of(item: &Item) -> Option<Self> {
        let stored = Stored::of(item);
        let confidence = item.get(CONFIDENCE).and_then(|it| it.as_n().ok());
        let by = get_text(item, PLACED_BY).map(CorrectionId::new);
        // What filed it quotes what was said, and stays with the message.
        let evidence = get_text(item, EVIDENCE).filter(|_| by.is_some());
        Some(Self {
            key: get_text(item, PK)?.to_owned(),
            at: stored.at,
            is_ours: stored.direction == Direction::Out,
            was: Placed {
                thread: stored.thread?,
                evidence: evidence.map(str::to_owned),
                confidence: confidence.cloned(),
                by,
                stamp: get_text(item, STAMP).map(CorrectionId::new),
            },
        })
    }

    pub(in crate::store) fn key(&self) -> Key {
        Key::alone(self.key.clone())
    }

    /// The message as one that left.
    pub(in crate::store) fn gone(&self) -> Gone {
        let direction = if self.is_ours { Direction::Out } else { Direction::In };
        Gone { key: self.key().short(), at: self.at, direction }
    }
}

impl Record {
    /// A correction that begins.
    pub(in crate::store) fn begun(
        contact: &ContactId,
        order: &Order,
        kind: CorrectionKind,
    ) -> Self {
        Self {
            contact: contact.clone(),
            correction: common::begun(order, kind),
            decider: order.decider,
            moved: Vec::new(),
            root: None,
            forward: true,
            before: None,
        }
    }

    /// A correction that takes this one back.
    pub(in crate::store) fn reverting(&self, order: &Order) -> Self {
        let kind = self.correction.kind.clone();
        let mut revert = Self::begun(&self.contact, order, kind);
        revert.correction.reverts = Some(self.correction.id.clone());
        revert.correction.n_messages = self.correction.n_messages;
        revert.root = self.root.clone().or_else(|| Some(self.correction.id.clone()));
        revert.forward = !self.forward;
        revert
    }

    pub(in crate::store) fn key(&self) -> Key {
        keys::correction(&self.contact, &self.correction.id)
    }

    /// Appends it, if its id is not taken.
    pub(in crate::store) fn write(&self) -> anyhow::Result<Patch> {
        let decider = (self.decider != Decider::Person).then(|| json(&self.decider)).transpose()?;
        let patch = common::append(self.key(), &self.correction)?
            .set_some(ROOT, self.root.as_ref().map(|it| text(it.as_str())))
            .set_some(DECIDER, decider)
            .set_some(BACKWARD, (!self.forward).then_some(AttributeValue::Bool(true)));
        let patch =
            if self.moved.is_empty() { patch } else { patch.set(MESSAGES, json(&self.moved)?) };
        Ok(match &self.before {
            Some(Before { source, target }) => patch
                .set(SOURCE_BEFORE, snapshot(&source.0, &source.1))
                .set(TARGET_BEFORE, snapshot(&target.0, &target.1)),
            None => patch,
        })
    }

    /// Takes it one state further, if it is in the state that was read.
    pub(in crate::store) fn advance(&self, to: CorrectionState) -> Patch {
        common::advance(self.key(), self.correction.state, to)
    }

    /// The correction in an item; `None` for one of people.
    pub(in crate::store) fn read(item: &Item) -> anyhow::Result<Option<Self>> {
        let correction = common::read(item)?;
        if correction.kind.threads().is_none() {
            return Ok(None);
        }
        let contact = common::contact_of(item)?;
        let messages = get_text(item, MESSAGES).map(serde_json::from_str).transpose();
        let kept = |name: &str, contact: &ContactId| {
            let kept = item.get(name).and_then(|it| it.as_m().ok());
            kept.map(|it| read_snapshot(contact, it)).transpose()
        };
        let before = kept(SOURCE_BEFORE, &contact)?.zip(kept(TARGET_BEFORE, &contact)?);
        Ok(Some(Self {
            correction,
            moved: messages.context("the messages of a correction")?.unwrap_or_default(),
            root: get_text(item, ROOT).map(CorrectionId::new),
            decider: get_json(item, DECIDER)?.unwrap_or_default(),
            forward: !get_flag(item, BACKWARD),
            before: before.map(|(source, target)| Before { source, target }),
            contact,
        }))
    }
}

fn read_snapshot(contact: &ContactId, kept: &Item) -> anyhow::Result<(Key, Live)> {
    let sk = get_text(kept, SK).context("a kept thread without a name")?.to_owned();
    Ok((Key { pk: keys::contact(contact).pk, sk }, read_live(kept)?))
}

impl Corrections<'_> {
    /// A correction of a person's threads, as it is at this moment.
    pub(in crate::store) async fn record(
        self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Record>> {
        Ok(self.named(contact, id).await?.flatten())
    }

    /// The correction with this id: within, `None` for a correction of people.
    pub(in crate::store) async fn named(
        self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Option<Record>>> {
        let item = self.store.get(&keys::correction(contact, id)).await?;
        item.as_ref().map(Record::read).transpose()
    }

    /// Makes a transaction; false if nothing of it was written.
    pub(in crate::store) async fn made(self, transaction: Transaction) -> anyhow::Result<bool> {
        Ok(matches!(self.store.commit(transaction).await?, Committed::Done))
    }
}
