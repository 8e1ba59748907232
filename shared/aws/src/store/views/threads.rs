//! Threads as people read them: one, those of a person, and the inbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use domain::filing::{Live, State, Stretch, Wanted, listed_at};
use domain::id::{ContactId, IdentityId, ThreadId};
use domain::time::Timestamp;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_flag, get_moment, get_number, get_text, get_texts};
use crate::store::keys::{self, Key};
use crate::store::patch::key_item;
use crate::store::query::{Index, Page, Position, Slice, Window};
use crate::store::schema::{
    CLAIMANTS, CONTACT, CRM, INBOX, LIST, LIST_AT, MERGED_INTO, OPENED, PK, SK, SOURCES, STATE,
    TAGS, UNSURE, VERSION,
};
use crate::store::threads::live::read_live;
use crate::store::threads::subjects::Subject;
use crate::store::views::Views;

/// A thread as people read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// The person on the other side.
    pub contact: ContactId,
    /// The name that people call it by.
    pub subject: Option<String>,
    /// Words that people of ours put to it.
    pub tags: BTreeSet<String>,
    /// The cases of other systems that it is about: ids by kind.
    pub crm: BTreeMap<String, String>,
    /// When it was opened.
    pub opened: Timestamp,
    /// The thread that it went into, if it was merged.
    pub merged_into: Option<ThreadId>,
    /// The threads that were merged into it.
    pub sources: Vec<ThreadId>,
    /// Addresses of other people who showed a code of it.
    pub claimants: Vec<IdentityId>,
    /// The live item, which says whose turn it is; absent once it was merged.
    pub live: Option<Live>,
    /// The number of times that its seldom changing part has changed.
    pub version: u64,
}

/// Threads by what is to be done with them.
const LISTED: Index = Index { name: INBOX, partition: LIST, sort: LIST_AT, key: thread_of };

fn thread_of(item: &Item) -> Option<String> {
    keys::named_by(get_text(item, SK)?).map(str::to_owned)
}

