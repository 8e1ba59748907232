//! A message before the threads that it may belong to, and what the features measure there.

use super::Cues;
use super::decide::{Arrival, Candidate};
use super::features::{DOUBTS, NEW_FEATURES, THREAD_FEATURES};
use super::profile::{Kept, Profile, SaidWords, channel_hash};
use super::reading::Form;
use crate::event::Direction;
use crate::id::ThreadId;
use crate::time::Timestamp;

/// A silence after which who comes back may greet again.
const PAUSE_MINUTES: f32 = 6.0 * 60.0;

/// Threads that are weighed.
pub const MOST_CANDIDATES: usize = 24;

/// A message and all that it may belong to, measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The candidate of each row, the most recently active first.
    pub order: Vec<usize>,
    /// The features of each candidate.
    pub rows: Vec<[f32; THREAD_FEATURES.len()]>,
    /// The features of "new thread".
    pub new: [f32; NEW_FEATURES.len()],
    /// The things in it that are new for the model.
    pub doubts: Vec<&'static str>,
    pub(super) notes: Vec<Note>,
}

/// The facts that may be said of a candidate in particular.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) quoted: Option<Timestamp>,
    pub(super) last: Timestamp,
    /// The index of the message's id that is shared.
    pub(super) shared: Option<usize>,
}

/// Measures a message against the candidates.
#[must_use]
pub fn measure(arrival: &Arrival<'_>, candidates: &[Candidate<'_>]) -> Measured {
    let order = order(arrival, candidates);
    let chosen = order.iter().filter_map(|it| candidates.get(*it));
    let rows = chosen.enumerate().map(|(rank, it)| Row::of(arrival, it, rank)).collect();
    let mut scene =
        Comparison { arrival, channel: channel_hash(arrival.channel), rows, new_words: 0 };
    scene.compare_ids();
    scene.compare_words();
    let note = |it: &Row<'_>| Note { quoted: it.quoted, last: it.last_at, shared: it.shared };
    let values = |row| THREAD_FEATURES.each_ref().map(|it| (it.value)(&scene, row));
    Measured {
        order,
        rows: scene.rows.iter().map(values).collect(),
        new: NEW_FEATURES.each_ref().map(|it| (it.value)(&scene)),
        doubts: DOUBTS.iter().filter(|it| (it.holds)(&scene)).map(|it| it.name).collect(),
        notes: scene.rows.iter().map(note).collect(),
    }
}

/// The candidates that are weighed, by last activity. If they are too many, those stay that the message refers to, then
/// the most recently active ones.
fn order(arrival: &Arrival<'_>, candidates: &[Candidate<'_>]) -> Vec<usize> {
    let mut order: Vec<(bool, Timestamp, usize)> = candidates
        .iter()
        .enumerate()
        .map(|(n, it)| (!refers(arrival, it.thread), it.profile.last_at(), n))
        .collect();
    if order.len() > MOST_CANDIDATES {
        order.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        order.truncate(MOST_CANDIDATES);
    }
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
    order.into_iter().map(|it| it.2).collect()
}

fn refers(arrival: &Arrival<'_>, thread: &ThreadId) -> bool {
    arrival.mail_refs.contains(thread) || arrival.reply_to.is_some_and(|it| it.thread == thread)
}

/// A message before the candidates.
pub(super) struct Comparison<'a> {
    pub(super) arrival: &'a Arrival<'a>,
    pub(super) rows: Vec<Row<'a>>,
    /// Heavy stems of the message that no candidate has.
    pub(super) new_words: usize,
    channel: u16,
}

/// One candidate, with what several features need.
pub(super) struct Row<'a> {
    pub(super) profile: &'a Profile,
    pub(super) rank: usize,
    pub(super) gap_minutes: f32,
    pub(super) quoted: Option<Timestamp>,
    pub(super) is_referred: bool,
    pub(super) ids: Ids,
    /// Minutes since its last kept message on this channel; `None` when none of them is on it.
    pub(super) here_minutes: Option<f32>,
    /// Heavy stems of the message that no other candidate has.
    pub(super) own_words: usize,
    last_at: Timestamp,
    shared: Option<usize>,
}

/// The relation of the message's ids and the thread's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// One of the two has none.
    Unknown,
    /// They share one that no other candidate has.
    Own,
    /// They share only what other candidates have, too.
    Common,
    /// They share none.
    Other,
}

impl<'a> Row<'a> {
    fn of(arrival: &Arrival<'_>, candidate: &Candidate<'a>, rank: usize) -> Self {
        let last_at = candidate.profile.last_at();
        // A clock that goes backwards must not make a gap negative.
        let gap = arrival.at.since(last_at).max(0) / 1000;
        Self {
            profile: candidate.profile,
            rank,
            gap_minutes: minutes(gap),
            quoted: arrival.reply_to.filter(|it| it.thread == candidate.thread).map(|it| it.at),
            is_referred: arrival.mail_refs.contains(candidate.thread),
            ids: Ids::Unknown,
            here_minutes: candidate
                .profile
                .last_on(arrival.channel)
                .map(|at| minutes(arrival.at.since(at).max(0) / 1000)),
            own_words: 0,
            last_at,
            shared: None,
        }
    }

