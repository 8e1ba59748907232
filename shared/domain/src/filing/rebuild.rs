//! The state of a thread when messages leave it or come to it, and of two threads when they become one.

use super::live::{Live, State, latest_ms};
use crate::event::Direction;
use crate::threading::{Profile, ProfileEntry};
use crate::time::Timestamp;

/// A message that is in a thread.
#[derive(Clone, Debug)]
pub struct Part {
    /// The message, as it is now.
    pub entry: ProfileEntry,
    /// Whether it may belong elsewhere.
    pub unsure: bool,
}

/// A message that is in a thread no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its short key.
    pub key: u32,
    /// When it was sent.
    pub at: Timestamp,
    /// The side that said it.
    pub direction: Direction,
}

/// The messages of a thread that are known. Each was read by itself, as it was at that moment.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The latest that were there before.
    pub here: Vec<Part>,
    /// Those that came by the correction.
    pub came: Vec<Part>,
    /// Those that left.
    pub gone: Vec<Gone>,
    /// The thread that left with all its messages, as it was when it came.
    pub left: Option<Live>,
    /// Whether there are no others than these.
    pub complete: bool,
    /// Whether a message of ours is there that has not gone out yet: a thread knows nothing of it, but is not without one.
    pub awaited: bool,
}

/// The thread that two become: whose turn it is follows from both.
#[must_use]
pub fn union(target: &Live, source: &Live) -> Live {
    let mut live = target.clone();
    live.profile.merge(&source.profile);
    live.ms = latest_ms(live.profile.last_at(), [target.last_at(), source.last_at()]);
    live.unsure |= source.unsure;
    live.confirmed = target.confirmed.max(source.confirmed);
    live.assignee = target.assignee.clone().or_else(|| source.assignee.clone());
    let both = [target, source];
    (live.state, live.since) = match waiting(&both, &live.profile) {
        Some(since) => (State::Waiting, Some(since)),
        None => settled(&both),
    };
    live.since = live.since.filter(|_| live.is_in_inbox());
    live
}

/// Since when the person waits in one of two threads that become one, if our last word did not answer that.
fn waiting(both: &[&Live; 2], union: &Profile) -> Option<Timestamp> {
    let word = union.spoke_at();
    let open = both.iter().filter(|it| it.state == State::Waiting).filter_map(|it| it.since);
    let begun = open.clone().min()?;
    // Within one second nobody knows which word was the last: to look once too often is better than to miss one.
    let waits = open.filter(|it| word.is_none_or(|word| word.secs() <= it.secs()));
    let heard = union.heard_at().filter(|it| begun <= *it && is_later(*it, word, false));
    waits.chain(heard).min()
}

/// The state of two threads of which nobody waits in either, and the moment since which they are listed: what one of us put off
/// stays so until its time, and done is what is done in both.
fn settled(both: &[&Live; 2]) -> (State, Option<Timestamp>) {
    let snoozed = both.iter().filter(|it| it.state == State::Snoozed);
    if let Some(until) = snoozed.filter_map(|it| it.since).min() {
        return (State::Snoozed, Some(until));
    }
    let is_done = both.iter().all(|it| it.state == State::Closed);
    let since = both.iter().filter_map(|it| it.since).min();
    (if is_done { State::Closed } else { State::Open }, since)
}

/// The state of a thread without the messages that left and with those that came. Done again, also with less known of those that
/// stayed, it ends the same. Whose turn it is changes by what came, and by what left: a wait whose messages left is over, a
/// question whose answer left waits again, and what one of us put off, closed or left open stays so.
#[must_use]
pub fn rebuild(live: &Live, known: &Known) -> Live {
    let mut next = live.clone();
    for gone in &known.gone {
        next.profile.forget(gone.at, gone.key);
    }
    if let Some(left) = &known.left {
        next.profile.forget_all(&left.profile);
    }
    let stayed = next.profile.clone();
    for part in known.here.iter().chain(&known.came) {
        next.profile.fold(&part.entry);
    }
    // What left may leave a gap: a moment is never taken twice.
    let moments = known.here.iter().chain(&known.came).map(|it| it.entry.at);
    next.ms = latest_ms(next.profile.last_at(), moments.chain([live.last_at()]));
    let is_open = |it: &Part| live.confirmed.is_none_or(|at| at < it.entry.at);
    let may_stay = !known.is_all_of(&next.profile);
    let stays = may_stay || known.here.iter().any(|it| it.unsure && is_open(it));
    next.unsure = live.unsure && stays || known.came.iter().any(|it| it.unsure);
    match unanswered(live, &stayed, &next.profile, known) {
        Some(since) => (next.state, next.since) = (State::Waiting, Some(since)),
        None if live.state == State::Waiting || live.profile.is_empty() => {
            next.state = State::Open;
        }
        None => {}
    }
    if next.is_in_inbox() {
        next.since.get_or_insert(next.profile.last_at());
    } else {
        next.since = None;
    }
    next
}

