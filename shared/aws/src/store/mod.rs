//! The table: one item per fact, one room per kind of work on it, one file per thing that is done.

mod attribute_path;
mod base;
mod contacts;
mod corrections;
mod filing;
pub mod item;
mod judged;
pub mod keys;
mod kind;
mod links;
mod messages;
mod patch;
mod query;
mod room;
mod rules;
pub mod schema;
mod sends;
mod threads;
pub mod tokens;
mod transaction;
pub mod views;

pub(crate) use base::Attempt;
pub use base::Store;
pub use contacts::Contacts;
pub use contacts::identities::Claims;
pub use contacts::profiles::{ContactProfile, ProfileChange};
pub use corrections::refusal::{
    CorrectError, PersonError, PersonRefusal, ThreadError, ThreadRefusal,
};
pub use corrections::{Corrections, MOST_MOVED, Order, To};
pub use filing::Filing;
pub use filing::aside::BackTo;
pub use filing::budget::Budget;
pub use filing::file::Filed;
pub use filing::questions::Question;
pub use filing::tally::Tally;
pub use kind::ItemKind;
pub use links::{Links, MOST_IDENTITIES, MOST_THREADS};
pub use messages::Messages;
pub use messages::stored::Stored;
pub use patch::{Patch, Written};
pub use query::{Page, Position, SortOrder, Window};
pub use rules::{Fresh, Rules, retention_from_env};
pub use sends::{Acceptance, Ended, OfLeg, Sends};
pub use threads::Threads;
pub use threads::changes::{Changed, MOST_CASES, ThreadChange};
pub use threads::live::LiveThreads;
pub use threads::open::next_head;
pub use threads::subjects::Subject;
pub use transaction::{Committed, Transaction};
