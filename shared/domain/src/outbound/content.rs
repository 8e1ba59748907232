//! The content of a message of ours.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::content::MediaKind;
use crate::id::{Channel, ProviderId};

/// The content of an outbound message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SendContent {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// One file.
    Media {
        /// The kind of file.
        kind: MediaKind,
        /// The place of the file.
        source: SendMedia,
        /// Words that go with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A question with options to tap.
    Choices {
        /// The question.
        text: String,
        /// The options, in order.
        options: Vec<ChoiceOption>,
        /// The words on the button that opens the list, where the platform shows a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        button: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A message that the platform has approved.
    Template {
        /// The template, and the words to fill it in with.
        template: TemplateUse,
    },
    /// A mail. A channel without mails carries its words, if it may be adapted.
    Email {
        /// Its subject.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// Its words without form; empty where the HTML says them.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// The same as HTML.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        html: Option<String>,
        /// The files that go with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    /// Content that may lose something where a channel cannot carry all of it, and what is sent instead on some channels.
    Adaptable {
        /// The content.
        content: Box<SendContent>,
        /// The content that takes its place on a channel.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        instead: BTreeMap<Channel, SendContent>,
    },
    /// A reaction to a message of theirs; an empty emoji takes it back.
    Reaction {
        /// The platform's id of the message.
        of: ProviderId,
        /// The emoji.
        emoji: String,
    },
    /// Tells the person that we read their message, and if `typing` that we are answering.
    MarkRead {
        /// The platform's id of the message.
        of: ProviderId,
        /// Whether to show that we type.
        #[serde(default)]
        typing: bool,
    },
}

impl SendContent {
    /// The words in it that a person would read; empty if it has none of its own.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Text { text } | Self::Choices { text, .. } | Self::Email { text, .. } => text,
            Self::Adaptable { content, .. } => content.words(),
            Self::Media { caption, .. } => caption.as_deref().unwrap_or_default(),
            Self::Location { name, .. } => name.as_deref().unwrap_or_default(),
            Self::Template { .. } | Self::Reaction { .. } | Self::MarkRead { .. } => "",
        }
    }

    /// Its name in the API.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { .. } => "media",
            Self::Choices { .. } => "choices",
            Self::Location { .. } => "location",
            Self::Template { .. } => "template",
            Self::Email { .. } => "email",
            Self::Adaptable { content, .. } => content.kind(),
            Self::Reaction { .. } => "reaction",
            Self::MarkRead { .. } => "mark_read",
        }
    }
}

impl fmt::Debug for SendContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendContent({})", self.kind())
    }
}

/// The place of a file to send.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendMedia {
    /// On the platform already, under this id.
    Id(String),
    /// At this public address.
    Url(String),
    /// In our bucket: the channel uploads it first.
    Object {
        /// The key in our bucket.
        key: String,
        /// Its media type.
        mime: String,
    },
}

/// A file that goes with a mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The kind of file.
    pub kind: MediaKind,
    /// The place of the file.
    pub source: SendMedia,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// An option to tap.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// The text that comes back when it is tapped.
    pub id: String,
    /// The text that the person sees.
    pub title: String,
    /// A line under it, where the platform shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The use of an approved template: its name, and what it is filled in with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateUse {
    /// Its name.
    pub name: String,
    /// Its locale, exactly as approved.
    pub locale: String,
    /// Its variables by name; names that are numbers are positions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// The platform's own components, where variables do not say enough (a media header, button parameters).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<serde_json::Value>,
}
