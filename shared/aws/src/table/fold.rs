//! Folding a message into the thread where it is, wherever that thread went meanwhile.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::event::Direction;
use domain::filing::{Change, Live};
use domain::id::{ContactId, ThreadId};
use domain::threading::Entry;

use super::item::number;
use super::keys::{self, Key};
use super::messages::Stored;
use super::patch::Written;
use super::schema::VERSION;
use super::threads::write_live;
use super::{ATTEMPTS, Table, pause};

/// Where a message is believed to be.
pub(super) struct Place {
    pub(super) contact: ContactId,
    pub(super) thread: ThreadId,
    /// The thread, if it was read before the message was written: then the message need not be looked for.
    pub(super) live: Option<Live>,
}

impl Table {
    /// Folds a message into its live thread. It ends the same however often and by whomever it is done, also when the
    /// thread was moved or merged meanwhile: the message's own item says where it is.
    pub async fn fold(
        &self,
        contact: &ContactId,
        thread: &ThreadId,
        message: &Key,
        entry: &Entry,
        change: Change,
    ) -> anyhow::Result<()> {
        let place = Place { contact: contact.clone(), thread: thread.clone(), live: None };
        self.fold_at(place, message, entry, change).await
    }

    /// As [`Table::fold`], for a message whose thread is all that is known.
    pub(super) async fn fold_stored(
        &self,
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

    /// The order of the two reads matters: a correction rewrites the message first and its threads after, so a thread
    /// that was read before its message cannot be one that the message had left.
    pub(super) async fn fold_at(
        &self,
        mut place: Place,
        message: &Key,
        entry: &Entry,
        change: Change,
    ) -> anyhow::Result<()> {
        let mut filed_in = place.thread.clone();
        for attempt in 0..ATTEMPTS {
            let live = if let Some(live) = place.live.take() {
                Some(live)
            } else {
                let live = self.thread_at(&keys::live(&place.contact, &place.thread)).await?;
                let Some(now_in) = self.message(message).await?.and_then(|it| it.thread) else {
                    return Ok(());
                };
                if now_in != filed_in {
                    (filed_in, place.thread) = (now_in.clone(), now_in);
                    continue;
                }
                live
            };
            let done = match live {
                Some(live) => {
                    self.write_fold(keys::live(&place.contact, &place.thread), live, entry, change)
                        .await?
                }
                None => self.fold_elsewhere(&mut place, entry, change).await?,
            };
            if done {
                return Ok(());
            }
            pause(attempt).await;
        }
        anyhow::bail!("a thread changed {ATTEMPTS} times while a message was folded into it")
    }

    /// Folds into a thread that is at the version that was read. False if it is not any more.
    async fn write_fold(
        &self,
        key: Key,
        read: Live,
        entry: &Entry,
        change: Change,
    ) -> anyhow::Result<bool> {
        let version = read.version;
        let mut live = read;
        if !live.fold(entry, change) {
            return Ok(true);
        }
        live.version = version + 1;
        let patch = write_live(key, &live).if_is(VERSION, Some(number(version)));
        Ok(matches!(
            patch.write(&self.client, &self.name, ReturnValue::None).await?,
            Written::Done(_)
        ))
    }

    /// The thread is not among the live ones: it went to another person or into another thread, or was moved out.
    async fn fold_elsewhere(
        &self,
        place: &mut Place,
        entry: &Entry,
        change: Change,
    ) -> anyhow::Result<bool> {
        // A thread that was erased takes nothing in.
        let Some(home) = self.home(&place.thread).await? else { return Ok(true) };
        if home.contact != place.contact || home.merged_into.is_some() {
            place.contact = home.contact;
            place.thread = home.merged_into.unwrap_or_else(|| place.thread.clone());
            return Ok(false);
        }
        let older = keys::older(&place.contact, &place.thread);
        let Some(live) = self.thread_at(&older).await? else { return Ok(false) };
        // The person's next message makes it live again; anything that is late or ours leaves it where it is.
        let is_next = entry.direction == Direction::In && live.profile.last_at() <= entry.at;
        if is_next && matches!(change, Change::Said { .. }) {
            self.bring_back(&place.contact, live, entry, change).await
        } else {
            self.write_fold(older, live, entry, change).await
        }
    }

    /// Makes a thread that was moved out live again, with a message folded in.
    async fn bring_back(
        &self,
        contact: &ContactId,
        mut live: Live,
        entry: &Entry,
        change: Change,
    ) -> anyhow::Result<bool> {
        let version = live.version;
        if !live.fold(entry, change) {
            return Ok(true);
        }
        live.version = version + 1;
        let threads = self.live(contact).await?;
        self.move_in(&threads, &live, version).await
    }
}
