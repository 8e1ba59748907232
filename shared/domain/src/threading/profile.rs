//! The record of a live thread: a few facts of bounded size, the same in whatever order and how often they come.
//!
//! A profile is a join-semilattice: every list keeps its highest entries by (time, key), one per message, and of one
//! message the highest edit. So folding is commutative and idempotent, and two replicas that saw the same messages hold
//! the same bytes. A deleted message leaves an entry without words, which keeps it from coming back.

use super::reading::{Reading, Vector};
use super::text::{fold16, hash16};
use crate::event::Direction;
use crate::id::Channel;
use crate::time::Timestamp;

/// Messages of the customer that are remembered.
pub(super) const THEIRS: usize = 2;
/// Messages of ours that are remembered.
pub(super) const OURS: usize = 1;
/// Messages whose ids are remembered.
pub(super) const WITH_IDS: usize = 4;
/// Ids that are remembered of one message.
pub(super) const IDS_EACH: usize = 2;
/// Messages whose subjects are remembered.
pub(super) const WITH_SUBJECT: usize = 3;

/// One message, as a profile takes it in.
#[derive(Clone, Debug)]
pub struct ProfileEntry {
    /// A short key of the message: the same each time that it comes.
    pub key: u32,
    /// The number of the edit; the highest wins. `u64::MAX` for a deletion.
    pub edit: u64,
    /// The message's own time, also for an edit and a deletion.
    pub at: Timestamp,
    /// The side that spoke.
    pub direction: Direction,
    /// The channel that it was said on.
    pub channel: Channel,
    /// The reading of the words; `None` when they were deleted.
    pub reading: Option<Reading>,
}

impl ProfileEntry {
    /// Whether the message was taken back.
    #[must_use]
    pub fn is_taken_back(&self) -> bool {
        self.edit == u64::MAX
    }
}

/// The facts that are kept of a live thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub(super) theirs: Vec<Kept<SaidWords>>,
    pub(super) ours: Vec<Kept<SaidWords>>,
    pub(super) ids: Vec<Kept<Vec<u32>>>,
    pub(super) subjects: Vec<Kept<Option<u32>>>,
    pub(super) resolved: Option<u32>,
}

/// One message's part of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kept<T> {
    /// Seconds since 1970: platforms give no more, and it is a byte less.
    pub(super) at: u32,
    pub(super) key: u16,
    pub(super) edit: u16,
    pub(super) what: T,
}

/// One message's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SaidWords {
    pub(super) channel: u16,
    pub(super) asks: bool,
    pub(super) closes: bool,
    pub(super) goodbye: bool,
    pub(super) vector: Vector,
}

