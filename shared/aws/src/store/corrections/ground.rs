//! The items that a correction of threads reads before it begins.
//!
//! A correction that begins, or is made at once, writes the head of its person a version later, on condition that it is as it was
//! read. So the head is read **first**: what is read after it is so still when the correction is appended, or the correction is
//! refused and reads again. Two that ask for one message cannot both begin: the second one finds the first, completes it if it is
//! under way, and then finds the message where that put it.

use std::collections::BTreeSet;

use domain::filing::CorrectionState;
use domain::id::{ContactId, CorrectionId};

use super::item::{Moved, Record};
use crate::store::corrections::Corrections;
use crate::store::rules::Rules;
use crate::store::threads::live::LiveThreads;

impl Corrections<'_> {
    /// A person's head and live threads, before a correction of their threads. `None` if the threads were going over to
    /// somebody with whom the person was made one: now they are there.
    pub(in crate::store) async fn ground(
        self,
        contact: &ContactId,
    ) -> anyhow::Result<Option<LiveThreads>> {
        let threads = self.store.threads().live(contact).await?;
        if let Some(into) = &threads.linked_into
            && self.store.links().complete_links(contact, into).await?
        {
            return Ok(None);
        }
        Ok(Some(threads))
    }

    /// The same before messages are moved. `None` also if another correction of one of them was under way, but for the one
    /// that is taken back: now it is complete.
    pub(in crate::store) async fn ground_of(
        self,
        contact: &ContactId,
        messages: &BTreeSet<&str>,
        of: Option<&CorrectionId>,
        rules: &Rules,
    ) -> anyhow::Result<Option<LiveThreads>> {
        let Some(threads) = self.ground(contact).await? else { return Ok(None) };
        let records = self.records(contact).await?;
        let is_running = |it: &&Record| it.correction.state == CorrectionState::Running;
        for record in records.iter().filter(is_running) {
            let other = (Some(&record.correction.id) != of).then(|| moved_by(record, &records));
            if other.into_iter().flatten().any(|it| messages.contains(it.key.as_str())) {
                self.carry_out(record.clone(), rules).await?;
                return Ok(None);
            }
        }
        Ok(Some(threads))
    }
}

/// The messages that a correction is about: those of the move that it takes back, if it takes one back.
fn moved_by<'a>(record: &'a Record, all: &'a [Record]) -> &'a [Moved] {
    match &record.root {
        None => &record.moved,
        Some(root) => all.iter().find(|it| it.correction.id == *root).map_or(&[], |it| &it.moved),
    }
}
