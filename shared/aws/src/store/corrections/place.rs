//! The place to which a correction puts one message. Pure: what is decided depends on the message as it is, and the write that
//! follows is refused if it is not so any more.

use anyhow::Context;
use domain::id::CorrectionId;

use super::item::Moved;
use super::item::Now;
use super::item::Placed;
use super::item::Record;
use crate::store::item::{number, text};
use crate::store::messages::stored::thousandths;
use crate::store::patch::Patch;
use crate::store::schema::{
    CONFIDENCE, DELETED, EVIDENCE, EVIDENCE_FILED, PLACED_BY, STAMP, THREAD,
};

/// The effect on a message of a step of a move, of its revert or of the revert of that.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum Step {
    /// It goes to this place.
    To(Placed),
    /// It stays where it is, and is stamped so that no step that was undone meanwhile can still be made.
    Stamp,
    /// It was done before, or the message was moved again since.
    Nothing,
}

/// The step of a correction for a message that is at `now`. `of` is the correction that is taken back, if one is.
pub(in crate::store) fn step(
    by: &Record,
    of: Option<&Record>,
    moved: &Moved,
    now: &Placed,
) -> anyhow::Result<Step> {
    let was = &moved.was;
    let Some(of) = of.map(|it| &it.correction) else {
        let is_as_recorded = now.thread == was.thread && now.stamp == was.stamp;
        return if is_as_recorded { decided(by).map(Step::To) } else { Ok(Step::Nothing) };
    };
    if by.forward {
        // What the revert had not come to yet is where it belongs: it gets the stamp.
        let is_its = now.stamp.as_ref() == Some(&of.id) || now.by == of.reverts;
        return if is_its { decided(by).map(Step::To) } else { Ok(Step::Nothing) };
    }
    // What the correction had not come to yet bears the stamp that it would have found.
    let before = of.reverts.as_ref().or(was.stamp.as_ref());
    if now.by.as_ref() == Some(&of.id) {
        Ok(Step::To(Placed { stamp: Some(by.correction.id.clone()), ..was.clone() }))
    } else if now.stamp.as_ref() == before && (before.is_some() || now.thread == was.thread) {
        Ok(Step::Stamp)
    } else {
        Ok(Step::Nothing)
    }
}

fn decided(by: &Record) -> anyhow::Result<Placed> {
    let Record { correction: by, decider, .. } = by;
    let (_, to) = by.kind.threads().context("a correction of people")?;
    Ok(Placed {
        thread: to.clone(),
        evidence: Some(serde_json::to_string(&[decider.evidence()])?),
        confidence: Some(thousandths(decider.confidence())),
        by: Some(by.id.clone()),
        stamp: Some(by.id.clone()),
    })
}

/// Writes a step, if the message is still where it was read.
pub(in crate::store) fn write(
    moved: &Moved,
    now: &Now,
    step: &Step,
    by: &CorrectionId,
) -> Option<Patch> {
    let id = |it: &CorrectionId| text(it.as_str());
    let patch = Patch::of(moved.key())
        .if_is(THREAD, Some(text(now.placed.thread.as_str())))
        .if_is(STAMP, now.placed.stamp.as_ref().map(id))
        .set(STAMP, id(by));
    let to = match step {
        Step::Nothing => return None,
        Step::Stamp => return Some(patch),
        Step::To(to) => to,
    };
    let put = |patch: Patch, name: &str, value: Option<_>| match value {
        Some(value) => patch.set(name, value),
        None => patch.remove(name),
    };
    let patch = patch.set(THREAD, text(to.thread.as_str()));
    let patch = put(patch, CONFIDENCE, to.confidence.as_ref().map(number));
    let patch = put(patch, PLACED_BY, to.by.as_ref().map(id));
    // Evidence may quote what was said: it does not come back to a message that was taken back.
    if now.is_deleted {
        return Some(patch);
    }
    let patch = patch.if_absent(DELETED);
    let is_back = to.by.is_none();
    let evidence = to.evidence.as_ref().or(now.filed.as_ref().filter(|_| is_back));
    let patch = put(patch, EVIDENCE, evidence.map(text));
    Some(put(patch, EVIDENCE_FILED, now.filed.as_ref().filter(|_| !is_back).map(text)))
}
