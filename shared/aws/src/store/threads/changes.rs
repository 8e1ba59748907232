//! The changes that people and programs of ours make to a thread: its subject, whose turn it is, who takes care of it, its tags,
//! and the cases of other systems that it is about.
//!
//! A thread is two items. What changes with messages is in the live one, what seldom changes in the other; a change of one
//! is one versioned write, a change of both, or of a case, one transaction.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::{Handling, NotSnoozed};
use domain::id::ThreadId;
use domain::time::Timestamp;

use crate::store::base::Attempt;
use crate::store::item::{get_text, number, text};
use crate::store::keys::{self, Key};
use crate::store::patch::{Patch, Written};
use crate::store::schema::{
    ABOUT_IT, CRM, MERGED_INTO, PK, SUBJECT, SUBJECT_EDIT, SUBJECT_UNTIL, TAGS, VERSION,
};
use crate::store::threads::Threads;
use crate::store::threads::live::write_live;
use crate::store::transaction::{Committed, Transaction};
use crate::store::views::ThreadView;

/// The most cases that a thread is about.
pub const MOST_CASES: usize = 8;

/// The number of merged threads that a condition names: the table's bound is a hundred.
const MOST_SOURCES: usize = 99;

/// A change of a thread; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadChange {
    /// The name that people call it by; within, `None` for nothing.
    pub subject: Option<Option<String>>,
    /// Its tags, all of them.
    pub tags: Option<BTreeSet<String>>,
    /// The cases that it is about, by kind; `None` takes one away.
    pub crm: BTreeMap<String, Option<String>>,
    /// Whether the cases that are not named are taken away.
    pub only_crm: bool,
    /// The changes of its live item.
    pub handling: Handling,
}

/// The outcome of a change.
#[derive(Debug)]
pub enum Changed {
    /// The thread is as was wanted.
    Done(Box<ThreadView>),
    /// There is no such thread.
    NoThread,
    /// It went into another one.
    Merged(ThreadId),
    /// It is not as the caller believed. What it is.
    Stale(Box<ThreadView>),
    /// A time to come back was given for a thread that is not snoozed.
    NotSnoozed,
    /// It would be about more than [`MOST_CASES`].
    TooManyCases,
    /// Another thread is about this case.
    Taken {
        /// The kind of the case.
        kind: String,
        /// That thread.
        by: ThreadId,
    },
}

/// Cases that come to a thread or leave it: kind and id.
type Cases = Vec<(String, String)>;

/// A thread as it is to become, and the parts that have to be written for it.
struct Draft {
    next: ThreadView,
    seldom: bool,
    live: bool,
    taken: Cases,
    left: Cases,
}

