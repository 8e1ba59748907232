//! A correction as an item.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Direction;
use domain::filing::Gone;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Live};
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Order;
use crate::table::item::{Item, get_flag, get_moment, get_number, get_text, moment, number, text};
use crate::table::keys::{self, Key};
use crate::table::links;
use crate::table::messages::{EVIDENCE, Stored};
use crate::table::patch::Patch;
use crate::table::schema::{PK, SK};
use crate::table::sends::json;
use crate::table::threads::{read_live, snapshot};
use crate::table::{Committed, Table, Transaction};

/// On a message: the correction that put it where it is; absent where it was filed.
pub(super) const PLACED_BY: &str = "placed_by";
/// On a message: the correction that last decided about it. No two decisions leave the same stamp, so that a program that
/// was stopped long ago cannot do again what was undone since.
pub(super) const STAMP: &str = "stamp";

const KIND: &str = "kind";
const FROM: &str = "from";
const TO: &str = "to";
const AUTHOR: &str = "author";
const REASON: &str = "reason";
const MADE: &str = "made";
pub(super) const STATE: &str = "state";
const REVERTS: &str = "reverts";
pub(super) const REVERTED_BY: &str = "reverted_by";
const N_MESSAGES: &str = "n_messages";
/// The messages of a move, each with where it was, as JSON.
const MESSAGES: &str = "messages";
/// Of the revert of a move, and of the revert of that: the move.
const ROOT: &str = "root";
/// Whether it puts messages back.
const BACKWARD: &str = "backward";
/// Of a merge: both threads as they were before.
const SOURCE_BEFORE: &str = "source_before";
const TARGET_BEFORE: &str = "target_before";

/// A correction with all that taking it back needs.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) contact: ContactId,
    pub(super) correction: Correction,
    /// The messages of a move.
    pub(super) moved: Vec<Moved>,
    /// The move whose messages a revert is about.
    pub(super) root: Option<CorrectionId>,
    /// Whether it puts messages where a person wants them, rather than back: a revert of a revert does.
    pub(super) forward: bool,
    /// What a merge found.
    pub(super) before: Option<Before>,
}

/// Both threads of a merge as they were.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub(super) source: (Key, Live),
    pub(super) target: (Key, Live),
}

/// A message that is moved, and where it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Moved {
    /// The partition key of its item.
    #[serde(rename = "k")]
    pub(super) key: String,
    #[serde(rename = "a")]
    pub(super) at: Timestamp,
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_ours: bool,
    #[serde(flatten)]
    pub(super) was: Placed,
}

/// Where a message is, why, and by which corrections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Placed {
    #[serde(rename = "t")]
    pub(super) thread: ThreadId,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<String>,
    /// As it is written: it comes back digit by digit.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(super) confidence: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<CorrectionId>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(super) stamp: Option<CorrectionId>,
}

impl Moved {
    /// The message in an item; `None` if it is in no thread.
    pub(super) fn of(item: &Item) -> Option<Self> {
        let stored = Stored::of(item);
        let confidence = item.get("confidence").and_then(|it| it.as_n().ok());
        Some(Self {
            key: get_text(item, PK)?.to_owned(),
            at: stored.at,
            is_ours: stored.direction == Direction::Out,
            was: Placed {
                thread: stored.thread?,
                evidence: get_text(item, EVIDENCE).map(str::to_owned),
                confidence: confidence.cloned(),
                by: get_text(item, PLACED_BY).map(CorrectionId::new),
                stamp: get_text(item, STAMP).map(CorrectionId::new),
            },
        })
    }

    pub(super) fn key(&self) -> Key {
        Key::alone(self.key.clone())
    }

    /// The message as one that left.
    pub(super) fn gone(&self) -> Gone {
        let direction = if self.is_ours { Direction::Out } else { Direction::In };
        Gone { key: self.key().short(), at: self.at, direction }
    }
}

impl Record {
    /// A correction that begins.
    pub(super) fn begun(contact: &ContactId, order: &Order, kind: CorrectionKind) -> Self {
        let correction = Correction {
            id: order.id.clone(),
            kind,
            author: order.author.clone(),
            reason: order.reason.clone(),
            at: order.at,
            state: CorrectionState::Running,
            reverts: None,
            reverted_by: None,
            n_messages: 0,
        };
        Self {
            contact: contact.clone(),
            correction,
            moved: Vec::new(),
            root: None,
            forward: true,
            before: None,
        }
    }

    /// A correction that takes this one back.
    pub(super) fn reverting(&self, order: &Order) -> Self {
        let kind = self.correction.kind.clone();
        let mut revert = Self::begun(&self.contact, order, kind);
        revert.correction.reverts = Some(self.correction.id.clone());
        revert.correction.n_messages = self.correction.n_messages;
        revert.root = self.root.clone().or_else(|| Some(self.correction.id.clone()));
        revert.forward = !self.forward;
        revert
    }

    pub(super) fn key(&self) -> Key {
        keys::correction(&self.contact, &self.correction.id)
    }

