//! The segments of a text message, by which it is paid for: <https://www.3gpp.org/dynareport/23038.htm>.
//!
//! A text goes in 7-bit units if each of its characters is in the default alphabet or its extension, or in a national extension
//! that the carrier takes; else all of it goes in UCS-2. One character outside, as a curly quote, more than halves what a segment
//! holds.

/// The default alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters that take two units: an escape stands before them.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// A national language, whose own extension takes the place of the usual one where the carrier knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum National {
    /// Turkish.
    Turkish,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

impl National {
    /// The characters that its extension has beyond the usual ones.
    fn more(self) -> &'static str {
        match self {
            Self::Turkish => "ĞİŞçğış",
            Self::Spanish => "çÁÍÓÚáíóú",
            Self::Portuguese => "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕíóúãõâÂ",
        }
    }
}

/// The alphabet that a text goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits a unit.
    Gsm7,
    /// The same with a language's extension, which each segment names.
    Gsm7With(National),
    /// Sixteen bits a unit.
    Ucs2,
}

/// The way that a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The alphabet.
    pub alphabet: Alphabet,
    /// The units that its characters take.
    pub units: usize,
    /// The number of segments.
    pub count: usize,
}

/// The segments of a text, for a carrier that takes the extensions of these languages: most take none.
#[must_use]
pub fn segments(text: &str, national: &[National]) -> Segments {
    let plain = std::iter::once(Alphabet::Gsm7);
    let mut alphabets = plain.chain(national.iter().map(|it| Alphabet::Gsm7With(*it)));
    let alphabet = alphabets.find(|it| text.chars().all(|c| units(*it, c).is_some()));
    let alphabet = alphabet.unwrap_or(Alphabet::Ucs2);
    let units: Vec<_> = text.chars().filter_map(|it| units(alphabet, it)).collect();
    let total = units.iter().sum();
    let (alone, each) = match alphabet {
        Alphabet::Gsm7 => (160, 153),
        // Four and eight bytes of a header, which names the language and, of several segments, their order.
        Alphabet::Gsm7With(_) => (155, 149),
        Alphabet::Ucs2 => (70, 67),
    };
    let count = if total <= alone { usize::from(0 < total) } else { cut(&units, each) };
    Segments { alphabet, units: total, count }
}

/// The number of segments of so many units each. No character is cut in two.
fn cut(units: &[usize], each: usize) -> usize {
    let step = |(count, room): (usize, usize), units: &usize| {
        if *units <= room { (count, room - units) } else { (count + 1, each - units) }
    };
    units.iter().fold((0, 0), step).0
}

/// The units that a character takes; `None` if the alphabet has it not.
fn units(alphabet: Alphabet, character: char) -> Option<usize> {
    let more = match alphabet {
        Alphabet::Ucs2 => return Some(character.len_utf16()),
        Alphabet::Gsm7 => "",
        Alphabet::Gsm7With(national) => national.more(),
    };
    if BASIC.contains(character) {
        return Some(1);
    }
    (EXTENDED.contains(character) || more.contains(character)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str, national: &[National]) -> (Alphabet, usize, usize) {
        let Segments { alphabet, units, count } = segments(text, national);
        (alphabet, units, count)
    }

    #[test]
    fn a_text_of_the_default_alphabet_has_160_units_alone_and_153_among_others() {
        for (n, count) in [(0, 0), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (1530, 10)] {
            assert_eq!(counted(&"a".repeat(n), &[]), (Alphabet::Gsm7, n, count));
        }
        assert_eq!(BASIC.chars().count(), 127, "128 without the escape");
    }

    #[test]
    fn an_extended_character_takes_two_units_and_is_never_cut() {
        assert_eq!(counted("€", &[]), (Alphabet::Gsm7, 2, 1));
        assert_eq!(counted(&"€".repeat(80), &[]).2, 1);
        // 76 of them fill 152 units of a segment, and the 153rd stays empty.
        assert_eq!(counted(&"€".repeat(153), &[]).2, 3);
        assert_eq!(counted(&format!("a{}", "€".repeat(152)), &[]).2, 2);
    }

    #[test]
    fn one_character_outside_makes_all_of_it_ucs_2() {
        assert_eq!(counted("It’s", &[]), (Alphabet::Ucs2, 4, 1));
        for (n, count) in [(69, 1), (70, 2), (133, 2), (134, 3)] {
            let text = format!("ê{}", "a".repeat(n));
            assert_eq!(counted(&text, &[]), (Alphabet::Ucs2, n + 1, count));
        }
        // An emoji is two units, which go together.
        assert_eq!(counted(&"😀".repeat(35), &[]), (Alphabet::Ucs2, 70, 1));
        assert_eq!(counted(&"😀".repeat(67), &[]), (Alphabet::Ucs2, 134, 3));
    }

    #[test]
    fn a_carrier_that_knows_a_language_takes_its_letters_in_seven_bits() {
        let all = [National::Turkish, National::Spanish, National::Portuguese];
        let turkish = Alphabet::Gsm7With(National::Turkish);
        assert_eq!(counted("Işık", &all), (turkish, 6, 1));
        assert_eq!(counted("Işık", &[]), (Alphabet::Ucs2, 4, 1));
        assert_eq!(counted("aquí", &all).0, Alphabet::Gsm7With(National::Spanish));
        assert_eq!(counted("não", &all).0, Alphabet::Gsm7With(National::Portuguese));
        assert_eq!(
            counted("plain", &all).0,
            Alphabet::Gsm7,
            "where it is not needed it costs room"
        );
        for (n, count) in [(153, 1), (154, 2), (296, 2), (297, 3)] {
            assert_eq!(counted(&format!("ş{}", "a".repeat(n)), &all), (turkish, n + 2, count));
        }
    }
}
