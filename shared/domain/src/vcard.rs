//! vCards: what platforms copy from a phone's address book, in any of the three versions and with the slips of real phones.
//!
//! Strict in one thing: it is a card only if it says so. What is in it is read line by line, and a line that is none costs
//! no other. The versions: <https://www.imc.org/pdi/vcard-21.txt>, RFC 2426, RFC 6350.

use crate::content::Card;

/// The lines that say nothing of the person: the frame of the file, and how programs find it again.
const FRAME: [&str; 9] =
    ["BEGIN", "END", "VERSION", "PRODID", "UID", "REV", "MAILER", "SORT-STRING", "X-ABLABEL"];
/// The lines that hold a file. Only its address can be read.
const FILES: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

/// Reads the first card of a text; `None` if it is no vCard.
#[must_use]
pub fn read(text: &str) -> Option<Card> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']);
    let is_card = text.get(..11).is_some_and(|it| it.eq_ignore_ascii_case("BEGIN:VCARD"));
    if !is_card {
        return None;
    }
    let (mut card, mut parts_of_name) = (Card::default(), None);
    for line in unfolded(text) {
        let Some(line) = Line::of(&line) else { continue };
        if line.name == "END" {
            break;
        }
        line.read(&mut card, &mut parts_of_name);
    }
    card.name = card.name.or(parts_of_name);
    Some(card)
}