    /// Appends it, if its id is not taken.
    pub(super) fn write(&self) -> anyhow::Result<Patch> {
        let it = &self.correction;
        let (from, to) = it.kind.threads().context("a correction of people")?;
        let kind = match &it.kind {
            CorrectionKind::Merge { .. } => "merge",
            CorrectionKind::Split { .. } => "split",
            CorrectionKind::Move { .. }
            | CorrectionKind::Link { .. }
            | CorrectionKind::Unlink { .. } => "move",
        };
        let id = |it: &Option<CorrectionId>| it.as_ref().map(|it| text(it.as_str()));
        let patch = Patch::of(self.key())
            .if_absent(PK)
            .set(KIND, text(kind))
            .set(FROM, text(from.as_str()))
            .set(TO, text(to.as_str()))
            .set(AUTHOR, text(&*it.author))
            .set_some(REASON, it.reason.clone().map(text))
            .set(MADE, moment(it.at))
            .set(STATE, text(name(it.state)))
            .set_some(REVERTS, id(&it.reverts))
            .set_some(ROOT, id(&self.root))
            .set_some(BACKWARD, (!self.forward).then_some(AttributeValue::Bool(true)))
            .set(N_MESSAGES, number(it.n_messages));
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
    pub(super) fn advance(&self, to: CorrectionState) -> Patch {
        Patch::of(self.key())
            .if_is(STATE, Some(text(name(self.correction.state))))
            .set(STATE, text(name(to)))
    }

    pub(super) fn read(item: &Item) -> anyhow::Result<Self> {
        let contact = get_text(item, PK).and_then(|it| it.strip_prefix("CON#"));
        let contact = ContactId::new(contact.context("a correction of nobody")?);
        let messages = get_text(item, MESSAGES).map(serde_json::from_str).transpose();
        let kept = |name: &str, contact: &ContactId| {
            let kept = item.get(name).and_then(|it| it.as_m().ok());
            kept.map(|it| read_snapshot(contact, it)).transpose()
        };
        let before = kept(SOURCE_BEFORE, &contact)?.zip(kept(TARGET_BEFORE, &contact)?);
        Ok(Self {
            correction: read_correction(item)?,
            moved: messages.context("the messages of a correction")?.unwrap_or_default(),
            root: get_text(item, ROOT).map(CorrectionId::new),
            forward: !get_flag(item, BACKWARD),
            before: before.map(|(source, target)| Before { source, target }),
            contact,
        })
    }
}

fn read_snapshot(contact: &ContactId, kept: &Item) -> anyhow::Result<(Key, Live)> {
    let sk = get_text(kept, SK).context("a kept thread without a name")?.to_owned();
    Ok((Key { pk: keys::contact(contact).pk, sk }, read_live(kept)?))
}

/// Reads what people read of a correction, also of one of people.
pub(super) fn read_correction(item: &Item) -> anyhow::Result<Correction> {
    if let Some(link) = links::read_correction(item)? {
        return Ok(link);
    }
    let needed = |name: &'static str| {
        get_text(item, name).with_context(|| format!("a correction without {name}"))
    };
    let (from, to) = (ThreadId::new(needed(FROM)?), ThreadId::new(needed(TO)?));
    let sk = needed(SK)?;
    Ok(Correction {
        id: CorrectionId::new(sk.split_once('#').map_or(sk, |(_, id)| id)),
        kind: match needed(KIND)? {
            "merge" => CorrectionKind::Merge { source: from, target: to },
            "split" => CorrectionKind::Split { from, to },
            "move" => CorrectionKind::Move { from, to },
            _ => anyhow::bail!("a correction of another version"),
        },
        author: needed(AUTHOR)?.to_owned(),
        reason: get_text(item, REASON).map(str::to_owned),
        at: get_moment(item, MADE).context("a correction without a time")?,
        state: STATES
            .into_iter()
            .find(|it| get_text(item, STATE) == Some(name(*it)))
            .context("a correction without a state")?,
        reverts: get_text(item, REVERTS).map(CorrectionId::new),
        reverted_by: get_text(item, REVERTED_BY).map(CorrectionId::new),
        n_messages: get_number(item, N_MESSAGES).unwrap_or(0),
    })
}

const STATES: [CorrectionState; 4] = [
    CorrectionState::Running,
    CorrectionState::Done,
    CorrectionState::Reverting,
    CorrectionState::Reverted,
];

fn name(state: CorrectionState) -> &'static str {
    match state {
        CorrectionState::Running => "running",
        CorrectionState::Done => "done",
        CorrectionState::Reverting => "reverting",
        CorrectionState::Reverted => "reverted",
    }
}

impl Table {
    /// A correction of a person, as it is at this moment.
    pub(super) async fn record(
        &self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Record>> {
        let item = self.get(&keys::correction(contact, id)).await?;
        item.as_ref().map(Record::read).transpose()
    }

    /// Makes a transaction; false if nothing of it was written.
    pub(super) async fn made(&self, transaction: Transaction) -> anyhow::Result<bool> {
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }
}
