//! The things that the model keeps of a text: a few weighted stems, ids, the subject and what the message does.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::call;
use super::cues::{Cues, Lexicon};
use super::ids::{self, SharedId};
use super::mail;
use super::text::{MOST_CHARS, Tokens, cut, hash32, stem};
use crate::content::Content;

/// The weight of a word that is said once and is no small word.
const HEAVY: u8 = 51;

/// Stems kept of one text.
pub(super) const MOST_STEMS: usize = 16;

/// The marks that end a question.
const QUESTIONS: [char; 3] = ['?', '？', '؟'];

/// The length of the part of a mail that is searched for its new part, in characters.
const MOST_MAIL: usize = 20_000;

/// A text as the model keeps it. It does not print its words: there are none in it but ids. Written to a file, it does not hold
/// those either.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub(super) vector: Vector,
    pub(super) ids: Vec<SharedId>,
    pub(super) subject: Option<Subject>,
    pub(super) cues: Cues,
    pub(super) tokens: usize,
    pub(super) form: Form,
    #[serde(skip)]
    pub(super) language: Option<&'static str>,
}

/// The form in which something was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Form {
    /// In a chat, or in whatever is none of the others.
    #[default]
    Text,
    /// In a mail, which opens with a greeting whatever it says.
    Mail,
    /// In a call, which does so, too.
    Call,
}

/// A mail's subject without its prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) hash: u32,
    /// Whether it says that it answers.
    pub(super) re: bool,
}

impl Reading {
    /// Reads a text; one with a subject is a mail, of which only the new part counts.
    #[must_use]
    pub fn of(text: &str, subject: Option<&str>) -> Self {
        match subject {
            Some(subject) => Self::of_mail(text, subject),
            None => Self::of_text(text, None),
        }
    }

    /// Reads the words in a message.
    #[must_use]
    pub fn of_content(content: &Content) -> Self {
        match content {
            Content::Email { subject, text, .. } => Self::of_mail(text, subject),
            Content::CallReport(_) => Self::of_call(content.words()),
            Content::Text { .. }
            | Content::Media { .. }
            | Content::Location { .. }
            | Content::Contacts { .. }
            | Content::Choice { .. }
            | Content::Form { .. }
            | Content::Order { .. }
            | Content::Template { .. }
            | Content::Unsupported { .. } => Self::of_text(content.words(), None),
        }
    }

    fn of_mail(text: &str, subject: &str) -> Self {
        let new = mail::new_part(cut(text, MOST_MAIL));
        Self::of_text(&new, Some(mail::bare_subject(subject)))
    }

    /// Reads what was said in a call, or its report: what the caller said counts most, and says what the call does.
    #[must_use]
    pub fn of_call(text: &str) -> Self {
        let lexicon = Lexicon::get();
        let said = call::parts(cut(text, MOST_CHARS), lexicon);
        let (theirs, all) = (Tokens::of(&said.theirs), Tokens::of(text));
        let words = theirs.iter().chain(all.iter());
        let asks = said.theirs.contains(QUESTIONS);
        let first = lexicon.cues(&Tokens::of(said.first));
        Self {
            vector: Vector::of(words, lexicon),
            ids: ids::read(text, lexicon),
            subject: None,
            cues: Cues { asks, answers: first.answers, greets: false, ..lexicon.cues(&theirs) },
            tokens: theirs.len(),
            form: Form::Call,
            language: lexicon.language(&theirs),
        }
    }

    fn of_text(text: &str, subject: Option<(&str, bool)>) -> Self {
        let lexicon = Lexicon::get();
        let body = Tokens::of(text);
        let is_mail = subject.is_some();
        let title = subject.map(|(words, re)| (Tokens::of(words), re));
        let mut ids = ids::read(text, lexicon);
        if let Some((words, _)) = subject {
            let more = ids::read(words, lexicon);
            ids.extend(
                more.into_iter()
                    .filter(|new| ids.iter().all(|it| it.key != new.key))
                    .collect::<Vec<_>>(),
            );
        }
        let words = title.iter().flat_map(|(it, _)| it.iter()).chain(body.iter());
        let asks = cut(text, MOST_CHARS).contains(QUESTIONS);
        Self {
            vector: Vector::of(words, lexicon),
            ids,
            subject: title.and_then(|(words, re)| Subject::of(&words, re)),
            cues: Cues { asks, ..lexicon.cues(&body) },
            tokens: body.len(),
            form: if is_mail { Form::Mail } else { Form::Text },
            language: lexicon.language(&body),
        }
    }

    /// The language whose small words are most in it (`fr`), if one is.
    #[must_use]
    pub fn language(&self) -> Option<&'static str> {
        self.language
    }

    /// The order, ticket and invoice numbers in it.
    #[must_use]
    pub fn ids(&self) -> &[SharedId] {
        &self.ids
    }

    /// The acts of the message.
    #[must_use]
    pub fn cues(&self) -> Cues {
        self.cues
    }
}

impl Subject {
    /// A subject of three letters or fewer tells nothing.
    fn of(words: &Tokens, re: bool) -> Option<Self> {
        let joined: Vec<&str> = words.iter().collect();
        let joined = joined.join(" ");
        (joined.chars().count() > 3).then(|| Self { hash: hash32(&joined), re })
    }
}

/// Stems by their hash, each with a weight in 1/64.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Vector(pub(super) Vec<(u16, u8)>);

