//! The changes that a receipt makes.

use super::MAX_KEPT;
use super::leg::{Leg, Received};
use super::message::Outgoing;
use crate::id::ProviderId;
use crate::status::Status;

/// The changes that a receipt makes to a message of ours: to the leg that it is about, and to no other. Whoever acts on it does
/// so in the order of the fields, so that a receipt that comes again after a crash does what is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiving {
    /// The platform's id, if it is learned only now: the pointer under it is missing.
    pub learn: Option<ProviderId>,
    /// Whether the message has to be folded into its thread: it is the first word, by any leg, that the person has it.
    pub fold: bool,
    /// The receipt, if it is to be kept.
    pub keep: Option<Received>,
    /// The status that the leg rises to.
    pub raise: Option<Status>,
}

impl Receiving {
    /// Whether the message itself is written.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.learn.is_some() || self.keep.is_some() || self.raise.is_some()
    }
}

/// Decides what a receipt about a leg changes; nothing if the message has no such leg.
#[must_use]
pub fn receive(
    message: &Outgoing,
    leg: usize,
    receipt: &Received,
    id: Option<&ProviderId>,
) -> Receiving {
    let Some(of) = message.legs.get(leg) else { return Receiving::default() };
    let known = of.receipts.contains(receipt) || MAX_KEPT <= of.receipts.len();
    let is_there = |it: &Leg| is_with_the_platform(it.status);
    Receiving {
        learn: id.filter(|_| of.provider.is_none()).cloned(),
        fold: is_with_the_platform(receipt.status) && !message.legs.iter().any(is_there),
        keep: (!known).then(|| receipt.clone()),
        raise: (of.status < receipt.status).then_some(receipt.status),
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
    use crate::id::{AccountId, Channel};
    use crate::sending::model::outgoing;
    use crate::time::Timestamp;

    fn received(status: Status, at: i64) -> Received {
        Received { status, at: Timestamp::from_secs(at), error: None }
    }

    fn apply(message: &mut Outgoing, leg: usize, receipt: &Received) -> bool {
        let id = ProviderId::new(format!("wamid.{leg}"));
        let change = receive(message, leg, receipt, Some(&id));
        let of = &mut message.legs[leg];
        of.provider = change.learn.or(of.provider.take());
        of.receipts.extend(change.keep);
        of.status = change.raise.unwrap_or(of.status);
        change.fold
    }

    /// A message that may go by a second way.
    fn with_two_legs() -> Outgoing {
        let message = outgoing();
        let second = Leg::new(Channel::from_static("sms"), AccountId::new("17"), vec![]);
        let legs = message.legs.iter().cloned().chain([second]).collect();
        Outgoing { legs, ..message }
    }

    #[test]
    fn a_message_is_where_the_leg_that_rises_takes_it_and_attempts_go_on_across_legs() {
        let mut message = with_two_legs();
        (message.legs[0].status, message.legs[0].attempt) = (Status::Failed, 3);
        assert_eq!(message.status_if(0, Status::Failed), Status::Sent);
        assert_eq!(message.status_if(1, Status::Failed), Status::Failed);
        let before = |leg| message.progress(leg).map(|it| it.before);
        assert_eq!((before(0), before(1), before(2)), (Some(0), Some(3), None));
    }

    #[test]
    fn a_receipt_that_comes_twice_changes_nothing() {
        let mut message = outgoing();
        assert!(apply(&mut message, 0, &received(Status::Delivered, 5)));
        let again = receive(&message, 0, &received(Status::Delivered, 5), None);
        assert_eq!(again, Receiving::default());
        assert!(!again.writes());
    }

    #[test]
    fn a_late_delivered_corrects_failed() {
        let mut message = outgoing();
        assert!(!apply(&mut message, 0, &received(Status::Failed, 5)));
        assert!(apply(&mut message, 0, &received(Status::Delivered, 6)));
        assert_eq!(message.status(), Status::Delivered);
    }

    #[test]
    fn a_leg_that_is_not_there_receives_nothing() {
        let change = receive(&outgoing(), 1, &received(Status::Read, 5), None);
        assert_eq!(change, Receiving::default());
    }

    proptest! {
        #[test]
        fn receipts_in_any_order_end_the_same(mut ranks in proptest::collection::vec(5u8..11, 1..20), seed in any::<u64>()) {
            let end = |ranks: &[u8]| {
                let mut message = outgoing();
                let mut folded = false;
                for rank in ranks {
                    folded |= apply(&mut message, 0, &received(Status::from_rank(*rank).unwrap(), i64::from(*rank)));
                }
                let leg = &message.legs[0];
                (message.status(), leg.provider.clone(), folded, leg.receipts.len())
            };
            let first = end(&ranks);
            let turn = usize::try_from(seed % 20).unwrap() % ranks.len();
            ranks.rotate_left(turn);
            prop_assert_eq!(end(&ranks), first.clone());
            ranks.reverse();
            prop_assert_eq!(end(&ranks), first);
        }

        #[test]
        fn receipts_of_two_legs_in_any_order_end_the_same_and_each_with_its_own(
            receipts in proptest::collection::vec((0usize..2, 5u8..11), 1..16).prop_shuffle(),
        ) {
            let mut message = with_two_legs();
            let (mut folded, mut before) = (false, message.status());
            for (leg, rank) in &receipts {
                let other = message.legs[1 - leg].clone();
                folded |= apply(&mut message, *leg, &received(Status::from_rank(*rank).unwrap(), i64::from(*rank)));
                prop_assert_eq!(&message.legs[1 - leg], &other, "it landed on the other leg, too");
                prop_assert!(before <= message.status(), "a message came further back");
                before = message.status();
            }
            let highest = |leg: usize| {
                let of = receipts.iter().filter(|it| it.0 == leg).filter_map(|it| Status::from_rank(it.1));
                of.max().unwrap_or(Status::Accepted)
            };
            // What every order of these receipts ends in.
            let ends = [highest(0), highest(1)];
            prop_assert_eq!([message.legs[0].status, message.legs[1].status], ends);
            let in_vain = |it: &Status| matches!(it, Status::Failed | Status::Expired);
            let expected = match ends.iter().max().unwrap() {
                best if Status::Delivered <= *best => *best,
                worst if ends.iter().all(in_vain) => *worst,
                _ => Status::Sent,
            };
            prop_assert_eq!(message.status(), expected);
            let said = receipts.iter().any(|it| is_with_the_platform(Status::from_rank(it.1).unwrap()));
            prop_assert_eq!(folded, said, "its thread is told once somebody has it");
        }

        #[test]
        fn receipts_without_end_are_not_all_kept(n in 1i64..100) {
            let mut message = outgoing();
            for at in 0..n {
                apply(&mut message, 0, &received(Status::Failed, at));
            }
            prop_assert!(message.legs[0].receipts.len() <= MAX_KEPT);
        }
    }
}
