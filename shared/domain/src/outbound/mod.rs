//! The outbound half of a channel, as data and one pure function.
//!
//! A send is a conversation of calls: [`Outbound::next`] is asked for the next call with all answers so far, until it says
//! that the message is with the platform or that it cannot be. The shell makes the calls and applies [`Auth`].

mod auth;
mod capabilities;
mod failure;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::MediaKind;
use crate::id::{AccountId, Channel, IdentityId, ProviderId, Reference};

pub use auth::{Auth, JwtAuth};
pub use capabilities::{
    Capabilities, ChoiceLimit, Feature, MediaLimit, RuleSource, TextLimit, TextUnit, plain_emoji,
};
pub use failure::{Failure, SendError, SendProblem};

/// The way that messages leave by one source of a channel. A channel that several providers carry has one of each.
#[derive(Clone)]
pub struct Outbound {
    /// The channel.
    pub channel: Channel,
    /// The name of the source, as in [`Inbound`](crate::inbound::Inbound): an account of ours says by which it sends.
    pub name: &'static str,
    /// The rules of what the channel can carry: its rules file, which is read once ([`Capabilities::built_in`]).
    pub capabilities: fn() -> &'static Capabilities,
    /// The usual address of the platform's API.
    pub base_url: &'static str,
    /// The authorisation of a call.
    pub auth: Auth,
    /// The next call of a send, or its end.
    pub next: fn(send: &Send, account: &Account, answers: &[Response]) -> Next,
}

/// One of our accounts, as a codec may see it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// The address of the platform's API, without a `/` at the end.
    pub base_url: String,
    /// Anything else that the channel needs.
    pub settings: BTreeMap<String, String>,
    /// The public address of our own webhook, where the platform may be told it with a message; empty if it is not known.
    pub webhook: String,
}

/// One message on its way to one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// Our name for it, which goes with it wherever the platform carries it back.
    pub reference: Reference,
    /// The address, and what else the person is known by on this channel.
    pub to: Vec<IdentityId>,
    /// The words, the file or whatever else is to be sent.
    pub content: SendContent,
    /// The platform's id of the message that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ProviderId>,
    /// The spot at the address that it goes to, as the channel said of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The one who wrote it: some platforms allow more to a human.
    #[serde(default)]
    pub author: Author,
    /// Milliseconds since the person last wrote to this account, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_inbound_ms: Option<i64>,
}

/// The author of a message of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Author {
    /// A program.
    #[default]
    Automation,
    /// A person.
    Human,
}

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
            Self::Text { text } | Self::Choices { text, .. } => text,
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

/// The next step of a send.
#[derive(Debug)]
pub enum Next {
    /// Make this call and ask again with its answer.
    Call(Call),
    /// The platform has it, under this id; `None` for what has no id of its own (marking as read).
    Done(Option<ProviderId>),
    /// It cannot be sent this way, or not now.
    Failed(SendError),
}

/// One call to a platform.
#[derive(Debug)]
pub struct Call {
    /// Method, address and headers.
    pub request: http::request::Parts,
    /// The content that it carries.
    pub body: Body,
    /// Whether the person sees its effect: such a call is never made twice without a flag.
    pub delivers: bool,
}

/// The content of a call. It never prints.
pub enum Body {
    /// These bytes.
    Inline(Vec<u8>),
    /// An object of our bucket between two pieces of text: the parts of a multipart form.
    Object {
        /// The bytes before the object.
        before: Vec<u8>,
        /// The object's key.
        key: String,
        /// The bytes after it.
        after: Vec<u8>,
    },
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(bytes) => write!(f, "Inline({} bytes)", bytes.len()),
            Self::Object { key, .. } => write!(f, "Object({} bytes of key)", key.len()),
        }
    }
}

/// A platform's answer to a call.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The time that the platform asks us to wait, from its headers.
    pub retry_after: Option<Duration>,
    /// The body, cut at a size that no useful answer has.
    pub body: Vec<u8>,
}
