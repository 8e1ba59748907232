//! When something that is read from elsewhere and kept, such as a secret, is read again.

use crate::time::Timestamp;

/// For how long what was read is used.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// At this age it is read again before it is used, in milliseconds.
    pub usual_ms: i64,
    /// The same where there is reason to doubt it. Strangers may give reasons at will, so it also bounds what they cost.
    pub doubted_ms: i64,
    /// While it cannot be read again, it is used up to this age.
    pub most_ms: i64,
}

/// The degree of trust in kept data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Nothing speaks against it.
    Usual,
    /// Something does not fit it: it may have been changed since.
    Doubted,
}

/// When something was read, and when it was last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// When it was last read.
    pub read: Option<Timestamp>,
    /// When somebody last tried to read it, also in vain.
    pub asked: Option<Timestamp>,
}

/// After how many milliseconds what was never read is asked for again.
const AGAIN_MS: i64 = 1_000;

impl Freshness {
    /// Whether it has to be read again before it is used. After a try in vain it is left alone for a while.
    #[must_use]
    pub fn is_due(&self, reading: Reading, trust: Trust, now: Timestamp) -> bool {
        let is_within =
            |at: Option<Timestamp>, ms: i64| at.is_some_and(|at| (0..ms).contains(&now.since(at)));
        let (age_ms, pause_ms) = match (reading.read, trust) {
            (None, _) => (0, AGAIN_MS),
            (Some(_), Trust::Usual) => (self.usual_ms, self.doubted_ms),
            (Some(_), Trust::Doubted) => (self.doubted_ms, self.doubted_ms),
        };
        !is_within(reading.read, age_ms) && !is_within(reading.asked, pause_ms)
    }

    /// Whether what was read then may still be used, when it cannot be read again.
    #[must_use]
    pub fn is_usable(&self, read: Timestamp, now: Timestamp) -> bool {
        now.since(read) < self.most_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Freshness =
        Freshness { usual_ms: 50_000, doubted_ms: 30_000, most_ms: 3_600_000 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    fn due(read: Option<i64>, asked: Option<i64>, trust: Trust, now: i64) -> bool {
        let reading = Reading { read: read.map(at), asked: asked.map(at) };
        SECRET.is_due(reading, trust, at(now))
    }

    #[test]
    fn what_fits_is_read_again_at_its_age_and_what_is_doubted_earlier() {
        for (trust, age) in [(Trust::Usual, 50), (Trust::Doubted, 30)] {
            assert!(!due(Some(0), Some(0), trust, age - 1));
            assert!(due(Some(0), Some(0), trust, age));
        }
    }

    #[test]
    fn a_try_in_vain_is_not_repeated_at_once() {
        for trust in [Trust::Usual, Trust::Doubted] {
            assert!(!due(Some(0), Some(60), trust, 89));
            assert!(due(Some(0), Some(60), trust, 90));
            assert!(due(None, None, trust, 0));
            assert!(!due(None, Some(0), trust, 0));
            assert!(due(None, Some(0), trust, 1));
        }
    }

    #[test]
    fn a_clock_that_went_back_keeps_nothing_for_ever() {
        assert!(due(Some(100), Some(100), Trust::Usual, 0));
    }

    #[test]
    fn however_often_it_is_doubted_it_is_read_twice_a_minute_at_most() {
        let mut reading = Reading::default();
        let mut reads = 0;
        for now in 0..600 {
            if SECRET.is_due(reading, Trust::Doubted, at(now)) {
                reads += 1;
                reading = Reading { read: Some(at(now)), asked: Some(at(now)) };
            }
        }
        assert_eq!(reads, 20);
    }

    #[test]
    fn what_cannot_be_read_again_is_used_for_an_hour() {
        assert!(SECRET.is_usable(at(0), at(3_599)));
        assert!(!SECRET.is_usable(at(0), at(3_600)));
    }
}
