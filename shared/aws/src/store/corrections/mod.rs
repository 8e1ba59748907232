//! Corrections of threads: merge, split, move, and their reverts.
//!
//! A merge and its revert are one transaction each and rewrite no message. A move and its revert go step by step: the
//! correction is appended, then each message is rewritten, then each live thread, then the correction is done. Whatever stops
//! in between is completed by the same order again, from any process. Nothing is ever decided by an index alone, which may
//! be behind: what it shows is read once more, each message as it is at this moment.

pub(in crate::store) mod common;
mod ground;
mod item;
mod merge;
mod moves;
mod place;
mod rebuild;
pub(in crate::store) mod refusal;
mod revert;
mod unmerge;
mod view;

use domain::filing::Decider;
use domain::id::{CorrectionId, ThreadId};
use domain::time::Timestamp;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// Corrections of threads.
    Corrections, corrections
}

/// The most messages that one correction moves.
pub const MOST_MOVED: usize = 100;

/// The most threads that are merged into one: a timeline reads each.
const MOST_SOURCES: usize = 50;

/// An order to correct: its author, moment, reason and id. The same id again completes what is missing and answers the same.
#[derive(Clone, Debug)]
pub struct Order {
    /// The id.
    pub id: CorrectionId,
    /// The one who corrects.
    pub author: String,
    /// The one who decided it.
    pub decider: Decider,
    /// The reason that the author gives.
    pub reason: Option<String>,
    /// The moment of the correction.
    pub at: Timestamp,
}

/// The thread that messages go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To a thread that is there.
    Thread(ThreadId),
    /// To a thread of their own with this id. An order that comes again may bring another id, and that is not used.
    New(ThreadId),
}