/// The first message that waits for us in a thread that is rebuilt.
fn unanswered(
    live: &Live,
    stayed: &Profile,
    profile: &Profile,
    known: &Known,
) -> Option<Timestamp> {
    let word = profile.spoke_at().max(profile.resolved_at());
    let waited = live.since.filter(|_| live.state == State::Waiting);
    // Within one second it is as it was.
    let is_unanswered = |it: &Timestamp| is_later(*it, word, waited.is_some());
    let came = heard(&known.came).filter(is_unanswered);
    let wakes = match live.state {
        // Only a new word brings back what was put off.
        State::Snoozed => came.clone().any(|it| stayed.last_at() <= it),
        State::Open | State::Waiting | State::Closed => true,
    };
    let came = came.filter(|_| wakes);
    let our_word_left = known.gone.iter().any(|it| it.direction == Direction::Out)
        || known.left.as_ref().is_some_and(|it| it.profile.spoke_at().is_some());
    let from = match (waited, live.state) {
        (_, State::Open | State::Waiting) if our_word_left => Some(Timestamp::default()),
        (waited, _) => waited,
    };
    let stays = heard(&known.here).chain(stayed.heard_at()).filter(is_unanswered);
    let stays = stays.filter(|it| from.is_some_and(|from| from.secs() <= it.secs()));
    let waited = waited.filter(|it| is_unanswered(it) && !known.took(*it));
    came.chain(stays).chain(waited).min()
}

fn heard(parts: &[Part]) -> impl Iterator<Item = Timestamp> + Clone {
    parts.iter().map(|it| &it.entry).filter(|it| it.direction == Direction::In).map(|it| it.at)
}

fn is_later(at: Timestamp, word: Option<Timestamp>, or_together: bool) -> bool {
    word.is_none_or(|it| it.secs() < at.secs() || or_together && it.secs() == at.secs())
}

impl Known {
    /// Whether there are no other messages than these. What a profile remembers and an index does not show is one more.
    fn is_all_of(&self, profile: &Profile) -> bool {
        let mut shown = Profile::of(self.here.iter().chain(&self.came).map(|it| &it.entry));
        if let Some(at) = profile.resolved_at() {
            shown.resolve(at);
        }
        self.complete && shown == *profile
    }

