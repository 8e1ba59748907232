//! The status of an outbound message: a lattice, so that receipts in any order end the same.

use serde::{Deserialize, Serialize};

/// How far an outbound message is known to have come. The order is the lattice: the highest seen wins, so a late
/// `delivered` corrects `failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// What is known when both were seen.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
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

    proptest! {
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
