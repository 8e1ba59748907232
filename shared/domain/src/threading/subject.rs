//! The subject of a thread, in one line for people: a mail's own subject, or the first sentence that says something.
//!
//! It is a title and no evidence: nothing is decided by it.

use super::cues::Lexicon;
use super::text::{MOST_CHARS, Tokens, cut};
use super::{ids, mail};
use crate::content::{Content, MediaKind};

/// The longest line that is made of a sentence, in characters.
const MOST_LINE: usize = 60;
/// The longest subject of a mail that is kept whole.
const MOST_SUBJECT: usize = 120;
/// The length of the text that is searched for its new part, in characters.
const MOST_READ: usize = 20_000;
/// Words of the name that a greeting is for.
const NAME_WORDS: usize = 3;

/// The line of a thread that this opens; `None` if it says nothing that one could call it by.
#[must_use]
pub fn subject_of(content: &Content) -> Option<String> {
    let own = match content {
        Content::Email { subject, .. } => Some((mail::bare_subject(subject).0, MOST_SUBJECT)),
        // What the person tapped is what they said.
        Content::Choice { title, .. } => Some((title.as_str(), MOST_LINE)),
        Content::Text { .. }
        | Content::Media { .. }
        | Content::Location { .. }
        | Content::Contacts { .. }
        | Content::Form { .. }
        | Content::Order { .. }
        | Content::CallReport(_)
        | Content::Template { .. }
        | Content::Unsupported { .. } => None,
    };
    let own = own.map(|(text, most)| shortened(text, most)).filter(|it| !it.is_empty());
    own.or_else(|| subject_line(content.words())).or_else(|| label(content))
}

/// The first sentence of a text that says something, without greeting, quote and signature, cut at a word. A number that
/// names a case stays: where the sentence lacks it, it stands behind.
#[must_use]
pub fn subject_line(text: &str) -> Option<String> {
    let lexicon = Lexicon::get();
    let new = mail::new_part(cut(text, MOST_READ));
    let new = cut(&new, MOST_CHARS);
    let said = |it: &&str| says(it, lexicon);
    let sentences: Vec<_> = sentences(new).map(|it| without_greeting(it, lexicon)).collect();
    // "I'm Mary" says one thing; what she wants is the next sentence.
    let wants = |it: &str| it.ends_with('?') || lexicon.cues(&Tokens::of(it)).requests;
    let full = sentences.iter().find(|it| 1 < said(it) || 0 < said(it) && wants(it));
    let sentence = full.or_else(|| sentences.iter().find(|it| 0 < said(it)))?;
    let line = shortened(sentence, MOST_LINE);
    let number = ids::read(new, lexicon).into_iter().map(|it| it.shown).next();
    Some(match number.filter(|it| !line.contains(it.as_str())) {
        Some(number) => {
            let room = MOST_LINE.saturating_sub(number.chars().count() + " ()".len());
            format!("{} ({number})", shortened(sentence, room))
        }
        None => line,
    })
}

/// The label of a message without words.
fn label(content: &Content) -> Option<String> {
    let label = match content {
        Content::Media { items, .. } => {
            let first = items.first()?;
            match (first.kind, &first.filename) {
                (MediaKind::Document, Some(name)) if !name.is_empty() => {
                    return Some(shortened(name, MOST_LINE));
                }
                (MediaKind::Document, _) => "Document",
                (MediaKind::Image, _) => "Photo",
                (MediaKind::Video, _) => "Video",
                (MediaKind::Audio, _) => "Audio",
                (MediaKind::VoiceNote, _) => "Voice message",
                (MediaKind::Sticker, _) => "Sticker",
                (MediaKind::Share, _) => "Shared post",
            }
        }
        Content::Location { .. } => "Location",
        Content::Contacts { .. } => "Contact card",
        Content::Choice { .. } => "Choice",
        Content::Form { .. } => "Form",
        Content::Order { .. } => "Order",
        Content::CallReport(_) => "Call",
        Content::Text { .. }
        | Content::Email { .. }
        | Content::Template { .. }
        | Content::Unsupported { .. } => return None,
    };
    Some(label.to_owned())
}

/// The weight of a sentence: its words that are no small words and part of no phrase; a number that names a case is more.
fn says(sentence: &str, lexicon: &Lexicon) -> usize {
    let tokens = Tokens::of(sentence);
    if lexicon.cues(&tokens).goodbye {
        return 0;
    }
    lexicon.says(&tokens) + 2 * ids::read(sentence, lexicon).len()
}

/// The sentences of a text: a line ends one, and a full stop, question or exclamation mark before a space does.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut from = 0;
        let ends = line.char_indices().filter_map(move |(at, char)| {
            let end = at + char.len_utf8();
            let is_last = line.get(end..).is_some_and(|it| it.starts_with(char::is_whitespace));
            let is_wide = matches!(char, '。' | '！' | '？');
            let is_end = is_wide || is_last && matches!(char, '.' | '!' | '?' | '…');
            is_end.then_some(end)
        });
        let cuts: Vec<_> = ends.chain([line.len()]).collect();
        cuts.into_iter().filter_map(move |to| {
            let sentence = line.get(from..to)?.trim();
            from = to;
            Some(sentence).filter(|it| !it.is_empty())
        })
    })
}