/// The lines as they were before they were broken: at a space, or in quoted-printable text after an equals sign.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n').map(|it| it.trim_end_matches('\r')) {
        let goes_on = |it: &&mut String| it.ends_with('=') && is_quoted_printable(it);
        if let Some(last) = lines.last_mut().filter(goes_on) {
            // A space behind such a break is one of the text.
            last.pop();
            last.push_str(line);
            continue;
        }
        match (lines.last_mut(), line.strip_prefix([' ', '\t'])) {
            (Some(last), Some(rest)) => last.push_str(rest),
            (_, _) => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The length to which a line is looked at for its encoding: it is asked again each time that the line grows.
const LONGEST_HEAD: usize = 256;

fn is_quoted_printable(line: &str) -> bool {
    const WORD: &[u8] = b"QUOTED-PRINTABLE";
    let head = line.as_bytes().get(..LONGEST_HEAD).unwrap_or(line.as_bytes());
    let head = head.split(|it| *it == b':').next().unwrap_or_default();
    head.windows(WORD.len()).any(|it| it.eq_ignore_ascii_case(WORD))
}

/// One line: its name in capitals, what stands behind the name, its value with its escapes.
struct Line {
    name: String,
    parameters: Vec<String>,
    value: String,
}

impl Line {
    fn of(line: &str) -> Option<Self> {
        let at = outside_quotes(line, ':').next()?;
        let (head, value) = (line.get(..at)?, line.get(at + 1..)?);
        let mut parameters = split(head, ';');
        // `item1.TEL`: lines that belong together.
        let name = parameters.remove(0).rsplit('.').next()?.trim().to_ascii_uppercase();
        let value = if is_quoted_printable(line) { printable(value) } else { value.to_owned() };
        let is_name =
            !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        is_name.then(|| Self { name, parameters, value: value.trim().to_owned() })
    }

    fn read(&self, card: &mut Card, parts_of_name: &mut Option<String>) {
        let Self { name, value, .. } = self;
        let plain = || Some(unescaped(value)).filter(|it| !it.is_empty());
        match name.as_str() {
            "FN" => card.name = card.name.take().or_else(plain),
            "N" => *parts_of_name = self.parts_of_name(),
            "TEL" => card.phones.extend(self.phone()),
            "EMAIL" => card.emails.extend(plain().map(|it| without_scheme(&it, "mailto:"))),
            "ORG" => {
                card.company = card.company.take().or_else(|| joined(&components(value), ", "));
            }
            "ADR" => card.addresses.extend(address(&components(value))),
            "URL" => card.sites.extend(plain()),
            name if FRAME.contains(&name) => {}
            name if FILES.contains(&name) => {
                let link = plain().filter(|it| it.starts_with("http"));
                card.others.extend(link.map(|it| format!("{}: {it}", name.to_ascii_lowercase())));
            }
            name if !self.is_base64() => {
                let said = joined(&components(value), " ");
                card.others.extend(said.map(|it| format!("{}: {it}", name.to_ascii_lowercase())));
            }
            _ => {}
        }
    }

    /// Prefix, given names, family name, suffix, as they are said.
    fn parts_of_name(&self) -> Option<String> {
        let parts = components(&self.value);
        let said = [3, 1, 2, 0, 4].map(|it| parts.get(it).cloned().unwrap_or_default());
        joined(&said, " ")
    }

    /// The number as written, else as WhatsApp knows it.
    fn phone(&self) -> Option<String> {
        let written = without_scheme(&unescaped(&self.value), "tel:");
        let known = || {
            let mut ids = self.parameters.iter().filter_map(|it| it.split_once('='));
            ids.find(|(name, _)| name.eq_ignore_ascii_case("waid")).map(|(_, id)| format!("+{id}"))
        };
        Some(written).filter(|it| !it.is_empty()).or_else(known)
    }

    fn is_base64(&self) -> bool {
        self.parameters.iter().any(|it| {
            let it = it.rsplit('=').next().unwrap_or_default();
            it.eq_ignore_ascii_case("b") || it.eq_ignore_ascii_case("base64")
        })
    }
}

/// The seven components of a postal address, as it is written on a letter.
fn address(parts: &[String]) -> Option<String> {
    let part = |n: usize| parts.get(n).map_or("", |it| it.as_str());
    let lines = [part(0), part(1), part(2)];
    postal(&lines, (part(5), part(3)), part(4), part(6))
}

/// A postal address in one line; `None` if nothing of it is said.
#[must_use]
pub fn postal(
    lines: &[&str],
    (code, city): (&str, &str),
    region: &str,
    country: &str,
) -> Option<String> {
    let place = joined(&[code.to_owned(), city.to_owned()], " ").unwrap_or_default();
    let all = lines.iter().copied().chain([place.as_str(), region, country]);
    joined(&all.map(str::to_owned).collect::<Vec<_>>(), ", ")
}

/// Those that say anything, one after the other.
fn joined(parts: &[String], between: &str) -> Option<String> {
    let said: Vec<_> = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    (!said.is_empty()).then(|| said.join(between))
}

fn without_scheme(value: &str, scheme: &str) -> String {
    let has_it = value.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    let rest = if has_it { value.get(scheme.len()..) } else { None };
    rest.unwrap_or(value).trim().to_owned()
}

/// The parts of a value between semicolons, those that are escaped not counted.
fn components(value: &str) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for it in value.chars() {
        if it == ';' && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(it);
        }
        escaped = it == '\\' && !escaped;
    }
    parts.iter().map(|it| unescaped(it)).collect()
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(it) = rest.next() {
        match (it, rest.as_str().chars().next()) {
            ('\\', Some('n' | 'N')) => {
                rest.next();
                text.push('\n');
            }
            ('\\', Some(next @ (',' | ';' | ':' | '\\'))) => {
                rest.next();
                text.push(next);
            }
            (it, _) => text.push(it),
        }
    }
    text.trim().to_owned()
}

/// Quoted-printable text: `=` and two hex digits for a byte. Bytes that are no UTF-8 are the Latin-1 of an old phone.
fn printable(value: &str) -> String {
    let (mut bytes, mut latin, mut rest) = (Vec::new(), String::new(), value);
    while let Some(it) = rest.chars().next() {
        let code = rest.get(1..3).filter(|_| it == '=');
        let code = code.filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        let byte = code.and_then(|it| u8::from_str_radix(it, 16).ok());
        if let Some(byte) = byte {
            bytes.push(byte);
        } else {
            bytes.extend(it.encode_utf8(&mut [0; 4]).bytes());
        }
        latin.push(byte.map_or(it, char::from));
        let read = if byte.is_some() { 3 } else { it.len_utf8() };
        rest = rest.get(read..).unwrap_or_default();
    }
    String::from_utf8(bytes).unwrap_or(latin)
}

