//! What a receipt changes.

use super::MAX_KEPT;
use super::message::{Outgoing, Received};
use crate::id::ProviderId;
use crate::status::Status;

/// What a receipt changes of a message of ours. Whoever acts on it does so in the order of the fields, so that a receipt
/// that comes again after a crash does what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiving {
    /// The platform's id, if it is learned only now: the pointer under it is missing.
    pub learn: Option<ProviderId>,
    /// Whether the message has to be folded into its thread: it is the first word that the person has it.
    pub fold: bool,
    /// The receipt, if it is to be kept.
    pub keep: Option<Received>,
    /// The status that the message rises to.
    pub raise: Option<Status>,
}

impl Receiving {
    /// Whether the message itself is written.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.learn.is_some() || self.keep.is_some() || self.raise.is_some()
    }
}

/// Decides what a receipt changes.
#[must_use]
pub fn receive(message: &Outgoing, receipt: &Received, id: Option<&ProviderId>) -> Receiving {
    let status = message.progress.status;
    let known = message.receipts.contains(receipt) || MAX_KEPT <= message.receipts.len();
    Receiving {
        learn: id.filter(|_| message.provider.is_none()).cloned(),
        fold: is_with_the_platform(receipt.status) && !is_with_the_platform(status),
        keep: (!known).then(|| receipt.clone()),
        raise: (status < receipt.status).then_some(receipt.status),
    }
}

/// Whether a status says that the message went out to the person. `failed` and `expired` do not, though they rank above
/// `sent`: a thread must not leave the inbox by an answer that nobody got.
#[must_use]
pub(super) fn is_with_the_platform(status: Status) -> bool {
    match status {
        Status::Sent | Status::Delivered | Status::Read | Status::Played => true,
        Status::Accepted
        | Status::Scheduled
        | Status::Queued
        | Status::Canceled
        | Status::Unconfirmed
        | Status::Expired
        | Status::Failed => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sending::model::outgoing;
    use crate::time::Timestamp;

    fn received(status: Status, at: i64) -> Received {
        Received { status, at: Timestamp::from_secs(at), error: None }
    }

    fn apply(message: &mut Outgoing, receipt: &Received) -> bool {
        let change = receive(message, receipt, Some(&ProviderId::new("wamid.1")));
        message.provider = change.learn.or(message.provider.take());
        message.receipts.extend(change.keep);
        message.progress.status = change.raise.unwrap_or(message.progress.status);
        change.fold
    }

    #[test]
    fn a_receipt_that_comes_twice_changes_nothing() {
        let mut message = outgoing();
        assert!(apply(&mut message, &received(Status::Delivered, 5)));
        let again = receive(&message, &received(Status::Delivered, 5), None);
        assert_eq!(again, Receiving::default());
        assert!(!again.writes());
    }

    #[test]
    fn a_late_delivered_corrects_failed() {
        let mut message = outgoing();
        assert!(!apply(&mut message, &received(Status::Failed, 5)));
        assert!(apply(&mut message, &received(Status::Delivered, 6)));
        assert_eq!(message.progress.status, Status::Delivered);
    }

    proptest! {
        #[test]
        fn receipts_in_any_order_end_the_same(mut ranks in proptest::collection::vec(5u8..11, 1..20), seed in any::<u64>()) {
            let end = |ranks: &[u8]| {
                let mut message = outgoing();
                let mut folded = false;
                for rank in ranks {
                    folded |= apply(&mut message, &received(Status::from_rank(*rank).unwrap(), i64::from(*rank)));
                }
                (message.progress.status, message.provider, folded, message.receipts.len())
            };
            let first = end(&ranks);
            let turn = usize::try_from(seed % 20).unwrap() % ranks.len();
            ranks.rotate_left(turn);
            prop_assert_eq!(end(&ranks), first.clone());
            ranks.reverse();
            prop_assert_eq!(end(&ranks), first);
        }

        #[test]
        fn receipts_without_end_are_not_all_kept(n in 1i64..100) {
            let mut message = outgoing();
            for at in 0..n {
                apply(&mut message, &received(Status::Failed, at));
            }
            prop_assert!(message.receipts.len() <= MAX_KEPT);
        }
    }
}