/// A sentence without the greeting that it starts with and the name that the greeting is for.
fn without_greeting<'a>(sentence: &'a str, lexicon: &Lexicon) -> &'a str {
    let greets = lexicon.greeting(&Tokens::of(sentence));
    if greets == 0 {
        return sentence;
    }
    let (mut rest, mut seen, mut is_over) = (sentence, 0, false);
    while seen < greets {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        seen += Tokens::of(word).len().max(1);
        is_over = word.ends_with(ends_part);
        rest = after.trim_start();
    }
    let (name, after) = rest.split_once(ends_part).unwrap_or((rest, ""));
    let is_name = !is_over
        && name.split_whitespace().count() <= NAME_WORDS
        && (name.len() < rest.len() || name.starts_with(char::is_uppercase));
    if is_name { after.trim_start() } else { rest }.trim_start_matches(ends_part).trim_start()
}

fn ends_part(char: char) -> bool {
    matches!(char, ',' | '!' | '.' | ':' | ';' | '–' | '-')
}

/// A text on one line, without the mark at its end, cut at a word if it is longer than so many characters.
fn shortened(text: &str, most: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', ',', ';', ':', '!', '…', '。', '！']);
    let start = cut(line, most);
    if start.len() == line.len() {
        return line.to_owned();
    }
    let start = cut(line, most.saturating_sub(1));
    let at_word = start.rsplit_once(' ').map_or(start, |(words, _)| words);
    format!("{}…", at_word.trim_end_matches([',', ';', ':', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Media, MediaSource};

    fn line(text: &str) -> String {
        subject_line(text).unwrap_or_default()
    }

    #[test]
    fn the_first_sentence_that_says_something_is_the_line() {
        for (text, subject) in [
            ("Where is my order?", "Where is my order?"),
            ("Hi", ""),
            ("Hello, where is my order?", "where is my order?"),
            ("Hello Mary,\n\nMy parcel never arrived. Thanks!", "My parcel never arrived"),
            ("Good morning team, I want a refund for the lamp.", "I want a refund for the lamp"),
            ("Hi there! I'm Mary. The lamp is broken.", "The lamp is broken"),
            ("Bonjour Madame, où est mon colis ?", "où est mon colis ?"),
            (
                "Bonjour,\nMon colis n'est pas arrivé.\nCordialement,\nMarie Lefèvre",
                "Mon colis n'est pas arrivé",
            ),
            (
                "Bonjour. J'ai une question. Quand ouvrez-vous le magasin ?",
                "Quand ouvrez-vous le magasin ?",
            ),
            ("Thanks, bye", ""),
            ("Refund", "Refund"),
            ("你好。我的订单还没有到！", "我的订单还没有到"),
        ] {
            assert_eq!(line(text), subject, "{text}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_word_and_keeps_its_number() {
        let text = "I ordered a very comfortable armchair and two matching cushions in your shop under CMD-473213.";
        let cut = line(text);
        assert_eq!(cut, "I ordered a very comfortable armchair and two… (CMD-473213)");
        assert!(cut.chars().count() <= MOST_LINE);
        assert_eq!(line("The lamp is broken. Order A-12345."), "The lamp is broken (A-12345)");
        assert_eq!(line("Order A-12345 is late"), "Order A-12345 is late");
    }

    #[test]
    fn texts_without_words_have_no_line_and_endless_ones_a_short_one() {
        for text in ["", "  \n", "😀😀 👍🏽", "…!?", "\u{0}\u{fffd}", "?!?"] {
            assert_eq!(line(text), "", "{text:?}");
        }
        for text in
            ["x".repeat(100_000), "parcel late ".repeat(9_000), "a. ".repeat(40_000) + "parcel"]
        {
            assert!(line(&text).chars().count() <= MOST_LINE);
        }
        assert_eq!(line(&"x".repeat(100_000)).chars().count(), MOST_LINE);
    }

    #[test]
    fn a_mail_is_called_by_its_subject_without_prefixes() {
        let mail = |subject: &str, text: &str| {
            let (subject, text) = (subject.to_owned(), text.to_owned());
            subject_of(&Content::Email { subject, text, html_ref: None, attachments: vec![] })
        };
        assert_eq!(mail("Re: Tr: Votre commande", "Bonjour").as_deref(), Some("Votre commande"));
        let quoted =
            "Where is my lamp?\n\nOn 13 Jan 2026, at 10:42, Care wrote:\n> The sofa is on its way.";
        assert_eq!(mail("Re:", quoted).as_deref(), Some("Where is my lamp?"));
        assert_eq!(mail("", "Hi"), None);
    }

    #[test]
    fn what_has_no_words_is_called_by_its_kind() {
        let media = |kind, filename: Option<&str>, caption: Option<&str>| {
            let (source, filename) = (MediaSource::Id("1".into()), filename.map(str::to_owned));
            let item = Media { kind, source, mime: None, sha256: None, filename };
            let (items, caption) = (vec![item], caption.map(str::to_owned));
            subject_of(&Content::Media { items, caption }).unwrap()
        };
        assert_eq!(media(MediaKind::VoiceNote, None, None), "Voice message");
        assert_eq!(media(MediaKind::Document, Some("invoice 12.pdf"), None), "invoice 12.pdf");
        assert_eq!(media(MediaKind::Image, None, Some("My broken lamp")), "My broken lamp");
        assert_eq!(media(MediaKind::Image, None, Some("👍")), "Photo");
        let place = Content::Location { latitude: 0.0, longitude: 0.0, name: None, address: None };
        assert_eq!(subject_of(&place).as_deref(), Some("Location"));
        let tapped = Content::Choice { id: "1".into(), title: "Yes".into() };
        assert_eq!(subject_of(&tapped).as_deref(), Some("Yes"));
    }
}