impl Profile {
    /// The profile of these messages.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a ProfileEntry>) -> Self {
        let mut profile = Self::default();
        for entry in entries {
            profile.fold(entry);
        }
        profile
    }

    /// Takes a message in. Order and repetition change nothing.
    pub fn fold(&mut self, entry: &ProfileEntry) {
        let at = seconds(entry.at);
        let (key, edit) = (fold16(entry.key), edit_rank(entry.edit, entry.at));
        let reading = entry.reading.as_ref();
        let cues = reading.map(|it| it.cues).unwrap_or_default();
        let said = SaidWords {
            channel: channel_hash(&entry.channel),
            asks: cues.asks,
            closes: cues.closes,
            goodbye: cues.goodbye,
            vector: reading.map(|it| it.vector.clone()).unwrap_or_default(),
        };
        match entry.direction {
            Direction::In => join(&mut self.theirs, Kept { at, key, edit, what: said }, THEIRS),
            Direction::Out => join(&mut self.ours, Kept { at, key, edit, what: said }, OURS),
        }
        let ids: Vec<u32> = reading
            .map(|it| it.ids.iter().take(IDS_EACH).map(|it| it.key).collect())
            .unwrap_or_default();
        // An edit that names nothing must still displace the text that did.
        if !ids.is_empty() || edit > 0 {
            join(&mut self.ids, Kept { at, key, edit, what: ids }, WITH_IDS);
        }
        let subject = reading.and_then(|it| it.subject).map(|it| it.hash);
        if subject.is_some() || edit > 0 {
            join(&mut self.subjects, Kept { at, key, edit, what: subject }, WITH_SUBJECT);
        }
    }

    /// Takes in that the thread was marked resolved.
    pub fn resolve(&mut self, at: Timestamp) {
        self.resolved = self.resolved.max(Some(seconds(at)));
    }

    /// Takes in all that another profile holds.
    pub fn merge(&mut self, other: &Self) {
        join_all(&mut self.theirs, &other.theirs, THEIRS);
        join_all(&mut self.ours, &other.ours, OURS);
        join_all(&mut self.ids, &other.ids, WITH_IDS);
        join_all(&mut self.subjects, &other.subjects, WITH_SUBJECT);
        self.resolved = self.resolved.max(other.resolved);
    }

    /// Lets go of a message, as if it had never been taken in. What it displaced comes back when that is folded again.
    pub fn forget(&mut self, at: Timestamp, key: u32) {
        let gone = (seconds(at), fold16(key));
        self.keep(|at, key| (at, key) != gone);
    }

    /// Lets go of every message that another profile remembers.
    pub fn forget_all(&mut self, other: &Self) {
        fn marks<T>(list: &[Kept<T>]) -> impl Iterator<Item = (u32, u16)> {
            list.iter().map(|it| (it.at, it.key))
        }
        let said = marks(&other.theirs).chain(marks(&other.ours));
        let gone: Vec<_> = said.chain(marks(&other.ids)).chain(marks(&other.subjects)).collect();
        self.keep(|at, key| !gone.contains(&(at, key)));
    }

    fn keep(&mut self, stays: impl Fn(u32, u16) -> bool) {
        self.theirs.retain(|it| stays(it.at, it.key));
        self.ours.retain(|it| stays(it.at, it.key));
        self.ids.retain(|it| stays(it.at, it.key));
        self.subjects.retain(|it| stays(it.at, it.key));
    }

    /// Whether it remembers no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.theirs.is_empty() && self.ours.is_empty()
    }

    /// When the last message was, in either direction.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        moment(self.last().map_or(0, |(_, it)| it.at))
    }

    /// When we last spoke.
    #[must_use]
    pub fn spoke_at(&self) -> Option<Timestamp> {
        self.ours.first().map(|it| moment(it.at))
    }

    /// When the customer spoke: the last messages, the latest first.
    pub fn heard_at(&self) -> impl Iterator<Item = Timestamp> {
        self.theirs.iter().map(|it| moment(it.at))
    }

    /// When it was last marked resolved.
    #[must_use]
    pub fn resolved_at(&self) -> Option<Timestamp> {
        self.resolved.map(moment)
    }

    /// Whether one of its last messages was on this channel.
    #[must_use]
    pub fn was_on(&self, channel: &Channel) -> bool {
        let channel = channel_hash(channel);
        self.theirs.iter().chain(&self.ours).any(|it| it.what.channel == channel)
    }

    /// When the last of its kept messages on this channel was.
    pub(super) fn last_on(&self, channel: &Channel) -> Option<Timestamp> {
        let channel = channel_hash(channel);
        let kept = self.theirs.iter().chain(&self.ours);
        kept.filter(|it| it.what.channel == channel).map(|it| moment(it.at)).max()
    }

    /// The words of its kept messages.
    pub(super) fn said(&self) -> impl Iterator<Item = &SaidWords> {
        self.theirs.iter().chain(&self.ours).map(|it| &it.what)
    }

    /// The last message; of two in one second ours, because an answer comes after.
    pub(super) fn last(&self) -> Option<(Direction, &Kept<SaidWords>)> {
        let theirs = self.theirs.first().map(|it| (Direction::In, it));
        let ours = self.ours.first().map(|it| (Direction::Out, it));
        match (theirs, ours) {
            (Some(in_), Some(out)) => Some(if in_.1.at > out.1.at { in_ } else { out }),
            (in_, out) => in_.or(out),
        }
    }

    /// Whether it was marked resolved since its last message.
    pub(super) fn is_resolved(&self) -> bool {
        self.resolved.is_some_and(|at| self.last().is_none_or(|(_, it)| it.at <= at))
    }

    /// Whether the customer took leave, and nothing or only a closing phrase of ours followed.
    pub(super) fn said_goodbye(&self) -> bool {
        let Some(last) = self.theirs.first().filter(|it| it.what.goodbye) else { return false };
        self.ours.first().is_none_or(|ours| ours.at < last.at || ours.what.closes)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.ids.iter().flat_map(|it| it.what.iter().copied())
    }

    pub(super) fn has_subjects(&self) -> bool {
        self.subjects.iter().any(|it| it.what.is_some())
    }

    pub(super) fn has_subject(&self, hash: u32) -> bool {
        self.subjects.iter().any(|it| it.what == Some(hash))
    }
}

/// Puts an item into a list that is sorted from high to low and keeps its highest.
pub(super) fn join<T: Ord>(list: &mut Vec<Kept<T>>, item: Kept<T>, most: usize) {
    let place = list.iter().position(|it| (it.at, it.key) <= (item.at, item.key));
    match place.and_then(|at| list.get_mut(at)) {
        Some(same) if (same.at, same.key) == (item.at, item.key) => {
            if *same < item {
                *same = item;
            }
        }
        Some(_) | None => list.insert(place.unwrap_or(list.len()), item),
    }
    list.truncate(most);
}

fn join_all<T: Ord + Clone>(list: &mut Vec<Kept<T>>, more: &[Kept<T>], most: usize) {
    for item in more {
        join(list, item.clone(), most);
    }
}

/// The hash that a channel is compared by.
pub(super) fn channel_hash(channel: &Channel) -> u16 {
    hash16(channel.as_str())
}

/// Seconds since 1970, which fit in four bytes until 2106.
fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.secs().max(0)).unwrap_or(u32::MAX)
}

fn moment(seconds: u32) -> Timestamp {
    Timestamp::from_secs(i64::from(seconds))
}

/// An edit that no edit follows.
const DELETED: u16 = u16::MAX;
/// Edit numbers that are counts end here, and those begin that are times: platforms that count no edits number them by
/// their time, of which the seconds since the message are kept.
const COUNTED: u16 = 1 << 13;
/// The highest edit number that is kept, so that it takes two bytes.
const HIGHEST: u16 = (1 << 14) - 2;

/// An edit number in two bytes, in the same order.
fn edit_rank(edit: u64, at: Timestamp) -> u16 {
    /// Above any count of edits, below any time in milliseconds.
    const TIMES: u64 = 1 << 40;
    let capped = |number: u64, most: u16| u16::try_from(number).unwrap_or(most).min(most);
    match edit {
        u64::MAX => DELETED,
        count if count < TIMES => capped(count, COUNTED - 1),
        time => {
            let sent = u64::try_from(at.secs()).unwrap_or(0);
            COUNTED + capped((time / 1000).saturating_sub(sent), HIGHEST - COUNTED)
        }
    }
}

#[cfg(test)]
mod tests;
