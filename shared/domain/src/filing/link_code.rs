//! Codes that bring a person to another channel: who shows one means the thread that it was made for.
//!
//! A code travels in a link (`wa.me`, `m.me`, `t.me`, `sms:`, `mailto:`) and comes back as a parameter that the channel saw,
//! or in the words that the link had prepared. It can be guessed by nobody, counts once and runs out.

use std::fmt;

use crate::content::Content;
use crate::event::{Direction, Message, Visibility, digest};
use crate::id::{ContactId, ThreadId};
use crate::threading::mail;
use crate::time::Timestamp;

/// The beginning of every code, so that people and programs know one.
const PREFIX: &str = "ARI-";
/// Digits and letters that no other one looks like.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters behind the prefix: 5 bits each.
const LENGTH: usize = 26;

/// A code that somebody may show. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkCode(String);

/// The thing that a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelLink {
    /// The thread that its message joins.
    pub thread: ThreadId,
    /// The person that the thread was with when the code was made.
    pub contact: ContactId,
    /// From when on it counts for nothing.
    pub until: Timestamp,
    /// The one who had it made.
    pub author: String,
    /// The purpose that it was made for.
    pub purpose: Option<String>,
}

impl LinkCode {
    /// The code of 128 random bits.
    #[must_use]
    pub fn of_random(bits: u128) -> Self {
        let digit = |n: usize| {
            // What is shifted out to the left does not exist: 26 characters hold two bits more.
            let five = usize::try_from((bits >> (5 * n)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(five).copied().unwrap_or(b'0'))
        };
        Self((0..LENGTH).rev().map(digit).collect())
    }

    /// The first code in a text, wherever it stands and however it is written.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(at) = bytes.get(from..)?.iter().position(|it| it.eq_ignore_ascii_case(&b'A'))
        {
            let start = from + at;
            let is_free = start.checked_sub(1).and_then(|it| bytes.get(it)).is_none_or(is_outside);
            if let Some(code) = bytes.get(start..).filter(|_| is_free).and_then(read) {
                return Some(code);
            }
            from = start + 1;
        }
        None
    }

    /// The code that a person shows with a message, if they do. What can be read by others, what we or a colleague wrote,
    /// and what a mail quotes show nothing.
    #[must_use]
    pub fn shown_by(message: &Message) -> Option<Self> {
        if message.direction == Direction::Out || message.visibility == Visibility::Public {
            return None;
        }
        let said = || {
            let Content::Email { subject, text, .. } = &message.content else {
                return Self::find(message.content.words());
            };
            Self::find(&mail::new_part(text)).or_else(|| Self::find(subject))
        };
        message.thread_ref.as_deref().and_then(Self::find).or_else(said)
    }

    /// The code as it is handed out: fit for a parameter of every platform and for a text.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    /// The name that the table knows it by: its SHA-256 in hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        digest(&[&self.0])
    }
}

impl fmt::Debug for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkCode(…)")
    }
}

/// Whether a byte may stand beside a code. Not every script has spaces: only what could be a part of a code may not.
fn is_outside(byte: &u8) -> bool {
    !byte.is_ascii_alphanumeric()
}

/// The code that a text begins with.
fn read(bytes: &[u8]) -> Option<LinkCode> {
    let (prefix, rest) = bytes.split_at_checked(PREFIX.len())?;
    let (code, after) = rest.split_at_checked(LENGTH)?;
    if !prefix.eq_ignore_ascii_case(PREFIX.as_bytes())
        || after.first().is_some_and(|it| !is_outside(it))
    {
        return None;
    }
    code.iter().map(|it| known(*it)).collect::<Option<String>>().map(LinkCode)
}

/// A character of the alphabet, also as people copy it by hand.
fn known(byte: u8) -> Option<char> {
    let upper = match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&upper).then(|| char::from(upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ProviderId;

    const BITS: u128 = 0x0190_aa7f_6c00_7000_8123_4567_89ab_cdef;

    fn code() -> LinkCode {
        LinkCode::of_random(BITS)
    }

    fn said(content: Content) -> Message {
        Message::inbound(ProviderId::new("m"), content)
    }

    #[test]
    fn a_code_is_30_characters_that_every_platform_carries() {
        let text = code().reveal();
        assert_eq!(text.len(), 30);
        assert!(text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-'));
        assert_ne!(LinkCode::of_random(BITS + 1), code());
        assert_ne!(LinkCode::of_random(BITS ^ (1 << 127)), code(), "no bit is lost");
        assert_eq!(code().sha256().len(), 64);
    }

    #[test]
    fn a_code_is_found_wherever_it_stands_and_however_it_is_written() {
        let text = code().reveal();
        let long = format!("{} {text}", "a".repeat(100_000));
        let texts = [
            text.clone(),
            text.to_lowercase(),
            format!("Hello, this is me (code {text})."),
            format!("«{text}» merci"),
            format!("我的代码{text}谢谢"),
            format!("ARI-123 ari- {text}\nARI-0"),
            text.replace('0', "o").replace('1', "l"),
            long,
        ];
        for it in texts {
            assert_eq!(LinkCode::find(&it), Some(code()), "{it:.60}");
        }
    }

    #[test]
    fn what_only_looks_like_a_code_is_none() {
        let text = code().reveal();
        let broken = text.get(..29).unwrap();
        for it in [
            "",
            "ARI-",
            "ari",
            "é",
            broken,
            &format!("X{text}"),
            &format!("{text}Z"),
            &format!("{broken}U"),
            &format!("{broken}-"),
            &"ARI-".repeat(1000),
        ] {
            assert_eq!(LinkCode::find(it), None, "{it:.60}");
        }
    }

    #[test]
    fn a_code_is_shown_by_a_parameter_or_by_a_person_s_own_private_words() {
        let words = || Content::text(format!("Hello! {}", code().reveal()));
        assert_eq!(LinkCode::shown_by(&said(words())), Some(code()));
        let tapped = Message { thread_ref: Some(code().reveal()), ..said(Content::text("/start")) };
        assert_eq!(LinkCode::shown_by(&tapped), Some(code()));
        let other = Message { thread_ref: Some("summer-sale".into()), ..said(words()) };
        assert_eq!(LinkCode::shown_by(&other), Some(code()));
        let ours = Message { direction: Direction::Out, ..said(words()) };
        let public = Message { visibility: Visibility::Public, ..said(words()) };
        assert_eq!((LinkCode::shown_by(&ours), LinkCode::shown_by(&public)), (None, None));
    }

    #[test]
    fn a_mail_shows_a_code_in_its_subject_and_its_new_part_but_not_in_what_it_quotes() {
        let mail = |subject: &str, text: &str| {
            let (subject, text) = (subject.to_owned(), text.to_owned());
            LinkCode::shown_by(&said(Content::Email {
                subject,
                text,
                html_ref: None,
                attachments: vec![],
            }))
        };
        let text = code().reveal();
        assert_eq!(mail("", &format!("Hello\n{text}\n")), Some(code()));
        assert_eq!(mail(&format!("My order [{text}]"), "Hello"), Some(code()));
        assert_eq!(mail("Re: link", &format!("Thank you!\n> tap {text}\n")), None);
    }

    #[test]
    fn a_code_never_prints() {
        assert_eq!(format!("{:?}", code()), "LinkCode(…)");
    }
}