    /// The last message, if it is ours.
    pub(super) fn last_ours(&self) -> Option<&'a Kept<SaidWords>> {
        self.profile.last().filter(|(direction, _)| *direction == Direction::Out).map(|it| it.1)
    }

    pub(super) fn is_on_channel(&self, scene: &Comparison<'_>) -> bool {
        self.profile.last().is_some_and(|(_, it)| it.what.channel == scene.channel)
    }

    /// Whether the message names a number of it. Who does that on another channel goes over on purpose.
    pub(super) fn shares_an_id(&self) -> bool {
        matches!(self.ids, Ids::Own | Ids::Common)
    }

    /// Whether its last message is the customer's, on this channel.
    pub(super) fn is_unanswered(&self, scene: &Comparison<'_>) -> bool {
        self.is_on_channel(scene) && self.last_ours().is_none()
    }

    pub(super) fn has_subject(&self, scene: &Comparison<'_>) -> bool {
        scene.arrival.reading.subject.is_some_and(|it| self.profile.has_subject(it.hash))
    }
}

impl Comparison<'_> {
    pub(super) fn cues(&self) -> Cues {
        self.arrival.reading.cues
    }

    /// Whether the message is a mail about what no mail was about. The first mail of all has no subject to go on with.
    pub(super) fn is_new_subject(&self) -> bool {
        self.arrival.reading.subject.is_some_and(|it| !it.re)
            && self.rows.iter().any(|it| it.profile.has_subjects())
            && !self.rows.iter().any(|it| it.has_subject(self))
    }

    /// Whether the message is a mail that answers its subject.
    pub(super) fn answers_subject(&self) -> bool {
        self.arrival.reading.subject.is_some_and(|it| it.re)
    }

    /// The likeness of the message to the most alike of these.
    pub(super) fn likeness(&self, said: &[Kept<SaidWords>]) -> f32 {
        let vector = &self.arrival.reading.vector;
        said.iter().map(|it| vector.cosine(&it.what.vector)).fold(0.0, f32::max)
    }

    /// Whether nothing was said on this channel for so long that who comes back may greet again.
    pub(super) fn is_after_pause(&self) -> bool {
        !self.rows.iter().any(|it| it.here_minutes.is_some_and(|it| it <= PAUSE_MINUTES))
    }

    /// The share of the mail's subject that is a candidate's: many a subject says no more than "My order".
    pub(super) fn share_of_subject(&self, row: &Row<'_>) -> f32 {
        if !row.has_subject(self) {
            return 0.0;
        }
        1.0 / count(self.rows.iter().filter(|it| it.has_subject(self)).count())
    }

    /// Whether a message that is no call and no mail starts with a greeting: those start with one whatever they say.
    pub(super) fn greets(&self) -> bool {
        self.cues().greets && self.arrival.reading.form == Form::Text
    }

    /// Whether no word of the message could be what a thread is about.
    pub(super) fn says_nothing(&self) -> bool {
        self.arrival.reading.vector.heavy().next().is_none()
    }

    /// Whether a mail that answers nothing starts with a greeting.
    pub(super) fn greets_by_mail(&self) -> bool {
        let is_mail = self.arrival.reading.form == Form::Mail;
        self.cues().greets && is_mail && !self.refers() && !self.answers_subject()
    }

    /// Whether the message quotes a candidate or names it in its references.
    pub(super) fn refers(&self) -> bool {
        self.rows.iter().any(|it| it.quoted.is_some() || it.is_referred)
    }

    fn compare_words(&mut self) {
        let has = |row: &Row<'_>, stem| row.profile.said().any(|it| it.vector.has(stem));
        for stem in self.arrival.reading.vector.heavy() {
            let mut holders = self.rows.iter_mut().filter(|row| has(row, stem));
            match (holders.next(), holders.next()) {
                (None, _) => self.new_words += 1,
                (Some(only), None) => only.own_words += 1,
                (Some(_), Some(_)) => {}
            }
        }
    }

    fn compare_ids(&mut self) {
        let ids = &self.arrival.reading.ids;
        if ids.is_empty() {
            return;
        }
        let has = |row: &Row<'_>, id: u32| row.profile.ids().any(|it| it == id);
        let holders: Vec<usize> =
            ids.iter().map(|id| self.rows.iter().filter(|row| has(row, id.key)).count()).collect();
        for row in &mut self.rows {
            let shared = ids.iter().enumerate().filter(|(_, id)| has(row, id.key)).map(|it| it.0);
            let shared: Vec<usize> = shared.collect();
            let own = shared.iter().copied().find(|it| holders.get(*it) == Some(&1));
            row.shared = own.or_else(|| shared.first().copied());
            row.ids = match (own, row.shared) {
                (Some(_), _) => Ids::Own,
                (None, Some(_)) => Ids::Common,
                (None, None) if row.profile.ids().next().is_some() => Ids::Other,
                (None, None) => Ids::Unknown,
            };
        }
    }
}

pub(super) fn flag(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

pub(super) fn ln(x: f32) -> f32 {
    x.ln_1p()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words and threads are small")]
pub(super) fn count(n: usize) -> f32 {
    n as f32
}

#[expect(clippy::cast_precision_loss, reason = "its logarithm is taken")]
fn minutes(seconds: i64) -> f32 {
    seconds as f32 / 60.0
}
