//! The handling of a thread by a person of ours: whose turn it is, who takes care of it, that its messages belong there.
//!
//! A snoozed thread comes back without anything that wakes it: its time is the sort key of its partition of the inbox, and
//! whoever reads the waiting threads reads those of the snoozed ones whose time has come, too. A poller would cost a read of
//! every partition each minute, a timer per thread a schedule that outlives what it is for; and either can fail unseen,
//! which a condition in a query cannot.

use super::live::{Live, State};
use crate::time::Timestamp;

/// When a snoozed thread comes back that only a message brings back.
pub const NEVER: Timestamp = Timestamp::LAST;

/// The most bytes of an assignee's name: it stands in an item that every message writes.
pub const MOST_ASSIGNEE: usize = 64;

/// The changes of a person of ours to a live thread; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// The state to set, that is, whose turn it is.
    pub state: Option<State>,
    /// Until when it is snoozed; within, `None` until the person writes.
    pub until: Option<Option<Timestamp>>,
    /// The colleague in charge of it; within, `None` for nobody.
    pub assignee: Option<Option<String>>,
    /// Whether all its messages were confirmed to belong there.
    pub confirm: bool,
}

/// A time to come back was given for a thread that is not put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSnoozed;

impl Handling {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Live {
    /// Does what a person of ours wants of the thread, and says whether that changed anything: the same again does not.
    pub fn handle(&mut self, wanted: &Handling, now: Timestamp) -> Result<bool, NotSnoozed> {
        let before = self.clone();
        if let Some(assignee) = &wanted.assignee {
            self.assignee.clone_from(assignee);
        }
        if wanted.confirm && self.unsure {
            (self.unsure, self.confirmed) = (false, Some(now));
        }
        self.turn(wanted, now)?;
        if !self.is_in_inbox() {
            self.since = None;
        }
        Ok(*self != before)
    }

    fn turn(&mut self, wanted: &Handling, now: Timestamp) -> Result<(), NotSnoozed> {
        let current = self.state_at(now);
        let state = wanted.state.unwrap_or(current);
        if state != State::Snoozed {
            if wanted.until.is_some_and(|it| it.is_some()) {
                return Err(NotSnoozed);
            }
            if state == current {
                return Ok(());
            }
            match state {
                State::Waiting => self.since = Some(self.unanswered_since().unwrap_or(now)),
                State::Closed => self.profile.resolve(now),
                State::Open | State::Snoozed => {}
            }
            // What is listed as unsure only keeps its place; a time to come back is none.
            if current == State::Snoozed && state != State::Waiting {
                self.since = Some(now);
            }
        } else if current != State::Snoozed || wanted.until.is_some() {
            self.since = Some(wanted.until.flatten().unwrap_or(NEVER));
        }
        self.state = state;
        Ok(())
    }

