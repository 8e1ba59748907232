//! The acts of a message, read from a few words of each language: it greets, asks, answers, takes leave.
//!
//! A language is one data file: nothing here knows one.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::language::{Language, MailWords};
use super::text::{Tokens, plain};

// `LANGUAGES`: every `cues.*.json` of the data folder. A new language is a file there, and nothing else.
include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The phrases by which two languages are in each other's way: a phrase that does another thing in each, and one that is made of
/// small words of the other, which therefore is no phrase in a text of that one.
#[must_use]
pub fn collisions() -> Vec<String> {
    Lexicon::get().collisions()
}

/// The acts of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent answer")]
pub struct Cues {
    /// It starts with a greeting.
    pub greets: bool,
    /// It wants something.
    pub requests: bool,
    /// It starts with a word that answers: yes, no, thanks.
    pub answers: bool,
    /// It refers to something that was said.
    pub refers_back: bool,
    /// It starts with a word that goes on: and, but, or.
    #[serde(default)]
    pub continues: bool,
    /// It asks how far something is that was asked for.
    pub follows_up: bool,
    /// It takes leave.
    pub goodbye: bool,
    /// It is what an agent ends with: anything else?
    pub closes: bool,
    /// It holds a question.
    pub asks: bool,
}

/// The words of all languages together.
pub(super) struct Lexicon {
    names: Vec<String>,
    /// The languages, as bits, in which a word is too common to mean anything.
    stop_words: HashMap<String, u32>,
    /// Phrases by their first word.
    phrases: HashMap<String, Vec<Phrase>>,
    /// Names of things that are counted: a number before one of these names nothing.
    units: HashSet<String>,
    /// Word endings, longest first.
    pub(super) suffixes: Vec<String>,
    /// The words of mail programs, one entry per language.
    pub(super) mail: Vec<MailWords>,
    /// The names that stand before the words of who took a call, and of who called.
    pub(super) speakers: [HashSet<String>; 2],
}

struct Phrase {
    rest: Vec<String>,
    cue: Cue,
    /// The place of its language.
    language: usize,
    /// The other languages, as bits, in which all of its words are small words: in a text of one of them it is no phrase.
    elsewhere: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    Greets,
    Requests,
    Answers,
    RefersBack,
    Continues,
    FollowsUp,
    Goodbye,
    Closes,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(LANGUAGES));

