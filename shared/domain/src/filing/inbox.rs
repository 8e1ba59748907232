//! The lists of threads: the inbox, where those are that somebody should look at, and beside it those that are answered and
//! those that are done. A thread is in exactly one list, so that a page of any of them is one query.

use super::live::{Live, State};
use crate::bounds::MAX_AHEAD_MS;
use crate::id::ThreadId;
use crate::time::Timestamp;

/// The list of what waits, is snoozed or may hold a message that belongs elsewhere. The others are named after their state.
const INBOX: &str = "inbox";

/// The sign for nobody in a key.
const NOBODY: &str = "-";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A part of a list: which, and between which moments, both within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The list, as [`list`] spells it.
    pub list: String,
    /// The first and the last moment.
    pub between: (Timestamp, Timestamp),
    /// Whether most of what is in it is wanted.
    pub is_dense: bool,
}

/// The threads that are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The moment that is asked about: by then a snooze may be over.
    pub at: Timestamp,
    /// Those in this state.
    pub state: Option<State>,
    /// Those that hold, or do not hold, a message that may belong elsewhere.
    pub unsure: Option<bool>,
    /// Those of this colleague; without it, those of nobody.
    pub assignee: Option<String>,
}

/// The list of a thread: `<inbox, open or closed>#<assignee or ->`.
#[must_use]
pub fn list(live: &Live) -> String {
    let name = if live.is_in_inbox() { INBOX } else { live.state.name() };
    spelled(name, live.assignee.as_deref())
}

/// The moment that a thread stands under in its list: in the inbox since when it waits, or when it comes back; elsewhere one
/// in the day of its last message, as a list that was exact would be written anew with each. Which one is by its id: if the
/// threads of a day stood under one moment, each page would read the whole day.
#[must_use]
pub fn listed_at(live: &Live) -> Timestamp {
    let last = live.last_at().ms();
    live.since.unwrap_or_else(|| {
        Timestamp::from_ms(last - last.rem_euclid(DAY_MS) + within_day(&live.thread))
    })
}

/// A moment of a day, in milliseconds, by the end of an id, which is random.
fn within_day(thread: &ThreadId) -> i64 {
    let id = thread.as_str();
    let end = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
    i64::from_str_radix(end, 16).unwrap_or(0) % DAY_MS
}

/// The colleague in charge of a thread, as its list says.
#[must_use]
pub fn assignee(list: &str) -> Option<&str> {
    list.split('#').nth(1).filter(|it| *it != NOBODY)
}

/// The shard of its list that a thread is in, of so many: by the last digit of its id, which is random.
#[must_use]
pub fn shard(thread: &ThreadId, shards: u32) -> u32 {
    let last = thread.as_str().chars().last().unwrap_or('0');
    last.to_digit(16).unwrap_or(u32::from(last)) % shards.max(1)
}

fn spelled(name: &str, assignee: Option<&str>) -> String {
    format!("{name}#{}", assignee.unwrap_or(NOBODY))
}

impl Wanted {
    /// The place of these threads. A thread that may hold a message which belongs elsewhere is in the inbox whatever its state.
    #[must_use]
    pub fn stretches(&self) -> Vec<Stretch> {
        let (first, last) = (Timestamp::default(), Timestamp::LAST);
        let of = |name: &str, between, is_dense| Stretch {
            list: spelled(name, self.assignee.as_deref()),
            between,
            is_dense,
        };
        let is_sure = self.unsure != Some(true);
        match self.state {
            // A platform's clock may be ahead of ours: then a message waits since a moment that is to come.
            Some(State::Waiting) => {
                vec![of(INBOX, (first, self.at.plus_ms(MAX_AHEAD_MS)), is_sure)]
            }
            Some(State::Snoozed) => vec![of(INBOX, (self.at.plus_ms(1), last), is_sure)],
            Some(state) => {
                let sure = is_sure.then(|| of(state.name(), (first, last), true));
                let unsure = (self.unsure != Some(false)).then(|| of(INBOX, (first, last), false));
                sure.into_iter().chain(unsure).collect()
            }
            None if is_sure => [INBOX, State::Open.name(), State::Closed.name()]
                .map(|it| of(it, (first, last), true))
                .into(),
            None => vec![of(INBOX, (first, last), false)],
        }
    }

