//! The part of a mail that its writer added, and its subject without prefixes. The original is never cut.

use std::borrow::Cow;

use super::cues::Lexicon;
use super::language::MailWords;
use super::text::plain;

/// Lines that may follow a sign-off: a name, a role, a company, a number, an address.
const SIGNATURE_LINES: usize = 8;
/// The longest line of a signature, in characters.
const SIGNATURE_WIDTH: usize = 60;
/// Words of a name.
const NAME_WORDS: usize = 4;
/// Lines over which a mail program may break its line before a quote.
const BROKEN_OVER: usize = 3;

/// The new part of a mail's text: without what it quotes and without its signature. If nothing is left, all of it.
#[must_use]
pub fn new_part(text: &str) -> Cow<'_, str> {
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let words = &Lexicon::get().mail;
    let end = (0..lines.len()).find(|at| starts_quote(&lines, *at, words)).unwrap_or(lines.len());
    let body: Vec<&Line<'_>> =
        lines.iter().take(end).filter(|it| !it.plain.starts_with('>')).collect();
    let kept = body.get(..signature(&body, words)).unwrap_or_default();
    let says_nothing = kept.iter().all(|it| it.plain.is_empty());
    if says_nothing || kept.len() == lines.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(kept.iter().map(|it| it.shown).collect::<Vec<_>>().join("\n").trim().to_owned())
}

/// A subject without `Re:`, `Tr:`, `Fwd:` …, and whether one of them said that it answers.
#[must_use]
pub fn bare_subject(subject: &str) -> (&str, bool) {
    let (mut rest, mut answers) = (subject.trim(), false);
    while let Some((prefix, after)) = rest.split_once([':', '：']) {
        let prefix = plain(prefix.trim());
        // `Re[2]:` counts the answers.
        let prefix = prefix.split('[').next().unwrap_or_default();
        let is = |list: &dyn Fn(&MailWords) -> &Vec<String>| {
            Lexicon::get().mail.iter().flat_map(list).any(|it| *it == prefix)
        };
        let is_reply = is(&|it| &it.reply_prefixes);
        if !is_reply && !is(&|it| &it.forward_prefixes) {
            break;
        }
        answers |= is_reply;
        rest = after.trim();
    }
    (rest, answers)
}

struct Line<'a> {
    shown: &'a str,
    plain: String,
}

