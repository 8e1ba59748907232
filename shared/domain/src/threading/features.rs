//! The features: one table for a candidate thread, one for "new thread". A feature is added here and nowhere else; its
//! weight comes from the next fit.

use super::scene::{Ids, Row, Scene, count, flag, ln};
use About::{Id, Last, Nothing, Quoted};
use Sign::{Against, For, Free};

/// Which way a feature may count: fitting keeps to it, so that every weight can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Only in favour.
    For,
    /// Only against.
    Against,
    /// Either way.
    Free,
}

/// What a reason is said about in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing.
    Nothing,
    /// The quoted message's day, `{at}`.
    Quoted,
    /// The time since the last message, `{ago}`. Several reasons may rest on that one message: they are said as one, in
    /// the words of the highest number.
    Last(u8),
    /// The shared id, `{text}`.
    Id,
}

/// A feature of one candidate thread.
pub struct ThreadFeature {
    /// Its name in the weight file and in stored evidence.
    pub name: &'static str,
    /// Which way it may count.
    pub sign: Sign,
    /// What it is.
    pub meaning: &'static str,
    /// How it is said to people when it decides.
    pub said: &'static str,
    /// What it is said about.
    pub about: About,
    pub(super) value: fn(&Scene<'_>, &Row<'_>) -> f32,
}

