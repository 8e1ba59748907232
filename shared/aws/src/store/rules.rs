//! The rules by which messages are filed, and the ids of what they may create.

use std::time::Duration;

use anyhow::Context;
use domain::id::{ContactId, ThreadId};
use domain::threading::Model;
use domain::threading::budget::UNSURE_BELOW;

use crate::store::filing::tally::Tally;

/// Ids for what an event may create. An event that is filed again brings others, and those are not used.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The id of a new person.
    pub contact: ContactId,
    /// The id of a new thread.
    pub thread: ThreadId,
}

impl Fresh {
    /// New ids.
    #[must_use]
    pub fn ids() -> Self {
        Self {
            contact: ContactId::new(crate::new_id("con_")),
            thread: ThreadId::new(crate::new_id("thr_")),
        }
    }
}

/// The rules by which messages are filed.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The model that weighs the evidence.
    pub model: Model,
    /// A thread is marked when a message joins it with less confidence than this.
    pub unsure_below: f32,
    /// The threshold that a budget has this week instead.
    pub this_week: Option<f32>,
    /// The time for which messages are kept; for ever without it.
    pub retention: Option<Duration>,
    /// Counts how sure messages are filed.
    pub tally: Tally,
}

impl Rules {
    /// The rules of this model, for messages that are kept so long.
    #[must_use]
    pub fn keeping(retention: Option<Duration>) -> Self {
        Self {
            model: Model::current(),
            unsure_below: UNSURE_BELOW,
            this_week: None,
            retention,
            tally: Tally::default(),
        }
    }

    /// Whether a message that is filed now with this confidence is one that somebody should have a look at.
    #[must_use]
    pub fn doubt(&self, confidence: f32) -> bool {
        confidence < self.this_week.unwrap_or(self.unsure_below)
    }

    /// The time for which messages are kept, in milliseconds; for ever without it.
    #[must_use]
    pub fn retention_ms(&self) -> Option<i64> {
        self.retention.map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
    }

    /// The rules as the environment says: `RETENTION_DAYS` after which messages go (0: never).
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self::keeping(retention_from_env()?))
    }
}

/// The time for which messages are kept, as the environment says: `RETENTION_DAYS`, for ever if it is 0.
pub fn retention_from_env() -> anyhow::Result<Option<Duration>> {
    let days: u64 = crate::env_or("RETENTION_DAYS", "0")
        .parse()
        .context("RETENTION_DAYS is not a number of days")?;
    Ok((0 < days).then(|| Duration::from_secs(days * 24 * 60 * 60)))
}
