//! A language as its data file says it.

use serde::Deserialize;

use super::text::plain;

/// One language, as its file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    /// Its ISO 639-1 code.
    pub(super) code: String,
    pub(super) stop_words: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) greetings: Vec<String>,
    pub(super) requests: Vec<String>,
    pub(super) answers: Vec<String>,
    pub(super) back_references: Vec<String>,
    pub(super) continuations: Vec<String>,
    pub(super) follow_ups: Vec<String>,
    pub(super) goodbyes: Vec<String>,
    pub(super) closings: Vec<String>,
    pub(super) units: Vec<String>,
    /// Letters that people also write as others: `ö` as `oe`.
    #[serde(default)]
    spellings: Vec<(String, String)>,
    pub(super) call: CallWords,
    pub(super) mail: MailWords,
}

impl Language {
    /// With each phrase as it is written in the other letters, too.
    pub(super) fn spelt_both_ways(mut self) -> Self {
        let spellings = std::mem::take(&mut self.spellings);
        let other = |phrase: &String| {
            let said = spellings.iter().fold(phrase.to_lowercase(), |it, (a, b)| it.replace(a, b));
            (said != *phrase).then_some(said)
        };
        for list in [
            &mut self.stop_words,
            &mut self.greetings,
            &mut self.requests,
            &mut self.answers,
            &mut self.back_references,
            &mut self.continuations,
            &mut self.follow_ups,
            &mut self.goodbyes,
            &mut self.closings,
            &mut self.units,
            &mut self.call.ours,
            &mut self.call.theirs,
            &mut self.mail.originals,
            &mut self.mail.devices,
            &mut self.mail.sign_offs,
        ] {
            let more: Vec<String> = list.iter().filter_map(other).collect();
            list.extend(more);
        }
        self
    }
}

/// The words of reports of calls in a language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallWords {
    /// The names that stand before the words of who took the call.
    pub(super) ours: Vec<String>,
    /// The names that stand before the words of who called.
    pub(super) theirs: Vec<String>,
}

/// The words of mail programs in a language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailWords {
    /// The prefixes of a subject that answers.
    pub(super) reply_prefixes: Vec<String>,
    /// The prefixes of a subject that passes a mail on.
    pub(super) forward_prefixes: Vec<String>,
    /// The start and the end of the line before a quote: `On … wrote:`.
    pub(super) quote_lines: Vec<(String, String)>,
    /// The words between dashes before a quoted mail.
    pub(super) originals: Vec<String>,
    /// The header names that start a quoted mail, in their order.
    pub(super) headers: Vec<(String, String)>,
    /// The lines that a phone writes under a mail.
    pub(super) devices: Vec<String>,
    /// The words that stand alone on a line before a name.
    pub(super) sign_offs: Vec<String>,
}

impl MailWords {
    /// As the lines that they are compared with.
    pub(super) fn made_plain(self) -> Self {
        let words = |list: Vec<String>| list.iter().map(|it| plain(it)).collect();
        let pairs =
            |list: Vec<(String, String)>| list.iter().map(|(a, b)| (plain(a), plain(b))).collect();
        Self {
            reply_prefixes: words(self.reply_prefixes),
            forward_prefixes: words(self.forward_prefixes),
            quote_lines: pairs(self.quote_lines),
            originals: words(self.originals),
            headers: pairs(self.headers),
            devices: words(self.devices),
            sign_offs: words(self.sign_offs),
        }
    }
}
