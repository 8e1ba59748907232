//! A link, or the undoing of one, as an item among the corrections of the person who has the addresses.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::{Correction, CorrectionKind, CorrectionState};
use domain::id::{ContactId, CorrectionId, IdentityId, ThreadId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::table::corrections::Order;
use crate::table::item::{Item, get_moment, get_text, get_texts, moment, text};
use crate::table::keys::{self, Key};
use crate::table::patch::Patch;
use crate::table::schema::{PK, SK};
use crate::table::sends::json;

const KIND: &str = "kind";
const FROM: &str = "from";
const TO: &str = "to";
const AUTHOR: &str = "author";
const REASON: &str = "reason";
const MADE: &str = "made";
const STATE: &str = "state";
const REVERTS: &str = "reverts";
const REVERTED_BY: &str = "reverted_by";
/// The address that the order names, and what proves it.
const IDENTITY: &str = "identity";
const PROOF: &str = "proof";
/// All that goes over.
const IDENTITIES: &str = "identities";
const THREADS: &str = "threads";
/// When the first message of an address may have come to a thread of the other person.
const SINCE: &str = "since";
/// What is split off, as JSON: each is recorded before it is done.
const SPLITS: &str = "splits";

/// A link, or the undoing of one.
#[derive(Clone, Debug)]
pub(in crate::table) struct Bond {
    /// Under whom it is.
    pub(super) contact: ContactId,
    pub(super) correction: Correction,
    /// The addresses that go over.
    pub(super) identities: BTreeSet<IdentityId>,
    /// The threads that go over, those that were merged included.
    pub(super) threads: BTreeSet<ThreadId>,
    /// When the first message of one of the addresses may have come to a thread of the other person.
    pub(super) since: Timestamp,
    /// What is split off.
    pub(super) splits: Vec<Split>,
}

/// Messages of a thread that belong to the other person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Split {
    pub(super) from: ThreadId,
    pub(super) to: ThreadId,
    /// Whether it opens the thread that they go to.
    pub(super) opens: bool,
    /// The partition keys of their items.
    pub(super) keys: Vec<String>,
}

/// From whom to whom, and by which address.
pub(super) struct Ends<'a> {
    pub(super) identity: &'a IdentityId,
    pub(super) from: &'a ContactId,
    pub(super) to: &'a ContactId,
}

