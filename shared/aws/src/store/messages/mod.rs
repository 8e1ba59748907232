//! Messages as they are kept, and what happens to them after they were said.

pub(in crate::store) mod changes;
pub(in crate::store) mod copies;
pub(in crate::store) mod stored;
pub(in crate::store) mod whole;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// Messages and what happens to them later.
    Messages, messages
}
