//! The features: one table for a candidate thread, one for "new thread". A feature is added here and nowhere else; its
//! weight comes from the next fit.

use super::reading::Form;
use super::scene::{Comparison, Ids, Row, count, flag, ln};
use About::{Id, Last, Nothing, Quoted};
use Sign::{Against, For, Free};

/// The way that a feature may count: fitting keeps to it, so that every weight can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Only in favour.
    For,
    /// Only against.
    Against,
    /// Either way.
    Free,
}

/// The thing that a reason is said about in particular.
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
    /// The way that it may count.
    pub sign: Sign,
    /// The meaning of the feature in words.
    pub meaning: &'static str,
    /// The words that people read when it decides.
    pub said: &'static str,
    /// The thing that it is said about.
    pub about: About,
    pub(super) value: fn(&Comparison<'_>, &Row<'_>) -> f32,
}

/// A feature of "new thread".
pub struct NewFeature {
    /// Its name in the weight file and in stored evidence.
    pub name: &'static str,
    /// The way that it may count.
    pub sign: Sign,
    /// The meaning of the feature in words.
    pub meaning: &'static str,
    /// The words that people read when it decides.
    pub said: &'static str,
    pub(super) value: fn(&Comparison<'_>) -> f32,
}

/// Something that is new for the model: in its presence nothing is surer than [`MOST_SURE_IN_DOUBT`].
pub struct Doubt {
    /// Its name.
    pub name: &'static str,
    /// The meaning of the doubt in words.
    pub meaning: &'static str,
    pub(super) holds: fn(&Comparison<'_>) -> bool,
}

/// The greatest certainty of a decision about what is new for the model. Of a hundred such, two will be wrong whatever the
/// weights say: the streams that those were fitted on hold few of them.
pub const MOST_SURE_IN_DOUBT: f32 = 0.98;

/// The things that are new for the model.
#[rustfmt::skip]
pub const DOUBTS: [Doubt; 5] = [
    Doubt { name: "greeting_alone",
        meaning: "greets and says nothing else",
        holds: |scene| scene.cues().greets && scene.says_nothing() },
    Doubt { name: "one_word",
        meaning: "is one word, an emoji or nothing",
        holds: |scene| scene.arrival.reading.tokens <= 1 },
    Doubt { name: "call",
        meaning: "was said in a call, of which a report may hold the first line only",
        holds: |scene| scene.arrival.reading.form == Form::Call },
    Doubt { name: "unseen_channel",
        meaning: "comes by a channel on which no candidate has a message",
        holds: |scene| scene.rows.iter().all(|it| it.here_minutes.is_none()) },
    Doubt { name: "unknown_language",
        meaning: "is in no language that we have words for",
        holds: |scene| scene.arrival.reading.language.is_none() && 3 < scene.arrival.reading.tokens },
];

/// The features of each candidate.
#[rustfmt::skip]
pub const THREAD_FEATURES: [ThreadFeature; 20] = [
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
        meaning: "the mail's subject was seen in it; shared by the threads in which it was seen",
        said: "same subject",
        value: |scene, row| scene.share_of_subject(row) },
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
    ThreadFeature { name: "like_ours", sign: For, about: Nothing,
        meaning: "likeness to our last message",
        said: "same words as our last message",
        value: |scene, row| scene.likeness(&row.profile.ours) },
    ThreadFeature { name: "ch_gap", sign: Against, about: Nothing,
        meaning: "ln of the minutes since its last message on this channel, 0 if there is none or an id is shared",
        said: "the other thread was long silent on this channel",
        value: |_, row| row.here_minutes.filter(|_| !row.shares_an_id()).map_or(0.0, ln) },
    ThreadFeature { name: "ch_never", sign: Against, about: Nothing,
        meaning: "none of its kept messages is on this channel, and no id is shared",
        said: "the other thread was never on this channel",
        value: |_, row| flag(row.here_minutes.is_none() && !row.shares_an_id()) },
    ThreadFeature { name: "own_words", sign: For, about: Nothing,
        meaning: "ln of the number of words that are in this thread alone",
        said: "has words of this thread alone",
        value: |_, row| ln(count(row.own_words)) },
    ThreadFeature { name: "we_closed", sign: Against, about: Nothing,
        meaning: "its last message is ours and ends it: anything else?, have a nice day",
        said: "we ended the other thread",
        value: |_, row| flag(row.last_ours().is_some_and(|it| it.what.closes)) },
    ThreadFeature { name: "said_goodbye", sign: Against, about: Nothing,
        meaning: "the customer took leave, and nothing or a closing phrase followed",
        said: "the other thread ended with a goodbye",
        value: |_, row| flag(row.profile.said_goodbye()) },
    ThreadFeature { name: "resolved", sign: Against, about: Nothing,
        meaning: "was marked resolved since its last message",
        said: "the other thread was marked resolved",
        value: |_, row| flag(row.profile.is_resolved()) },
];

/// The features of "new thread".
#[rustfmt::skip]
pub const NEW_FEATURES: [NewFeature; 17] = [
    NewFeature { name: "bias", sign: Free,
        meaning: "always 1",
        said: "no thread fits well",
        value: |_| 1.0 },
    NewFeature { name: "greeting", sign: For,
        meaning: "starts with a greeting, less than 6 hours after the last word on this channel",
        said: "starts with a greeting",
        value: |scene| flag(scene.greets() && !scene.is_after_pause()) },
    NewFeature { name: "greeting_after_pause", sign: For,
        meaning: "starts with a greeting after more than 6 hours without a word on this channel",
        said: "greets after a pause",
        value: |scene| flag(scene.greets() && scene.is_after_pause()) },
    NewFeature { name: "greeting_mail", sign: For,
        meaning: "a mail that answers nothing starts with a greeting",
        said: "a mail that starts with a greeting",
        value: |scene| flag(scene.greets_by_mail()) },
    NewFeature { name: "follow_up", sign: Against,
        meaning: "asks for news",
        said: "asks for news",
        value: |scene| flag(scene.cues().follows_up) },
    NewFeature { name: "call", sign: Free,
        meaning: "is a call",
        said: "it is a call",
        value: |scene| flag(scene.arrival.reading.form == Form::Call) },
    NewFeature { name: "new_words", sign: For,
        meaning: "ln of the number of words that no candidate has",
        said: "has words that were not said before",
        value: |scene| ln(count(scene.new_words)) },
    NewFeature { name: "active_now", sign: Against,
        meaning: "a candidate was active on this channel in the last 10 minutes",
        said: "the conversation is going on",
        value: |scene| flag(scene.rows.iter().any(|it| it.here_minutes.is_some_and(|it| it <= 10.0))) },
    NewFeature { name: "request", sign: For,
        meaning: "wants something",
        said: "asks for something",
        value: |scene| flag(scene.cues().requests) },
    NewFeature { name: "answer_word", sign: Against,
        meaning: "starts with a word that answers",
        said: "starts like an answer",
        value: |scene| flag(scene.cues().answers) },
    NewFeature { name: "back_reference", sign: Against,
        meaning: "refers to something that was said: it, that one, the other, what about; not where it names a number, \
                  which says itself what is meant",
        said: "refers to something said before",
        value: |scene| flag(scene.cues().refers_back && scene.arrival.reading.ids.is_empty()) },
    NewFeature { name: "continues", sign: Against,
        meaning: "starts with a word that goes on: and, but, or",
        said: "starts like a sentence that goes on",
        value: |scene| flag(scene.cues().continues) },
    NewFeature { name: "new_channel", sign: Free,
        meaning: "comes by a channel on which no candidate has a message",
        said: "comes by another channel than before",
        value: |scene| flag(scene.rows.iter().all(|it| it.here_minutes.is_none())) },
    NewFeature { name: "length", sign: For,
        meaning: "ln of its number of words",
        said: "says a lot at once",
        value: |scene| ln(count(scene.arrival.reading.tokens)) },
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