    /// Since when the person waits for an answer, as far as the profile knows.
    fn unanswered_since(&self) -> Option<Timestamp> {
        let spoke = self.profile.spoke_at();
        self.profile.heard_at().filter(|it| spoke.is_none_or(|spoke| spoke < *it)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Direction;
    use crate::filing::{Change, list};
    use crate::id::{Channel, ThreadId};
    use crate::threading::{ProfileEntry, Reading};

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn entry(key: u32, direction: Direction, secs: i64) -> ProfileEntry {
        ProfileEntry {
            key,
            edit: 0,
            at: at(secs),
            direction,
            channel: Channel::from_static("whatsapp"),
            reading: Some(Reading::of("where is my order", None)),
        }
    }

    fn heard(secs: i64) -> Live {
        let mut live = Live::new(ThreadId::new("thr_1"));
        live.fold(&entry(1, Direction::In, secs), Change::Said { unsure: true });
        live
    }

    fn to(state: State) -> Handling {
        Handling { state: Some(state), ..Handling::default() }
    }

    fn snoozed(until: i64) -> Handling {
        Handling { until: Some(Some(at(until))), ..to(State::Snoozed) }
    }

    const CONFIRM: Handling = Handling { state: None, until: None, assignee: None, confirm: true };
    const AGAIN: Change = Change::Said { unsure: true };

    #[test]
    fn a_snoozed_thread_waits_again_from_the_time_that_was_said() {
        let mut live = heard(100);
        assert_eq!(live.handle(&snoozed(500), at(200)), Ok(true));
        assert_eq!(
            (live.state_at(at(499)), live.state_at(at(500))),
            (State::Snoozed, State::Waiting)
        );
        assert_eq!(live.since, Some(at(500)));
        let mut forever = heard(100);
        forever.handle(&to(State::Snoozed), at(200)).unwrap();
        assert_eq!(forever.state_at(at(4_000_000_000)), State::Snoozed);
    }

    #[test]
    fn what_comes_again_undoes_nothing_that_a_person_decided() {
        let decisions = [State::Open, State::Closed, State::Snoozed].map(to);
        for wanted in decisions.into_iter().chain([snoozed(500), CONFIRM]) {
            let mut live = heard(100);
            live.fold(&entry(2, Direction::Out, 90), Change::Said { unsure: false });
            assert_eq!(live.handle(&wanted, at(200)), Ok(true), "{wanted:?}");
            live.handle(&CONFIRM, at(200)).unwrap();
            let decided = live.clone();
            assert!(!live.fold(&entry(1, Direction::In, 100), AGAIN), "{wanted:?}");
            assert!(!live.fold(&entry(2, Direction::Out, 90), AGAIN), "{wanted:?}");
            assert_eq!(live, decided);
        }
    }

    #[test]
    fn a_thread_that_is_made_to_wait_is_not_answered_by_what_we_said_before() {
        let mut live = heard(100);
        live.fold(&entry(2, Direction::Out, 150), Change::Said { unsure: false });
        live.handle(&CONFIRM, at(190)).unwrap();
        live.handle(&to(State::Waiting), at(200)).unwrap();
        assert_eq!((live.state, live.since), (State::Waiting, Some(at(200))));
        live.fold(&entry(2, Direction::Out, 150), Change::Said { unsure: false });
        assert_eq!(live.state, State::Waiting);
        live.fold(&entry(3, Direction::Out, 210), Change::Said { unsure: false });
        assert_eq!((live.state, live.since), (State::Open, None));
    }

    #[test]
    fn an_answer_ends_a_snooze_whose_time_has_come_and_no_other() {
        for (answered, state) in [(400, State::Snoozed), (600, State::Open)] {
            let mut live = heard(100);
            live.handle(&snoozed(500), at(200)).unwrap();
            live.fold(&entry(2, Direction::Out, answered), Change::Said { unsure: false });
            assert_eq!(live.state, state);
        }
    }

    #[test]
    fn a_message_in_a_thread_that_came_back_does_not_put_it_behind() {
        let mut live = heard(100);
        live.handle(&snoozed(500), at(200)).unwrap();
        live.fold(&entry(2, Direction::In, 600), Change::Said { unsure: false });
        assert_eq!((live.state, live.since), (State::Waiting, Some(at(500))));
    }

    #[test]
    fn a_new_unsure_message_marks_a_confirmed_thread_again() {
        let mut live = heard(100);
        live.handle(&CONFIRM, at(200)).unwrap();
        assert!(!live.unsure);
        live.fold(&entry(2, Direction::In, 150), AGAIN);
        assert!(live.unsure, "it came after the confirmation, though it was said before");
    }

    #[test]
    fn the_same_twice_changes_nothing_and_a_time_needs_a_snooze() {
        let named = Handling { assignee: Some(Some("ada".to_owned())), ..snoozed(500) };
        let mut live = heard(100);
        assert_eq!(live.handle(&named, at(200)), Ok(true));
        assert_eq!(live.handle(&named, at(210)), Ok(false));
        assert_eq!(live.handle(&to(State::Closed), at(300)), Ok(true));
        assert_eq!(live.handle(&to(State::Closed), at(310)), Ok(false));
        let time = Handling { state: None, ..snoozed(900) };
        assert_eq!(live.clone().handle(&time, at(320)), Err(NotSnoozed));
        assert_eq!(list(&live), "inbox#ada", "unsure still");
        live.handle(&CONFIRM, at(330)).unwrap();
        assert_eq!((list(&live), live.since), ("closed#ada".to_owned(), None));
    }
}