impl Threads<'_> {
    /// Changes a thread if it is as the caller believes, and answers how it is then. A change that is made already is
    /// made, whatever the caller believes: a repeated request gets the same answer.
    pub async fn change_thread(
        self,
        id: &ThreadId,
        change: &ThreadChange,
        believed: &(dyn Fn(&ThreadView) -> bool + Sync),
        now: Timestamp,
    ) -> anyhow::Result<Changed> {
        let attempt = || async {
            let Some((view, at)) = self.store.views().view_thread_at(id).await? else {
                return Ok(Attempt::Done(Changed::NoThread));
            };
            if let Some(into) = view.merged_into {
                return Ok(Attempt::Done(Changed::Merged(into)));
            }
            if view.live.is_none() && !change.handling.is_empty() {
                // It was moved between the reads.
                return Ok(Attempt::Again(()));
            }
            let Ok(draft) = draft(&view, change, now) else {
                return Ok(Attempt::Done(Changed::NotSnoozed));
            };
            if MOST_CASES < draft.next.crm.len() {
                return Ok(Attempt::Done(Changed::TooManyCases));
            }
            if !draft.seldom && !draft.live {
                return Ok(Attempt::Done(Changed::Done(Box::new(view))));
            }
            if !believed(&view) {
                return Ok(Attempt::Done(Changed::Stale(Box::new(view))));
            }
            if let Some(changed) = self.write_change(&view, at.as_ref(), draft).await? {
                return Ok(Attempt::Done(changed));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a thread was to be changed", attempt).await
    }

    /// The thread that is about a case, or the one that it went into.
    pub async fn thread_of_case(self, kind: &str, id: &str) -> anyhow::Result<Option<ThreadView>> {
        let item = self.store.get(&keys::case(kind, id)).await?;
        match item.as_ref().and_then(|it| get_text(it, ABOUT_IT)).map(ThreadId::new) {
            Some(thread) => self.store.views().current_thread(&thread).await,
            None => Ok(None),
        }
    }

    /// Writes what is to be written. `None` if something changed since it was read.
    async fn write_change(
        self,
        view: &ThreadView,
        at: Option<&Key>,
        draft: Draft,
    ) -> anyhow::Result<Option<Changed>> {
        let mut patches = Vec::new();
        if let (true, Some(at), Some(before), Some(live)) =
            (draft.live, at, &view.live, &draft.next.live)
        {
            let patch = write_live(at.clone(), live);
            patches.push(patch.if_is(VERSION, Some(number(before.version))));
        }
        if draft.seldom {
            patches.push(write_seldom(view, &draft.next));
        }
        let n_own = patches.len();
        patches.extend(draft.taken.iter().map(|(kind, id)| take(kind, id, view)));
        if let ([patch], []) = (patches.as_slice(), draft.left.as_slice()) {
            let written = self.store.write(patch.clone()).await?;
            let is_done = matches!(written, Written::Done(_));
            return Ok(is_done.then(|| Changed::Done(Box::new(draft.next))));
        }
        let mut transaction = Transaction::default();
        for patch in patches {
            transaction.patch(patch);
        }
        for (kind, id) in &draft.left {
            let own = text(view.id.as_str());
            let case = Patch::of(keys::case(kind, id)).if_is(ABOUT_IT, Some(own));
            transaction.remove_if(case);
        }
        let refused = match self.store.commit(transaction).await? {
            Committed::Done => return Ok(Some(Changed::Done(Box::new(draft.next)))),
            Committed::Refused(refused) => refused,
        };
        let taken = refused.into_iter().find_map(|(place, item)| {
            let (kind, _) = draft.taken.get(place.checked_sub(n_own)?)?;
            Some((kind.clone(), ThreadId::new(get_text(&item, ABOUT_IT)?)))
        });
        Ok(taken.map(|(kind, by)| Changed::Taken { kind, by }))
    }
}

fn draft(view: &ThreadView, change: &ThreadChange, now: Timestamp) -> Result<Draft, NotSnoozed> {
    let mut next = view.clone();
    if let Some(subject) = &change.subject {
        next.subject.clone_from(subject);
    }
    if let Some(tags) = &change.tags {
        next.tags.clone_from(tags);
    }
    if change.only_crm {
        next.crm.clear();
    }
    for (kind, id) in &change.crm {
        match id {
            Some(id) => next.crm.insert(kind.clone(), id.clone()),
            None => next.crm.remove(kind),
        };
    }
    let seldom = next != *view;
    let mut live = false;
    if let Some(it) = &mut next.live {
        live = it.handle(&change.handling, now)?;
        it.version += u64::from(live);
    }
    next.version += u64::from(seldom);
    let (taken, left) = (without(&next, view), without(view, &next));
    Ok(Draft { next, seldom, live, taken, left })
}

/// The cases of one that the other does not have.
fn without(one: &ThreadView, other: &ThreadView) -> Cases {
    let cases = one.crm.iter().filter(|(kind, id)| other.crm.get(*kind) != Some(*id));
    cases.map(|(kind, id)| (kind.clone(), id.clone())).collect()
}

fn write_seldom(view: &ThreadView, next: &ThreadView) -> Patch {
    let read = (0 < view.version).then(|| number(view.version));
    let patch = Patch::of(keys::thread(&view.id))
        .if_present(PK)
        .if_absent(MERGED_INTO)
        .if_is(VERSION, read)
        .set(VERSION, number(next.version));
    // What a person of ours calls it stays, whatever becomes of a message.
    let is_named = next.subject != view.subject;
    let patch = if is_named { patch.remove(SUBJECT_EDIT).remove(SUBJECT_UNTIL) } else { patch };
    let subject = next.subject.clone().map(text);
    let tags: Vec<_> = next.tags.iter().cloned().collect();
    // The table has no empty sets.
    let tags = (!tags.is_empty()).then_some(AttributeValue::Ss(tags));
    let crm = next.crm.iter().map(|(kind, id)| (kind.clone(), text(id))).collect();
    let crm = (!next.crm.is_empty()).then_some(AttributeValue::M(crm));
    [(SUBJECT, subject), (TAGS, tags), (CRM, crm)].into_iter().fold(
        patch,
        |patch, (name, value)| match value {
            Some(value) => patch.set(name, value),
            None => patch.remove(name),
        },
    )
}

/// A case that no thread is about yet, or one that was merged into this.
fn take(kind: &str, id: &str, view: &ThreadView) -> Patch {
    let own = std::iter::once(&view.id).chain(view.sources.iter().take(MOST_SOURCES));
    Patch::of(keys::case(kind, id))
        .if_absent_or_in(ABOUT_IT, own.map(|it| text(it.as_str())))
        .set(ABOUT_IT, text(view.id.as_str()))
}
