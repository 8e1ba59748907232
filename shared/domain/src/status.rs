//! The status of an outbound message: a lattice, so that receipts in any order end the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The progress that an outbound message is known to have made. The order is the lattice: the highest seen wins, so a late
/// `delivered` corrects `failed`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(
    description = "How far a message of ours is known to have come: the highest of these that was seen."
)]
pub enum Status {
    /// Stored and promised to the caller.
    Accepted,
    /// Waiting for its time.
    Scheduled,
    /// In the outbound queue.
    Queued,
    /// Taken back before it was sent.
    Canceled,
    /// A call was begun and its result never learned.
    Unconfirmed,
    /// The platform took it.
    Sent,
    /// Its time ran out before it was delivered.
    Expired,
    /// It will not arrive.
    Failed,
    /// It is on the person's device.
    Delivered,
    /// The person saw it.
    Read,
    /// The person played it (voice notes).
    Played,
}

impl Status {
    /// Every status, lowest first.
    pub const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Scheduled,
        Self::Queued,
        Self::Canceled,
        Self::Unconfirmed,
        Self::Sent,
        Self::Expired,
        Self::Failed,
        Self::Delivered,
        Self::Read,
        Self::Played,
    ];

    /// The status that is known when both were seen.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// The status of a message whose legs have come so far. One that arrived is enough; a leg that failed says no more than
    /// that it was sent while another is left. It rises whenever a leg does.
    #[must_use]
    pub fn of_legs(legs: impl IntoIterator<Item = Self>) -> Self {
        let legs: Vec<_> = legs.into_iter().collect();
        let is_one_left = legs.iter().any(|it| *it < Self::Expired);
        let shown = legs.into_iter().map(|it| if is_one_left { it.unless_in_vain() } else { it });
        shown.reduce(Self::join).unwrap_or(Self::Accepted)
    }

    fn unless_in_vain(self) -> Self {
        if matches!(self, Self::Expired | Self::Failed) { Self::Sent } else { self }
    }

    /// Place in the lattice, as stored: items compare it in conditions.
    #[must_use]
    pub fn rank(self) -> u8 {
        self as u8
    }

    /// The status of a stored rank.
    #[must_use]
    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.get(usize::from(rank)).copied()
    }

    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Canceled => "canceled",
            Self::Unconfirmed => "unconfirmed",
            Self::Sent => "sent",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }

    /// Whether the platform is known to have it: the message counts as our last word in its thread.
    #[must_use]
    pub fn was_sent(self) -> bool {
        matches!(
            self,
            Self::Sent | Self::Expired | Self::Failed | Self::Delivered | Self::Read | Self::Played
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rank_and_order_agree() {
        for (rank, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(status.rank()), rank);
            assert_eq!(Status::from_rank(status.rank()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }

    fn any_status() -> impl Strategy<Value = Status> {
        proptest::sample::select(&Status::ALL[..])
    }

    #[test]
    fn a_message_of_one_leg_is_where_its_leg_is() {
        for status in Status::ALL {
            assert_eq!(Status::of_legs([status]), status);
        }
    }

    proptest! {
        #[test]
        fn a_message_rises_with_its_legs(a in any_status(), b in any_status(), by in any_status()) {
            let before = Status::of_legs([a, b]);
            prop_assert!(before <= Status::of_legs([a.join(by), b]), "{a:?} {b:?} {by:?}");
            prop_assert!(before <= Status::of_legs([a, b.join(by)]), "{a:?} {b:?} {by:?}");
            prop_assert_eq!(before, Status::of_legs([b, a]));
        }

        #[test]
        fn a_message_arrived_if_a_leg_did_and_failed_only_if_none_is_left(a in any_status(), b in any_status()) {
            let whole = Status::of_legs([a, b]);
            prop_assert_eq!(Status::Delivered <= whole, Status::Delivered <= a.join(b));
            let is_left = |it: Status| it < Status::Expired;
            if matches!(whole, Status::Failed | Status::Expired) {
                prop_assert!(!is_left(a) && !is_left(b));
            }
            prop_assert_eq!(whole == Status::Failed, a.join(b) == Status::Failed && !is_left(a) && !is_left(b));
        }

        #[test]
        fn receipts_in_any_order_end_the_same(mut ranks in proptest::collection::vec(0u8..11, 1..12), seed in any::<u64>()) {
            let end = |ranks: &[u8]| ranks.iter().filter_map(|it| Status::from_rank(*it)).reduce(Status::join);
            let first = end(&ranks);
            let turn = usize::try_from(seed % 12).unwrap() % ranks.len();
            ranks.rotate_left(turn);
            ranks.push(ranks[0]);
            prop_assert_eq!(end(&ranks), first);
            ranks.reverse();
            prop_assert_eq!(end(&ranks), first);
        }
    }
}
