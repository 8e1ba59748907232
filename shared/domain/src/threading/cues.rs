//! What a message does, read from a few words of each language: it greets, asks, answers, takes leave.
//!
//! A language is one data file: nothing here knows one.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::text::{Tokens, plain};

/// Every language that we have words for. A new one is a file and a line here.
const LANGUAGES: &[&str] = &[
    include_str!("../../data/threading/cues.en.json"),
    include_str!("../../data/threading/cues.fr.json"),
];

/// What a message does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// It takes leave.
    pub goodbye: bool,
    /// It is what an agent ends with: anything else?
    pub closes: bool,
    /// It holds a question.
    pub asks: bool,
}

/// One language, as its file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    /// Its ISO 639-1 code.
    code: String,
    stop_words: Vec<String>,
    suffixes: Vec<String>,
    greetings: Vec<String>,
    requests: Vec<String>,
    answers: Vec<String>,
    back_references: Vec<String>,
    goodbyes: Vec<String>,
    closings: Vec<String>,
    units: Vec<String>,
    mail: MailWords,
}

/// What mail programs write in a language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailWords {
    /// What stands before a subject that answers.
    pub(super) reply_prefixes: Vec<String>,
    /// What stands before a subject that passes a mail on.
    pub(super) forward_prefixes: Vec<String>,
    /// How the line before a quote starts and ends: `On … wrote:`.
    pub(super) quote_lines: Vec<(String, String)>,
    /// What stands between dashes before a quoted mail.
    pub(super) originals: Vec<String>,
    /// The header names that start a quoted mail, in their order.
    pub(super) headers: Vec<(String, String)>,
    /// What a phone writes under a mail.
    pub(super) devices: Vec<String>,
    /// What stands alone on a line before a name.
    pub(super) sign_offs: Vec<String>,
}

impl MailWords {
    /// As the lines that they are compared with.
    fn made_plain(self) -> Self {
        let words = |list: Vec<String>| list.iter().map(|it| plain(it)).collect();
        let pairs =
            |list: Vec<(String, String)>| list.iter().map(|(a, b)| (plain(a), plain(b))).collect();
        Self {
            reply_prefixes: words(self.reply_prefixes),
            forward_prefixes: words(self.forward_prefixes),
            quote_lines: pairs(self.quote_lines),
            originals: words(self.originals),
            headers: pairs(self.headers),
            devices: words(self.devices),
            sign_offs: words(self.sign_offs),
        }
    }
}

/// The words of all languages together.
pub(super) struct Lexicon {
    names: Vec<String>,
    /// The languages, as bits, in which a word is too common to mean anything.
    stop_words: HashMap<String, u32>,
    /// Phrases by their first word.
    phrases: HashMap<String, Vec<Phrase>>,
    /// What is counted: a number before one of these names nothing.
    units: HashSet<String>,
    /// Word endings, longest first.
    pub(super) suffixes: Vec<String>,
    /// What mail programs write, one per language.
    pub(super) mail: Vec<MailWords>,
}

struct Phrase {
    rest: Vec<String>,
    cue: Cue,
}

#[derive(Clone, Copy)]
enum Cue {
    Greets,
    Requests,
    Answers,
    RefersBack,
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
        };
        for file in files {
            all.add(serde_json::from_str(file).expect("a language file"));
        }
        all.suffixes.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.suffixes.dedup();
        all
    }

    fn add(&mut self, language: Language) {
        let bit = 1u32.checked_shl(u32::try_from(self.names.len()).unwrap_or(31)).unwrap_or(0);
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
            (&language.goodbyes, Cue::Goodbye),
            (&language.closings, Cue::Closes),
        ] {
            for phrase in list {
                let tokens = Tokens::of(phrase);
                let mut words = tokens.iter().map(str::to_owned);
                let Some(first) = words.next() else { continue };
                self.phrases.entry(first).or_default().push(Phrase { rest: words.collect(), cue });
            }
        }
        self.mail.push(language.mail.made_plain());
    }

    pub(super) fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains_key(word)
    }

    pub(super) fn is_unit(&self, word: &str) -> bool {
        self.units.contains(&plain(word))
    }

    /// What these tokens do; whether they ask is for who sees the punctuation.
    pub(super) fn cues(&self, tokens: &Tokens) -> Cues {
        let mut cues = Cues::default();
        for (at, word) in tokens.iter().enumerate() {
            let Some(phrases) = self.phrases.get(word) else { continue };
            for phrase in phrases.iter().filter(|it| tokens.continues(at + 1, &it.rest)) {
                match phrase.cue {
                    Cue::Greets => cues.greets |= at == 0,
                    Cue::Answers => cues.answers |= at == 0,
                    Cue::RefersBack => cues.refers_back = true,
                    Cue::Requests => cues.requests = true,
                    Cue::Goodbye => cues.goodbye = true,
                    Cue::Closes => cues.closes = true,
                }
            }
        }
        cues
    }

    /// How many words at the start greet.
    pub(super) fn greeting(&self, tokens: &Tokens) -> usize {
        let mut end = 0;
        while let Some(length) = self.phrase(tokens, end, |it| matches!(it, Cue::Greets)) {
            end += length;
        }
        end
    }

    /// How many words are no small words and part of no phrase.
    pub(super) fn says(&self, tokens: &Tokens) -> usize {
        let (mut at, mut n_words) = (0, 0);
        while let Some(word) = tokens.get(at) {
            let phrase = self.phrase(tokens, at, |it| !matches!(it, Cue::RefersBack));
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
        let mut counts = vec![0u32; self.names.len()];
        for bits in tokens.iter().filter_map(|it| self.stop_words.get(it)) {
            for (n, count) in counts.iter_mut().enumerate() {
                *count += bits >> n & 1;
            }
        }
        let most = counts.iter().copied().max().filter(|it| *it > 0)?;
        let mut best = counts.iter().zip(&self.names).filter(|(count, _)| **count == most);
        match (best.next(), best.next()) {
            (Some((_, name)), None) => Some(name),
            (Some(_) | None, _) => None,
        }
    }
}