impl Vector {
    /// The heaviest stems: words that are said more often weigh more, small words and digits less.
    fn of<'a>(words: impl Iterator<Item = &'a str>, lexicon: &Lexicon) -> Self {
        let mut stems: HashMap<u16, (usize, u16, f32)> = HashMap::new();
        for (at, word) in words.enumerate() {
            let entry = stems
                .entry(stem(word, &lexicon.suffixes))
                .or_insert_with(|| (at, 0, weight(word, lexicon)));
            entry.1 = entry.1.saturating_add(1);
        }
        let mut heaviest: Vec<(u16, usize, f32)> = stems
            .into_iter()
            .map(|(hash, (at, count, weight))| (hash, at, (1.0 + f32::from(count).ln()) * weight))
            .collect();
        // By weight, then by place: the order of a hash map must not show.
        heaviest.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(&b.1)));
        heaviest.truncate(MOST_STEMS);
        let mut vector: Vec<(u16, u8)> =
            heaviest.into_iter().map(|(hash, _, weight)| (hash, sixty_fourths(weight))).collect();
        vector.sort_unstable();
        Self(vector)
    }

    /// The stems that are no small words and no short numbers.
    pub(super) fn heavy(&self) -> impl Iterator<Item = u16> {
        self.0.iter().filter(|(_, weight)| HEAVY <= *weight).map(|it| it.0)
    }

    /// Whether this stem is in it.
    pub(super) fn has(&self, stem: u16) -> bool {
        self.0.binary_search_by_key(&stem, |it| it.0).is_ok()
    }

    /// The likeness of two texts, from 0 to 1.
    pub(super) fn cosine(&self, other: &Self) -> f32 {
        let (mut dot, mut a, mut b) = (0u32, self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some((left, x)), Some((right, y))) = (a.peek(), b.peek()) {
            if left == right {
                dot += u32::from(*x) * u32::from(*y);
            }
            let (step_a, step_b) = (left <= right, right <= left);
            if step_a {
                a.next();
            }
            if step_b {
                b.next();
            }
        }
        if dot == 0 { 0.0 } else { as_f32(dot) / (self.norm() * other.norm()) }
    }

    fn norm(&self) -> f32 {
        as_f32(self.0.iter().map(|(_, weight)| u32::from(*weight).pow(2)).sum()).sqrt()
    }
}

fn weight(word: &str, lexicon: &Lexicon) -> f32 {
    if word.bytes().all(|it| it.is_ascii_digit()) {
        return match word.len() {
            1 => 0.15,
            2 => 0.55,
            _ => 0.9,
        };
    }
    let is_short = word.is_ascii() && word.len() <= 2;
    if is_short || lexicon.is_stop_word(word) { 0.1 } else { 0.8 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of the type"
)]
fn sixty_fourths(weight: f32) -> u8 {
    (weight * 64.0).round().clamp(1.0, 255.0) as u8
}

#[expect(clippy::cast_precision_loss, reason = "sums of sixteen products of bytes are below 2^24")]
fn as_f32(sum: u32) -> f32 {
    sum as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f32 {
        Reading::of(a, None).vector.cosine(&Reading::of(b, None).vector)
    }

    #[test]
    fn texts_about_one_thing_are_more_alike() {
        let order = "Where is the parcel that I ordered last week?";
        assert!(alike(order, "Your parcel was ordered on Monday") > 0.3);
        assert!(alike(order, "The hotel has a swimming pool") < 0.1);
        assert!((alike(order, order) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn empty_emoji_and_endless_texts_are_read_alike() {
        for text in ["", "   \n", "😀😀 👍🏽", "…!?", "\u{0}\u{fffd}"] {
            let reading = Reading::of(text, None);
            assert_eq!((reading.vector.0.len(), reading.tokens), (0, 0), "{text:?}");
        }
        let endless = Reading::of(&"parcel late 12345 ".repeat(6_000), Some(&"x".repeat(50_000)));
        assert!(endless.vector.0.len() <= MOST_STEMS && endless.tokens < 2_000);
    }

    #[test]
    fn cues_are_read_in_both_languages() {
        let cues = |text: &str| Reading::of(text, None).cues;
        assert!(
            cues("Bonjour, je voudrais un billet").greets
                && cues("Bonjour, je voudrais un billet").requests
        );
        assert!(
            cues("D'accord, merci, au revoir !").answers
                && cues("D’ACCORD, merci, AU REVOIR !").goodbye
        );
        assert!(cues("Hello, can you help me?").greets && cues("Hello, can you help me?").asks);
        assert!(cues("Is there anything else I can help you with?").closes);
        assert!(!cues("The hello is late").greets);
    }

    #[test]
    fn the_language_is_told_by_small_words() {
        assert_eq!(Reading::of("Je voudrais savoir où est mon colis", None).language(), Some("fr"));
        assert_eq!(Reading::of("I would like to know where it is", None).language(), Some("en"));
        assert_eq!(Reading::of("👍", None).language(), None);
    }

    #[test]
    fn a_subject_is_the_same_with_its_prefixes() {
        let subject = |it: &str| Reading::of("", Some(it)).subject;
        let plain = subject("Votre commande").map(|it| it.hash);
        for answered in ["Re: Votre commande", "RE : votre commande", "Re: Tr: Votre  Commande"] {
            assert_eq!(
                subject(answered).map(|it| (it.hash, it.re)),
                plain.map(|it| (it, true)),
                "{answered}"
            );
        }
        assert_eq!(
            subject("Tr: Votre commande").map(|it| (it.hash, it.re)),
            plain.map(|it| (it, false))
        );
        assert_eq!(subject("Re: ok"), None);
    }
}
