//! Threads.

use std::collections::{BTreeMap, BTreeSet};

use aws::store::Page;
use aws::store::views::ThreadView;
use domain::filing::{NEVER, State};
use domain::id::{ContactId, ThreadId};
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::is_set;

/// All that is said about one topic, on every channel.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Thread {
    /// The thread's id.
    pub(crate) id: ThreadId,
    /// The person on the other side.
    contact_id: ContactId,
    /// When it was opened.
    opened_at: Timestamp,
    /// The name that people call it by: at first a mail's subject, or the first sentence that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Words that people of ours put to it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    /// The cases of other systems that it is about: ids by kind. A case is about one thread.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    crm: BTreeMap<String, String>,
    /// The thread that it went into, if it was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<ThreadId>,
    /// The threads that were merged into it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<ThreadId>,
    /// The side whose turn it is. A snoozed thread whose time has come is `waiting`. Absent once it was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    /// Whether it holds a message that may belong elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsure: Option<bool>,
    /// The colleague who takes care of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// The time of the message that made it wait, or when its snooze ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<Timestamp>,
    /// When it comes back. Absent if only a message brings it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    snoozed_until: Option<Timestamp>,
    /// When something was last said.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Timestamp>,
}

impl Thread {
    /// A thread as it is at a moment.
    pub(crate) fn of(view: &ThreadView, now: Timestamp) -> Self {
        let live = view.live.as_ref();
        let state = live.map(|it| it.state_at(now));
        let since = live.and_then(|it| it.since);
        let last = live.map(|it| it.profile.last_at());
        Self {
            id: view.id.clone(),
            contact_id: view.contact.clone(),
            opened_at: view.opened,
            subject: view.subject.clone(),
            tags: view.tags.clone(),
            crm: view.crm.clone(),
            merged_into: view.merged_into.clone(),
            sources: view.sources.clone(),
            state,
            unsure: live.map(|it| it.unsure),
            assignee: live.and_then(|it| it.assignee.clone()),
            waiting_since: since.filter(|_| state == Some(State::Waiting)),
            snoozed_until: since.filter(|it| state == Some(State::Snoozed) && *it != NEVER),
            last_message_at: last.filter(|it| *it != Timestamp::default()),
        }
    }
}

/// Some threads.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ThreadList {
    /// May be fewer than asked for, also before the end.
    threads: Vec<Thread>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl ThreadList {
    /// A page of them, with the cursor of the next one.
    pub(crate) fn of(page: &Page<ThreadView>, next: Option<String>, now: Timestamp) -> Self {
        Self { threads: page.rows.iter().map(|it| Thread::of(it, now)).collect(), next }
    }
}

/// A thread's fields that a patch named, as they are now, for a caller who may not read the thread.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ThreadChanged")]
pub(crate) struct Changed {
    /// The thread's id.
    id: ThreadId,
    /// The name that people call it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Words that people of ours put to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeSet<String>>,
    /// The cases that the patch named, and that it has: ids by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    crm: BTreeMap<String, String>,
    /// The side whose turn it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    /// Whether it holds a message that may belong elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsure: Option<bool>,
    /// The colleague who takes care of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// When it comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    snoozed_until: Option<Timestamp>,
}

impl Changed {
    /// The part of a thread that a patch named. A field that was taken away is not shown, whatever stands in its place.
    pub(crate) fn of(thread: Thread, patch: &Value) -> Self {
        let sets = |name: &str| is_set(patch, name);
        let cases = patch.get("crm").unwrap_or(&Value::Null);
        Self {
            id: thread.id,
            subject: thread.subject.filter(|_| sets("subject")),
            tags: Some(thread.tags).filter(|it| sets("tags") && !it.is_empty()),
            crm: thread.crm.into_iter().filter(|(kind, _)| is_set(cases, kind)).collect(),
            state: thread.state.filter(|_| sets("state")),
            unsure: thread.unsure.filter(|_| sets("unsure")),
            assignee: thread.assignee.filter(|_| sets("assignee")),
            snoozed_until: thread.snoozed_until.filter(|_| sets("snoozed_until")),
        }
    }
}
