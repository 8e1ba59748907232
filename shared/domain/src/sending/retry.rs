//! When a message is tried again.

use super::progress::Progress;
use crate::event::digest;
use crate::id::MessageId;
use crate::outbound::{Failure, SendError, SendProblem};
use crate::status::Status;
use crate::time::Timestamp;

/// The first wait.
const FIRST_MS: u64 = 2_000;
/// The longest wait of our own choice. With what is added to spread messages it is less than the quarter of an hour that a
/// delay queue can wait: no schedule is needed for it.
const LONGEST_MS: u64 = 12 * 60_000;

/// The step after an attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Another attempt at this time.
    At(Timestamp),
    /// None: the message ends so.
    Never(Status, Failure),
}

/// Decides whether and when an attempt that failed is followed by another. `n` is its number.
#[must_use]
pub fn after_failure(
    progress: &Progress,
    message: &MessageId,
    n: u32,
    error: &SendError,
    now: Timestamp,
) -> Retry {
    match error {
        SendError::Retry { after_ms, at_most, failure } => {
            let n_made = n.saturating_sub(progress.before);
            let at = again_at(message, n_made, *after_ms, now);
            if at_most.is_some_and(|most| most <= n_made) {
                return Retry::Never(Status::Failed, failure.clone());
            }
            if at < progress.deadline() {
                return Retry::At(at);
            }
            let (status, failure) = out_of_time(progress, Some(failure.clone()));
            Retry::Never(status, failure)
        }
        SendError::Refused(failure) | SendError::Policy(failure) | SendError::Config(failure) => {
            Retry::Never(Status::Failed, failure.clone())
        }
    }
}

/// The end of a message whose time runs out: if its caller gave it that time, by that; else the failure that kept it tells more.
#[must_use]
pub fn out_of_time(progress: &Progress, failure: Option<Failure>) -> (Status, Failure) {
    match failure.filter(|_| progress.expires_at.is_none()) {
        Some(failure) => (Status::Failed, failure),
        None => (Status::Expired, Failure::ours(SendProblem::Expired)),
    }
}

/// When the attempt after the `n`-th of a leg is due: each wait is twice the one before, up to a fifth is added so that messages
/// that failed together do not come back together, and never before the platform asks.
fn again_at(message: &MessageId, n: u32, after_ms: Option<u64>, now: Timestamp) -> Timestamp {
    let doubled = FIRST_MS.saturating_mul(1 << n.saturating_sub(1).min(16));
    let wait = doubled.min(LONGEST_MS).max(after_ms.unwrap_or(0));
    let wait = wait.saturating_add(spread(message, n, wait / 5));
    now.plus_ms(i64::try_from(wait).unwrap_or(i64::MAX))
}

/// A number below `below` that looks random and is always the same for one attempt of one message.
fn spread(message: &MessageId, n: u32, below: u64) -> u64 {
    let hash = digest(&[message.as_str(), &n.to_string()]);
    let number = hash.get(..8).and_then(|it| u64::from_str_radix(it, 16).ok()).unwrap_or(0);
    number.checked_rem(below).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn retry(after_ms: Option<u64>, at_most: Option<u32>) -> SendError {
        SendError::Retry { after_ms, at_most, failure: Failure::ours(SendProblem::RateLimited) }
    }

    fn from(expires_at: Option<i64>) -> Progress {
        let at = Timestamp::from_secs(1_000);
        Progress::new(at, expires_at.map(|it| at.plus_ms(it)))
    }

    fn judge(progress: &Progress, n: u32, error: &SendError) -> Retry {
        after_failure(progress, &MessageId::new("msg_1"), n, error, progress.at)
    }

    #[test]
    fn a_refused_message_is_not_retried() {
        let failure = Failure::ours(SendProblem::AddressInvalid);
        let end = judge(&from(None), 1, &SendError::Refused(failure.clone()));
        assert_eq!(end, Retry::Never(Status::Failed, failure));
    }

    #[test]
    fn a_retry_past_the_deadline_ends_now() {
        let expired = Retry::Never(Status::Expired, Failure::ours(SendProblem::Expired));
        assert_eq!(judge(&from(Some(1_000)), 1, &retry(None, None)), expired);
        let limited = Retry::Never(Status::Failed, Failure::ours(SendProblem::RateLimited));
        assert_eq!(judge(&from(None), 1, &retry(Some(25 * 3_600_000), None)), limited);
    }

    #[test]
    fn a_platform_may_say_how_often_is_enough() {
        assert!(matches!(judge(&from(None), 2, &retry(None, Some(3))), Retry::At(_)));
        assert!(matches!(
            judge(&from(None), 3, &retry(None, Some(3))),
            Retry::Never(Status::Failed, _)
        ));
    }

    #[test]
    fn a_second_leg_begins_to_wait_where_the_first_did() {
        let first = judge(&from(None), 1, &retry(None, Some(2)));
        let second = Progress { before: 7, ..from(None) };
        assert_eq!(judge(&second, 8, &retry(None, Some(2))), first);
        assert!(matches!(judge(&second, 9, &retry(None, Some(2))), Retry::Never(..)));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_shorter_than_asked_and_stays_bounded(n in 1u32..200, after in proptest::option::of(0u64..86_400_000)) {
            let now = Timestamp::from_secs(1);
            let wait = u64::try_from(again_at(&MessageId::new("msg_1"), n, after, now).since(now)).unwrap();
            let asked = after.unwrap_or(0);
            prop_assert!(asked.max(FIRST_MS) <= wait);
            prop_assert!(wait <= asked.max(LONGEST_MS) / 5 * 6);
        }

        #[test]
        fn two_messages_that_fail_together_do_not_come_back_together(a in "[a-z]{8}", b in "[A-Z]{8}") {
            let at = |id: String| again_at(&MessageId::new(id), 12, None, Timestamp::from_secs(1));
            prop_assert_ne!(at(a), at(b));
        }
    }
}
