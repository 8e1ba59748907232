//! The requests of strangers, told in lines that do not cost one each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::id::Channel;
use domain::time::Timestamp;
use domain::webhook::Unverified;

use crate::logs::{Metric, count};

/// For how long requests are added up before another line is due.
const WINDOW_MS: i64 = 30_000;

/// The number of requests in a burst that may be untold, at first. The alarm on refused webhooks goes off at twenty.
const UNTOLD: usize = 10;

/// A request that a stranger may make at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// A webhook without a good proof.
    Unproven(Unverified),
    /// A webhook over the size cap.
    TooLarge,
    /// Anything while our secret is not known; why is told where it is read.
    Undecided,
    /// A handshake that is not answered.
    RefusedHandshake,
    /// A handshake that is.
    AnsweredHandshake,
}

/// Counts what strangers ask for. The first is told at once; of a burst at least half, in lines each of which tells twice as
/// many as the one before; the rest when the window is over or a proven webhook comes.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<Tally>);

#[derive(Debug, Default)]
struct Tally {
    untold: BTreeMap<Asked, usize>,
    /// The number of those that were told in this window.
    told: usize,
    /// When the window began.
    since: Option<Timestamp>,
}

impl Strangers {
    /// Notes one request.
    pub(super) fn note(&self, channel: &Channel, asked: Asked, now: Timestamp) {
        let due = self.tally().note(asked, now);
        tell(channel, &due);
    }

    /// Tells what is left, with a webhook that costs a line anyway.
    pub(super) fn tell_rest(&self, channel: &Channel) {
        let rest = self.tally().take();
        tell(channel, &rest);
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // What a panicking holder left is a count that is one too low.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Counts = BTreeMap<Asked, usize>;

impl Tally {
    /// Counts one request, and answers the counts that are to be told now.
    fn note(&mut self, asked: Asked, now: Timestamp) -> Counts {
        *self.untold.entry(asked).or_default() += 1;
        let is_over = !self.since.is_some_and(|it| (0..WINDOW_MS).contains(&now.since(it)));
        if is_over {
            (self.since, self.told) = (Some(now), 0);
        } else if self.untold.values().sum::<usize>() < self.told.max(UNTOLD) {
            return Counts::new();
        }
        self.take()
    }

    fn take(&mut self) -> Counts {
        self.told += self.untold.values().sum::<usize>();
        std::mem::take(&mut self.untold)
    }
}

fn tell(channel: &Channel, counts: &Counts) {
    if counts.is_empty() {
        return;
    }
    let line = |(asked, n): (&Asked, &usize)| match asked {
        Asked::Unproven(why) => format!("{n} unproven, since {why}"),
        Asked::TooLarge => format!("{n} over the size cap"),
        Asked::Undecided => format!("{n} while the secret is not known"),
        Asked::RefusedHandshake => format!("{n} handshakes refused"),
        Asked::AnsweredHandshake => format!("{n} handshakes answered"),
    };
    let told = counts.iter().map(line).collect::<Vec<_>>().join("; ");
    tracing::warn!(%channel, told, "requests that anybody can make");
    let unproven = counts.iter().filter(|it| matches!(it.0, Asked::Unproven(_)));
    count(Metric::SignatureFailure, unproven.map(|it| it.1).sum());
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORGED: Asked = Asked::Unproven(Unverified::Mismatch("x-signature"));

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000).plus_ms(ms)
    }

    fn sum(counts: &Counts) -> usize {
        counts.values().sum()
    }

    /// So many forged webhooks at these intervals; gives how many lines tell of how many, and what the rest is.
    fn flood(n: usize, every_ms: i64) -> (usize, usize, usize) {
        let mut tally = Tally::default();
        let (mut lines, mut told) = (0, 0);
        for i in 0..n {
            let due = tally.note(FORGED, at(i64::try_from(i).unwrap() * every_ms));
            lines += usize::from(!due.is_empty());
            told += sum(&due);
        }
        (lines, told, sum(&tally.take()))
    }

    #[test]
    fn a_flood_costs_a_few_lines_and_a_burst_is_told_by_half_at_least() {
        for n in 1..2_000 {
            let (lines, told, rest) = flood(n, 1);
            assert_eq!(told + rest, n, "each is counted once");
            assert!(n <= 2 * told.max(UNTOLD), "{told} of {n} are told");
            assert!(lines <= 10, "{lines} lines for {n}");
        }
        // Ten minutes at a thousand a second: 20 windows of at most 14 lines.
        let (lines, told, rest) = flood(600_000, 1);
        assert!(lines <= 20 * 14 && rest * 2 <= told, "{lines} lines, {rest} untold");
    }

    #[test]
    fn what_comes_once_in_a_while_is_told_at_once() {
        assert_eq!(flood(21, WINDOW_MS), (21, 21, 0));
    }

    #[test]
    fn a_burst_that_the_alarm_waits_for_is_told_in_time() {
        let (_, told, _) = flood(22, 1);
        assert!(20 < told, "{told}");
    }

    #[test]
    fn the_rest_is_told_with_the_next_proven_webhook() {
        let mut tally = Tally::default();
        assert_eq!(sum(&tally.note(FORGED, at(0))), 1);
        assert!(
            tally.note(FORGED, at(1)).is_empty() && tally.note(Asked::TooLarge, at(2)).is_empty()
        );
        let rest = tally.take();
        assert_eq!((rest[&FORGED], rest[&Asked::TooLarge]), (1, 1));
        assert!(tally.take().is_empty());
    }
}
