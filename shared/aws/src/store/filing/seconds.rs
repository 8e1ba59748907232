//! The moment at which a message counts as said that comes in a second of which others are known.
//!
//! The live threads that were read for the decision know the last moment of their last second, all of them: so the order
//! holds too when messages are moved from one to another, or two threads become one. What was put stands; this is asked once.

use anyhow::Context;
use domain::filing::{Live, is_same_second, is_whole, said_at};
use domain::id::ThreadId;
use domain::time::Timestamp;

use crate::store::filing::Filing;
use crate::store::filing::scene::Scene;
use crate::store::item::{get_moment, moment, text};
use crate::store::schema::{AT, BY_THREAD, THREAD};

/// The milliseconds of a second that follow its first one.
const REST_MS: i64 = 999;

impl Scene {
    /// The moment at which a message of this time counts as said that opens a thread.
    pub(in crate::store) fn said_at(&self, at: Timestamp) -> Timestamp {
        said_at(at, self.last_in_second(at))
    }

    fn last_in_second(&self, at: Timestamp) -> Option<Timestamp> {
        self.candidates().map(Live::last_at).filter(|it| is_same_second(*it, at)).max()
    }

    /// Whether a thread has gone on to a later second: of this one it knows no moment any more.
    fn has_gone_on(&self, thread: &ThreadId, at: Timestamp) -> bool {
        let mut threads = self.candidates().filter(|it| it.thread == *thread);
        threads.any(|it| at.secs() < it.last_at().secs())
    }
}

impl Filing<'_> {
    /// The moment at which a message of this time counts as said that joins a thread. What comes late is put behind what the
    /// index shows of its second: lines that were parked together come back together.
    pub(in crate::store) async fn said_at(
        self,
        scene: &Scene,
        thread: &ThreadId,
        at: Timestamp,
    ) -> anyhow::Result<Timestamp> {
        let mut before = scene.last_in_second(at);
        if is_whole(at) && scene.has_gone_on(thread, at) {
            before = before.max(self.last_in_second(thread, at).await?);
        }
        Ok(said_at(at, before))
    }

    async fn last_in_second(
        self,
        thread: &ThreadId,
        at: Timestamp,
    ) -> anyhow::Result<Option<Timestamp>> {
        let query = self
            .store
            .query()
            .index_name(BY_THREAD)
            .key_condition_expression("#thread = :thread AND #at BETWEEN :first AND :last")
            .expression_attribute_names("#thread", THREAD)
            .expression_attribute_names("#at", AT)
            .expression_attribute_values(":thread", text(thread.as_str()))
            .expression_attribute_values(":first", moment(at))
            .expression_attribute_values(":last", moment(at.plus_ms(REST_MS)))
            .scan_index_forward(false)
            .limit(1);
        let page = query.send().await.context("cannot read a second of a thread")?;
        Ok(page.items().first().and_then(|it| get_moment(it, AT)))
    }
}
