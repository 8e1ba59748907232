//! Two workers whose calls are made in an order that the test chooses.

use std::sync::Arc;

use embedded::Turns;

/// Turns in which one bit after the other says whose turn it is.
pub(crate) fn in_turns(mut bits: u64) -> Arc<Turns> {
    Turns::of(2, move |left| {
        let next = usize::from(bits & 1 == 1);
        bits = bits.rotate_right(1);
        if left.contains(&next) { next } else { left[0] }
    })
}

/// A hundred schedules: in 64 the second worker makes its first calls, 0 to 7, at one point of the first one's work, and the
/// rest after it; the others are without order.
pub(crate) fn schedules() -> impl Iterator<Item = u64> {
    let bursts = (0..64u64).map(|n| ((1 << (n % 8)) - 1) << (n / 8));
    bursts.chain((1..=36u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