impl Views<'_> {
    /// One thread, as it is at this moment.
    pub async fn view_thread(self, id: &ThreadId) -> anyhow::Result<Option<ThreadView>> {
        Ok(self.view_thread_at(id).await?.map(|(view, _)| view))
    }

    /// One thread, or the one that it was merged into, as it is at this moment.
    pub async fn current_thread(self, id: &ThreadId) -> anyhow::Result<Option<ThreadView>> {
        let attempt = |id: ThreadId| async move {
            let Some(view) = self.view_thread(&id).await? else { return Ok(Attempt::Done(None)) };
            let Some(into) = &view.merged_into else { return Ok(Attempt::Done(Some(view))) };
            Ok(match self.store.threads().resolve(into).await? {
                Some(home) => Attempt::Again(home.thread),
                None => Attempt::Done(None),
            })
        };
        self.store.retrying_from("a thread was looked for", id.clone(), attempt).await
    }

    /// One thread, and where its live item is: among the live ones or moved out.
    pub(in crate::store) async fn view_thread_at(
        self,
        id: &ThreadId,
    ) -> anyhow::Result<Option<(ThreadView, Option<Key>)>> {
        let Some(item) = self.store.get(&keys::thread(id)).await? else { return Ok(None) };
        let Some(mut view) = of_thread(&item) else { return Ok(None) };
        if view.merged_into.is_some() {
            return Ok(Some((view, None)));
        }
        for key in [keys::live(&view.contact, id), keys::archived(&view.contact, id)] {
            if let Some(live) = self.store.threads().thread_at(&key).await? {
                view.live = Some(live);
                return Ok(Some((view, Some(key))));
            }
        }
        Ok(Some((view, None)))
    }

    /// The threads of a list: of the inbox, those first that wait longest.
    pub async fn view_list(
        self,
        wanted: &Wanted,
        window: &Window,
    ) -> anyhow::Result<Page<ThreadView>> {
        let slices = wanted.stretches().into_iter().flat_map(|it| self.slices(&it)).collect();
        let is_wanted = {
            let wanted = wanted.clone();
            move |row: &Item| {
                let state = get_text(row, STATE).and_then(State::parse).unwrap_or_default();
                let at = get_moment(row, LIST_AT).unwrap_or_default();
                wanted.holds(state, get_flag(row, UNSURE), at)
            }
        };
        let page = self.store.page(LISTED, slices, window, is_wanted).await?;
        let ids = page.rows.iter().filter_map(thread_of).map(ThreadId::new).collect();
        let keys = page.rows.iter().map(own_key).collect();
        let lives = by_thread(&self.store.items(keys, false).await?)?;
        let mut rows = self.with_heads(ids, lives).await?;
        // The index is a moment behind: what was answered meanwhile is not waiting.
        rows.retain(|it| it.live.as_ref().is_some_and(|live| is_still(wanted, live)));
        Ok(Page { rows, next: page.next })
    }

    /// A stretch of a list in every shard.
    fn slices(self, stretch: &Stretch) -> Vec<Slice> {
        let (first, last) = stretch.between;
        let shard = |n: u32| Slice {
            partition: format!("{}#{n}", stretch.list),
            bounds: Some((first.ms(), last.ms())),
            is_sparse: !stretch.is_dense,
        };
        (0..self.store.shards).map(shard).collect()
    }

    /// A person's threads: the live ones by when they were opened, then the older ones.
    pub async fn view_contact(
        self,
        contact: &ContactId,
        window: &Window,
    ) -> anyhow::Result<Page<ThreadView>> {
        let limit = i32::try_from(window.limit.saturating_add(1)).unwrap_or(i32::MAX);
        let after = window.after.as_ref().map(|it| it.key.as_str());
        let all = keys::threads_of(contact);
        let range = match after {
            Some(after) => all.after(after),
            None => all,
        };
        let call = self.store.between(&range);
        let call = call.limit(limit);
        let answer = call.send().await.context("cannot read a person's threads")?;
        let found = answer.items.unwrap_or_default().into_iter().filter_map(|item| {
            Some((Position { at: 0, key: get_text(&item, SK)?.to_owned() }, item))
        });
        let page = window.cut(found.collect());
        let ids = page.rows.iter().filter_map(thread_of).map(ThreadId::new).collect();
        let rows = self.with_heads(ids, by_thread(&page.rows)?).await?;
        Ok(Page { rows, next: page.next })
    }

    /// Puts to each live thread what seldom changes of it, in the order of the ids.
    async fn with_heads(
        self,
        ids: Vec<ThreadId>,
        mut lives: HashMap<ThreadId, Live>,
    ) -> anyhow::Result<Vec<ThreadView>> {
        let keys = ids.iter().map(|it| key_item(&keys::thread(it))).collect();
        let heads = self.store.items(keys, false).await?;
        let mut heads: HashMap<_, _> =
            heads.iter().filter_map(of_thread).map(|it| (it.id.clone(), it)).collect();
        let view = |id: ThreadId| {
            let live = lives.remove(&id);
            heads.remove(&id).map(|view| ThreadView { live, ..view })
        };
        Ok(ids.into_iter().filter_map(view).collect())
    }
}

fn is_still(wanted: &Wanted, live: &Live) -> bool {
    wanted.holds(live.state, live.unsure, listed_at(live)) && wanted.assignee == live.assignee
}

fn by_thread(items: &[Item]) -> anyhow::Result<HashMap<ThreadId, Live>> {
    let lives = items.iter().map(read_live);
    lives.map(|it| it.map(|live| (live.thread.clone(), live))).collect()
}

fn own_key(item: &Item) -> Item {
    item.iter()
        .filter(|(name, _)| *name == PK || *name == SK)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn cases(item: &Item) -> BTreeMap<String, String> {
    let cases = item.get(CRM).and_then(|it| it.as_m().ok()).into_iter().flatten();
    cases.filter_map(|(kind, id)| Some((kind.clone(), id.as_s().ok()?.clone()))).collect()
}

fn of_thread(item: &Item) -> Option<ThreadView> {
    Some(ThreadView {
        id: keys::thread_of(get_text(item, PK)?)?,
        contact: ContactId::new(get_text(item, CONTACT)?),
        subject: Subject::shown(item, crate::now()).map(str::to_owned),
        tags: get_texts(item, TAGS).map(str::to_owned).collect(),
        crm: cases(item),
        opened: get_moment(item, OPENED).unwrap_or_default(),
        merged_into: get_text(item, MERGED_INTO).map(ThreadId::new),
        sources: get_texts(item, SOURCES).map(ThreadId::new).collect(),
        claimants: get_texts(item, CLAIMANTS).map(IdentityId::from_stored).collect(),
        live: None,
        version: get_number(item, VERSION).unwrap_or(0),
    })
}
