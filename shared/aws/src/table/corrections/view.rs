//! Corrections as people read them.

use domain::filing::Correction;
use domain::id::{ContactId, CorrectionId};

use super::common;
use super::item::Record;
use crate::table::Table;
use crate::table::item::Item;
use crate::table::keys;
use crate::table::views::{Page, Position, Window};

impl Table {
    /// The corrections of a person's threads, by when they were made.
    pub async fn view_corrections(
        &self,
        contact: &ContactId,
        window: &Window,
    ) -> anyhow::Result<Page<Correction>> {
        let mut rows = Vec::new();
        for item in self.correction_items(contact).await? {
            let correction = common::read(&item)?;
            let position =
                Position { at: correction.at.ms(), key: correction.id.as_str().to_owned() };
            if window.is_after(&position) {
                rows.push((position, correction));
            }
        }
        Ok(window.cut(rows))
    }

    /// One correction, as it is at this moment.
    pub async fn view_correction(
        &self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Correction>> {
        self.get(&keys::correction(contact, id)).await?.as_ref().map(common::read).transpose()
    }

    /// Every correction of a person's threads, with its messages.
    pub(super) async fn records(&self, contact: &ContactId) -> anyhow::Result<Vec<Record>> {
        let items = self.correction_items(contact).await?;
        items.iter().filter_map(|it| Record::read(it).transpose()).collect()
    }

    /// People correct seldom: all of a person's corrections are read, as their ids need not be in the order of time.
    pub(in crate::table) async fn correction_items(
        &self,
        contact: &ContactId,
    ) -> anyhow::Result<Vec<Item>> {
        self.of_contact(contact, "3#", "3#~").await
    }
}
