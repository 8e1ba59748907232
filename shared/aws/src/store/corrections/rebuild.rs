//! Rebuilding a live thread after messages left it or came to it.
//!
//! The order of the reads is the argument, as in [`fold`](crate::store::threads::fold): the live thread first, then which threads were
//! merged into it, then each message as it is at this moment. The messages of the correction are looked up by their keys, so a
//! lagging index cannot bring back what left, nor hide what came; the index only names candidates to refill a list of the
//! profile. The live thread is written by the version that was read, and always: a fold that looked at a message before it
//! left is refused by the new version, also where the rebuild itself found nothing to change.

use std::collections::{BTreeSet, HashMap};

use domain::filing::{Known, Part, rebuild};
use domain::filing::{Live, State};
use domain::id::{ContactId, CorrectionId, ThreadId};

use super::item::Moved;
use crate::store::base::Attempt;
use crate::store::corrections::Corrections;
use crate::store::item::{Item, get_text, get_texts, number};
use crate::store::keys::{self, Key};
use crate::store::messages::stored::Stored;
use crate::store::patch::{Written, key_item};
use crate::store::query::{Slice, SortOrder, Window};
use crate::store::rules::Rules;
use crate::store::schema::{CONTACT, LATE, MERGED_INTO, PK, SOURCES, STAMP, VERSION};
use crate::store::sends::went_out;
use crate::store::threads::live::Home;
use crate::store::threads::live::write_live;
use crate::store::threads::open::next_head;
use crate::store::transaction::Transaction;
use crate::store::views::SAID;

/// The number of a thread's latest messages that its profile is refilled from, and its state told from.
const LATEST: usize = 50;

/// The subject of a rebuild.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct About<'a> {
    /// The messages of the correction.
    pub(in crate::store) moved: &'a [Moved],
    /// The correction: what bears its stamp came by it. Without it all of them came that are there.
    pub(in crate::store) by: Option<&'a CorrectionId>,
}

/// A thread with those that were merged into it, as one item says it.
#[derive(Clone, Debug)]
pub(in crate::store) struct Family {
    pub(in crate::store) contact: ContactId,
    pub(in crate::store) merged_into: Option<ThreadId>,
    pub(in crate::store) threads: Vec<ThreadId>,
    /// The messages that were folded through it into the one that it went into.
    pub(in crate::store) late: Vec<String>,
}