impl Lexicon {
    pub(super) fn get() -> &'static Self {
        &LEXICON
    }

    #[expect(clippy::expect_used, reason = "the files are compiled in, and every test reads them")]
    fn of(files: &[&str]) -> Self {
        let mut all = Self {
            names: Vec::new(),
            stop_words: HashMap::new(),
            phrases: HashMap::new(),
            units: HashSet::new(),
            suffixes: Vec::new(),
            mail: Vec::new(),
            speakers: [HashSet::new(), HashSet::new()],
        };
        for file in files {
            let language: Language = serde_json::from_str(file).expect("a language file");
            all.add(language.spelt_both_ways());
        }
        all.tell_apart();
        all.suffixes.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.suffixes.dedup();
        all
    }

    fn add(&mut self, language: Language) {
        let place = self.names.len();
        let bit = 1u32.checked_shl(u32::try_from(place).unwrap_or(31)).unwrap_or(0);
        self.names.push(language.code);
        for word in &language.stop_words {
            for token in Tokens::of(word).iter() {
                *self.stop_words.entry(token.to_owned()).or_default() |= bit;
            }
        }
        self.units.extend(language.units.iter().map(|it| plain(it)));
        self.suffixes.extend(language.suffixes.iter().map(|it| plain(it)));
        for (list, cue) in [
            (&language.greetings, Cue::Greets),
            (&language.requests, Cue::Requests),
            (&language.answers, Cue::Answers),
            (&language.back_references, Cue::RefersBack),
            (&language.continuations, Cue::Continues),
            (&language.follow_ups, Cue::FollowsUp),
            (&language.goodbyes, Cue::Goodbye),
            (&language.closings, Cue::Closes),
        ] {
            for phrase in list {
                let tokens = Tokens::of(phrase);
                let mut words = tokens.iter().map(str::to_owned);
                let Some(first) = words.next() else { continue };
                let phrase =
                    Phrase { rest: words.collect(), cue, language: place, elsewhere: !bit };
                self.phrases.entry(first).or_default().push(phrase);
            }
        }
        for (all, more) in
            self.speakers.iter_mut().zip([&language.call.ours, &language.call.theirs])
        {
            all.extend(more.iter().map(|it| plain(it)));
        }
        self.mail.push(language.mail.made_plain());
    }

    /// Finds for each phrase the languages in which it is made of small words only.
    fn tell_apart(&mut self) {
        let small = |word: &String| self.stop_words.get(word).copied().unwrap_or(0);
        for (first, phrases) in &mut self.phrases {
            for phrase in phrases {
                let words = phrase.rest.iter().chain([first]);
                phrase.elsewhere = words.fold(phrase.elsewhere, |bits, it| bits & small(it));
            }
        }
    }

    fn collisions(&self) -> Vec<String> {
        let name = |place: usize| self.names.get(place).map_or("", String::as_str);
        let mut found = Vec::new();
        for (first, phrases) in &self.phrases {
            for (n, it) in phrases.iter().enumerate() {
                let words =
                    std::iter::once(first.as_str()).chain(it.rest.iter().map(String::as_str));
                let said = format!(
                    "{} ({}: {:?})",
                    words.collect::<Vec<_>>().join(" "),
                    name(it.language),
                    it.cue
                );
                let others = phrases.iter().skip(n + 1);
                let others = others.filter(|other| {
                    other.rest == it.rest && other.language != it.language && other.cue != it.cue
                });
                found.extend(
                    others.map(|other| {
                        format!("{said} and {}: {:?}", name(other.language), other.cue)
                    }),
                );
                let small = (0..self.names.len()).filter(|place| it.elsewhere >> place & 1 == 1);
                found.extend(small.map(|place| format!("{said} is small in {}", name(place))));
            }
        }
        found.sort_unstable();
        found
    }

    pub(super) fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains_key(word)
    }

    pub(super) fn is_unit(&self, word: &str) -> bool {
        self.units.contains(&plain(word))
    }

    /// The acts of these tokens; whether they ask is for who sees the punctuation.
    pub(super) fn cues(&self, tokens: &Tokens) -> Cues {
        let mut cues = Cues::default();
        let spoken = self.spoken(tokens);
        let greeted = self.greeting(tokens);
        for (at, word) in tokens.iter().enumerate() {
            let Some(phrases) = self.phrases.get(word) else { continue };
            let here = phrases.iter().filter(|it| it.elsewhere & spoken == 0);
            for phrase in here.filter(|it| tokens.continues(at + 1, &it.rest)) {
                match phrase.cue {
                    Cue::Greets => cues.greets |= at == 0,
                    Cue::Answers => cues.answers |= at == 0 || at == greeted,
                    Cue::RefersBack => cues.refers_back = true,
                    Cue::Continues => cues.continues |= at == 0 || at == greeted,
                    Cue::FollowsUp => cues.follows_up = true,
                    Cue::Requests => cues.requests = true,
                    Cue::Goodbye => cues.goodbye = true,
                    Cue::Closes => cues.closes = true,
                }
            }
        }
        cues
    }

    /// The number of words at the start that greet.
    pub(super) fn greeting(&self, tokens: &Tokens) -> usize {
        let mut end = 0;
        while let Some(length) = self.phrase(tokens, end, |it| matches!(it, Cue::Greets)) {
            end += length;
        }
        end
    }

    /// The number of words that are no small words and part of no phrase.
    pub(super) fn says(&self, tokens: &Tokens) -> usize {
        let (mut at, mut n_words) = (0, 0);
        while let Some(word) = tokens.get(at) {
            let phrase =
                self.phrase(tokens, at, |it| !matches!(it, Cue::RefersBack | Cue::Continues));
            let is_word = phrase.is_none() && !self.is_stop_word(word);
            n_words += usize::from(is_word && (2 < word.chars().count() || !word.is_ascii()));
            at += phrase.unwrap_or(1);
        }
        n_words
    }

    /// The length of the longest phrase that stands here.
    fn phrase(&self, tokens: &Tokens, at: usize, is: impl Fn(Cue) -> bool) -> Option<usize> {
        let phrases = self.phrases.get(tokens.get(at)?)?.iter();
        let here = phrases.filter(|it| is(it.cue) && tokens.continues(at + 1, &it.rest));
        here.map(|it| 1 + it.rest.len()).max()
    }

    /// The language whose small words are most in it.
    pub(super) fn language(&self, tokens: &Tokens) -> Option<&str> {
        let spoken = self.spoken(tokens);
        let is_one = spoken.is_power_of_two();
        let place = usize::try_from(spoken.trailing_zeros()).ok().filter(|_| is_one)?;
        self.names.get(place).map(String::as_str)
    }

    /// The languages, as bits, whose small words are most in it: none, one, or several that are equal.
    fn spoken(&self, tokens: &Tokens) -> u32 {
        let mut counts = vec![0u32; self.names.len()];
        for bits in tokens.iter().filter_map(|it| self.stop_words.get(it)) {
            for (n, count) in counts.iter_mut().enumerate() {
                *count += bits >> n & 1;
            }
        }
        let Some(most) = counts.iter().copied().max().filter(|it| *it > 0) else { return 0 };
        let mut spoken = 0;
        for (n, _) in counts.iter().enumerate().filter(|it| *it.1 == most) {
            spoken |= 1 << n;
        }
        spoken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_language_is_read_like_the_others() {
        let cues = |text: &str| Lexicon::get().cues(&Tokens::of(text));
        assert!(cues("Guten Tag, ich möchte eine Lampe umtauschen").greets);
        assert!(cues("Guten Tag, ich möchte eine Lampe umtauschen").requests);
        assert!(cues("Gibt es schon etwas Neues?").follows_up);
        assert!(cues("Ja gerne").answers && cues("Nein danke, das war alles").goodbye);
        assert!(cues("Kann ich sonst noch etwas für Sie tun?").closes);
        let language = |text: &str| Lexicon::get().language(&Tokens::of(text)).map(str::to_owned);
        assert_eq!(language("wo ist mein Paket, es ist noch nicht da").as_deref(), Some("de"));
        assert_eq!(language("where is my parcel, it is not there yet").as_deref(), Some("en"));
        assert_eq!(language("où est mon colis, il n'est pas encore là").as_deref(), Some("fr"));
    }

    #[test]
    fn german_is_read_as_it_is_typed_without_its_letters() {
        let cues = |text: &str| Lexicon::get().cues(&Tokens::of(text));
        for (umlauts, without) in [
            ("Schönen guten Tag", "Schoenen guten Tag"),
            ("Grüß Gott", "Gruess Gott"),
            ("ich möchte umtauschen", "ich moechte umtauschen"),
            ("Könnten Sie das prüfen?", "Koennten Sie das pruefen?"),
            ("hätten Sie es in Größe 40?", "haetten Sie es in Groesse 40?"),
            ("noch keine Rückmeldung", "noch keine Rueckmeldung"),
            ("Natürlich, tschüss", "Natuerlich, tschuess"),
        ] {
            assert_eq!(cues(umlauts), cues(without), "{without}");
            assert_ne!(cues(without), Cues::default(), "{without}");
        }
        let spoken = Lexicon::get().language(&Tokens::of("fuer wann muessten wir koennen"));
        assert_eq!(spoken, Some("de"));
        let mail = "Die Lampe fehlt.\n\nViele Gruesse\nAnna Weiss";
        assert_eq!(super::super::mail::new_part(mail), "Die Lampe fehlt.");
    }

    #[test]
    fn a_word_that_is_small_in_the_language_of_the_text_is_no_phrase_of_another() {
        let refers = |text: &str| Lexicon::get().cues(&Tokens::of(text)).refers_back;
        // "es" refers to something in German, and is a form of "to be" in French.
        assert!(refers("ich möchte es zurückgeben") && !refers("tu es à la gare de Lyon"));
        assert!(
            collisions().iter().any(|it| it == "es (de: RefersBack) is small in fr"),
            "{:?}",
            collisions()
        );
    }

    #[test]
    fn what_opens_a_matter_as_often_is_no_asking_for_news() {
        let cues = |text: &str| Lexicon::get().cues(&Tokens::of(text));
        for opener in [
            "Hi, how's it going? I would like a table",
            "My parcel has still not arrived",
            "I haven't received my order",
            "I will be checking in on Friday",
            "Please set a reminder for my visit",
            "My ping is far too high",
            "Since an update the app crashes",
            "Hello again, I need a taxi",
            "Je voudrais une nouvelle carte",
            "Depuis une mise à jour, rien ne marche",
            "Mon colis n'est toujours pas arrivé",
            "Je voudrais prendre rendez-vous pour un rappel de vaccin",
            "Mein Paket ist immer noch nicht da",
            "Ich suche etwas Neues",
            "Ich erinnere mich nicht an mein Passwort",
        ] {
            assert!(!cues(opener).follows_up, "{opener}");
        }
        for follow_up in [
            "Is there an update?",
            "Could you please give me an update?",
            "Just a reminder about my sofa",
            "I still have no answer",
            "Toujours pas de nouvelles ?",
            "J'attends votre réponse",
            "Petit rappel pour mon dossier",
            "Immer noch keine Antwort",
            "Ich warte auf Ihre Rückmeldung",
        ] {
            assert!(cues(follow_up).follows_up, "{follow_up}");
        }
        // "Still" and "again" refer to something before, and no more than that.
        for text in ["Hello again", "Toujours pas arrivé", "immer noch nicht da"] {
            assert!(cues(text).refers_back, "{text}");
        }
    }

    #[test]
    fn a_sentence_may_go_on_with_what_was_said() {
        let continues = |text: &str| Lexicon::get().cues(&Tokens::of(text)).continues;
        assert!(continues("And who is the director?") && continues("Hi, but it is red"));
        assert!(continues("Et le prix ?") && continues("Und was kostet das?"));
        assert!(!continues("A table and a lamp") && !continues("une lampe et une table"));
    }

    #[test]
    fn an_answer_may_follow_a_greeting() {
        let answers = |text: &str| Lexicon::get().cues(&Tokens::of(text)).answers;
        assert!(answers("Hi, yes that's right") && answers("Bonjour, oui"));
        assert!(!answers("Hi, is that right? Yes or no"));
    }
}
