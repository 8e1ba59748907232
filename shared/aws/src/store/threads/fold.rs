//! Folding a message into the thread where it is, wherever that thread went meanwhile.
//!
//! Three reads decide where a message is folded, and their order is the argument. The **live thread** is read first, the
//! **message** second, and, where the message's own thread was merged, **what it was merged into** third. A correction writes
//! in the other order: messages and merges first, then each live thread, and that always with a new version. So if a message
//! left the thread after it was looked at, the live thread's next version is still to come, or the write below is refused by
//! it: either way the message does not stay where it is not.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Direction;
use domain::filing::{Change, Live};
use domain::id::{ContactId, ThreadId};
use domain::threading::ProfileEntry;

use crate::store::base::Attempt;
use crate::store::item::number;
use crate::store::keys::{self, Key};
use crate::store::messages::stored::Stored;
use crate::store::patch::{Patch, Written};
use crate::store::schema::{LATE, MERGED_INTO, VERSION};
use crate::store::threads::Threads;
use crate::store::threads::live::write_live;

/// The thread that a message is believed to be in, and its person.
pub(in crate::store) struct Place {
    pub(in crate::store) contact: ContactId,
    pub(in crate::store) thread: ThreadId,
    /// The thread, if it was read before the message was written: then the message need not be looked for.
    pub(in crate::store) live: Option<Live>,
}

/// The place that a fold aims at, and the thread that its message was last seen in.
struct Aim {
    place: Place,
    filed_in: ThreadId,
}

impl Threads<'_> {
    /// Folds a message into its live thread. It ends the same however often and by whomever it is done, also when the
    /// thread was moved or merged meanwhile: the message's own item says where it is.
    pub async fn fold(
        self,
        contact: &ContactId,
        thread: &ThreadId,
        message: &Key,
        entry: &ProfileEntry,
        change: Change,
    ) -> anyhow::Result<()> {
        let place = Place { contact: contact.clone(), thread: thread.clone(), live: None };
        self.fold_at(place, message, entry, change).await
    }

    /// As [`Self::fold`], for a message whose thread is all that is known.
    pub(in crate::store) async fn fold_stored(
        self,
        stored: &Stored,
        message: &Key,
        change: Change,
    ) -> anyhow::Result<()> {
        let (Some(thread), Some(entry)) = (&stored.thread, stored.entry(message)) else {
            return Ok(());
        };
        let Some(home) = self.home(thread).await? else { return Ok(()) };
        self.fold(&home.contact, thread, message, &entry, change).await
    }

    pub(in crate::store) async fn fold_at(
        self,
        place: Place,
        message: &Key,
        entry: &ProfileEntry,
        change: Change,
    ) -> anyhow::Result<()> {
        let filed_in = place.thread.clone();
        let attempt = |aim| self.try_fold(aim, message, entry, change);
        self.store
            .retrying_from("a message was folded into its thread", Aim { place, filed_in }, attempt)
            .await
    }

    async fn try_fold(
        self,
        Aim { mut place, filed_in }: Aim,
        message: &Key,
        entry: &ProfileEntry,
        change: Change,
    ) -> anyhow::Result<Attempt<(), Aim>> {
        let read = if let Some(live) = place.live.take() {
            Some((keys::live(&place.contact, &place.thread), live))
        } else {
            let read = self.live_or_archived(&place.contact, &place.thread).await?;
            let stored = self.store.messages().message(message).await?;
            let Some(now_in) = stored.and_then(|it| it.thread) else {
                return Ok(Attempt::Done(()));
            };
            if now_in != filed_in {
                place.thread = now_in.clone();
                return Ok(Attempt::Again(Aim { place, filed_in: now_in }));
            }
            read
        };
        let done = match read {
            None => self.follow_thread(&mut place).await?,
            Some((key, live)) => {
                if place.thread != filed_in && !self.pass(&filed_in, &place, message).await? {
                    // The merge was taken back since: from the start.
                    place.thread = filed_in.clone();
                    return Ok(Attempt::Again(Aim { place, filed_in }));
                }
                self.fold_into(key, live, &place, message, entry, change).await?
            }
        };
        Ok(if done { Attempt::Done(()) } else { Attempt::Again(Aim { place, filed_in }) })
    }

    /// A thread that is live or was moved out, with the key where it is.
    pub(in crate::store) async fn live_or_archived(
        self,
        contact: &ContactId,
        thread: &ThreadId,
    ) -> anyhow::Result<Option<(Key, Live)>> {
        for key in [keys::live(contact, thread), keys::archived(contact, thread)] {
            if let Some(live) = self.thread_at(&key).await? {
                return Ok(Some((key, live)));
            }
        }
        Ok(None)
    }

    /// The thread is not with this person: it went to another one or into another thread. True if there is nothing to fold
    /// into.
    async fn follow_thread(self, place: &mut Place) -> anyhow::Result<bool> {
        // A thread that was erased takes nothing in.
        let Some(home) = self.home(&place.thread).await? else { return Ok(true) };
        place.contact = home.contact;
        place.thread = home.merged_into.unwrap_or_else(|| place.thread.clone());
        Ok(false)
    }

    /// Whether a merged thread is a part of this one still. What passes is noted at the merged thread, so that taking the
    /// merge back finds it without an index, which may be behind.
    async fn pass(self, from: &ThreadId, to: &Place, message: &Key) -> anyhow::Result<bool> {
        if self.resolve(from).await?.is_none_or(|it| it.thread != to.thread) {
            return Ok(false);
        }
        let note = Patch::of(keys::thread(from))
            .if_present(MERGED_INTO)
            .add(LATE, AttributeValue::Ss(vec![message.pk.clone()]));
        let attempt = || async {
            match self.store.write_blind(note.clone()).await? {
                Written::Done(_) => Ok(Attempt::Done(true)),
                Written::Refused(_) => Ok(Attempt::Done(false)),
                Written::Busy => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a merged thread was noted", attempt).await
    }

    /// Folds into a thread that was read under a key. The person's next message makes one that was moved out live again;
    /// anything that is late or ours leaves it where it is. False if it is not at the version that was read any more.
    async fn fold_into(
        self,
        key: Key,
        mut live: Live,
        place: &Place,
        message: &Key,
        entry: &ProfileEntry,
        change: Change,
    ) -> anyhow::Result<bool> {
        let (version, last_at) = (live.version, live.profile.last_at());
        if !live.fold(entry, change) {
            return Ok(true);
        }
        let is_theirs = entry.direction == Direction::In;
        if live.needs_subject && is_theirs && !entry.is_taken_back() {
            live.needs_subject = !self.name_after(&place.thread, message).await?;
        }
        live.version = version + 1;
        let is_next = is_theirs && last_at <= entry.at;
        let is_said = matches!(change, Change::Said { .. });
        if is_next && is_said && key == keys::archived(&place.contact, &place.thread) {
            let threads = self.live(&place.contact).await?;
            return self.move_in(&threads, &live, version).await;
        }
        let patch = write_live(key, &live).if_is(VERSION, Some(number(version)));
        Ok(matches!(self.store.write_blind(patch).await?, Written::Done(_)))
    }
}
