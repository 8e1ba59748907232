//! Values that are read from elsewhere and kept for a while, so that nothing is known for the whole life of a process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::bail;
use domain::freshness::{Freshness, Reading, Trust};
use domain::time::Timestamp;

/// Something that is kept, by a rule that says when it is read again.
#[derive(Debug)]
pub struct Kept<T> {
    what: &'static str,
    rule: Freshness,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<Arc<T>>,
    reading: Reading,
}

impl<T> Kept<T> {
    /// Nothing yet. `what` stands in the log when it cannot be read.
    #[must_use]
    pub fn new(what: &'static str, rule: Freshness) -> Self {
        let state = State { value: None, reading: Reading::default() };
        Self { what, rule, state: Mutex::new(state) }
    }

    /// The kept value, read again first if the rule says so. If that fails, the one that was read before is used, as long as the
    /// rule lets it.
    pub async fn get(
        &self,
        trust: Trust,
        now: Timestamp,
        read: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<Arc<T>> {
        let what = self.what;
        if !self.asks(trust, now) {
            let Some(value) = self.usable(now) else {
                bail!("{what} could not be read a moment ago");
            };
            return Ok(value);
        }
        let error = match read.await {
            Ok(value) => return Ok(self.keep(value, now)),
            Err(error) => error,
        };
        let Some(value) = self.usable(now) else {
            return Err(error);
        };
        tracing::warn!(
            error = crate::logs::reason(&error),
            "{what} cannot be read again, and is used as it was"
        );
        Ok(value)
    }

    /// Whether it is to be read now. Whoever comes while it is being read takes what is there.
    fn asks(&self, trust: Trust, now: Timestamp) -> bool {
        let mut state = self.state();
        let is_due = self.rule.is_due(state.reading, trust, now);
        if is_due {
            state.reading.asked = Some(now);
        }
        is_due
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<T>> {
        let state = self.state();
        let read = state.reading.read.filter(|it| self.rule.is_usable(*it, now));
        read.and(state.value.clone())
    }

    fn keep(&self, value: T, now: Timestamp) -> Arc<T> {
        let value = Arc::new(value);
        let mut state = self.state();
        state.value = Some(Arc::clone(&value));
        state.reading.read = Some(now);
        value
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // What a panicking holder left is whole: each field is set at once.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use super::*;

    const RULE: Freshness = Freshness { usual_ms: 50_000, doubted_ms: 30_000, most_ms: 3_600_000 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    fn good(value: u32) -> Ready<anyhow::Result<u32>> {
        ready(Ok(value))
    }

    fn bad() -> Ready<anyhow::Result<u32>> {
        ready(Err(anyhow::anyhow!("the store does not answer")))
    }

    #[tokio::test]
    async fn what_is_kept_is_read_again_when_the_rule_says_so() {
        let kept = Kept::new("it", RULE);
        for (seconds, trust, value) in [
            (0, Trust::Usual, 0),
            (29, Trust::Doubted, 0),
            (30, Trust::Doubted, 30),
            (79, Trust::Usual, 30),
            (80, Trust::Usual, 80),
        ] {
            let read = good(u32::try_from(seconds).unwrap());
            assert_eq!(*kept.get(trust, at(seconds), read).await.unwrap(), value, "{seconds}");
        }
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_leaves_us_what_we_knew_for_an_hour() {
        let kept = Kept::new("it", RULE);
        assert!(kept.get(Trust::Usual, at(0), bad()).await.is_err());
        assert!(kept.get(Trust::Usual, at(0), good(1)).await.is_err(), "asked again too soon");
        assert_eq!(*kept.get(Trust::Usual, at(1), good(1)).await.unwrap(), 1);
        for seconds in [60, 61, 3_600] {
            assert_eq!(*kept.get(Trust::Usual, at(seconds), bad()).await.unwrap(), 1, "{seconds}");
        }
        assert!(kept.get(Trust::Usual, at(3_602), bad()).await.is_err());
        assert_eq!(*kept.get(Trust::Usual, at(3_640), good(2)).await.unwrap(), 2);
    }
}
