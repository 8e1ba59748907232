//! Corrections: a person's word that messages belong elsewhere, and what a thread becomes by it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ContactId, CorrectionId, IdentityId, ThreadId};
use crate::threading::{Certain, Evidence};
use crate::time::Timestamp;

/// A person's word that messages belong elsewhere: appended, never rewritten but for its progress, and revertible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Its id.
    pub id: CorrectionId,
    /// The change that it makes; of a revert, the one that was made by the correction that it takes back.
    #[serde(flatten)]
    pub kind: CorrectionKind,
    /// The one who made it.
    pub author: String,
    /// The reason for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The progress that it has made.
    pub state: CorrectionState,
    /// The correction that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<CorrectionId>,
    /// The correction that takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverted_by: Option<CorrectionId>,
    /// The number of messages that it names; none for a merge, which rewrites no message.
    pub n_messages: usize,
}

/// The effect of a correction.
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
    /// Two people are one: an address, and with it all that its person has, becomes another person's.
    Link {
        /// The address.
        identity: IdentityId,
        /// The person that it belonged to.
        from: ContactId,
        /// The person that it belongs to.
        to: ContactId,
        /// The proof of it.
        proof: Proof,
    },
    /// A link is undone: what came with the address, and what was said by it since, goes back.
    Unlink {
        /// The address.
        identity: IdentityId,
        /// The person that it belonged to.
        from: ContactId,
        /// The person that it belongs to again.
        to: ContactId,
    },
}

impl CorrectionKind {
    /// The thread that is corrected and the one that takes in what is; `None` for a correction of people.
    #[must_use]
    pub fn threads(&self) -> Option<(&ThreadId, &ThreadId)> {
        match self {
            Self::Merge { source: from, target: to }
            | Self::Split { from, to }
            | Self::Move { from, to } => Some((from, to)),
            Self::Link { .. } | Self::Unlink { .. } => None,
        }
    }
}

/// The one who decided what a correction does. The messages that it moves say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Decider {
    /// One of us.
    #[default]
    Person,
    /// The customer, who was asked.
    Customer,
    /// Another version of the model, which is at least so sure of each message.
    Model {
        /// From 0 to 1.
        confidence: f32,
    },
}

impl Decider {
    /// The reason why a message is where this put it.
    #[must_use]
    pub fn evidence(self) -> Evidence {
        match self {
            Self::Person => Evidence::certain(Certain::Person),
            Self::Customer => Evidence::certain(Certain::Customer),
            Self::Model { .. } => Evidence::another_model(),
        }
    }

    /// The confidence in that.
    #[must_use]
    pub fn confidence(self) -> f32 {
        match self {
            Self::Person | Self::Customer => 1.0,
            Self::Model { confidence } => confidence,
        }
    }
}

/// A proof that two people are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Proof {
    /// One of us says so.
    Agent,
    /// A claim that somebody whom we trust signed: who, and its id there.
    Signed {
        /// The issuer that signed it.
        issuer: String,
        /// Its id.
        id: String,
    },
}

/// The progress of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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