impl Corrections<'_> {
    /// Rebuilds every thread that these are by now, each once.
    pub(in crate::store) async fn rebuild_all(
        self,
        threads: &BTreeSet<ThreadId>,
        about: About<'_>,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let mut rebuilt = BTreeSet::new();
        for thread in threads {
            if !rebuilt.contains(thread) {
                rebuilt.extend(self.rebuild(thread, about, rules).await?);
            }
        }
        Ok(())
    }

    /// Rebuilds what a thread is by now, and gives back all threads that this is. Whether the thread is one of them is told
    /// by what is read after the live thread: if a merge is taken back before that, it is looked for again, and if after that,
    /// the version is refused or whoever takes it back reads what is written here.
    async fn rebuild(
        self,
        thread: &ThreadId,
        about: About<'_>,
        rules: &Rules,
    ) -> anyhow::Result<Vec<ThreadId>> {
        let attempt = || async {
            // A thread that was erased needs nothing.
            let Some(Home { thread: now, contact, .. }) =
                self.store.threads().resolve(thread).await?
            else {
                return Ok(Attempt::Done(Vec::new()));
            };
            if let Some((key, live)) = self.store.threads().live_or_archived(&contact, &now).await?
                && let Some(family) = self.family(&now).await?
                && family.merged_into.is_none()
                && family.contact == contact
                && family.threads.contains(thread)
            {
                let known = self.known(&family.threads, about, rules).await?;
                if self.write_rebuilt(&contact, key, &live, &known).await? {
                    return Ok(Attempt::Done(family.threads));
                }
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a thread was rebuilt", attempt).await
    }

    /// A thread with those that were merged into it; `None` if it was erased.
    pub(in crate::store) async fn family(
        self,
        thread: &ThreadId,
    ) -> anyhow::Result<Option<Family>> {
        let Some(item) = self.store.get(&keys::thread(thread)).await? else { return Ok(None) };
        let Some(contact) = get_text(&item, CONTACT).map(ContactId::new) else { return Ok(None) };
        let mut threads = vec![thread.clone()];
        threads.extend(get_texts(&item, SOURCES).map(ThreadId::new));
        Ok(Some(Family {
            contact,
            merged_into: get_text(&item, MERGED_INTO).map(ThreadId::new),
            threads,
            late: get_texts(&item, LATE).map(str::to_owned).collect(),
        }))
    }

    /// The known messages of a thread and its sources: the latest that the index shows and those of the correction, each as it is
    /// at this moment.
    pub(in crate::store) async fn known(
        self,
        family: &[ThreadId],
        about: About<'_>,
        rules: &Rules,
    ) -> anyhow::Result<Known> {
        let window = Window { order: SortOrder::Descending, after: None, limit: LATEST };
        let slices = family.iter().map(|it| Slice::whole(it.as_str().to_owned())).collect();
        let page = self.store.page(SAID, slices, &window, |_| true).await?;
        let mut known = Known { complete: page.next.is_none(), ..Known::default() };
        let shown = page.rows.iter().filter_map(|it| get_text(it, PK));
        let named: HashMap<_, _> = about.moved.iter().map(|it| (it.key.as_str(), it)).collect();
        let keys: BTreeSet<&str> = shown.chain(named.keys().copied()).collect();
        let mut left: HashMap<_, _> = named.clone();
        let wanted = keys.into_iter().map(|it| key_item(&Key::alone(it.to_owned()))).collect();
        for item in self.store.items(wanted, true).await? {
            let Some(moved) = Moved::of(&item) else { continue };
            if !family.contains(&moved.was.thread) {
                known.gone.push(moved.gone());
                continue;
            }
            left.remove(moved.key.as_str());
            let Some(part) = part(&moved, &item, rules)? else {
                known.awaited = true;
                continue;
            };
            let came = about.by.is_none_or(|it| get_text(&item, STAMP) == Some(it.as_str()));
            if came && named.contains_key(moved.key.as_str()) {
                known.came.push(part);
            } else {
                known.here.push(part);
            }
        }
        // What is no message any more left too.
        known.gone.extend(left.into_values().map(Moved::gone));
        Ok(known)
    }

    /// Writes a thread as it is rebuilt, at the version that was read. False if it is not at that any more. One without a
    /// message is closed and moved out: it can be read, and takes no place of a live one.
    async fn write_rebuilt(
        self,
        contact: &ContactId,
        key: Key,
        read: &Live,
        known: &Known,
    ) -> anyhow::Result<bool> {
        let mut live = rebuild(read, known);
        live.version = read.version + 1;
        let is_live = key == keys::live(contact, &live.thread);
        if live.profile.is_empty() && !known.awaited {
            (live.state, live.since, live.unsure) = (State::Closed, None, false);
            if is_live {
                return self.move_out(contact, &live, read.version).await;
            }
        }
        let latest = known.came.iter().map(|it| it.entry.at).max();
        if !is_live && latest.is_some_and(|it| live.profile.last_at() <= it) {
            let threads = self.store.threads().live(contact).await?;
            return self.store.threads().move_in(&threads, &live, read.version).await;
        }
        let patch = write_live(key, &live).if_is(VERSION, Some(number(read.version)));
        Ok(matches!(self.store.write(patch).await?, Written::Done(_)))
    }

    /// Moves a thread out of the live ones. False if something changed since it was read.
    async fn move_out(
        self,
        contact: &ContactId,
        live: &Live,
        version: u64,
    ) -> anyhow::Result<bool> {
        let threads = self.store.threads().live(contact).await?;
        let mut transaction = Transaction::default();
        transaction.patch(next_head(&threads));
        transaction.remove(&keys::live(contact, &live.thread), version);
        let archived = write_live(keys::archived(contact, &live.thread), live).if_absent(PK);
        transaction.patch(archived);
        self.made(transaction).await
    }
}

/// The message as its thread takes it in; `None` for one of ours that did not go out, which a thread knows nothing of.
fn part(moved: &Moved, item: &Item, rules: &Rules) -> anyhow::Result<Option<Part>> {
    if keys::message_of_ours(&moved.key).is_some() && !went_out(item)? {
        return Ok(None);
    }
    let stored = Stored::of(item);
    let unsure = stored.is_unsure(rules);
    Ok(stored.entry(&moved.key()).map(|entry| Part { entry, unsure }))
}
