//! Corrections as people read them.

use anyhow::Context;
use domain::filing::Correction;
use domain::id::{ContactId, CorrectionId};

use super::item::{Record, read_correction};
use crate::table::Table;
use crate::table::item::{Item, text};
use crate::table::keys;
use crate::table::schema::{PK, SK};
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
            let correction = read_correction(&item)?;
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
        Ok(self.record(contact, id).await?.map(|it| it.correction))
    }

    /// Every correction of a person, with its messages.
    pub(super) async fn records(&self, contact: &ContactId) -> anyhow::Result<Vec<Record>> {
        self.correction_items(contact).await?.iter().map(Record::read).collect()
    }

    /// People correct seldom: all of a person's corrections are read, as their ids need not be in the order of time.
    async fn correction_items(&self, contact: &ContactId) -> anyhow::Result<Vec<Item>> {
        let first = keys::correction(contact, &CorrectionId::new(""));
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :sk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(first.pk))
            .expression_attribute_values(":sk", text(first.sk))
            .consistent_read(true);
        let mut found = query.into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = found.next().await {
            items.push(item.context("cannot read a person's corrections")?);
        }
        Ok(items)
    }
}
