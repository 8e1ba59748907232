//! The facts known of a send, and the steps that may be taken next.

use super::entry::Step;
use super::{MAX_TRYING_MS, MOST_TRYING_MS};
use crate::status::Status;
use crate::time::Timestamp;

/// The progress of a message by one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The highest status seen.
    pub status: Status,
    /// The number of the last attempt that was begun; 0 before the first.
    pub attempt: u32,
    /// The number of the last attempt of the legs before it: attempts are counted on from there.
    pub before: u32,
    /// When the call that delivers was begun, while its result is not known: the INTENT.
    pub intent: Option<Timestamp>,
    /// When the next attempt is due, while one waits.
    pub retry_at: Option<Timestamp>,
    /// Whether it was sent again though an earlier attempt may have arrived.
    pub possible_duplicate: bool,
    /// When it was accepted.
    pub at: Timestamp,
    /// When it is of no more use, if the caller said so.
    pub expires_at: Option<Timestamp>,
}

impl Progress {
    /// Of the first leg of a message that was just accepted.
    #[must_use]
    pub fn new(at: Timestamp, expires_at: Option<Timestamp>) -> Self {
        Self {
            status: Status::Accepted,
            attempt: 0,
            before: 0,
            intent: None,
            retry_at: None,
            possible_duplicate: false,
            at,
            expires_at,
        }
    }

    /// Until when it is tried.
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        let longest = self.at.plus_ms(MOST_TRYING_MS);
        self.expires_at.map_or_else(|| self.at.plus_ms(MAX_TRYING_MS), |it| it.min(longest))
    }

    /// Whether nothing more is to be sent.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status == Status::Canceled || Status::Sent <= self.status
    }
}

/// A step that may be taken about a message now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Make this attempt: a timer that confirms it, the INTENT, the call, the result.
    Attempt {
        /// Its number.
        n: u32,
        /// Whether the person may get it twice by this.
        duplicate: bool,
    },
    /// It has a result: see that its pointer and its thread know it.
    Complete,
    /// Its time ran out.
    Expire,
    /// Nobody knows whether the platform has it: say so, then decide again.
    Doubt {
        /// The attempt whose result is not known.
        n: u32,
    },
    /// Nobody knows, and it is not sent again: it ends as failed.
    GiveUp {
        /// The attempt whose result is not known.
        n: u32,
    },
    /// Nothing.
    Nothing,
}

/// Decides what a queue entry leads to. `resends` is the channel's policy for messages in doubt.
#[must_use]
pub fn decide(progress: &Progress, step: Step, resends: bool, now: Timestamp) -> Move {
    match step {
        Step::Send(n) => send(progress, n, now),
        // Only the attempt after it can be one that this timer made: of its own another entry takes care.
        Step::Confirm(n) if progress.is_over() && n < progress.attempt => Move::Complete,
        Step::Confirm(_) if progress.is_over() => Move::Nothing,
        Step::Confirm(n) if progress.attempt < n => send(progress, n, now),
        Step::Confirm(n) if progress.attempt == n && progress.intent.is_some() => {
            in_doubt(progress, n, resends, now)
        }
        Step::Confirm(_) => Move::Nothing,
    }
}

fn send(progress: &Progress, n: u32, now: Timestamp) -> Move {
    if progress.is_over() {
        return Move::Complete;
    }
    if progress.intent.is_some() || n <= progress.attempt {
        // A double entry, or one that comes again after a crash. With an INTENT only its timer may judge what became of the
        // call; without one the attempt ended, and the timer of the next was set before that was recorded.
        return Move::Nothing;
    }
    if progress.deadline() <= now {
        return Move::Expire;
    }
    // The entry's own number, even if one is skipped: the entry after it is then another one to the queue.
    Move::Attempt { n, duplicate: false }
}

fn in_doubt(progress: &Progress, n: u32, resends: bool, now: Timestamp) -> Move {
    if progress.status < Status::Unconfirmed {
        Move::Doubt { n }
    } else if resends && !progress.possible_duplicate && now < progress.deadline() {
        Move::Attempt { n: n + 1, duplicate: true }
    } else {
        Move::GiveUp { n }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_secs(1)
    }

    fn progress(attempt: u32, intent: bool) -> Progress {
        let intent = intent.then_some(now());
        Progress { attempt, intent, ..Progress::new(now(), None) }
    }

    #[test]
    fn a_double_entry_leaves_an_intent_to_the_timer() {
        assert_eq!(decide(&progress(1, true), Step::Send(1), true, now()), Move::Nothing);
        assert_eq!(decide(&progress(1, true), Step::Confirm(1), true, now()), Move::Doubt { n: 1 });
    }

    #[test]
    fn a_timer_that_finds_a_result_or_a_later_attempt_ends() {
        let sent = Progress { status: Status::Sent, ..progress(1, false) };
        assert_eq!(decide(&sent, Step::Confirm(1), true, now()), Move::Nothing);
        assert_eq!(decide(&progress(2, true), Step::Confirm(1), true, now()), Move::Nothing);
        assert_eq!(decide(&progress(1, false), Step::Confirm(1), true, now()), Move::Nothing);
    }

    #[test]
    fn a_timer_that_made_the_next_attempt_completes_it() {
        let sent = Progress { status: Status::Sent, ..progress(2, false) };
        assert_eq!(decide(&sent, Step::Confirm(1), true, now()), Move::Complete);
    }

    #[test]
    fn a_timer_that_finds_no_intent_makes_the_attempt() {
        let first = Move::Attempt { n: 1, duplicate: false };
        assert_eq!(decide(&progress(0, false), Step::Confirm(1), false, now()), first);
    }

    #[test]
    fn doubt_is_resent_once_and_flagged_or_given_up() {
        let doubt = Progress { status: Status::Unconfirmed, ..progress(1, true) };
        let again = Move::Attempt { n: 2, duplicate: true };
        assert_eq!(decide(&doubt, Step::Confirm(1), true, now()), again);
        assert_eq!(decide(&doubt, Step::Confirm(1), false, now()), Move::GiveUp { n: 1 });
        let twice = Progress { possible_duplicate: true, attempt: 2, ..doubt };
        assert_eq!(decide(&twice, Step::Confirm(2), true, now()), Move::GiveUp { n: 2 });
    }

    #[test]
    fn a_message_whose_time_ran_out_is_not_begun() {
        let late = Progress { expires_at: Some(now()), ..progress(0, false) };
        assert_eq!(decide(&late, Step::Send(1), true, now()), Move::Expire);
    }

    #[test]
    fn nothing_is_tried_for_ever() {
        let at = Timestamp::from_secs(1_000);
        let of = |expires_after_ms: Option<i64>| {
            Progress::new(at, expires_after_ms.map(|it| at.plus_ms(it))).deadline().since(at)
        };
        assert_eq!([of(None), of(Some(60_000))], [MAX_TRYING_MS, 60_000]);
        assert_eq!(of(Some(3 * MAX_TRYING_MS)), 3 * MAX_TRYING_MS);
        assert_eq!(of(Some(75 * 365 * MAX_TRYING_MS)), MOST_TRYING_MS);
    }

    #[test]
    fn only_the_next_ones_entry_follows_an_attempt_that_ended() {
        let waiting = Progress { retry_at: Some(now()), ..progress(1, false) };
        assert_eq!(decide(&waiting, Step::Send(1), true, now()), Move::Nothing);
        let second = Move::Attempt { n: 2, duplicate: false };
        assert_eq!(decide(&waiting, Step::Send(2), true, now()), second);
    }
}
