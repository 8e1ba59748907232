//! A person's threads: the head, the live threads, and those that were moved out.

use anyhow::Context;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::{Live, State, assignee, list, listed_at};
use domain::id::{ContactId, ThreadId};
use domain::threading::Profile;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_flag, get_moment, get_number, get_text, moment, number, text};
use crate::store::keys::{self, Key};
use crate::store::patch::Patch;
use crate::store::schema::{
    ASSIGNEE, CONFIRMED, CONTACT, LINKED_INTO, LIST, LIST_AT, MERGED_INTO, MS, NAMED, PROFILE, SK,
    STATE, UNSURE, VERSION,
};
use crate::store::threads::Threads;

/// The items of a person that are read to file a message.
#[derive(Clone, Debug)]
pub struct LiveThreads {
    /// The person.
    pub contact: ContactId,
    /// The head's version: it rises whenever a thread is opened or moved. `None` for a person that is not there yet.
    pub version: Option<u64>,
    /// The threads that a message may join.
    pub live: Vec<Live>,
    /// With whom the person was made one since: nothing is opened for them any more.
    pub linked_into: Option<ContactId>,
}

impl LiveThreads {
    /// A person who is not there yet.
    #[must_use]
    pub fn none(contact: ContactId) -> Self {
        Self { contact, version: None, live: Vec::new(), linked_into: None }
    }
}

/// The number of threads that a thread may have gone through.
const MOST_MERGES: usize = 64;

/// A thread with its owner, and the thread that it went into if it was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Home {
    pub(in crate::store) thread: ThreadId,
    pub(in crate::store) contact: ContactId,
    pub(in crate::store) merged_into: Option<ThreadId>,
}

/// A thread, wherever it went.
#[derive(Clone, Debug)]
pub(in crate::store) struct Found {
    /// The person that it belongs to.
    pub(in crate::store) contact: ContactId,
    /// The thread.
    pub(in crate::store) live: Live,
    /// Whether it is among the live ones.
    pub(in crate::store) is_live: bool,
}

impl Threads<'_> {
    /// A person's head and live threads, as they are at this moment.
    pub async fn live(self, contact: &ContactId) -> anyhow::Result<LiveThreads> {
        let head = keys::contact(contact).sk;
        let mut threads = LiveThreads::none(contact.clone());
        for item in self.store.range(&keys::head_and_live(contact), true).await? {
            if get_text(&item, SK) == Some(&*head) {
                threads.version = get_number(&item, VERSION);
                threads.linked_into = get_text(&item, LINKED_INTO).map(ContactId::new);
            } else {
                threads.live.push(read_live(&item)?);
            }
        }
        Ok(threads)
    }

    /// One thread of a person, live or moved out, as the key says.
    pub(in crate::store) async fn thread_at(self, key: &Key) -> anyhow::Result<Option<Live>> {
        self.store.get(key).await?.as_ref().map(read_live).transpose()
    }

    /// The owner of a thread and the thread that it went into, as its item says it.
    pub(in crate::store) async fn home(self, thread: &ThreadId) -> anyhow::Result<Option<Home>> {
        let item = self.store.get(&keys::thread(thread)).await?;
        Ok(item.and_then(|it| {
            Some(Home {
                thread: thread.clone(),
                contact: ContactId::new(get_text(&it, CONTACT)?),
                merged_into: get_text(&it, MERGED_INTO).map(ThreadId::new),
            })
        }))
    }

    /// The thread that a thread is a part of by now, itself if it was not merged. `None` if it was erased.
    pub(in crate::store) async fn resolve(self, thread: &ThreadId) -> anyhow::Result<Option<Home>> {
        let mut home = self.home(thread).await?;
        for _ in 0..MOST_MERGES {
            let Some(into) = home.as_ref().and_then(|it| it.merged_into.as_ref()) else {
                return Ok(home);
            };
            home = self.home(into).await?;
        }
        anyhow::bail!("a thread was merged more than {MOST_MERGES} times")
    }

    /// A thread wherever it is by now: with another person, in another thread, or archived. Where it is looked for first is
    /// where it was when somebody noted it.
    pub(in crate::store) async fn reach(
        self,
        contact: &ContactId,
        thread: &ThreadId,
    ) -> anyhow::Result<Option<Found>> {
        let attempt = || async {
            if let Some(live) = self.thread_at(&keys::live(contact, thread)).await? {
                let found = Found { contact: contact.clone(), live, is_live: true };
                return Ok(Attempt::Done(Some(found)));
            }
            let Some(home) = self.resolve(thread).await? else { return Ok(Attempt::Done(None)) };
            let Home { contact: now, thread: into, .. } = &home;
            let is_elsewhere = now != contact || into != thread;
            if is_elsewhere && let Some(live) = self.thread_at(&keys::live(now, into)).await? {
                let found = Found { contact: now.clone(), live, is_live: true };
                return Ok(Attempt::Done(Some(found)));
            }
            // Neither here nor there, it is on its way.
            Ok(match self.thread_at(&keys::archived(now, into)).await? {
                Some(live) => {
                    Attempt::Done(Some(Found { contact: now.clone(), live, is_live: false }))
                }
                None => Attempt::Again(()),
            })
        };
        self.store.retrying("a thread was looked for", attempt).await
    }
}