impl Bond {
    /// One that begins.
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
            identities: BTreeSet::new(),
            threads: BTreeSet::new(),
            since: order.at,
            splits: Vec::new(),
        }
    }

    /// From whom to whom it goes; `None` for a correction of threads.
    pub(super) fn ends(&self) -> Option<Ends<'_>> {
        match &self.correction.kind {
            CorrectionKind::Link { identity, from, to, .. }
            | CorrectionKind::Unlink { identity, from, to } => Some(Ends { identity, from, to }),
            CorrectionKind::Merge { .. }
            | CorrectionKind::Split { .. }
            | CorrectionKind::Move { .. } => None,
        }
    }

    pub(super) fn is_link(&self) -> bool {
        matches!(self.correction.kind, CorrectionKind::Link { .. })
    }

    /// Whether it is about this address.
    pub(super) fn names(&self, identity: &IdentityId) -> bool {
        self.ends().is_some_and(|it| it.identity == identity)
    }

    pub(super) fn is_taken_back(&self) -> bool {
        matches!(self.correction.state, CorrectionState::Reverting | CorrectionState::Reverted)
    }

    pub(super) fn key(&self) -> Key {
        keys::correction(&self.contact, &self.correction.id)
    }

    /// Appends it, if its id is not taken.
    pub(super) fn write(&self) -> anyhow::Result<Patch> {
        let it = &self.correction;
        let Ends { identity, from, to } = self.ends().context("a correction of threads")?;
        let (kind, proof) = match &it.kind {
            CorrectionKind::Link { proof, .. } => ("link", Some(json(proof)?)),
            CorrectionKind::Unlink { .. }
            | CorrectionKind::Merge { .. }
            | CorrectionKind::Split { .. }
            | CorrectionKind::Move { .. } => ("unlink", None),
        };
        let threads = set(self.threads.iter().map(ThreadId::as_str));
        Ok(Patch::of(self.key())
            .if_absent(PK)
            .set(KIND, text(kind))
            .set(FROM, text(from.as_str()))
            .set(TO, text(to.as_str()))
            .set(IDENTITY, text(identity.as_str()))
            .set_some(PROOF, proof)
            .set(AUTHOR, text(&*it.author))
            .set_some(REASON, it.reason.clone().map(text))
            .set(MADE, moment(it.at))
            .set(STATE, text(name(it.state)))
            .set_some(REVERTS, it.reverts.as_ref().map(|it| text(it.as_str())))
            .set_some(IDENTITIES, set(self.identities.iter().map(IdentityId::as_str)))
            .set_some(THREADS, threads)
            .set(SINCE, moment(self.since)))
    }

    /// Takes it to another state, if it is in the state that was read.
    pub(super) fn advance(&self, to: CorrectionState) -> Patch {
        Patch::of(self.key())
            .if_is(STATE, Some(text(name(self.correction.state))))
            .set(STATE, text(name(to)))
    }

    /// Says what takes it back.
    pub(super) fn reverting(&self, by: &CorrectionId) -> Patch {
        self.advance(CorrectionState::Reverting).set(REVERTED_BY, text(by.as_str()))
    }

    /// Records a thread that goes over, too.
    pub(super) fn with_thread(&self, thread: &ThreadId) -> Patch {
        let threads = AttributeValue::Ss(vec![thread.as_str().to_owned()]);
        Patch::of(self.key()).if_present(PK).add(THREADS, threads)
    }

    /// Records what is split off next, if nothing else was recorded since it was read.
    pub(super) fn with_splits(&self, splits: &[Split]) -> anyhow::Result<Patch> {
        let is_recorded = !self.splits.is_empty();
        let before = is_recorded.then(|| json(&self.splits)).transpose()?;
        let all: Vec<_> = self.splits.iter().chain(splits).collect();
        Ok(Patch::of(self.key()).if_present(PK).if_is(SPLITS, before).set(SPLITS, json(&all)?))
    }

    /// The link in an item; `None` for a correction of threads.
    pub(super) fn read(item: &Item) -> anyhow::Result<Option<Self>> {
        let Some(kind) = read_kind(item)? else { return Ok(None) };
        let needed = |name: &'static str| {
            get_text(item, name).with_context(|| format!("a link without {name}"))
        };
        let contact = needed(PK)?.strip_prefix("CON#").context("a link of nobody")?;
        let sk = needed(SK)?;
        let splits = get_text(item, SPLITS).map(serde_json::from_str).transpose()?;
        Ok(Some(Self {
            contact: ContactId::new(contact),
            correction: Correction {
                id: CorrectionId::new(sk.split_once('#').map_or(sk, |(_, id)| id)),
                kind,
                author: needed(AUTHOR)?.to_owned(),
                reason: get_text(item, REASON).map(str::to_owned),
                at: get_moment(item, MADE).context("a link without a time")?,
                state: STATES
                    .into_iter()
                    .find(|it| get_text(item, STATE) == Some(name(*it)))
                    .context("a link without a state")?,
                reverts: get_text(item, REVERTS).map(CorrectionId::new),
                reverted_by: get_text(item, REVERTED_BY).map(CorrectionId::new),
                n_messages: 0,
            },
            identities: get_texts(item, IDENTITIES).map(IdentityId::from_stored).collect(),
            threads: get_texts(item, THREADS).map(ThreadId::new).collect(),
            since: get_moment(item, SINCE).context("a link without a time")?,
            splits: splits.unwrap_or_default(),
        }))
    }
}

/// What a link does; `None` for a correction of threads.
fn read_kind(item: &Item) -> anyhow::Result<Option<CorrectionKind>> {
    let needed =
        |name: &'static str| get_text(item, name).with_context(|| format!("a link without {name}"));
    let kind = needed(KIND)?;
    if kind != "link" && kind != "unlink" {
        return Ok(None);
    }
    let identity = IdentityId::from_stored(needed(IDENTITY)?);
    let (from, to) = (ContactId::new(needed(FROM)?), ContactId::new(needed(TO)?));
    Ok(Some(if kind == "link" {
        let proof = serde_json::from_str(needed(PROOF)?)?;
        CorrectionKind::Link { identity, from, to, proof }
    } else {
        CorrectionKind::Unlink { identity, from, to }
    }))
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

/// A set of ids. The table has no empty sets.
fn set<'a>(ids: impl Iterator<Item = &'a str>) -> Option<AttributeValue> {
    let ids: Vec<_> = ids.map(str::to_owned).collect();
    (!ids.is_empty()).then_some(AttributeValue::Ss(ids))
}
