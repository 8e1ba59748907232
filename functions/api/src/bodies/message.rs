//! The body of a send.

use std::collections::BTreeMap;

use domain::id::{Channel, ContactId, ThreadId};
use domain::outbound::Author;
use domain::plan::Purpose;
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde_json::Value;

use crate::ids::{MOST_LOCALE, MessageName};
use crate::request::content::{MAX_OPTIONS, MAX_TEXT, MAX_URL, MAX_VARIABLES, MAX_WORDS};
use crate::request::{MAX_ADDRESS, MAX_NAME};

/// A message to send.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MessageRequest {
    /// The thread, the person or the address that it goes to.
    pub to: To,
    /// The words and files of the message.
    pub content: SendContent,
    /// The aim that the message serves. A person may forbid one purpose and allow another.
    #[schemars(default)]
    pub purpose: Purpose,
    /// The author of it. Some platforms give a human more time to answer.
    #[schemars(default)]
    pub author: Author,
    /// The only channel that may be taken. Without it, the one that the person last used in the thread, else anywhere.
    pub channel: Option<Channel>,
    /// The address of ours that it leaves by. Needed only where the person has not written to one yet.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub account: Option<String>,
    /// The message that it quotes, of the same person.
    pub reply_to: Option<MessageName>,
    /// The caller's own word for it, given back with it.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub client_ref: Option<String>,
    /// When it is of no more use: it is not tried after that.
    pub expires_at: Option<Timestamp>,
    /// Whether it may go to an address that showed a link code of the thread and is not confirmed to be its person's.
    #[schemars(default)]
    pub unverified: Unverified,
}

/// Whether a message may go to an address that is not confirmed to be its person's.
#[derive(Default, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Unverified {
    /// It may not.
    #[default]
    Refuse,
    /// It may.
    Allow,
}

/// Exactly one of a thread, a contact and an address. The last two open a thread.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum To {
    /// A thread.
    Thread(ToThread),
    /// A person, in a new thread.
    Contact(ToContact),
    /// An address, in a new thread.
    Address(ToAddress),
}

/// A thread that a message goes to.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ToThread {
    /// The thread.
    pub thread_id: ThreadId,
}

/// A person whom a message goes to, in a new thread.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ToContact {
    /// The person.
    pub contact_id: ContactId,
}

/// An address that a message goes to, in a new thread.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ToAddress {
    /// The address.
    pub address: Destination,
}

/// An address to send to.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Destination {
    /// The channel.
    pub channel: Channel,
    /// The address as the channel writes it; a phone number in E.164 with its +.
    #[schemars(length(min = 1, max = MAX_ADDRESS))]
    pub id: String,
}

/// The content of a message of ours.
#[derive(JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SendContent {
    /// Words.
    Text {
        /// The words. The channel's own limit may be lower.
        #[schemars(length(min = 1, max = MAX_TEXT))]
        text: String,
    },
    /// One file.
    Media {
        /// The kind of the file.
        kind: FileKind,
        /// The place of the file.
        source: FileSource,
        /// Words that go with it.
        #[schemars(length(min = 1, max = MAX_TEXT))]
        caption: Option<String>,
        /// The name that the person sees on it.
        #[schemars(length(min = 1, max = MAX_WORDS))]
        filename: Option<String>,
    },
    /// A question with options to tap.
    Choices {
        /// The question.
        #[schemars(length(min = 1, max = MAX_TEXT))]
        text: String,
        /// The words on what opens the list, where the platform shows one.
        #[schemars(length(min = 1, max = MAX_WORDS))]
        button: Option<String>,
        /// The options, in order.
        #[schemars(length(min = 1, max = MAX_OPTIONS))]
        options: Vec<ChoiceOption>,
    },
    /// A place.
    Location {
        /// Degrees north.
        #[schemars(range(min = -90, max = 90))]
        latitude: f64,
        /// Degrees east.
        #[schemars(range(min = -180, max = 180))]
        longitude: f64,
        /// The place's name.
        #[schemars(length(min = 1, max = MAX_WORDS))]
        name: Option<String>,
        /// The place's postal address.
        #[schemars(length(min = 1, max = MAX_WORDS))]
        address: Option<String>,
    },
    /// A message that the platform has approved.
    Template {
        /// The template, and the words to fill it in with.
        template: TemplateUse,
    },
}

/// The kind of a file to send.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
pub enum FileKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// A sound that was recorded to be sent.
    VoiceNote,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
}

/// The place of a file to send: exactly one of an address and a platform's id.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum FileSource {
    /// A file on the web.
    Url(FileUrl),
    /// A file of the platform's.
    Id(FileId),
}

/// A file on the web.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FileUrl {
    /// A public https address without credentials.
    #[schemars(length(max = MAX_URL), extend("format" = "uri", "pattern" = "^https://"))]
    pub url: String,
}

/// A file that the platform has already.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FileId {
    /// The platform's id of the file.
    #[schemars(length(min = 1, max = MAX_WORDS))]
    pub id: String,
}

/// An option to tap.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ChoiceOption {
    /// The id that comes back when it is tapped; each option has another one.
    #[schemars(length(min = 1, max = MAX_WORDS))]
    pub id: String,
    /// The label that the person sees on it.
    #[schemars(length(min = 1, max = MAX_WORDS))]
    pub title: String,
    /// A second line on it, where the platform shows one.
    #[schemars(length(min = 1, max = MAX_WORDS))]
    pub description: Option<String>,
}

/// A template, and the words to fill it in with.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TemplateUse {
    /// The template's name at the platform.
    #[schemars(length(min = 1, max = MAX_WORDS))]
    pub name: String,
    /// The locale, exactly as approved.
    #[schemars(length(min = 1, max = MOST_LOCALE))]
    pub locale: String,
    /// The words by the names of their places; names that are numbers are positions.
    #[schemars(extend("maxProperties" = MAX_VARIABLES))]
    pub variables: Option<BTreeMap<String, Variable>>,
    /// The platform's own components, where variables do not say enough.
    pub components: Option<Vec<Value>>,
}

/// The words for a place of a template.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct Variable(#[schemars(length(min = 1, max = MAX_TEXT))] pub String);
