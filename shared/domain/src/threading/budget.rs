//! Below which confidence a message is shown as unsure: chosen so that about a given share of messages is, by what was
//! decided in the last weeks. A pure function of a few counts; nothing here reads or keeps them.

use crate::time::Timestamp;

/// The bins that confidences are counted in, each a twentieth wide.
pub const BINS: usize = 20;
/// The threshold of who has no past.
pub const UNSURE_BELOW: f32 = 0.6;
/// Weeks that are looked back on: the complete ones, so that a threshold stays for a week.
pub const WEEKS: i64 = 4;
/// The lowest threshold: with less, a message is more likely in the wrong place than in the right one.
const LOWEST: f32 = 0.4;
/// The highest: what is surer is shown to nobody as unsure, however much somebody would look at.
const HIGHEST: f32 = 0.9;
/// Messages that count as much as all that is known without a past.
const TRUST: f32 = 300.0;
/// Seconds of a week.
const WEEK: i64 = 7 * 24 * 3_600;

/// The number of messages that were filed with each confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confidences(pub [u32; BINS]);

impl Confidences {
    /// Counts one.
    pub fn count(&mut self, confidence: f32) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float becomes the nearest number that there is"
        )]
        let bin = (f64::from(confidence) * 20.0 + 1e-6) as usize;
        if let Some(count) = self.0.get_mut(bin.min(BINS - 1)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds others.
    pub fn add(&mut self, others: &Self) {
        for (count, more) in self.0.iter_mut().zip(others.0) {
            *count = count.saturating_add(more);
        }
    }

    /// The number of messages counted.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().fold(0, |sum, it| sum.saturating_add(*it))
    }

    /// The confidence below which this share of them is.
    fn quantile(&self, share: f32) -> f32 {
        let mut left = share * as_f32(self.total());
        let mut edge = 0.0;
        for count in self.0.map(as_f32) {
            if left < count {
                return edge + WIDTH * left / count;
            }
            left -= count;
            edge += WIDTH;
        }
        edge
    }
}

/// The width of a bin.
const WIDTH: f32 = 0.05;

/// The week of a moment, counted from 1970.
#[must_use]
pub fn week(at: Timestamp) -> i64 {
    at.secs().div_euclid(WEEK)
}

/// The threshold below which about this share of messages is, by what was decided before.
///
/// With little past it stays near [`UNSURE_BELOW`], so that a quiet company's threshold does not jump; it never leaves 0.4
/// to 0.9, and a share of nothing marks nothing.
#[must_use]
pub fn threshold(share: f32, past: &Confidences) -> f32 {
    if share <= 0.0 {
        return 0.0;
    }
    let known = as_f32(past.total());
    let wanted = past.quantile(share.min(1.0));
    let drawn = (known * wanted + TRUST * UNSURE_BELOW) / (known + TRUST);
    let rounded = (drawn * 1000.0).round() / 1000.0;
    rounded.clamp(LOWEST, HIGHEST)
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages, of which a share is taken")]
fn as_f32(count: u32) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A past of so many messages, `low` in a hundred of them spread evenly below the confidence.
    fn past(n: u32, low: u32, below: f32) -> Confidences {
        let mut past = Confidences::default();
        for at in 0..n {
            let place = f32::from(u8::try_from(at / 100 % 100).unwrap());
            past.count(if at % 100 < low { below * place / 100.0 } else { 0.99 });
        }
        past
    }

    #[test]
    fn without_a_past_the_threshold_is_the_usual_one() {
        assert!((threshold(0.05, &Confidences::default()) - UNSURE_BELOW).abs() < 1e-6);
    }

    #[test]
    fn the_share_that_was_asked_for_is_below_the_threshold() {
        // A tenth of the messages is below 0.8, so a twentieth is below 0.4 or so, and a fiftieth below 0.16.
        let past = past(100_000, 10, 0.8);
        assert!((threshold(0.05, &past) - 0.4).abs() < 0.05, "{}", threshold(0.05, &past));
        assert!((threshold(0.08, &past) - 0.64).abs() < 0.05, "{}", threshold(0.08, &past));
        assert!(threshold(0.02, &past) < threshold(0.05, &past) + 1e-6);
    }

    #[test]
    fn little_past_moves_it_little_and_no_past_moves_it_out_of_its_bounds() {
        let few = threshold(0.05, &past(20, 50, 0.3));
        assert!((0.55..0.6).contains(&few), "{few}");
        for low in [0, 5, 50, 100] {
            for share in [0.001, 0.05, 0.5, 1.0, 7.0] {
                let it = threshold(share, &past(50_000, low, 0.99));
                assert!((LOWEST..=HIGHEST).contains(&it), "{low} {share}: {it}");
            }
        }
        let mut sure = Confidences::default();
        sure.0[BINS - 1] = u32::MAX;
        sure.add(&sure.clone());
        assert!((threshold(0.05, &sure) - HIGHEST).abs() < 1e-6);
    }

    #[test]
    fn a_share_of_nothing_marks_nothing() {
        assert!(threshold(0.0, &past(1_000, 50, 0.5)) <= 0.0);
    }

    #[test]
    fn odd_confidences_are_counted_somewhere() {
        let mut counts = Confidences::default();
        for odd in [0.0, 1.0, 1.5, -1.0, f32::NAN, f32::INFINITY, 0.05, 0.6] {
            counts.count(odd);
        }
        assert_eq!(counts.total(), 8);
        assert_eq!((counts.0[1], counts.0[12]), (1, 1), "an edge belongs to the bin above it");
    }

    #[test]
    fn a_week_is_the_same_for_all_of_its_moments() {
        let at = |secs| week(Timestamp::from_secs(secs));
        assert_eq!((at(0), at(WEEK - 1), at(WEEK)), (0, 0, 1));
    }
}
