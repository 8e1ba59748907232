//! Corrections: a person's word that messages belong elsewhere, and what a thread becomes by it.

use serde::{Deserialize, Serialize};

use crate::id::{CorrectionId, ThreadId};
use crate::time::Timestamp;

/// A person's word that messages belong elsewhere: appended, never rewritten but for its progress, and revertible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Its id.
    pub id: CorrectionId,
    /// What it does; of a revert, what the correction did that it takes back.
    #[serde(flatten)]
    pub kind: CorrectionKind,
    /// Who made it.
    pub author: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How far it has come.
    pub state: CorrectionState,
    /// The correction that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<CorrectionId>,
    /// The correction that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverted_by: Option<CorrectionId>,
    /// How many messages it names; none for a merge, which rewrites no message.
    pub n_messages: usize,
}

/// What a correction does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CorrectionKind {
    /// One thread goes into another.
    Merge {
        /// The thread that goes.
        source: ThreadId,
        /// The thread that takes it in.
        target: ThreadId,
    },
    /// Messages of a thread become a thread of their own.
    Split {
        /// The thread that they leave.
        from: ThreadId,
        /// The thread that they open.
        to: ThreadId,
    },
    /// Messages of a thread go to another one.
    Move {
        /// The thread that they leave.
        from: ThreadId,
        /// The thread that they join.
        to: ThreadId,
    },
}

/// How far a correction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Its messages are on their way. The same order again completes it.
    Running,
    /// All of it is done.
    Done,
    /// It is being taken back. The same revert again completes that.
    Reverting,
    /// It was taken back.
    Reverted,
}
