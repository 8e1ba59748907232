//! The threads of a person, with those that were merged into them, and the links.

use std::collections::{BTreeMap, BTreeSet};

use domain::filing::Live;
use domain::id::{ContactId, CorrectionId, ThreadId};

use super::item::Bond;
use crate::store::item::{get_text, get_texts};
use crate::store::keys;
use crate::store::links::Links;
use crate::store::patch::key_item;
use crate::store::schema::{PK, SOURCES};
use crate::store::threads::live::read_live;

/// A thread and those that were merged into it.
pub(in crate::store) type Families = BTreeMap<ThreadId, BTreeSet<ThreadId>>;

impl Links<'_> {
    /// Every thread of a person that is not merged, live or moved out, as it is at this moment.
    pub(in crate::store) async fn all_threads(
        self,
        contact: &ContactId,
    ) -> anyhow::Result<Vec<Live>> {
        self.store.range(&keys::threads_of(contact), true).await?.iter().map(read_live).collect()
    }

    /// The correction of this id, if it is a link; `None` if there is none at all.
    pub(in crate::store) async fn bond(
        self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Option<Bond>>> {
        let item = self.store.get(&keys::correction(contact, id)).await?;
        item.as_ref().map(Bond::read).transpose()
    }

    /// The links of a person, the oldest first.
    pub(in crate::store) async fn bonds(self, contact: &ContactId) -> anyhow::Result<Vec<Bond>> {
        let items = self.store.corrections().correction_items(contact).await?;
        let mut bonds = Vec::new();
        for item in &items {
            bonds.extend(Bond::read(item)?);
        }
        bonds.sort_by_key(|it| (it.correction.at, it.correction.id.clone()));
        Ok(bonds)
    }

    /// Each of these threads with all that was merged into it, and into that.
    pub(in crate::store) async fn families(self, lives: &[Live]) -> anyhow::Result<Families> {
        let mut families: Families = lives
            .iter()
            .map(|it| (it.thread.clone(), BTreeSet::from([it.thread.clone()])))
            .collect();
        let mut wanted: BTreeMap<ThreadId, ThreadId> =
            families.keys().map(|it| (it.clone(), it.clone())).collect();
        while !wanted.is_empty() {
            let keys = wanted.keys().map(|it| key_item(&keys::thread(it))).collect();
            let mut next = BTreeMap::new();
            for item in self.store.items(keys, true).await? {
                let thread = get_text(&item, PK).and_then(keys::thread_of);
                let root = thread.and_then(|it| wanted.get(&it));
                let Some((root, family)) = root.and_then(|it| Some((it, families.get_mut(it)?)))
                else {
                    continue;
                };
                for source in get_texts(&item, SOURCES).map(ThreadId::new) {
                    if family.insert(source.clone()) {
                        next.insert(source, root.clone());
                    }
                }
            }
            wanted = next;
        }
        Ok(families)
    }
}
