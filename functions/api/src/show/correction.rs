//! Corrections.

use domain::filing::{CorrectionKind, CorrectionState, Proof};
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::{self, IdentityName};

/// A person's word that messages, or an address, belong elsewhere. It is appended, and can be taken back.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Correction {
    /// The correction's id.
    id: CorrectionId,
    /// The change that it makes; of a revert, the one that the correction made that it takes back.
    kind: ChangeKind,
    /// Of a merge: the thread that goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<ThreadId>,
    /// Of a merge: the thread that takes it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<ThreadId>,
    /// The thread, or of a link the person, that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Side>,
    /// The thread, or of a link the person, that is joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Side>,
    /// Of a link: the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<IdentityName>,
    /// Of a link: the proof of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Proof>,
    /// The name of the caller's credential; `customer` if the person chose the topic themselves; or who ran another model.
    author: String,
    /// The reason, in its author's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was made.
    at: Timestamp,
    /// The progress that it has made. `running` and `reverting` are completed by the same request.
    state: CorrectionState,
    /// The correction that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverts: Option<CorrectionId>,
    /// The correction that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverted_by: Option<CorrectionId>,
    /// The number of messages that it names.
    n_messages: usize,
}

/// The change that a correction makes.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum ChangeKind {
    /// One thread goes into another.
    Merge,
    /// Messages become a thread of their own.
    Split,
    /// Messages go to another thread.
    Move,
    /// An address, and all that is its person's, becomes another person's.
    Link,
    /// A link is undone.
    Unlink,
}

/// A side of a correction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum Side {
    /// A thread.
    Thread(ThreadId),
    /// A person.
    Contact(ContactId),
}

impl Correction {
    pub(crate) fn of(it: &domain::filing::Correction) -> Self {
        let empty = Self {
            id: it.id.clone(),
            kind: ChangeKind::Merge,
            source: None,
            target: None,
            from: None,
            to: None,
            identity: None,
            proof: None,
            author: it.author.clone(),
            reason: it.reason.clone(),
            at: it.at,
            state: it.state,
            reverts: it.reverts.clone(),
            reverted_by: it.reverted_by.clone(),
            n_messages: it.n_messages,
        };
        let thread = |it: &ThreadId| Some(Side::Thread(it.clone()));
        let contact = |it: &ContactId| Some(Side::Contact(it.clone()));
        match &it.kind {
            CorrectionKind::Merge { source, target } => {
                Self { source: Some(source.clone()), target: Some(target.clone()), ..empty }
            }
            CorrectionKind::Split { from, to } => {
                Self { kind: ChangeKind::Split, from: thread(from), to: thread(to), ..empty }
            }
            CorrectionKind::Move { from, to } => {
                Self { kind: ChangeKind::Move, from: thread(from), to: thread(to), ..empty }
            }
            CorrectionKind::Link { identity, from, to, proof } => Self {
                kind: ChangeKind::Link,
                identity: Some(ids::identity(identity)),
                from: contact(from),
                to: contact(to),
                proof: Some(proof.clone()),
                ..empty
            },
            CorrectionKind::Unlink { identity, from, to } => Self {
                kind: ChangeKind::Unlink,
                identity: Some(ids::identity(identity)),
                from: contact(from),
                to: contact(to),
                ..empty
            },
        }
    }
}

/// The corrections of a person's threads.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CorrectionList {
    /// The last first.
    pub(crate) corrections: Vec<Correction>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
