//! Filing: from an event to a message in its thread.

pub(in crate::store) mod aside;
pub(in crate::store) mod budget;
pub(in crate::store) mod codes;
pub(in crate::store) mod facts;
pub(in crate::store) mod file;
pub(in crate::store) mod questions;
pub(in crate::store) mod referrals;
pub(in crate::store) mod scene;
pub(in crate::store) mod seconds;
pub(in crate::store) mod tally;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// Filing of what comes in, and what it needs: codes, questions, the budget of doubts.
    Filing, filing
}
