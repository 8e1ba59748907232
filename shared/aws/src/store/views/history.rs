//! All that was said with a person, as another model may thread it once more, and who there is.

use anyhow::Context;
use domain::filing::Past;
use domain::id::{ContactId, ThreadId};
use domain::threading::{Evidence, Reading};
use domain::time::Timestamp;

use crate::store::item::{Item, get_text, text};
use crate::store::keys;
use crate::store::query::{SortOrder, Window};
use crate::store::schema::{ALONE, PK, SK};
use crate::store::views::{Row, Views};

/// Rows that are asked for at once.
const ROWS: usize = 100;

impl Views<'_> {
    /// Every message with a person, in no order. Those of a merged thread are in the one that it went into.
    pub async fn history(self, contact: &ContactId, now: Timestamp) -> anyhow::Result<Vec<Past>> {
        let (mut history, mut after) = (Vec::new(), None);
        loop {
            let window = Window { order: SortOrder::Ascending, after, limit: ROWS };
            let page = self.view_contact(contact, &window).await?;
            for thread in page.rows {
                let parts: Vec<_> =
                    std::iter::once(&thread.id).chain(&thread.sources).cloned().collect();
                history.extend(self.past_in(&thread.id, &parts, now).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(history);
            }
        }
    }

    async fn past_in(
        self,
        thread: &ThreadId,
        parts: &[ThreadId],
        now: Timestamp,
    ) -> anyhow::Result<Vec<Past>> {
        let (mut said, mut after) = (Vec::new(), None);
        loop {
            let window = Window { order: SortOrder::Ascending, after, limit: ROWS };
            let page = self.view_timeline(parts, &window, now).await?;
            said.extend(page.rows.into_iter().filter_map(|it| past(it, thread)));
            after = page.next;
            if after.is_none() {
                return Ok(said);
            }
        }
    }

    /// The people whom the table knows, a page at a time, in no order. `from` is what the page before gave beside its rows.
    pub async fn people(
        self,
        from: Option<Item>,
    ) -> anyhow::Result<(Vec<ContactId>, Option<Item>)> {
        let call = self
            .store
            .scan()
            .filter_expression("begins_with(#pk, :pk) AND #sk = :sk")
            .projection_expression("#pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(keys::CONTACT))
            .expression_attribute_values(":sk", text(ALONE))
            .set_exclusive_start_key(from);
        let answer = call.send().await.context("cannot read who there is")?;
        let rows = answer.items.unwrap_or_default();
        let ids = rows.iter().filter_map(|it| keys::contact_of(get_text(it, PK)?));
        Ok((ids.collect(), answer.last_evaluated_key))
    }
}

fn past(row: Row, thread: &ThreadId) -> Option<Past> {
    Some(Past {
        is_certain: row.evidence.iter().any(Evidence::is_certain),
        key: row.key,
        at: row.at,
        direction: row.direction,
        channel: row.channel?,
        reading: row.content.as_ref().map(Reading::of_content),
        quoted: row.reply_to,
        thread: thread.clone(),
    })
}
