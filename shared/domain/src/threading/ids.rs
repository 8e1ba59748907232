//! Order, ticket, invoice and tracking numbers, however they are written.
//!
//! `A-1234`, `#A1234`, `a 01234` and `A-2026-1234` are one number to a person, so they have one key. What only counts or
//! dates something (years, amounts, times, units, phone numbers) is none.

use serde::{Deserialize, Serialize};

use super::cues::Lexicon;
use super::text::{MOST_CHARS, cut, hash32};

/// Ids that are read from one text.
const MOST: usize = 8;
/// The longest text that is taken for an id.
const LONGEST: usize = 40;

/// A number that names a case: what it is compared by, and how the person wrote it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedId {
    /// The hash that is compared.
    pub key: u32,
    /// The text that is shown to people; a file does not hold it.
    #[serde(skip)]
    pub shown: String,
}

/// Prints the key only: the number is content.
impl std::fmt::Debug for SharedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedId({:08x})", self.key)
    }
}

/// The ids in a text, each once, in the order of the text.
pub(super) fn read(text: &str, lexicon: &Lexicon) -> Vec<SharedId> {
    let mut found: Vec<SharedId> = Vec::new();
    let mut words = cut(text, MOST_CHARS).split_whitespace().peekable();
    let mut amount_ahead = false;
    while let Some(word) = words.next() {
        let next = words.peek().copied().unwrap_or_default();
        let counts = amount_ahead
            || next.starts_with(is_currency)
            || lexicon.is_unit(next.trim_matches(|it: char| !it.is_alphanumeric()));
        amount_ahead = word.ends_with(is_currency);
        if counts || !word.bytes().any(|it| it.is_ascii_digit()) || is_address(word) {
            continue;
        }
        for part in parts(word) {
            let Some(id) = id(part) else { continue };
            if found.len() < MOST && found.iter().all(|it| it.key != id.key) {
                found.push(id);
            }
        }
    }
    found
}

/// The parts that punctuation leaves of a word; a decimal point, a thousands comma or a clock's colon makes it no id.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let digit = |it: Option<char>| it.is_some_and(|it| it.is_ascii_digit());
    let mut counts = false;
    let bytes = word.char_indices();
    for (at, char) in bytes {
        let before = word.get(..at).and_then(|it| it.chars().next_back());
        let after = word.get(at + char.len_utf8()..).and_then(|it| it.chars().next());
        counts |= matches!(char, '.' | ',' | ':') && digit(before) && digit(after);
    }
    let parts = word.split(|it: char| {
        !it.is_alphanumeric() && !matches!(it, '-' | '_' | '/' | '#' | '+') && !is_currency(it)
    });
    parts.filter(move |it| !counts && !it.is_empty())
}

/// The id that a word without punctuation is.
fn id(word: &str) -> Option<SharedId> {
    if word.contains(is_currency) || word.starts_with('+') || word.len() > LONGEST {
        return None;
    }
    let marked = word.contains('#');
    let shown = word.trim_matches(|it: char| !it.is_alphanumeric());
    let digits = shown.bytes().filter(u8::is_ascii_digit).count();
    let letters = shown.chars().filter(|it| it.is_alphabetic()).count();
    let runs = shown.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
    let is_plain_number = letters == 0;
    if is_plain_number && is_phone(shown, digits) || !marked && is_quantity(shown) {
        return None;
    }
    let run = runs.filter(|it| it.len() >= 4).map(without_year).rfind(|it| !it.is_empty());
    let key = match run {
        // Four bare digits are as often a house number or a time.
        Some(_) if is_plain_number && !marked && digits < 5 => return None,
        Some(run) => hash32(run),
        None => {
            let upper = shown.chars().all(|it| !it.is_lowercase());
            let named = letters > 0 && (digits >= 3 || upper && digits >= 2);
            let whole: String = shown.chars().filter(|it| it.is_alphanumeric()).collect();
            if !named || digits + letters < 5 || shown.contains('/') {
                return None;
            }
            hash32(&whole.to_lowercase())
        }
    };
    Some(SharedId { key, shown: shown.to_owned() })
}

/// A run of digits without the year that leads it and without leading zeros; nothing if it is only a year.
fn without_year(run: &str) -> &str {
    let is_year = |it: &str| it.starts_with("19") || it.starts_with("20");
    let rest = match (run.get(..4), run.get(4..)) {
        (Some(year), Some(rest)) if is_year(year) && (rest.is_empty() || rest.len() >= 4) => rest,
        _ => run,
    };
    rest.trim_start_matches('0')
}

/// `408-971-8523`, `971-8523`, `0612345678`.
fn is_phone(shown: &str, digits: usize) -> bool {
    let groups: Vec<usize> = shown.split('-').map(str::len).collect();
    matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4] | [3, 4])
        || digits == 10 && groups.len() == 1 && shown.starts_with('0')
}

/// Digits and then one to three letters: `1500kg`, `21st`, `12h30`, `10am`.
fn is_quantity(shown: &str) -> bool {
    let rest = shown.trim_start_matches(|it: char| it.is_ascii_digit());
    let unit = rest.trim_end_matches(|it: char| it.is_ascii_digit());
    let number = shown.len() - rest.len();
    number > 0 && !unit.is_empty() && unit.len() <= 3 && unit.chars().all(char::is_alphabetic) && {
        let tail = rest.len() - unit.len();
        tail == 0 || number <= 2 && tail <= 2
    }
}

fn is_currency(char: char) -> bool {
    matches!(char, '$' | '€' | '£' | '¥' | '₹' | '%')
}

fn is_address(word: &str) -> bool {
    word.contains('@') || word.contains("://") || word.starts_with("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<u32> {
        read(text, Lexicon::get()).into_iter().map(|it| it.key).collect()
    }

    #[test]
    fn one_number_written_in_many_ways_is_one_id() {
        let one = keys("My order CMD-473213.");
        assert_eq!(one.len(), 1);
        for text in [
            "#473213",
            "(cmd473213)",
            "order 473213,",
            "n°473213",
            "CMD-2026-473213",
            "CMD-0473213 ?",
            "CMD2026473213",
        ] {
            assert_eq!(keys(text), one, "{text}");
        }
        assert_ne!(keys("CMD-473214"), one);
    }

    #[test]
    fn an_id_without_a_run_of_digits_is_taken_whole() {
        assert_eq!(keys("booking XK7P2Q9"), keys("xk7p2q9"));
        assert_eq!(keys("AB12CD").len(), 1);
    }

    #[test]
    fn what_counts_or_dates_is_no_id() {
        for text in [
            "in 2026",
            "on 12/05/2026",
            "2026-05-12",
            "at 14:30",
            "at 1430",
            "12h30",
            "$12000",
            "12000 €",
            "12000 euros",
            "1,200,000",
            "12345.50",
            "1500kg",
            "the 21st",
            "call 408-971-8523",
            "971-8523",
            "0612345678",
            "+33612345678",
            "https://a.example/123456",
            "me12345@a.example",
            "covid19",
            "100 %",
            "10000mg",
        ] {
            assert_eq!(keys(text), [0u32; 0], "{text}");
        }
    }

    #[test]
    fn a_list_of_numbers_is_bounded_and_holds_each_once() {
        let many: Vec<String> = (10_000..10_100).map(|n| format!("{n} {n}")).collect();
        assert_eq!(keys(&many.join(" ")).len(), MOST);
    }

    #[test]
    fn debug_output_does_not_hold_the_number() {
        assert!(!format!("{:?}", read("CMD-473213", Lexicon::get())).contains("473213"));
    }
}
