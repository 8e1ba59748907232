//! Threads as people read them: one, those of a person, and the inbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use domain::filing::{Live, State, partitions};
use domain::id::{ContactId, IdentityId, ThreadId};
use domain::time::Timestamp;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_moment, get_number, get_text, get_texts};
use crate::store::keys::{self, Key};
use crate::store::patch::key_item;
use crate::store::query::{Index, Page, Position, Slice, Window};
use crate::store::schema::{INBOX, INBOX_KEY, PK, SK, VERSION, WAITING_SINCE};
use crate::store::threads::live::{
    CLAIMANTS, CONTACT, CRM, MERGED_INTO, OPENED, SOURCES, TAGS, read_live,
};
use crate::store::threads::subjects::Subject;
use crate::store::views::Views;

/// A thread as people read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// Whom it is with.
    pub contact: ContactId,
    /// What people call it.
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
    /// Whose turn it is; absent once it was merged.
    pub live: Option<Live>,
    /// How often what seldom changes has changed.
    pub version: u64,
}

/// Which threads of the inbox.
#[derive(Clone, Debug)]
pub struct InboxQuery {
    /// The moment that is asked about: by then a snooze may be over.
    pub at: Timestamp,
    /// Those in this state.
    pub state: Option<State>,
    /// Those that hold, or do not hold, a message that may belong elsewhere.
    pub unsure: Option<bool>,
    /// Those of this colleague; without it, those of nobody.
    pub assignee: Option<String>,
}

/// Threads that wait, by how long.
const WAITING: Index =
    Index { name: INBOX, partition: INBOX_KEY, sort: WAITING_SINCE, key: thread_of };

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

    /// The threads of the inbox, longest waiting first.
    pub async fn view_inbox(
        self,
        query: &InboxQuery,
        window: &Window,
    ) -> anyhow::Result<Page<ThreadView>> {
        let page = self.store.page(WAITING, query.slices(), window).await?;
        let ids = page.rows.iter().filter_map(thread_of).map(ThreadId::new).collect();
        let keys = page.rows.iter().map(own_key).collect();
        let lives = by_thread(&self.store.items(keys, false).await?)?;
        let mut rows = self.with_heads(ids, lives).await?;
        // The index is a moment behind: what was answered meanwhile is not waiting.
        rows.retain(|it| it.live.as_ref().is_some_and(|live| query.holds(live)));
        Ok(Page { rows, next: page.next })
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

impl InboxQuery {
    /// Where these threads are. Of the snoozed ones, those whose time has come are among the waiting.
    fn slices(&self) -> Vec<Slice> {
        let of = |state, bounds| {
            let found = partitions(state, self.unsure, self.assignee.as_deref()).into_iter();
            found.map(move |partition| Slice { partition, bounds })
        };
        let (first, last, now) = (0, Timestamp::LAST.ms(), self.at.ms());
        match self.state {
            Some(State::Waiting) => {
                let back = of(Some(State::Snoozed), Some((first, now)));
                of(self.state, None).chain(back).collect()
            }
            Some(State::Snoozed) => of(self.state, Some((now + 1, last))).collect(),
            Some(State::Open | State::Closed) | None => of(self.state, None).collect(),
        }
    }

    fn holds(&self, live: &Live) -> bool {
        live.is_in_inbox()
            && self.state.is_none_or(|it| it == live.state_at(self.at))
            && self.unsure.is_none_or(|it| it == live.unsure)
            && self.assignee == live.assignee
    }
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