/// The places of a sign that is not within quotes.
fn outside_quotes(text: &str, sign: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, it)| {
        quoted ^= it == '"';
        (it == sign && !quoted).then_some(at)
    })
}

fn split(text: &str, sign: char) -> Vec<String> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for at in outside_quotes(text, sign) {
        parts.extend(text.get(from..at).map(str::to_owned));
        from = at + sign.len_utf8();
    }
    parts.push(text.get(from..).unwrap_or_default().to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_company_s_card_says_all_that_is_on_it() {
        let card = read(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Okafor;Nia;;Dr.;\r\nORG:Lamp Repair Ltd;Workshop\r\n\
             TITLE:Lamp doctor\r\nitem1.TEL;type=CELL;waid=4915550100299:+49 155 50100299\r\n\
             item1.X-ABLabel:_$!<Mobile>!$_\r\nTEL;VALUE=uri:tel:+49-561-000\r\nEMAIL:nia@lamps.example\r\n\
             ADR;TYPE=work:;;4 Mill Lane\\, rear;Kassel;;34117;Germany\r\nURL:https://lamps.example/a:b\r\n\
             NOTE:Closed on Mondays\\nand in \r\n August\r\nBDAY:1990-04-01\r\n\
             PHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n BBBB\r\nEND:VCARD\r\nFN:Not of this card\r\n",
        )
        .unwrap();
        assert_eq!(card.name.as_deref(), Some("Dr. Nia Okafor"));
        assert_eq!(card.company.as_deref(), Some("Lamp Repair Ltd, Workshop"));
        assert_eq!(card.phones, ["+49 155 50100299", "+49-561-000"]);
        assert_eq!(card.emails, ["nia@lamps.example"]);
        assert_eq!(card.addresses, ["4 Mill Lane, rear, 34117 Kassel, Germany"]);
        assert_eq!(card.sites, ["https://lamps.example/a:b"]);
        let others =
            ["title: Lamp doctor", "note: Closed on Mondays\nand in August", "bday: 1990-04-01"];
        assert_eq!(card.others, others);
    }

    #[test]
    fn an_old_phone_s_card_is_read_too() {
        let card = read(
            "begin:vcard\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB =\n=\nLind\n\
             TEL;CELL;waid=447700900111:\nno line\n:no name\nTEL;X=\"a:b;c\":+44 1\nEND:VCARD",
        )
        .unwrap();
        assert_eq!(card.name.as_deref(), Some("Zoë Lind"));
        assert_eq!(card.phones, ["+447700900111", "+44 1"]);
    }

    fn name(line: &str) -> Option<String> {
        read(&format!("BEGIN:VCARD\n{line}\nEND:VCARD")).unwrap().name
    }

    #[test]
    fn a_space_behind_a_soft_break_is_one_of_the_text() {
        let found = name("FN;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB=\n Lind=\n-Roux");
        assert_eq!(found.as_deref(), Some("Zoë Lind-Roux"));
        assert_eq!(name("FN:Zo\n ë Li\n\tnd").as_deref(), Some("Zoë Lind"));
    }

    #[test]
    fn an_old_phone_s_latin_letters_stay_letters() {
        let found = name("FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Zo=EB M=FCller é");
        assert_eq!(found.as_deref(), Some("Zoë Müller é"));
    }

    #[test]
    fn a_byte_is_two_hex_digits() {
        let found = name("FN;ENCODING=QUOTED-PRINTABLE:a=+5b=4 =4Ac=4");
        assert_eq!(found.as_deref(), Some("a=+5b=4 Jc=4"));
    }

    #[test]
    fn what_does_not_say_that_it_is_a_card_is_none() {
        for text in ["", "FN:Nia", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VCAR"] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read("BEGIN:VCARD").is_some_and(|it| it == Card::default()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(BEGIN:VCARD\n)?(\\PC|[\n=;:\"\\\\]){0,80}") {
            drop(read(&text));
        }
    }
}
