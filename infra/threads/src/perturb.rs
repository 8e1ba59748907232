//! The same stream written worse: typed badly, in capitals, without accents, with signatures and quotes.
//!
//! Chance is a hash of the message's id: the same stream is worse in the same way each time.

use std::collections::HashMap;

use clap::ValueEnum;
use domain::threading::Reading;

use crate::stream::{Line, LineDirection, short_key};

/// The way in which a stream is made worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Perturbation {
    /// 8 % of the words are mistyped.
    Typos,
    /// All is in capitals.
    Upper,
    /// No accents, no punctuation.
    Plain,
    /// 30 % of the mails end with a signature and the mail before.
    Signatures,
    /// Every mail greets, and so does half of what goes on with a topic after six hours.
    Greetings,
    /// Every message of the customer is an emoji.
    Emoji,
    /// No message quotes or names another.
    References,
    /// All is in letters that we have no words for.
    Letters,
}

impl Perturbation {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Typos,
        Self::Upper,
        Self::Plain,
        Self::Signatures,
        Self::Greetings,
        Self::Emoji,
        Self::References,
        Self::Letters,
    ];
}

/// A silence after which a topic is come back to, in seconds.
const RETURN: i64 = 6 * 3_600;

/// Words that are mistyped, in percent.
const TYPOS: u64 = 8;
/// Mails that carry a signature and a quote, in percent.
const SIGNED: u64 = 30;

/// Makes a stream worse.
pub fn perturb(lines: &mut [Line], how: Perturbation) {
    match how {
        Perturbation::Typos => each_text(lines, mistype),
        Perturbation::Plain => each_text(lines, |it, _| plain(it)),
        Perturbation::Upper => {
            each_text(lines, |it, _| it.to_uppercase());
            each_subject(lines, str::to_uppercase);
        }
        Perturbation::Letters => {
            each_text(lines, |it, _| in_other_letters(it));
            each_subject(lines, in_other_letters);
        }
        Perturbation::Signatures => sign_and_quote(lines),
        Perturbation::Greetings => greet(lines, 100, 50),
        Perturbation::Emoji => {
            for line in lines.iter_mut().filter(|it| it.direction == LineDirection::In) {
                "👍".clone_into(&mut line.text);
            }
        }
        Perturbation::References => {
            for line in lines {
                line.refs.clear();
                line.reply_to = None;
            }
        }
    }
}

fn each_text(lines: &mut [Line], worse: impl Fn(&str, &mut Chance) -> String) {
    for line in lines {
        line.text = worse(&line.text, &mut Chance::of(&line.message_id));
    }
}

fn each_subject(lines: &mut [Line], worse: impl Fn(&str) -> String) {
    for subject in lines.iter_mut().filter_map(|it| it.subject.as_mut()) {
        *subject = worse(subject);
    }
}

/// Georgian letters for Latin ones: no list of ours has a word in them.
fn in_other_letters(text: &str) -> String {
    let other = |it: char| {
        let place = u32::from(it.to_ascii_lowercase()).checked_sub(u32::from('a'));
        let place = place.filter(|_| it.is_ascii_alphabetic());
        place.and_then(|it| char::from_u32(0x10d0 + it)).unwrap_or(it)
    };
    text.chars().map(other).collect()
}

/// Lets so many mails in a hundred greet, and so many of those messages that go on with a topic after a pause.
pub fn greet(lines: &mut [Line], mails: u64, returns: u64) {
    let mut latest = HashMap::<String, i64>::new();
    for line in lines {
        let before = latest.get(&line.gold_topic).copied();
        if line.direction == LineDirection::In {
            let is_return = before.is_some_and(|it| line.ts - it > RETURN);
            let is_mail = line.subject.is_some();
            let chance = Chance::of(&line.message_id).below(100);
            let has_greeted = Reading::of(&line.text, None).cues().greets;
            if !has_greeted && (is_mail && chance < mails || is_return && chance < returns) {
                let is_french = Reading::of(&line.text, None).language() == Some("fr");
                let greeting = if is_french { "Bonjour" } else { "Hello" };
                line.text.insert_str(0, if is_mail { ",\n" } else { ", " });
                line.text.insert_str(0, greeting);
            }
        }
        if line.direction != LineDirection::Event {
            latest.insert(line.gold_topic.clone(), line.ts);
        }
    }
}

