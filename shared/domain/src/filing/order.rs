//! When a message counts as said. Most platforms give whole seconds, and who writes six lines in one second wants them read in
//! their order: within a second the order is that of arrival.

use crate::time::Timestamp;

/// The last millisecond of a second. Whatever comes after the thousandth message of one second shares it, and no message
/// leaves its second: it would be read among those of the next.
const LAST_MS: i64 = 999;

/// When a message of this time counts as said, if `before` is the last one of its second that is known. A clock that gives
/// milliseconds is believed, and only of two in the same millisecond the second is a later one.
#[must_use]
pub fn said_at(at: Timestamp, before: Option<Timestamp>) -> Timestamp {
    let Some(before) = before.filter(|it| is_same_second(*it, at)) else { return at };
    if !is_whole(at) && before != at {
        return at;
    }
    if before.ms() % 1000 == LAST_MS { before } else { before.plus_ms(1) }
}

/// Whether a clock gives no more than the second.
#[must_use]
pub fn is_whole(at: Timestamp) -> bool {
    at.ms() % 1000 == 0
}

/// Whether two moments are in one second.
#[must_use]
pub fn is_same_second(one: Timestamp, other: Timestamp) -> bool {
    one.secs() == other.secs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    /// When messages count as said that arrive in this order.
    fn said(times: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut before = None;
        let place = |at| {
            let at = said_at(ms(at), before);
            before = before.max(Some(at));
            at.ms()
        };
        times.into_iter().map(place).collect()
    }

    #[test]
    fn the_lines_of_one_second_are_in_the_order_of_their_arrival() {
        assert_eq!(said([7_000; 4]), [7_000, 7_001, 7_002, 7_003]);
        assert_eq!(said([7_000, 7_000, 8_000, 8_000]), [7_000, 7_001, 8_000, 8_001]);
    }

    #[test]
    fn a_clock_that_tells_milliseconds_is_believed() {
        assert_eq!(said([7_300, 7_100, 7_900]), [7_300, 7_100, 7_900]);
        assert_eq!(said([7_300, 7_300]), [7_300, 7_301], "two at once");
        assert_eq!(said([7_300, 7_000]), [7_300, 7_301], "one that tells the second alone");
    }

    #[test]
    fn what_comes_from_an_earlier_second_stays_there() {
        assert_eq!(said_at(ms(7_000), Some(ms(8_004))), ms(7_000));
        assert_eq!(said_at(ms(9_000), Some(ms(8_004))), ms(9_000));
        assert_eq!(said_at(ms(9_000), None), ms(9_000));
    }

    #[test]
    fn the_thousand_and_first_of_a_second_stays_in_it() {
        let all = said(std::iter::repeat_n(7_000, 1_002));
        assert_eq!((all[999], all[1_000], all[1_001]), (7_999, 7_999, 7_999));
        assert_eq!(said([7_999, 7_999]), [7_999, 7_999]);
    }

    proptest! {
        #[test]
        fn no_message_leaves_its_second_and_none_of_whole_seconds_goes_before_its_predecessor(
            times in proptest::collection::vec((0i64..3, prop_oneof![Just(0i64), 0i64..1_000]), 1..40),
        ) {
            let times: Vec<i64> = times.into_iter().map(|(second, ms)| second * 1_000 + ms).collect();
            let all = said(times.clone());
            for (at, said) in times.iter().zip(&all) {
                prop_assert_eq!(at / 1_000, said / 1_000);
                prop_assert!(at <= said);
            }
            let last = |n: usize| all[..n].iter().max().copied().unwrap_or(-1);
            for n in 0..all.len() {
                let is_next = last(n) / 1_000 <= times[n] / 1_000;
                prop_assert!(times[n] % 1_000 != 0 || !is_next || last(n) < all[n] || all[n] % 1_000 == 999);
            }
        }
    }
}
