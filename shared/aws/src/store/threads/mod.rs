//! Threads: where they are, what is folded into them, and what people of ours say of them.

pub(in crate::store) mod changes;
pub(in crate::store) mod fold;
pub(in crate::store) mod live;
pub(in crate::store) mod open;
pub(in crate::store) mod subjects;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// Threads and what becomes of them.
    Threads, threads
}