    /// Whether a thread in this state, listed under this moment, is one of these.
    #[must_use]
    pub fn holds(&self, state: State, unsure: bool, at: Timestamp) -> bool {
        let is_back = state == State::Snoozed && at <= self.at;
        let now = if is_back { State::Waiting } else { state };
        self.state.is_none_or(|it| it == now) && self.unsure.is_none_or(|it| it == unsure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(state: State, unsure: bool, assignee: Option<&str>, since: Option<i64>) -> Live {
        let mut live = Live::new(ThreadId::new("thr_0190aa7f"));
        (live.state, live.unsure, live.assignee) = (state, unsure, assignee.map(str::to_owned));
        live.since = since.map(Timestamp::from_secs);
        live
    }

    #[test]
    fn a_thread_is_found_by_whoever_asks_for_what_it_is_and_by_nobody_else() {
        let now = Timestamp::from_secs(1_000);
        // Waiting since a moment ago or a moment to come, back from a snooze or not.
        for (state, since) in [
            (State::Waiting, Some(1)),
            (State::Waiting, Some(1_500)),
            (State::Snoozed, Some(999)),
            (State::Snoozed, Some(1_500)),
            (State::Open, None),
            (State::Closed, None),
        ] {
            for (unsure, assignee) in [(false, None), (true, None), (false, Some("ada"))] {
                let since = since.or(unsure.then_some(500));
                let live = live(state, unsure, assignee, since);
                let (list, at) = (list(&live), listed_at(&live));
                assert_eq!(super::assignee(&list), assignee);
                for asked in [
                    None,
                    Some(State::Open),
                    Some(State::Waiting),
                    Some(State::Snoozed),
                    Some(State::Closed),
                ] {
                    for flag in [None, Some(false), Some(true)] {
                        let wanted = Wanted {
                            at: now,
                            state: asked,
                            unsure: flag,
                            assignee: assignee.map(str::to_owned),
                        };
                        let is_there = wanted
                            .stretches()
                            .iter()
                            .any(|it| it.list == list && it.between.0 <= at && at <= it.between.1);
                        let is_asked = asked.is_none_or(|it| it == live.state_at(now))
                            && flag.is_none_or(|it| it == unsure);
                        let found = is_there && wanted.holds(state, unsure, at);
                        assert_eq!(found, is_asked, "{live:?} {wanted:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_page_of_what_waits_is_snoozed_or_unsure_is_one_query() {
        let mut wanted =
            Wanted { at: Timestamp::from_secs(9), state: None, unsure: Some(true), assignee: None };
        assert_eq!(wanted.stretches().len(), 1);
        for state in [State::Waiting, State::Snoozed] {
            (wanted.state, wanted.unsure) = (Some(state), None);
            assert_eq!(wanted.stretches().len(), 1);
        }
        assert_eq!(wanted.stretches()[0].list, "inbox#-");
    }

    #[test]
    fn an_answered_thread_moves_in_its_list_once_a_day_at_most() {
        let answered = |at: i64| {
            let mut live = live(State::Open, false, None, None);
            live.profile.fold(&crate::threading::ProfileEntry {
                key: 1,
                edit: 0,
                at: Timestamp::from_secs(at),
                direction: crate::event::Direction::Out,
                channel: crate::id::Channel::new("sms"),
                reading: None,
            });
            (list(&live), listed_at(&live).ms() / DAY_MS)
        };
        assert_eq!(answered(86_400 + 5), ("open#-".to_owned(), 1));
        assert_eq!(answered(2 * 86_400 - 1), ("open#-".to_owned(), 1));
        assert_eq!(answered(2 * 86_400), ("open#-".to_owned(), 2));
        let thread = |id: &str| ThreadId::new(format!("thr_0190aa7f{id}"));
        assert_ne!(within_day(&thread("00c0ffee")), within_day(&thread("00c0ffef")));
        assert!(within_day(&thread("ffffffff")) < DAY_MS);
    }

    #[test]
    fn threads_are_spread_over_the_shards_there_are() {
        let thread = |last: char| ThreadId::new(format!("thr_0190aa7{last}"));
        let shards = |n: u32| -> std::collections::BTreeSet<u32> {
            "0123456789abcdef".chars().map(|it| shard(&thread(it), n)).collect()
        };
        assert_eq!((shards(1).len(), shards(4).len(), shards(16).len()), (1, 4, 16));
        assert_eq!(shard(&thread('f'), 0), 0, "no shards are one");
    }
}
