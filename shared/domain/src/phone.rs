//! Phone numbers that one country writes in two ways.
//!
//! Platforms keep the spelling of the day on which an account was made, so that one number comes in either: from the
//! person in one, from a colleague's phone or an address book in the other. The address that we write to stays as it was
//! written; only what it is compared and kept by is one.

use std::borrow::Cow;

/// A number in E.164 in the one of its spellings that it is compared by. Two numbers have the same only where the country's
/// plan gives both to one line:
///
/// - Brazil put a 9 before the eight digits of every mobile number (2012 to 2016). Those digits began with 6 to 9; fixed
///   lines begin with 2 to 5 and never got it.
/// - Mexico had a 1 between country and mobile number until 2019; a national number has ten digits and is given once,
///   mobile or fixed.
/// - Argentina has a 9 there when a mobile is called from abroad; blocks of its ten digits are given to mobile or to fixed
///   lines, never to both. The 15 that people there dial after the area instead is no part of a number in E.164: no platform
///   writes it, and as areas have two to four digits, where it would stand cannot be told.
///
/// <https://www.itu.int/oth/T0202.aspx?parent=T0202>, the plans of +55, +52 and +54.
#[must_use]
pub fn one_spelling(e164: &str) -> Cow<'_, str> {
    let Some(digits) = e164.strip_prefix('+') else { return Cow::Borrowed(e164) };
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Cow::Borrowed(e164);
    }
    match (digits.split_at_checked(2), digits.len()) {
        (Some(("55", national)), 12) => with_the_ninth(e164, national),
        (Some(("52", national)), 13) => without(e164, "+52", "1", national, '2'..='9'),
        // An area begins with 1, 2 or 3.
        (Some(("54", national)), 13) => without(e164, "+54", "9", national, '1'..='3'),
        (Some(_) | None, _) => Cow::Borrowed(e164),
    }
}

/// Every spelling of the number.
#[must_use]
pub fn spellings(e164: &str) -> Vec<String> {
    let one = one_spelling(e164).into_owned();
    let other = match (one.split_at_checked(3), one.len()) {
        (Some(("+55", national)), 14) => {
            let (area, line) = national.split_at_checked(2).unwrap_or_default();
            line.strip_prefix('9').map(|line| format!("+55{area}{line}"))
        }
        (Some(("+52", national)), 13) => Some(format!("+521{national}")),
        (Some(("+54", national)), 13) => Some(format!("+549{national}")),
        (Some(_) | None, _) => None,
    };
    let other = other.filter(|it| one_spelling(it) == one.as_str());
    [Some(one), other].into_iter().flatten().collect()
}

fn with_the_ninth<'a>(e164: &'a str, national: &str) -> Cow<'a, str> {
    let (area, line) = national.split_at_checked(2).unwrap_or_default();
    let is_area = area.bytes().all(|it| it != b'0');
    if is_area && line.starts_with(['6', '7', '8', '9']) {
        Cow::Owned(format!("+55{area}9{line}"))
    } else {
        Cow::Borrowed(e164)
    }
}

fn without<'a>(
    e164: &'a str,
    country: &str,
    mobile: &str,
    national: &str,
    begins: std::ops::RangeInclusive<char>,
) -> Cow<'a, str> {
    match national.strip_prefix(mobile) {
        Some(line) if line.starts_with(|it| begins.contains(&it)) => {
            Cow::Owned(format!("{country}{line}"))
        }
        Some(_) | None => Cow::Borrowed(e164),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mobile_number_is_the_same_in_both_spellings_of_its_country() {
        for (one, other) in [
            ("+5588987654321", "+558887654321"),
            ("+5511998765432", "+551198765432"),
            ("+5551961234567", "+555161234567"),
            ("+525512345678", "+5215512345678"),
            ("+541123456789", "+5491123456789"),
            ("+543512345678", "+5493512345678"),
        ] {
            assert_eq!(one_spelling(one), one_spelling(other), "{one} and {other}");
            let both = spellings(one);
            assert!(both.contains(&one.to_owned()) && both.contains(&other.to_owned()), "{both:?}");
            assert_eq!(spellings(other), both);
        }
    }

    #[test]
    fn no_two_lines_become_one() {
        for (one, other) in [
            // A fixed line of Fortaleza, and the mobile number that would be it with a 9 before it.
            ("+558532345678", "+5585932345678"),
            ("+551152345678", "+5511952345678"),
            // Not a mobile's 1 and 9: part of a number of another length.
            ("+5210012345678", "+520012345678"),
            ("+5499123456789", "+549123456789"),
            ("+5411234567", "+549112345678"),
            // No area has a 0.
            ("+550187654321", "+5501987654321"),
            // Another country's, and no number at all.
            ("+447700900111", "+4417700900111"),
            ("558887654321", "5588987654321"),
            ("+55888765432x", "+558898765432x"),
        ] {
            assert_ne!(one_spelling(one), one_spelling(other), "{one} and {other}");
        }
    }

    proptest! {
        #[test]
        fn the_one_spelling_is_its_own(number in "\\+5[0-9]{6,14}") {
            let one = one_spelling(&number).into_owned();
            prop_assert_eq!(one_spelling(&one), one.as_str());
            let all = spellings(&number);
            prop_assert!(all.contains(&number), "{} is not in {:?}", number, all);
            prop_assert!(all.len() <= 2 && all.iter().all(|it| one_spelling(it) == one.as_str()));
        }
    }
}
