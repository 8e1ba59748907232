//! The views that people read. Nothing here writes.

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
    /// The parts of it that people read.
    Views, views
}