/// A feature of "new thread".
pub struct NewFeature {
    /// Its name in the weight file and in stored evidence.
    pub name: &'static str,
    /// Which way it may count.
    pub sign: Sign,
    /// What it is.
    pub meaning: &'static str,
    /// How it is said to people when it decides.
    pub said: &'static str,
    pub(super) value: fn(&Scene<'_>) -> f32,
}

/// What is measured of each candidate.
#[rustfmt::skip]
pub const THREAD_FEATURES: [ThreadFeature; 17] = [
    ThreadFeature { name: "reply_to", sign: For, about: Quoted,
        meaning: "the quoted or replied-to message is in it",
        said: "reply to the message of {at}",
        value: |_, row| flag(row.quoted.is_some()) },
    ThreadFeature { name: "mail_reference", sign: For, about: Nothing,
        meaning: "a message of In-Reply-To or References is in it",
        said: "the mail refers to this thread",
        value: |_, row| flag(row.is_referred) },
    ThreadFeature { name: "own_id", sign: For, about: Id,
        meaning: "shares an id that no other candidate has",
        said: "same number {text}",
        value: |_, row| flag(row.ids == Ids::Own) },
    ThreadFeature { name: "common_id", sign: For, about: Id,
        meaning: "shares an id that other candidates have too",
        said: "same number {text}",
        value: |_, row| flag(row.ids == Ids::Common) },
    ThreadFeature { name: "other_id", sign: Against, about: Nothing,
        meaning: "both have ids, none in common",
        said: "the other thread is about another number",
        value: |_, row| flag(row.ids == Ids::Other) },
    ThreadFeature { name: "same_subject", sign: For, about: Nothing,
        meaning: "the mail's subject was seen in it",
        said: "same subject",
        value: |scene, row| flag(row.has_subject(scene)) },
    ThreadFeature { name: "re_other_subject", sign: Against, about: Nothing,
        meaning: "the mail answers a subject that was not seen in it",
        said: "the other thread has another subject",
        value: |scene, row| flag(scene.answers_subject() && !row.has_subject(scene)) },
    ThreadFeature { name: "last_channel", sign: For, about: Nothing,
        meaning: "its last message was on this channel",
        said: "its last message was on this channel",
        value: |scene, row| flag(row.is_on_channel(scene)) },
    ThreadFeature { name: "gap", sign: Against, about: Last(0),
        meaning: "ln of the minutes since its last message",
        said: "its last message was {ago}",
        value: |_, row| ln(row.gap_minutes) },
    ThreadFeature { name: "within_week", sign: For, about: Nothing,
        meaning: "its last message is at most 7 days old",
        said: "active this week",
        value: |_, row| flag(row.gap_minutes <= 7.0 * 24.0 * 60.0) },
    ThreadFeature { name: "rank", sign: Against, about: Nothing,
        meaning: "ln of its place by last activity, 0 for the latest",
        said: "the most recently active",
        value: |_, row| ln(count(row.rank)) },
    ThreadFeature { name: "pending_question", sign: For, about: Last(2),
        meaning: "its last message is ours and asks",
        said: "answers the question we asked {ago}",
        value: |_, row| flag(row.last_ours().is_some_and(|it| it.what.asks)) },
    ThreadFeature { name: "just_answered", sign: For, about: Last(1),
        meaning: "its last message is ours, on this channel, at most 60 minutes old",
        said: "we wrote here {ago}",
        value: |scene, row| flag(row.last_ours().is_some() && row.is_on_channel(scene) && row.gap_minutes <= 60.0) },
    ThreadFeature { name: "like_customer", sign: For, about: Nothing,
        meaning: "likeness to the customer's last two messages, the higher",
        said: "same words as the customer's last messages",
        value: |scene, row| scene.likeness(&row.profile.theirs) },
    ThreadFeature { name: "like_ours", sign: For, about: Nothing,
        meaning: "likeness to our last message",
        said: "same words as our last message",
        value: |scene, row| scene.likeness(&row.profile.ours) },
    ThreadFeature { name: "said_goodbye", sign: Against, about: Nothing,
        meaning: "the customer took leave, and nothing or a closing phrase followed",
        said: "the other thread ended with a goodbye",
        value: |_, row| flag(row.profile.said_goodbye()) },
    ThreadFeature { name: "resolved", sign: Against, about: Nothing,
        meaning: "was marked resolved since its last message",
        said: "the other thread was marked resolved",
        value: |_, row| flag(row.profile.is_resolved()) },
];

/// What is measured of "new thread".
#[rustfmt::skip]
pub const NEW_FEATURES: [NewFeature; 10] = [
    NewFeature { name: "bias", sign: Free,
        meaning: "always 1",
        said: "no thread fits well",
        value: |_| 1.0 },
    NewFeature { name: "greeting", sign: For,
        meaning: "starts with a greeting",
        said: "starts with a greeting",
        value: |scene| flag(scene.cues().greets) },
    NewFeature { name: "request", sign: For,
        meaning: "wants something",
        said: "asks for something",
        value: |scene| flag(scene.cues().requests) },
    NewFeature { name: "answer_word", sign: Against,
        meaning: "starts with a word that answers",
        said: "starts like an answer",
        value: |scene| flag(scene.cues().answers) },
    NewFeature { name: "back_reference", sign: Against,
        meaning: "refers to something that was said: it, that one, the other, what about",
        said: "refers to something said before",
        value: |scene| flag(scene.cues().refers_back) },
    NewFeature { name: "length", sign: For,
        meaning: "ln of its number of words",
        said: "says a lot at once",
        value: |scene| ln(count(scene.arrival.reading.tokens)) },
    NewFeature { name: "active_now", sign: Against,
        meaning: "a candidate was active in the last 10 minutes",
        said: "the conversation is going on",
        value: |scene| flag(scene.rows.iter().any(|it| it.gap_minutes <= 10.0)) },
    NewFeature { name: "burst", sign: Against,
        meaning: "the customer wrote on this channel in the last 90 seconds and was not answered",
        said: "follows the customer's message before",
        value: |scene| flag(scene.rows.iter().any(|it| it.is_unanswered(scene) && it.gap_minutes <= 1.5)) },
    NewFeature { name: "new_subject", sign: For,
        meaning: "has a subject that no candidate has, though some have one",
        said: "a subject not seen before",
        value: |scene| flag(scene.is_new_subject()) },
    NewFeature { name: "candidates", sign: Against,
        meaning: "ln of the number of candidates",
        said: "many threads are open",
        value: |scene| ln(count(scene.rows.len())) },
];
