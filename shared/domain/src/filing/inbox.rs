//! Where a live thread is in the inbox's index: by state, by who takes care of it, spread over shards so that no
//! partition takes all of a busy company's writes.

use super::live::{Live, State};
use crate::id::ThreadId;

/// Partitions per state and assignee.
const SHARDS: u32 = 16;

/// What stands for nobody in a key.
const NOBODY: &str = "-";

/// The partition of a thread, if it is in the inbox: `<state>#<assignee or ->#<shard>`. A state ends in `?` where a
/// message may belong elsewhere.
#[must_use]
pub fn partition(live: &Live) -> Option<String> {
    live.is_in_inbox()
        .then(|| key(live.state, live.unsure, live.assignee.as_deref(), shard(&live.thread)))
}

/// Who takes care of a thread, as its partition says: what stands in a key is not kept beside it.
#[must_use]
pub fn assignee(partition: &str) -> Option<&str> {
    partition.split('#').nth(1).filter(|it| *it != NOBODY)
}

/// Every partition that may hold threads of this state, or if that is not asked for of every state, sure or unsure or
/// both.
#[must_use]
pub fn partitions(
    state: Option<State>,
    unsure: Option<bool>,
    assignee: Option<&str>,
) -> Vec<String> {
    let states = State::ALL.into_iter().filter(|it| state.is_none_or(|asked| asked == *it));
    let flags = [false, true].into_iter().filter(move |it| unsure.is_none_or(|asked| asked == *it));
    let pairs = states.flat_map(|state| flags.clone().map(move |unsure| (state, unsure)));
    pairs
        .filter(|(state, unsure)| *unsure || matches!(state, State::Waiting | State::Snoozed))
        .flat_map(|(state, unsure)| {
            (0..SHARDS).map(move |shard| key(state, unsure, assignee, shard))
        })
        .collect()
}

fn key(state: State, unsure: bool, assignee: Option<&str>, shard: u32) -> String {
    let mark = if unsure { "?" } else { "" };
    format!("{}{mark}#{}#{shard}", state.name(), assignee.unwrap_or(NOBODY))
}

/// The last digit of an id is random.
fn shard(thread: &ThreadId) -> u32 {
    let last = thread.as_str().chars().last().unwrap_or('0');
    last.to_digit(SHARDS).unwrap_or(u32::from(last) % SHARDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn live(state: State, unsure: bool, assignee: Option<&str>) -> Live {
        let mut live = Live::new(ThreadId::new("thr_0190aa7f"));
        (live.state, live.unsure, live.assignee) = (state, unsure, assignee.map(str::to_owned));
        live.since = Some(Timestamp::from_secs(1));
        live
    }

    #[test]
    fn a_thread_is_found_in_the_partitions_of_its_state() {
        for state in State::ALL {
            for unsure in [false, true] {
                for assignee in [None, Some("ada")] {
                    let live = live(state, unsure, assignee);
                    let asked = partitions(Some(state), None, assignee);
                    match partition(&live) {
                        Some(it) => {
                            assert!(asked.contains(&it), "{it}");
                            assert_eq!(super::assignee(&it), assignee);
                        }
                        None => assert!(!live.is_in_inbox()),
                    }
                }
            }
        }
    }

    #[test]
    fn an_answered_thread_is_in_no_partition() {
        assert_eq!(partition(&live(State::Open, false, None)), None);
        assert_eq!(partition(&live(State::Waiting, false, None)).as_deref(), Some("waiting#-#15"));
        assert_eq!(
            partition(&live(State::Waiting, true, Some("ada"))).as_deref(),
            Some("waiting?#ada#15")
        );
    }

    #[test]
    fn unsure_threads_of_every_state_are_asked_for_at_once() {
        let asked = partitions(None, Some(true), None);
        assert_eq!(asked.len(), 4 * 16);
        assert!(asked.iter().all(|it| it.contains("?#-#")));
    }
}
