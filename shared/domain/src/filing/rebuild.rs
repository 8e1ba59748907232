//! What a thread becomes when messages leave it or come to it, and what two threads become when they are one.

use super::live::{Live, State};
use crate::event::Direction;
use crate::threading::{Entry, Profile};
use crate::time::Timestamp;

/// A message that is in a thread.
#[derive(Clone, Debug)]
pub struct Part {
    /// The message, as it is now.
    pub entry: Entry,
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
    /// Who said it.
    pub direction: Direction,
}

/// What is known of a thread's messages. Each was read by itself, as it was at that moment.
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
}

/// The thread that two become: whose turn it is follows from both.
#[must_use]
pub fn union(target: &Live, source: &Live) -> Live {
    let mut live = target.clone();
    live.profile.merge(&source.profile);
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

/// Whose turn it is in two threads of which nobody waits in either, and since when they are listed: what one of us put off
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

/// What a thread is without the messages that left and with those that came. Done again, also with less known of those that
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
    let is_open = |it: &Part| live.confirmed.is_none_or(|at| at < it.entry.at);
    let stays = !known.complete || known.here.iter().any(|it| it.unsure && is_open(it));
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
    /// Whether a message of that second left.
    fn took(&self, at: Timestamp) -> bool {
        let with_thread = self.left.iter().flat_map(|it| it.profile.heard_at().chain(it.since));
        let mut gone = self.gone.iter().map(|it| it.at).chain(with_thread);
        gone.any(|it| it.secs() == at.secs())
    }
}
