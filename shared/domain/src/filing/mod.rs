//! The changes that filing an event makes: who a person is, which thread a message goes to, what that does to the thread's state.
//!
//! All of it is a function of what was read from the table; `aws::store` reads and writes, and decides nothing.

pub mod aliases;
pub mod arbiter;
mod choose;
mod correction;
mod handling;
pub mod identity;
mod inbox;
mod link_code;
mod live;
mod order;
mod rebuild;
mod shadow;

pub use choose::{Referrals, Referred, choose};
pub use correction::{Correction, CorrectionKind, CorrectionState, Decider, Proof};
pub use handling::{Handling, MOST_ASSIGNEE, NEVER, NotSnoozed};
pub use inbox::{Stretch, Wanted, assignee, list, listed_at, shard};
pub use link_code::{ChannelLink, LinkCode};
pub use live::{Change, Live, MOST_LIVE, State, oldest};
pub use order::{is_same_second, is_whole, said_at};
pub use rebuild::{Gone, Known, Part, rebuild, union};
pub use shadow::{Past, Place, Shift, shadow};
