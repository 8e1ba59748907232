//! The share of messages that may be shown as unsure: what was decided is counted in memory and added to one item a week
//! now and then, and each week's threshold follows the weeks before it.
//!
//! It costs one write unit for fifty messages of a sandbox, or for at least ten in more than an hour, and half a read unit
//! a sandbox and week. A sandbox that ends takes its last counts with it: they are a sample, and nothing else rests on them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::threading::budget::{BINS, Confidences, WEEKS, threshold as threshold_of, week};
use domain::time::Timestamp;

use crate::logs::reason;
use crate::store::filing::Filing;
use crate::store::filing::tally::Tally;
use crate::store::item::{Item, get_number, number, seconds};
use crate::store::keys;
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::schema::EXPIRES;

/// The time for which a week's counts are kept.
const KEPT: Duration = Duration::from_hours(24 * 7 * 8);

/// The share of the messages that may be shown as unsure.
#[derive(Clone, Debug)]
pub struct Budget {
    share: f32,
    /// The threshold of the week that it was read for.
    known: Arc<Mutex<Option<(i64, f32)>>>,
}

impl Budget {
    /// So many messages in a hundred.
    #[must_use]
    pub fn percent(percent: f32) -> Self {
        Self { share: percent.clamp(0.0, 100.0) / 100.0, known: Arc::default() }
    }

    fn known(&self, this_week: i64) -> Option<f32> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.filter(|it| it.0 == this_week).map(|it| it.1)
    }
}

impl Filing<'_> {
    /// The rules of this moment: with the threshold that the budget has this week. What cannot be read leaves the usual
    /// one, and is tried again with the next message.
    pub async fn within(self, budget: &Budget, rules: &Rules, now: Timestamp) -> Rules {
        let this_week = week(now);
        let threshold = match budget.known(this_week) {
            Some(known) => known,
            None => match self.confidences(this_week).await {
                Ok(past) => {
                    let it = threshold_of(budget.share, &past);
                    tracing::info!(
                        threshold = it,
                        n_messages = past.total(),
                        "the threshold of this week"
                    );
                    *budget.known.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some((this_week, it));
                    it
                }
                Err(error) => {
                    tracing::warn!(
                        error = reason(&error),
                        "the confidences of the last weeks cannot be read"
                    );
                    rules.unsure_below
                }
            },
        };
        Rules { this_week: Some(threshold), ..rules.clone() }
    }

    /// Writes what was decided, if it is time. What cannot be written is forgotten: a message never fails for it.
    pub async fn write_tally(self, tally: &Tally, now: Timestamp) {
        let Some(counts) = tally.due(now) else { return };
        let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        let patch =
            Patch::of(keys::confidences(week(now))).set(EXPIRES, seconds(now.plus_ms(kept)));
        let bins = counts.0.iter().enumerate().filter(|it| 0 < *it.1);
        let patch = bins.fold(patch, |patch, (bin, n)| patch.add(&name(bin), number(n)));
        if let Err(error) = self.store.write_retrying(patch).await {
            tracing::warn!(error = reason(&error), "confidences were not written");
        }
    }

    /// The counts of decisions in the complete weeks before this one.
    async fn confidences(self, this_week: i64) -> anyhow::Result<Confidences> {
        let weeks = self
            .store
            .range(&keys::confidences_of(this_week - WEEKS, this_week - 1), false)
            .await?;
        let mut past = Confidences::default();
        for week in &weeks {
            past.add(&counts(week));
        }
        Ok(past)
    }
}

/// The attribute of a bin.
fn name(bin: usize) -> String {
    format!("b{bin:02}")
}

fn counts(item: &Item) -> Confidences {
    let mut counts = [0; BINS];
    for (bin, count) in counts.iter_mut().enumerate() {
        *count = get_number(item, &name(bin)).unwrap_or(0);
    }
    Confidences(counts)
}
