//! Corrections as people read them.

use domain::filing::Correction;
use domain::id::{ContactId, CorrectionId};

use super::common;
use super::item::Record;
use crate::store::corrections::Corrections;
use crate::store::item::Item;
use crate::store::keys;
use crate::store::query::{Page, Position, Window};

impl Corrections<'_> {
    /// The corrections of a person's threads, by when they were made.
    pub async fn view_corrections(
        self,
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
        self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Correction>> {
        self.store.get(&keys::correction(contact, id)).await?.as_ref().map(common::read).transpose()
    }

    /// Every correction of a person's threads, with its messages.
    pub(in crate::store) async fn records(
        self,
        contact: &ContactId,
    ) -> anyhow::Result<Vec<Record>> {
        let items = self.correction_items(contact).await?;
        items.iter().filter_map(|it| Record::read(it).transpose()).collect()
    }

    /// People correct seldom: all of a person's corrections are read, as their ids need not be in the order of time.
    pub(in crate::store) async fn correction_items(
        self,
        contact: &ContactId,
    ) -> anyhow::Result<Vec<Item>> {
        self.store.range(&keys::corrections_of(contact), true).await
    }
}
