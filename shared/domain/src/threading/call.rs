//! The words of who called, apart from those of who took the call. Telling them apart must not fail on any text: reports have no
//! form.

use super::cues::Lexicon;
use super::text::plain;

/// A call's words by who said them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// All that the caller said; of a report that names no speakers, all of it.
    pub(super) theirs: String,
    /// The first words of the caller, without a sentence that only greets.
    pub(super) first: &'a str,
}

/// Words that stand between a name and its colon are no name: the longest that is looked at, in bytes.
const LONGEST_NAME: usize = 48;

/// The parts of a report or a transcript.
pub(super) fn parts<'a>(text: &'a str, lexicon: &Lexicon) -> Parts<'a> {
    let mut turns: Vec<(bool, &str)> = Vec::new();
    let (mut speaker, mut from) = (None, 0);
    for (at, colon) in text.char_indices().filter(|it| matches!(it.1, ':' | '：')) {
        let before = text.get(from..at).unwrap_or_default();
        let start = before.rfind(['.', '!', '?', ')', ']', '\n', '>']).map_or(0, |it| it + 1);
        let name = before.get(start..).unwrap_or_default().trim();
        let Some(is_theirs) = who(name, lexicon) else { continue };
        let said = before.get(..start).unwrap_or_default();
        turns.extend(
            speaker.or((!said.trim().is_empty()).then_some(true)).map(|it| (it, said.trim())),
        );
        (speaker, from) = (Some(is_theirs), at + colon.len_utf8());
    }
    turns.push((speaker.unwrap_or(true), text.get(from..).unwrap_or_default().trim()));
    let theirs: Vec<&str> = turns.iter().filter(|it| it.0).map(|it| it.1).collect();
    let first =
        theirs.iter().copied().find(|it| it.chars().any(char::is_alphabetic)).unwrap_or_default();
    Parts { first: after_greeting(first, lexicon), theirs: theirs.join("\n") }
}

/// Whether these words name the caller, or who took the call.
fn who(name: &str, lexicon: &Lexicon) -> Option<bool> {
    if name.is_empty() || LONGEST_NAME < name.len() {
        return None;
    }
    let name = plain(name);
    let [ours, theirs] = &lexicon.speakers;
    theirs.contains(&name).then_some(true).or_else(|| ours.contains(&name).then_some(false))
}

/// The text behind a first sentence that greets, if there is some.
fn after_greeting<'a>(text: &'a str, lexicon: &Lexicon) -> &'a str {
    let Some((sentence, rest)) = text.split_once(['.', '!', '\n']) else { return text };
    let greets = lexicon.greeting(&super::text::Tokens::of(sentence)) > 0;
    if greets && !rest.trim().is_empty() { rest.trim() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let parts = parts(text, Lexicon::get());
        (parts.theirs.replace('\n', " | "), parts.first.to_owned())
    }

    #[test]
    fn only_what_the_caller_said_is_theirs() {
        let transcript = "Agent: Good morning, care, how can I help? Customer: Hi. My lamp is late. Agent: Which \
                          order? Customer: A-10012.";
        let (theirs, first) = read(transcript);
        assert_eq!(theirs, "Hi. My lamp is late. | A-10012.");
        assert_eq!(first, "My lamp is late.");
        let french = "Conseillère : Bonjour.\nCliente : Bonjour, ma lampe est en retard.\nConseillère : Laquelle ?";
        assert_eq!(read(french).0, "Bonjour, ma lampe est en retard.");
        assert_eq!(read("Mitarbeiter: Guten Tag. Kundin: Die Lampe fehlt.").0, "Die Lampe fehlt.");
    }

    #[test]
    fn a_report_without_speakers_is_theirs_as_it_is() {
        for (text, theirs) in [
            ("Call report: yes, on Tuesday", "yes, on Tuesday"),
            ("The order: two lamps: red", "The order: two lamps: red"),
            ("He told the agent: nothing", "He told the agent: nothing"),
            ("Ref 12. Customer: yes", "Ref 12. | yes"),
            ("", ""),
            (":::", ":::"),
            ("Agent:", ""),
        ] {
            assert_eq!(read(text).0, theirs, "{text}");
        }
    }

    #[test]
    fn a_voice_message_starts_after_its_greeting() {
        let (_, first) = read("Hello, this is Mary Field, leaving you a message. That suits me.");
        assert_eq!(first, "That suits me.");
        assert_eq!(read("Hello, where is my lamp").1, "Hello, where is my lamp");
    }

    #[test]
    fn any_text_can_be_read() {
        for text in ["：".repeat(5_000), "Customer:".repeat(500), "\u{0}:\u{301}: é:".repeat(100)]
        {
            read(&text);
        }
    }
}
