//! Plain tokens and light stems: the same for every language that writes words, with no dictionary.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The length of the text that is read, in characters: what comes later says nothing new about the topic.
pub(super) const MOST_CHARS: usize = 2_000;
/// Letters kept of a stem.
const STEM_LETTERS: usize = 9;
/// Letters that must stay when a suffix is cut.
const LEAST_LETTERS: usize = 4;

/// The words of a text in lower case and without marks.
#[derive(Default)]
pub(super) struct Tokens {
    plain: String,
    spans: Vec<(usize, usize)>,
}

impl Tokens {
    /// The tokens of a text's first characters: runs of letters and digits; Chinese and Japanese in pairs of characters.
    pub(super) fn of(text: &str) -> Self {
        let plain = plain(cut(text, MOST_CHARS));
        let mut spans = Vec::with_capacity(plain.len() / 5);
        let mut word: Option<usize> = None;
        let mut ideograph: Option<(usize, bool)> = None;
        for (at, char) in plain.char_indices().chain([(plain.len(), ' ')]) {
            let paired = is_ideograph(char);
            if let Some(from) = word.filter(|_| paired || !char.is_alphanumeric()) {
                spans.push((from, at));
                word = None;
            }
            match ideograph {
                // The pair of this character and the one before.
                Some((from, _)) if paired => spans.push((from, at + char.len_utf8())),
                // One alone is a word.
                Some((from, false)) => spans.push((from, at)),
                Some(_) | None => {}
            }
            ideograph = paired.then_some((at, ideograph.is_some()));
            if word.is_none() && !paired && char.is_alphanumeric() {
                word = Some(at);
            }
        }
        Self { plain, spans }
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let &(from, to) = self.spans.get(index)?;
        self.plain.get(from..to)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().filter_map(|&(from, to)| self.plain.get(from..to))
    }

    /// Whether these words stand here.
    pub(super) fn continues(&self, from: usize, words: &[String]) -> bool {
        words.iter().enumerate().all(|(n, word)| self.get(from + n) == Some(word.as_str()))
    }
}

/// The first so many characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// Lower case without marks, compatibility forms made plain.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut plain = String::with_capacity(text.len());
    for char in text.nfkd().filter(|it| !is_combining_mark(*it)) {
        match char {
            'œ' | 'Œ' => plain.push_str("oe"),
            'æ' | 'Æ' => plain.push_str("ae"),
            'ß' | 'ẞ' => plain.push_str("ss"),
            _ => plain.extend(char.to_lowercase()),
        }
    }
    plain
}

/// The hash of a word's stem. `suffixes` come longest first.
pub(super) fn stem(word: &str, suffixes: &[String]) -> u16 {
    let letters = word.chars().count();
    let is_word = letters == word.len() && word.bytes().all(|it| it.is_ascii_lowercase());
    if letters < LEAST_LETTERS || !is_word {
        return hash16(cut(word, STEM_LETTERS));
    }
    let suffix = suffixes
        .iter()
        .find(|it| letters >= LEAST_LETTERS + it.len() && word.ends_with(it.as_str()));
    let root = suffix.and_then(|it| word.strip_suffix(it.as_str())).unwrap_or(word);
    let mut tail = root.chars().rev();
    let (last, before) = (tail.next(), tail.next());
    match last {
        Some(last) if Some(last) == before => {
            hash16(cut(root, STEM_LETTERS.min(root.len().saturating_sub(1))))
        }
        Some('i') if root.len() <= STEM_LETTERS => {
            hash16(&format!("{}y", cut(root, root.len().saturating_sub(1))))
        }
        Some(_) | None => hash16(cut(root, STEM_LETTERS)),
    }
}

/// FNV-1a: short inputs, no attacker gains by a collision inside their own contact.
pub(super) fn hash32(text: &str) -> u32 {
    text.bytes()
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// [`hash32`] folded to 16 bits.
pub(super) fn hash16(text: &str) -> u16 {
    fold16(hash32(text))
}

/// Both halves of a number in one.
#[expect(clippy::cast_possible_truncation, reason = "the upper half was folded in")]
pub(super) fn fold16(wide: u32) -> u16 {
    ((wide >> 16) ^ wide) as u16
}

fn is_ideograph(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Tokens::of(text).iter().map(str::to_owned).collect()
    }

    #[test]
    fn words_lose_case_marks_and_punctuation() {
        assert_eq!(
            words("L’hôtel ÉTAIT super, n°12 !"),
            ["l", "hotel", "etait", "super", "n", "12"]
        );
        assert_eq!(words("Straße STRASSE Œuvre"), ["strasse", "strasse", "oeuvre"]);
        assert_eq!(words("😀 … 😶"), [""; 0]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn chinese_is_read_in_pairs() {
        assert_eq!(words("订单号 ok 我"), ["订单", "单号", "ok", "我"]);
    }

    #[test]
    fn one_word_in_its_forms_has_one_stem() {
        let suffixes: Vec<String> =
            ["ations", "ation", "ing", "es", "ed", "s", "e"].map(str::to_owned).into();
        let same = |a: &str, b: &str| stem(a, &suffixes) == stem(b, &suffixes);
        assert!(same("booking", "booked"));
        assert!(same("reservation", "reservations"));
        assert!(same("city", "cities"));
        assert!(same("shipping", "ships") && same("hotel", "hotels"));
        assert!(!same("train", "plane"));
    }
}