fn mistype(text: &str, chance: &mut Chance) -> String {
    let words = text.split(' ').map(|word| {
        let is_word = word.chars().count() > 2 && word.chars().all(char::is_alphabetic);
        if is_word && chance.below(100) < TYPOS { slip(word, chance) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// One slip of the finger: a letter left out, doubled, swapped with the next or another one.
fn slip(word: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let last = letters.len().saturating_sub(1);
    let at = usize::try_from(chance.below(last as u64)).unwrap_or(0);
    match chance.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters.get(at).copied().unwrap_or('e')),
        2 => letters.swap(at, (at + 1).min(last)),
        _ => {
            if let Some(letter) = letters.get_mut(at) {
                *letter = char::from(b'a' + u8::try_from(chance.below(26)).unwrap_or(0));
            }
        }
    }
    letters.into_iter().collect()
}

fn plain(text: &str) -> String {
    const ACCENTS: &str = "àaâaäaçcéeèeêeëeîiïiôoöoùuûuüuÿyÀAÂAÇCÉEÈEÊEÎIÔOÙUÛU";
    let table: Vec<char> = ACCENTS.chars().collect();
    let bare = |char: char| {
        let pair = table.chunks_exact(2).find(|it| it.first() == Some(&char));
        pair.and_then(|it| it.last()).copied().unwrap_or(char)
    };
    // A hyphen or a slash inside of a number is how the number is written.
    let kept = |it: char| if it.is_alphanumeric() || matches!(it, '-' | '/') { it } else { ' ' };
    text.chars().map(|it| kept(bare(it))).collect()
}

fn sign_and_quote(lines: &mut [Line]) {
    let mut latest = HashMap::<String, String>::new();
    for line in lines {
        if line.direction == LineDirection::Event {
            continue;
        }
        let said = line.text.clone();
        let mut chance = Chance::of(&line.message_id);
        if line.subject.is_some() && chance.below(100) < SIGNED {
            let style = usize::try_from(chance.below(3)).unwrap_or(0);
            let is_french = Reading::of(&said, None).language() == Some("fr");
            let (signature, quote) = if is_french { french(style) } else { english(style) };
            line.text.push_str(signature);
            if let Some(before) = latest.get(&line.contact_id) {
                let mark = if quote.contains('\n') && style == 1 { "" } else { "> " };
                line.text.push_str(quote);
                for part in [mark, before, "\n", mark, "\n"] {
                    line.text.push_str(part);
                }
            }
        }
        latest.insert(line.contact_id.clone(), said);
    }
}

fn french(style: usize) -> (&'static str, &'static str) {
    match style {
        0 => (
            "\n\nCordialement,\n\nMarie Lefèvre\nResponsable des achats\nTél. : 01 44 55 66 77\n12 rue des Lilas, 75011 Paris\n",
            "\nLe mar. 13 janv. 2026 à 10:42, Service client <bonjour@exemple.fr> a écrit :\n",
        ),
        1 => (
            "\n\nEnvoyé de mon iPhone\n",
            "\nDe : Service client <bonjour@exemple.fr>\nEnvoyé : mardi 13 janvier 2026 10:42\nÀ : Marie Lefèvre\nObjet : votre demande\n\n",
        ),
        _ => (
            "\n-- \nMarie Lefèvre\nLefèvre & fils, jardins et terrasses\nwww.lefevre.exemple\n",
            "\nLe 13 janvier 2026 à 10:42, Service client\n<bonjour@exemple.fr> a écrit :\n\n",
        ),
    }
}

fn english(style: usize) -> (&'static str, &'static str) {
    match style {
        0 => (
            "\n\nKind regards,\n\nMary Fielding\nPurchasing manager\nPhone: 020 7946 0991\n12 Lilac Road, London\n",
            "\nOn Tue, Jan 13, 2026 at 10:42 AM Customer care <hello@example.com> wrote:\n",
        ),
        1 => (
            "\n\nSent from my iPhone\n",
            "\nFrom: Customer care <hello@example.com>\nSent: Tuesday, January 13, 2026 10:42 AM\nTo: Mary Fielding\nSubject: your request\n\n",
        ),
        _ => (
            "\n-- \nMary Fielding\nFielding & Sons, gardens and terraces\nwww.fielding.example\n",
            "\nOn 13 Jan 2026, at 10:42, Customer care\n<hello@example.com> wrote:\n\n",
        ),
    }
}

/// Numbers that look drawn, from an id (splitmix64).
struct Chance(u64);

impl Chance {
    fn of(id: &str) -> Self {
        Self(u64::from(short_key(id)))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ it >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ it >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (it ^ it >> 31) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_made_worse_in_the_same_way_each_time() {
        let line = |id: &str| Line {
            message_id: id.to_owned(),
            text: "where is my order ".repeat(20),
            ..Line::default()
        };
        let worse = |id: &str| {
            let mut lines = [line(id)];
            perturb(&mut lines, Perturbation::Typos);
            lines[0].text.clone()
        };
        assert_eq!(worse("a"), worse("a"));
        assert_ne!(worse("a"), worse("b"));
        let slips =
            worse("a").split(' ').zip(line("a").text.split(' ')).filter(|(a, b)| a != b).count();
        assert!((1..=15).contains(&slips), "{slips}");
    }

    #[test]
    fn plain_text_keeps_numbers_and_letters() {
        assert_eq!(plain("Où est A-1234, s'il vous plaît ?"), "Ou est A-1234  s il vous plait  ");
    }
}