/// Reads a live thread or one that was moved out: they are alike.
pub(in crate::store) fn read_live(item: &Item) -> anyhow::Result<Live> {
    let sk = get_text(item, SK).unwrap_or_default();
    let thread = keys::named_by(sk).context("a thread without a name")?;
    let bytes = item.get(PROFILE).and_then(|it| it.as_b().ok());
    let profile = bytes.and_then(|it| Profile::decode(it.as_ref()).ok()).unwrap_or_else(|| {
        // A profile of another version must not stop a person's messages; the next one starts it anew.
        tracing::warn!(thread.id = thread, "the profile of a thread cannot be read");
        Profile::default()
    });
    let live = Live {
        thread: ThreadId::new(thread),
        version: get_number(item, VERSION).context("a thread without a version")?,
        profile,
        ms: get_number(item, MS).unwrap_or(0),
        state: get_text(item, STATE).and_then(State::parse).unwrap_or_default(),
        since: get_moment(item, LIST_AT),
        unsure: get_flag(item, UNSURE),
        confirmed: get_moment(item, CONFIRMED),
        assignee: get_text(item, ASSIGNEE)
            .or_else(|| get_text(item, LIST).and_then(assignee))
            .map(str::to_owned),
        needs_subject: item.get(NAMED).is_some_and(|it| it.as_bool() == Ok(&false)),
    };
    Ok(Live { since: live.since.filter(|_| live.is_in_inbox()), ..live })
}

/// Writes a thread under a key, whole; the caller adds the condition.
pub(in crate::store) fn write_live(key: Key, live: &Live) -> Patch {
    let patch = Patch::of(key)
        .set(VERSION, number(live.version))
        .set(PROFILE, AttributeValue::B(Blob::new(live.profile.encode())))
        .set(STATE, text(live.state.name()))
        .set_some(CONFIRMED, live.confirmed.map(moment));
    let patch = if live.ms == 0 { patch.remove(MS) } else { patch.set(MS, number(live.ms)) };
    let patch = if live.unsure {
        patch.set(UNSURE, AttributeValue::Bool(true))
    } else {
        patch.remove(UNSURE)
    };
    let patch = if live.needs_subject {
        patch.set(NAMED, AttributeValue::Bool(false))
    } else {
        patch.remove(NAMED)
    };
    patch.set_sharded(LIST, list(live), &live.thread).set(LIST_AT, moment(listed_at(live)))
}

/// A thread as a correction keeps it: [`read_live`] reads it again. It has no key of an index.
pub(in crate::store) fn snapshot(key: &Key, live: &Live) -> AttributeValue {
    let mut kept = Item::from([
        (SK.to_owned(), text(&*key.sk)),
        (VERSION.to_owned(), number(live.version)),
        (PROFILE.to_owned(), AttributeValue::B(Blob::new(live.profile.encode()))),
        (MS.to_owned(), number(live.ms)),
        (STATE.to_owned(), text(live.state.name())),
        (UNSURE.to_owned(), AttributeValue::Bool(live.unsure)),
        (NAMED.to_owned(), AttributeValue::Bool(!live.needs_subject)),
    ]);
    kept.extend(live.since.map(|it| (LIST_AT.to_owned(), moment(it))));
    kept.extend(live.confirmed.map(|it| (CONFIRMED.to_owned(), moment(it))));
    kept.extend(live.assignee.clone().map(|it| (ASSIGNEE.to_owned(), text(it))));
    AttributeValue::M(kept)
}
