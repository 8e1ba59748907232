//! A link, or the undoing of one, as an item among the corrections of the person who has the addresses.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::{Correction, CorrectionKind, CorrectionState};
use domain::id::{ContactId, CorrectionId, IdentityId, ThreadId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::corrections::{Order, common};
use crate::store::item::{Item, get_moment, get_text, get_texts, moment, text};
use crate::store::keys::{self, Key};
use crate::store::patch::Patch;
use crate::store::schema::{IDENTITIES, PK, REVERTED_BY, SINCE, SPLITS, THREADS};
use crate::store::sends::json;

/// A link, or the undoing of one.
#[derive(Clone, Debug)]
pub(in crate::store) struct Bond {
    /// Under whom it is.
    pub(in crate::store) contact: ContactId,
    pub(in crate::store) correction: Correction,
    /// The addresses that go over.
    pub(in crate::store) identities: BTreeSet<IdentityId>,
    /// The threads that go over, those that were merged included.
    pub(in crate::store) threads: BTreeSet<ThreadId>,
    /// The moment at which the first message of one of the addresses may have come to a thread of the other person.
    pub(in crate::store) since: Timestamp,
    /// The parts that are split off.
    pub(in crate::store) splits: Vec<Split>,
}

/// Messages of a thread that belong to the other person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Split {
    pub(in crate::store) from: ThreadId,
    pub(in crate::store) to: ThreadId,
    /// Whether it opens the thread that they go to.
    pub(in crate::store) opens: bool,
    /// The partition keys of their items.
    pub(in crate::store) keys: Vec<String>,
}

/// From whom to whom, and by which address.
pub(in crate::store) struct Ends<'a> {
    pub(in crate::store) identity: &'a IdentityId,
    pub(in crate::store) from: &'a ContactId,
    pub(in crate::store) to: &'a ContactId,
}

impl Bond {
    /// One that begins.
    pub(in crate::store) fn begun(
        contact: &ContactId,
        order: &Order,
        kind: CorrectionKind,
    ) -> Self {
        Self {
            contact: contact.clone(),
            correction: common::begun(order, kind),
            identities: BTreeSet::new(),
            threads: BTreeSet::new(),
            since: order.at,
            splits: Vec::new(),
        }
    }

    /// From whom to whom it goes; `None` for a correction of threads.
    pub(in crate::store) fn ends(&self) -> Option<Ends<'_>> {
        match &self.correction.kind {
            CorrectionKind::Link { identity, from, to, .. }
            | CorrectionKind::Unlink { identity, from, to } => Some(Ends { identity, from, to }),
            CorrectionKind::Merge { .. }
            | CorrectionKind::Split { .. }
            | CorrectionKind::Move { .. } => None,
        }
    }

    pub(in crate::store) fn is_link(&self) -> bool {
        matches!(self.correction.kind, CorrectionKind::Link { .. })
    }

    /// Whether it is about this address.
    pub(in crate::store) fn names(&self, identity: &IdentityId) -> bool {
        self.ends().is_some_and(|it| it.identity == identity)
    }

    pub(in crate::store) fn is_taken_back(&self) -> bool {
        matches!(self.correction.state, CorrectionState::Reverting | CorrectionState::Reverted)
    }

    pub(in crate::store) fn key(&self) -> Key {
        keys::correction(&self.contact, &self.correction.id)
    }

    /// A write to it, if it is there.
    pub(in crate::store) fn patch(&self) -> Patch {
        Patch::of(self.key()).if_present(PK)
    }

    /// Appends it, if its id is not taken.
    pub(in crate::store) fn write(&self) -> anyhow::Result<Patch> {
        Ok(common::append(self.key(), &self.correction)?
            .set_some(IDENTITIES, set(self.identities.iter().map(IdentityId::as_str)))
            .set_some(THREADS, set(self.threads.iter().map(ThreadId::as_str)))
            .set(SINCE, moment(self.since)))
    }

    /// Takes it to another state, if it is in the state that was read.
    pub(in crate::store) fn advance(&self, to: CorrectionState) -> Patch {
        common::advance(self.key(), self.correction.state, to)
    }

    /// Says what takes it back.
    pub(in crate::store) fn reverting(&self, by: &CorrectionId) -> Patch {
        self.advance(CorrectionState::Reverting).set(REVERTED_BY, text(by.as_str()))
    }

    /// Records a thread that goes over, too.
    pub(in crate::store) fn with_thread(&self, thread: &ThreadId) -> Patch {
        let threads = AttributeValue::Ss(vec![thread.as_str().to_owned()]);
        self.patch().add(THREADS, threads)
    }

    /// Records what is split off next, if nothing else was recorded since it was read.
    pub(in crate::store) fn with_splits(&self, splits: &[Split]) -> anyhow::Result<Patch> {
        let is_recorded = !self.splits.is_empty();
        let before = is_recorded.then(|| json(&self.splits)).transpose()?;
        let all: Vec<_> = self.splits.iter().chain(splits).collect();
        Ok(self.patch().if_is(SPLITS, before).set(SPLITS, json(&all)?))
    }

    /// The link in an item; `None` for a correction of threads.
    pub(in crate::store) fn read(item: &Item) -> anyhow::Result<Option<Self>> {
        let correction = common::read(item)?;
        if correction.kind.threads().is_some() {
            return Ok(None);
        }
        let splits = get_text(item, SPLITS).map(serde_json::from_str).transpose()?;
        Ok(Some(Self {
            contact: common::contact_of(item)?,
            correction,
            identities: get_texts(item, IDENTITIES).map(IdentityId::from_stored).collect(),
            threads: get_texts(item, THREADS).map(ThreadId::new).collect(),
            since: get_moment(item, SINCE).context("a link without a time")?,
            splits: splits.unwrap_or_default(),
        }))
    }
}

/// A set of ids. The table has no empty sets.
fn set<'a>(ids: impl Iterator<Item = &'a str>) -> Option<AttributeValue> {
    let ids: Vec<_> = ids.map(str::to_owned).collect();
    (!ids.is_empty()).then_some(AttributeValue::Ss(ids))
}
