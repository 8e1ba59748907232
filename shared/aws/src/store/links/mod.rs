//! Links: a person's word that two people are one, and how it is taken back.
//!
//! A link begins with one transaction: the correction is appended, and every address of the one person becomes the other's,
//! with both heads a version later. So a thread that is being opened at that moment is refused and decided again with the
//! other person. Then the threads go over, each in a transaction of its own; whatever stops in between is completed by the
//! same order again. The head that is left says where its person went.
//!
//! To unlink begins the same way: the addresses go back. Then each thread goes where it came from; of one in which both have
//! spoken since, the messages of the other one are split off first. A message is looked at as it is at this moment, the index
//! only says where to look.

mod find;
mod give;
mod item;
mod link;
mod profile;
mod unlink;

use domain::id::ThreadId;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// Links of people.
    Links, links
}

/// The most addresses that go from one person to another: all go in one transaction.
pub const MOST_IDENTITIES: usize = 80;
/// The most threads that do.
pub const MOST_THREADS: usize = 2000;

/// The id of a thread that an order opens, the same each time that the order comes: it begins with the time, as all do.
fn opened_by(order: &crate::store::corrections::Order, from: &ThreadId) -> ThreadId {
    let digest = domain::event::digest(&[order.id.as_str(), from.as_str()]);
    let rest: String = digest.chars().take(20).collect();
    ThreadId::new(format!("thr_{:012x}{rest}", order.at.ms().max(0)))
}