    /// Whether a message of that second left.
    fn took(&self, at: Timestamp) -> bool {
        let with_thread = self.left.iter().flat_map(|it| it.profile.heard_at().chain(it.since));
        let mut gone = self.gone.iter().map(|it| it.at).chain(with_thread);
        gone.any(|it| it.secs() == at.secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filing::{Change, NEVER};
    use crate::id::{Channel, ThreadId};
    use crate::threading::Reading;
    use Direction::{In, Out};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    fn entry(key: u32, direction: Direction, second: i64) -> ProfileEntry {
        ProfileEntry {
            key,
            edit: 0,
            at: at(second),
            direction,
            channel: Channel::from_static("whatsapp"),
            reading: Some(Reading::of("where is my order", None)),
        }
    }

    type Moment = (u32, Direction, i64);

    fn thread(said: &[Moment]) -> Live {
        let mut live = Live::new(ThreadId::new("thr_1"));
        for (key, direction, second) in said {
            live.fold(&entry(*key, *direction, *second), Change::Said { unsure: false });
        }
        live
    }

    fn parts(said: &[Moment]) -> Vec<Part> {
        let part = |it: &Moment| Part { entry: entry(it.0, it.1, it.2), unsure: false };
        said.iter().map(part).collect()
    }

    fn known(here: &[Moment], came: &[Moment], gone: &[Moment]) -> Known {
        let gone = gone.iter().map(|it| Gone { key: it.0, at: at(it.2), direction: it.1 });
        Known {
            here: parts(here),
            came: parts(came),
            gone: gone.collect(),
            complete: true,
            ..Known::default()
        }
    }

    /// Rebuilds a thread, twice: the second time changes nothing.
    fn rebuilt(live: &Live, known: &Known) -> Live {
        let once = rebuild(live, known);
        assert_eq!(rebuild(&once, known), once);
        once
    }

    #[test]
    fn a_thread_is_what_its_messages_make_it_whatever_leaves_and_comes() {
        let said = [(1, In, 10), (2, Out, 20), (3, In, 30), (4, In, 40), (5, Out, 50), (6, In, 60)];
        for left in 0..64u32 {
            let (gone, stay): (Vec<_>, Vec<_>) =
                said.iter().partition(|it| left >> (it.0 - 1) & 1 == 1);
            let taken = rebuilt(&thread(&said), &known(&stay, &[], &gone));
            assert_eq!(taken, thread(&stay), "{left:b} leave");
            let back = rebuilt(&taken, &known(&stay, &gone, &[]));
            assert_eq!(back, thread(&said), "{left:b} come back");
        }
    }

    #[test]
    fn what_the_index_does_not_show_yet_still_waits() {
        let live = thread(&[(1, In, 10), (2, In, 20)]);
        let next = rebuilt(&live, &Known { complete: false, ..known(&[], &[], &[(1, In, 10)]) });
        assert_eq!((next.state, next.since), (State::Waiting, Some(at(20))));
    }

    #[test]
    fn what_one_of_us_closed_or_put_off_or_left_open_stays_so_when_messages_leave() {
        for state in [State::Closed, State::Snoozed, State::Open] {
            let mut live = thread(&[(1, In, 10), (2, In, 20)]);
            (live.state, live.since) = (state, (state == State::Snoozed).then_some(NEVER));
            live.profile.resolve(at(25));
            let next = rebuilt(&live, &known(&[(1, In, 10)], &[], &[(2, In, 20)]));
            assert_eq!((next.state, next.since), (state, live.since));
        }
    }

    #[test]
    fn a_new_word_that_comes_opens_what_was_closed_or_put_off_and_an_old_one_does_not() {
        for state in [State::Closed, State::Snoozed] {
            let mut live = thread(&[(1, In, 10), (2, Out, 20)]);
            (live.state, live.since) = (state, (state == State::Snoozed).then_some(NEVER));
            live.profile.resolve(at(25));
            let here = [(1, In, 10), (2, Out, 20)];
            let old = rebuilt(&live, &known(&here, &[(3, In, 15)], &[]));
            assert_eq!((old.state, old.since), (state, live.since));
            let new = rebuilt(&live, &known(&here, &[(3, In, 30)], &[]));
            assert_eq!((new.state, new.since), (State::Waiting, Some(at(30))));
            let answered = rebuilt(&live, &known(&here, &[(3, In, 30), (4, Out, 31)], &[]));
            assert_eq!(answered.state, state);
        }
    }

    #[test]
    fn doubt_leaves_with_its_message_and_comes_back_with_it() {
        let mut live = thread(&[(1, In, 10), (2, Out, 20)]);
        (live.unsure, live.since) = (true, Some(at(10)));
        let sure = rebuilt(&live, &known(&[(2, Out, 20)], &[], &[(1, In, 10)]));
        assert_eq!((sure.unsure, sure.since), (false, None));
        let mut came = known(&[(2, Out, 20)], &[(1, In, 10)], &[]);
        came.came[0].unsure = true;
        assert!(rebuilt(&sure, &came).unsure);
        // Nobody knows what older messages are like.
        let long = Known { complete: false, ..known(&[(2, Out, 20)], &[], &[(1, In, 10)]) };
        assert!(rebuilt(&live, &long).unsure);
        // What a person confirmed is no doubt.
        live.confirmed = Some(at(15));
        let mut stays = known(&[(1, In, 10)], &[], &[(2, Out, 20)]);
        stays.here[0].unsure = true;
        assert!(!rebuilt(&live, &stays).unsure);
    }

    #[test]
    fn two_threads_that_become_one_wait_if_our_last_word_answered_neither() {
        let (first, second) = (thread(&[(1, In, 10)]), thread(&[(2, In, 20), (3, Out, 30)]));
        let one = union(&first, &second);
        assert_eq!((one.state, one.since), (State::Open, None), "the answer came later");
        let second = thread(&[(2, In, 5), (3, Out, 7), (4, In, 40)]);
        for one in [union(&first, &second), union(&second, &first)] {
            assert_eq!((one.state, one.since), (State::Waiting, Some(at(10))));
        }
        let answered = thread(&[(5, In, 1), (6, Out, 15)]);
        let one = union(&answered, &union(&first, &second));
        assert_eq!((one.state, one.since), (State::Waiting, Some(at(40))), "the first is answered");
    }

    #[test]
    fn two_threads_that_become_one_keep_what_people_said_of_both() {
        let with = |state, since: Option<i64>, assignee: Option<&str>, unsure| {
            let mut live = thread(&[(1, In, 10), (2, Out, 20)]);
            (live.state, live.since, live.unsure) = (state, since.map(at), unsure);
            live.assignee = assignee.map(str::to_owned);
            live
        };
        let one = union(
            &with(State::Open, None, None, false),
            &with(State::Snoozed, Some(500), Some("ada"), true),
        );
        assert_eq!((one.state, one.since, one.unsure), (State::Snoozed, Some(at(500)), true));
        assert_eq!(one.assignee.as_deref(), Some("ada"));
        let closed = || with(State::Closed, None, Some("bob"), false);
        assert_eq!(union(&closed(), &closed()).state, State::Closed);
        let one = union(&closed(), &with(State::Open, None, Some("ada"), false));
        assert_eq!((one.state, one.assignee.as_deref()), (State::Open, Some("bob")));
    }
}
