//! The attributes that the item of every correction has, be it of threads or of people.

use anyhow::Context;
use domain::filing::{Correction, CorrectionKind, CorrectionState};
use domain::id::{ContactId, CorrectionId, IdentityId, ThreadId};

use super::Order;
use crate::store::item::{Item, get_moment, get_number, get_text, moment, number, text};
use crate::store::keys::{self, Key};
use crate::store::patch::Patch;
use crate::store::schema::{
    AUTHOR, CHANGE, FROM, IDENTITY, MADE, N_MESSAGES, PK, PROOF, REASON, REVERTED_BY, REVERTS, SK,
    STATE, TO,
};
use crate::store::sends::json;

/// A correction that begins.
pub(in crate::store) fn begun(order: &Order, kind: CorrectionKind) -> Correction {
    Correction {
        id: order.id.clone(),
        kind,
        author: order.author.clone(),
        reason: order.reason.clone(),
        at: order.at,
        state: CorrectionState::Running,
        reverts: None,
        reverted_by: None,
        n_messages: 0,
    }
}

/// Appends a correction, if its id is not taken.
pub(in crate::store) fn append(key: Key, it: &Correction) -> anyhow::Result<Patch> {
    let patch = Patch::of(key)
        .if_absent(PK)
        .set(CHANGE, text(kind_name(&it.kind)))
        .set(AUTHOR, text(&*it.author))
        .set_some(REASON, it.reason.clone().map(text))
        .set(MADE, moment(it.at))
        .set(STATE, text(name(it.state)))
        .set_some(REVERTS, it.reverts.as_ref().map(|it| text(it.as_str())));
    let between =
        |patch: Patch, from: &str, to: &str| patch.set(FROM, text(from)).set(TO, text(to));
    Ok(match &it.kind {
        CorrectionKind::Merge { source: from, target: to }
        | CorrectionKind::Split { from, to }
        | CorrectionKind::Move { from, to } => {
            between(patch, from.as_str(), to.as_str()).set(N_MESSAGES, number(it.n_messages))
        }
        CorrectionKind::Link { identity, from, to, proof } => {
            let patch = between(patch, from.as_str(), to.as_str());
            patch.set(IDENTITY, text(identity.as_str())).set(PROOF, json(proof)?)
        }
        CorrectionKind::Unlink { identity, from, to } => {
            let patch = between(patch, from.as_str(), to.as_str());
            patch.set(IDENTITY, text(identity.as_str()))
        }
    })
}

/// Takes a correction to another state, if it is in the state that was read.
pub(in crate::store) fn advance(key: Key, from: CorrectionState, to: CorrectionState) -> Patch {
    Patch::of(key).if_is(STATE, Some(text(name(from)))).set(STATE, text(name(to)))
}

/// Reads a correction of any kind.
pub(in crate::store) fn read(item: &Item) -> anyhow::Result<Correction> {
    let sk = needed(item, SK)?;
    Ok(Correction {
        id: CorrectionId::new(keys::named_by(sk).unwrap_or(sk)),
        kind: read_kind(item)?,
        author: needed(item, AUTHOR)?.to_owned(),
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

/// Under whom a correction is.
pub(in crate::store) fn contact_of(item: &Item) -> anyhow::Result<ContactId> {
    keys::contact_of(needed(item, PK)?).context("a correction of nobody")
}

fn read_kind(item: &Item) -> anyhow::Result<CorrectionKind> {
    let (from, to) = (needed(item, FROM)?, needed(item, TO)?);
    let threads = || (ThreadId::new(from), ThreadId::new(to));
    let people = || (ContactId::new(from), ContactId::new(to));
    let identity = || needed(item, IDENTITY).map(IdentityId::from_stored);
    Ok(match needed(item, CHANGE)? {
        "merge" => {
            let (source, target) = threads();
            CorrectionKind::Merge { source, target }
        }
        "split" => {
            let (from, to) = threads();
            CorrectionKind::Split { from, to }
        }
        "move" => {
            let (from, to) = threads();
            CorrectionKind::Move { from, to }
        }
        "link" => {
            let (from, to) = people();
            let proof = serde_json::from_str(needed(item, PROOF)?)?;
            CorrectionKind::Link { identity: identity()?, from, to, proof }
        }
        "unlink" => {
            let (from, to) = people();
            CorrectionKind::Unlink { identity: identity()?, from, to }
        }
        _ => anyhow::bail!("a correction of another version"),
    })
}

fn needed<'a>(item: &'a Item, name: &'static str) -> anyhow::Result<&'a str> {
    get_text(item, name).with_context(|| format!("a correction without {name}"))
}

fn kind_name(kind: &CorrectionKind) -> &'static str {
    match kind {
        CorrectionKind::Merge { .. } => "merge",
        CorrectionKind::Split { .. } => "split",
        CorrectionKind::Move { .. } => "move",
        CorrectionKind::Link { .. } => "link",
        CorrectionKind::Unlink { .. } => "unlink",
    }
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