impl<'a> Line<'a> {
    fn of(shown: &'a str) -> Self {
        let plain = plain(shown.trim());
        Self { shown, plain: plain.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    fn starts(&self, with: &str) -> bool {
        self.plain.starts_with(with)
    }
}

/// Whether all from this line on is an older mail.
fn starts_quote(lines: &[Line<'_>], at: usize, words: &[MailWords]) -> bool {
    let ahead = lines.get(at..).unwrap_or_default();
    let ahead = ahead.get(..BROKEN_OVER).unwrap_or(ahead);
    let Some((line, rest)) = ahead.split_first() else { return false };
    let inner = line.plain.trim_matches(|it: char| !it.is_alphanumeric());
    let is_ruled = line.plain.starts_with(['-', '_', '=']) || line.plain.ends_with(':');
    words.iter().any(|it| {
        let named = is_ruled && it.originals.iter().any(|it| it == inner);
        let headed = it
            .headers
            .iter()
            .any(|(first, second)| line.starts(first) && rest.iter().any(|it| it.starts(second)));
        named || headed || it.quote_lines.iter().any(|(start, end)| introduces(ahead, start, end))
    })
}

/// Whether these lines start with the one, perhaps broken, that a mail program writes before a quote. It has a date, and
/// no later line could be its start.
fn introduces(lines: &[Line<'_>], start: &str, end: &str) -> bool {
    let Some(last) = lines.iter().position(|it| it.plain.ends_with(end)) else { return false };
    let mut broken = lines.iter().take(last + 1);
    let has_date =
        lines.iter().take(last + 1).any(|it| it.plain.contains(|it: char| it.is_ascii_digit()));
    has_date
        && broken.next().is_some_and(|it| it.starts(start))
        && !broken.any(|it| it.starts(start))
}

/// The start of the signature: at `-- `, at a phone's line, or at a sign-off with a name.
fn signature(lines: &[&Line<'_>], words: &[MailWords]) -> usize {
    let is_sign_off = |text: &str| {
        let bare = plain(text.trim());
        let bare = bare.trim_end_matches(|it: char| !it.is_alphanumeric());
        words.iter().flat_map(|it| &it.sign_offs).any(|it| it == bare)
    };
    let is_start = |at: usize, line: &Line<'_>| {
        let rest = lines.get(at + 1..).unwrap_or_default().iter().filter(|it| !it.plain.is_empty());
        let is_short = rest.clone().count() <= SIGNATURE_LINES
            && rest.clone().all(|it| it.plain.chars().count() <= SIGNATURE_WIDTH);
        let name = match line.shown.split_once(',') {
            Some((sign_off, name)) if is_sign_off(sign_off) && !name.trim().is_empty() => {
                Some(name)
            }
            Some(_) | None => {
                rest.clone().next().map(|it| it.shown).filter(|_| is_sign_off(line.shown))
            }
        };
        let is_device = words.iter().flat_map(|it| &it.devices).any(|it| line.starts(it));
        line.plain == "--" || is_short && (is_device || at > 0 && name.is_some_and(is_name))
    };
    lines.iter().enumerate().position(|(at, line)| is_start(at, line)).unwrap_or(lines.len())
}

/// A few words in capitals: a sentence has words without.
fn is_name(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let is_long = |it: &str| it.chars().count() > 3;
    words.clone().count() <= NAME_WORDS
        && !text.contains(['?', '!'])
        && words.next().is_some_and(|it| it.starts_with(char::is_uppercase))
        && words.all(|it| !is_long(it) || it.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKS: &str = "Hello,\n\nWhere is my parcel?";

    #[test]
    fn quotes_of_every_mail_program_are_left_out() {
        let quotes = [
            "On Tue, Jan 13, 2026 at 10:42 AM Care <care@example.com> wrote:\n> We sent it.\n>\n> Regards",
            "On 13 Jan 2026, at 10:42, Customer Care\n<care@example.com> wrote:\n\nWe sent it.",
            "Le mar. 13 janv. 2026 à 10:42, Service client <a@exemple.fr> a écrit :\n> Parti hier.",
            "Le 13/01/2026 à 10:42, Service client\n<a@exemple.fr> a\u{a0}écrit\u{a0}:\nParti hier.",
            "-----Original Message-----\nFrom: Care\nWe sent it.",
            "-----Message d'origine-----\nDe : Service\nParti hier.",
            "________________________________\nDe : Service client <a@exemple.fr>\nEnvoyé : mardi 13 janvier 2026 10:42\nÀ : Marie\nObjet : colis\n\nParti hier.",
            "From: Care <care@example.com>\nSent: Tuesday, January 13, 2026 10:42 AM\nTo: Mary\n\nWe sent it.",
            "> We sent it.\n> Yesterday.",
        ];
        for quote in quotes {
            let new = new_part(&format!("{ASKS}\n\n{quote}\n")).into_owned();
            assert_eq!(new.trim_end_matches(['_', '\n']), ASKS, "{quote}");
        }
    }

    #[test]
    fn signatures_are_left_out() {
        let signatures = [
            "-- \nMary Fielding\nFielding & Sons",
            "Kind regards,\n\nMary Fielding\nPurchasing manager\nPhone: 020 7946 0991",
            "Cordialement,\nMarie Lefèvre\n01 44 55 66 77",
            "Bien cordialement, Marie de Lefèvre",
            "Merci d'avance !\nMarie",
            "Sent from my iPhone",
            "Envoyé de mon iPad",
        ];
        for signature in signatures {
            assert_eq!(new_part(&format!("{ASKS}\n\n{signature}\n")), ASKS, "{signature}");
        }
    }

    #[test]
    fn answers_between_the_quoted_lines_stay() {
        let text = "> When did you order?\nOn Monday.\n> And what?\nA lamp.";
        assert_eq!(new_part(text), "On Monday.\nA lamp.");
    }

    #[test]
    fn what_only_looks_like_a_quote_or_a_signature_stays() {
        let texts = [
            "Le vendeur m'a écrit :\nvotre colis est parti.",
            "Merci",
            "Bonjour,\nMerci\nJe voudrais aussi un fauteuil",
            "Bonjour,\nmerci\nquand arrive-t-il ?",
            "Thanks\nMary",
            "From: the shop, to: my house. Where is it?",
            "",
        ];
        for text in texts {
            assert_eq!(new_part(text), text);
        }
        let sentence = "Le colis est cassé.\nLe 13/01/2026, Service a écrit :\n> Parti.";
        assert_eq!(new_part(sentence), "Le colis est cassé.");
    }

    #[test]
    fn a_mail_that_is_all_quote_is_read_whole() {
        let text = "> We sent it.\n> Yesterday.";
        assert_eq!(new_part(text), text);
    }

    #[test]
    fn a_subject_loses_every_prefix() {
        assert_eq!(bare_subject("RE: Tr : Fwd: Your order: 12"), ("Your order: 12", true));
        assert_eq!(bare_subject("Fwd: Your order"), ("Your order", false));
        assert_eq!(bare_subject("Re[2]: Your order"), ("Your order", true));
        assert_eq!(bare_subject("Rép : x"), ("x", true));
        assert_eq!(bare_subject(""), ("", false));
    }
}
