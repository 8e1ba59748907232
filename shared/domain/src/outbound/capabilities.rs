//! The things that a channel can carry, as its rules file says.

use std::borrow::Cow;

use serde::Deserialize;

use super::SendMedia;
use crate::content::MediaKind;

/// The things that a channel can carry: the planner reads them. Platforms change these, so they are a data file of the channel,
/// with the page that says so and the day it was checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// The pages that the rules were read on.
    pub sources: Vec<RuleSource>,
    /// The longest text.
    pub text: TextLimit,
    /// The longest caption; `None` where a file has none.
    #[serde(default)]
    pub caption: Option<TextLimit>,
    /// The files that it takes.
    #[serde(default)]
    pub media: Vec<MediaLimit>,
    /// The greatest number of options of a choice, and the greatest length of their titles; `None` where it has none.
    #[serde(default)]
    pub choices: Option<ChoiceLimit>,
    /// The other features that it has.
    #[serde(default)]
    pub has: Vec<Feature>,
    /// The emoji that it takes as reactions, without variation selectors; empty for any.
    #[serde(default)]
    pub reactions: Vec<String>,
    /// The time after the person's last message in which we may write freely, in seconds; `None` for always.
    #[serde(default)]
    pub window_s: Option<i64>,
    /// The time after it in which a human may still write, in seconds, where that is longer.
    #[serde(default)]
    pub human_window_s: Option<i64>,
    /// The receipts that it sends.
    #[serde(default)]
    pub receipts: Vec<crate::status::Status>,
    /// The time that a send may be in doubt before it is called unconfirmed, in seconds (W).
    pub confirm_within_s: u64,
}

/// Something that a channel has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Places.
    Location,
    /// Approved templates.
    Templates,
    /// Reactions.
    Reactions,
    /// Showing that we read.
    MarkRead,
    /// Quoting a message.
    ReplyTo,
    /// Places at one address that an answer has to go back to: topics.
    Places,
    /// It carries our id back, so that a receipt tells of a send whose answer we never heard.
    CarriesOurId,
    /// Mails: a subject, HTML, several files.
    Email,
    /// A message in doubt is sent again, flagged `possible_duplicate`; without this it ends as failed.
    ResendUnconfirmed,
}

impl Capabilities {
    /// Reads a rules file that is part of the program: at its first use, behind a `LazyLock`, and never again.
    ///
    /// # Panics
    /// If the file is damaged, which every channel's own tests find out.
    #[must_use]
    pub fn built_in(rules: &'static str) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the file is part of the program, and the tests read it"
        )]
        serde_json::from_str(rules).expect("a rules file")
    }

    /// Whether the channel has a feature.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.has.contains(&feature)
    }

    /// Whether the channel takes a file of a kind; of one whose type is known, of that type.
    #[must_use]
    pub fn takes_file(&self, kind: MediaKind, source: &SendMedia) -> bool {
        let limit = self.media.iter().find(|it| it.kind == kind);
        limit.is_some_and(|limit| match source {
            SendMedia::Object { mime, .. } => limit.mimes.is_empty() || limit.mimes.contains(mime),
            SendMedia::Id(_) | SendMedia::Url(_) => true,
        })
    }

    /// Whether the channel takes an emoji as a reaction; none, which takes a reaction back, it always does.
    #[must_use]
    pub fn takes_reaction(&self, emoji: &str) -> bool {
        let emoji = plain_emoji(emoji);
        emoji.is_empty()
            || self.reactions.is_empty()
            || self.reactions.iter().any(|it| *it == emoji)
    }
}

/// An emoji without its variation selectors: keyboards write the red heart with one, and some platforms know it only without.
#[must_use]
pub fn plain_emoji(emoji: &str) -> Cow<'_, str> {
    const SELECTORS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];
    if emoji.contains(SELECTORS) { emoji.replace(SELECTORS, "").into() } else { emoji.into() }
}

/// The page that rules were read on, and the day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    /// The page.
    pub url: String,
    /// The day it was checked, `YYYY-MM-DD`.
    pub checked: String,
}

/// The longest text, and what it is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextLimit {
    /// The greatest length.
    pub max: usize,
    /// The unit that it is counted in.
    pub unit: TextUnit,
}

impl TextLimit {
    /// Whether a text fits.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let length = match self.unit {
            TextUnit::Chars => text.chars().count(),
            TextUnit::Utf16 => text.encode_utf16().count(),
            TextUnit::Bytes => text.len(),
        };
        length <= self.max
    }
}

/// The unit that a text's length is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextUnit {
    /// Unicode scalar values.
    Chars,
    /// UTF-16 code units.
    Utf16,
    /// UTF-8 bytes.
    Bytes,
}

/// Files of one kind that a channel takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaLimit {
    /// The kind.
    pub kind: MediaKind,
    /// The media types; empty for any.
    #[serde(default)]
    pub mimes: Vec<String>,
    /// The largest size in bytes.
    pub max_bytes: u64,
}

/// The choices that a channel offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceLimit {
    /// The greatest number of options.
    pub max: usize,
    /// The longest title, in characters.
    pub title: usize,
    /// The longest id, in characters.
    pub id: usize,
}
