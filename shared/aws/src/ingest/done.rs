//! The entries and objects of unfinished webhooks that are in already, so that a repeat gets further than the attempt before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::Timestamp;

use crate::queue::QueueEntry;

/// For how long what is in is not put again. The queue drops a repeat for five minutes, so that to leave it out is the same.
const REMEMBERED_MS: i64 = 4 * 60_000;

/// The most that is remembered: more than a dozen of the largest webhooks.
const MOST: usize = 20_000;

/// The entries and objects that the queue and the bucket have taken, by their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Done(Arc<Mutex<HashMap<String, Timestamp>>>);

impl Done {
    /// Whether it was taken a short time ago.
    pub(super) fn has(&self, key: &str, now: Timestamp) -> bool {
        self.all().get(key).is_some_and(|at| (0..REMEMBERED_MS).contains(&now.since(*at)))
    }

    /// Notes that it was taken, by a webhook that came then.
    pub(super) fn note(&self, key: String, at: Timestamp) {
        let mut all = self.all();
        if MOST <= all.len() {
            all.clear();
        }
        all.insert(key, at);
    }

    /// The webhook that these are of is finished.
    pub(super) fn forget(&self, keys: &[String]) {
        let mut all = self.all();
        for key in keys {
            all.remove(key);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        // What a panicking holder left out is put once more, which changes nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of an entry: two with the same are one to the queue.
pub(super) fn key(entry: &QueueEntry) -> String {
    format!("{}/{}", entry.group_id, entry.deduplication_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    #[test]
    fn what_is_in_is_left_out_for_less_than_the_queue_remembers_it() {
        let done = Done::default();
        done.note("a".to_owned(), at(0));
        assert!(done.has("a", at(239)) && !done.has("a", at(240)) && !done.has("b", at(0)));
        done.forget(&["a".to_owned()]);
        assert!(!done.has("a", at(1)));
    }

    #[test]
    fn memory_is_bounded() {
        let done = Done::default();
        for n in 0..=MOST {
            done.note(n.to_string(), at(0));
        }
        assert!(done.all().len() <= MOST && done.has(&MOST.to_string(), at(0)));
    }
}
