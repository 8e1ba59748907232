//! The confidence with which messages were filed, counted in memory until it is worth a write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::threading::budget::Confidences;
use domain::time::Timestamp;

/// Messages after which counts are written.
const MANY: u32 = 50;
/// The number of messages that is enough after a long time: fewer would cost too much for each.
const FEW: u32 = 10;
/// A long time.
const LONG: Duration = Duration::from_hours(1);
/// The counts of decisions since counts were written last.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    confidences: Confidences,
    since: Option<Timestamp>,
}

impl Tally {
    /// Notes how sure a message was filed.
    pub fn note(&self, confidence: f32) {
        self.with(|it| it.confidences.count(confidence));
    }

    /// The counts that are to be written now, if it is time.
    pub(in crate::store) fn due(&self, now: Timestamp) -> Option<Confidences> {
        self.with(|it| {
            let n = it.confidences.total();
            if n == 0 {
                return None;
            }
            let waited = now.since(*it.since.get_or_insert(now));
            let is_long = i64::try_from(LONG.as_millis()).is_ok_and(|it| it <= waited);
            if n < if is_long { FEW } else { MANY } {
                return None;
            }
            Some(std::mem::take(it).confidences)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Counts) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + minute * 60)
    }

    #[test]
    fn counts_are_due_when_they_are_many_or_old_and_only_once() {
        let tally = Tally::default();
        assert_eq!(tally.due(at(0)), None, "nothing is never due");
        tally.note(0.7);
        assert_eq!(tally.due(at(1)), None);
        assert_eq!(tally.due(at(90)), None, "one is not worth a write");
        for _ in 1..FEW {
            tally.note(0.7);
        }
        assert_eq!(tally.due(at(60)), None, "an hour is not over since the first");
        assert_eq!(tally.due(at(61)).map(|it| it.total()), Some(FEW), "an hour is long");
        assert_eq!(tally.due(at(200)), None);
        for _ in 0..MANY {
            tally.note(0.99);
        }
        assert_eq!(tally.due(at(200)).map(|it| it.total()), Some(MANY));
        assert_eq!(tally.due(at(200)), None);
    }
}
