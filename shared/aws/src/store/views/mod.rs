//! What people read. Nothing here writes.

mod history;
mod templates;
mod threads;
mod timeline;

use crate::store::base::Store;
use crate::store::room::room;

pub use threads::ThreadView;
pub(in crate::store) use timeline::SAID;
pub use timeline::{Row, is_expired};

room! {
    /// What people read of it.
    Views, views
}
