//! The outbound half of a channel, as data and one pure function.
//!
//! A send is a conversation of calls: [`Outbound::next`] is asked for the next call with all answers so far, until it says
//! that the message is with the platform or that it cannot be. The shell makes the calls and applies [`Auth`].

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::content::MediaKind;
use crate::id::{AccountId, Channel, IdentityId, MessageId, ProviderId};

/// How messages leave by a channel.
#[derive(Clone)]
pub struct Outbound {
    /// The channel.
    pub channel: Channel,
    /// What it can carry: the text of its rules file, see [`Capabilities::parse`].
    pub rules: &'static str,
    /// Where the platform's API usually is.
    pub base_url: &'static str,
    /// How a call is authorised.
    pub auth: Auth,
    /// The next call of a send, or its end.
    pub next: fn(send: &Send, account: &Account, answers: &[Response]) -> Next,
}

/// How the shell authorises a call. The codec never sees the token.
#[derive(Clone, Copy, Debug)]
pub enum Auth {
    /// `Authorization: Bearer <token>`.
    Bearer,
    /// `{token}` in the path is replaced.
    PathToken,
}

/// One of our accounts, as a codec may see it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Where the platform's API is, without a `/` at the end.
    pub base_url: String,
    /// Whatever else the channel needs.
    pub settings: BTreeMap<String, String>,
}

/// One message on its way to one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// Our id of it, which goes with it wherever the platform carries it back.
    pub message: MessageId,
    /// The address, and what else the person is known by on this channel.
    pub to: Vec<IdentityId>,
    /// What it says.
    pub content: SendContent,
    /// The platform's id of the message that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ProviderId>,
    /// Who wrote it: some platforms allow more to a human.
    #[serde(default)]
    pub author: Author,
    /// Milliseconds since the person last wrote to this account, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_inbound_ms: Option<i64>,
}

/// Who wrote a message of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A program.
    #[default]
    Automation,
    /// A person.
    Human,
}

/// What an outbound message says.
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
        /// What it is.
        kind: MediaKind,
        /// Where it is.
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
        /// What opens the list, where the platform shows a list.
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
        /// What to fill in.
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

/// Where a file to send is.
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
    /// What comes back when it is tapped.
    pub id: String,
    /// What the person sees.
    pub title: String,
    /// A line under it, where the platform shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How to fill in an approved template.
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
    /// What it carries.
    pub body: Body,
    /// Whether the person sees its effect: such a call is never made twice without a flag.
    pub delivers: bool,
}

/// What a call carries. It never prints.
pub enum Body {
    /// These bytes.
    Inline(Vec<u8>),
    /// An object of our bucket between two pieces of text: the parts of a multipart form.
    Object {
        /// What stands before the object.
        before: Vec<u8>,
        /// The object's key.
        key: String,
        /// What stands after it.
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

/// What a platform answered to a call.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// How long the platform asks us to wait, from its headers.
    pub retry_after: Option<Duration>,
    /// The body, cut at a size that no useful answer has.
    pub body: Vec<u8>,
}

/// Why a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum SendError {
    /// Not now: the same call may succeed later.
    #[error("not now: {failure}")]
    Retry {
        /// How long to wait, if the platform says it. Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
        /// At how many attempts to give up, if before the message's deadline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
        /// What happened.
        failure: Failure,
    },
    /// Never this way: the address, the content or the account is refused.
    #[error("refused: {0}")]
    Refused(Failure),
    /// The platform's or the person's rules forbid it now: window closed, opted out, template not approved.
    #[error("forbidden: {0}")]
    Policy(Failure),
    /// Our own set-up is wrong: token, permission, account state. Somebody must look.
    #[error("misconfigured: {0}")]
    Config(Failure),
}

impl SendError {
    /// What happened.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Retry { failure, .. }
            | Self::Refused(failure)
            | Self::Policy(failure)
            | Self::Config(failure) => failure,
        }
    }
}

/// Why a message failed, in our words and the platform's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Our word, which is also the last part of a problem's type: `window-closed`, `recipient-opted-out` …
    pub problem: Problem,
    /// The platform's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The platform's words: for the API, never for a log, since platforms quote addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The platform's trace id, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Failure {
    /// A failure that no platform spoke about.
    #[must_use]
    pub fn ours(problem: Problem) -> Self {
        Self { problem, code: None, message: None, trace_id: None }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.slug())?;
        if let Some(code) = &self.code {
            write!(f, " (code {code})")?;
        }
        Ok(())
    }
}

/// Why a message cannot be sent: the stable types of the API's problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// The time in which we may write freely is over.
    WindowClosed,
    /// No such approved template in that locale.
    TemplateNotApproved,
    /// The template's variables do not fit it.
    TemplateParameterInvalid,
    /// The person does not want it.
    RecipientOptedOut,
    /// The person cannot be reached on this channel.
    RecipientUnreachable,
    /// The address is not one.
    AddressInvalid,
    /// Our own account, token or permission is wrong.
    ChannelMisconfigured,
    /// The platform does not answer, or does not work.
    ChannelUnavailable,
    /// The platform takes no more for now.
    RateLimited,
    /// The file is too large.
    MediaTooLarge,
    /// The platform does not take this type of file.
    MediaTypeUnsupported,
    /// The platform could not fetch the file.
    MediaNotReachable,
    /// The platform's policy forbids the content or the account.
    PolicyRejected,
    /// Its time ran out.
    Expired,
    /// No channel is left to try.
    NoChannelLeft,
    /// The identity is only claimed.
    IdentityUnverified,
    /// The thread is closed.
    ThreadClosed,
    /// The same idempotency key came with another body.
    IdempotencyMismatch,
    /// The content does not fit the channel: too long, too many options, a kind that it has not.
    ContentUnsupported,
    /// A call was begun and its result never learned.
    Unconfirmed,
}

impl Problem {
    /// The last part of its type URI, and its name in items.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::WindowClosed => "window-closed",
            Self::TemplateNotApproved => "template-not-approved",
            Self::TemplateParameterInvalid => "template-parameter-invalid",
            Self::RecipientOptedOut => "recipient-opted-out",
            Self::RecipientUnreachable => "recipient-unreachable",
            Self::AddressInvalid => "address-invalid",
            Self::ChannelMisconfigured => "channel-misconfigured",
            Self::ChannelUnavailable => "channel-unavailable",
            Self::RateLimited => "rate-limited",
            Self::MediaTooLarge => "media-too-large",
            Self::MediaTypeUnsupported => "media-type-unsupported",
            Self::MediaNotReachable => "media-not-reachable",
            Self::PolicyRejected => "policy-rejected",
            Self::Expired => "expired",
            Self::NoChannelLeft => "no-channel-left",
            Self::IdentityUnverified => "identity-unverified",
            Self::ThreadClosed => "thread-closed",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::ContentUnsupported => "content-unsupported",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// What a channel can carry: what the planner reads. Platforms change these, so they are a data file of the channel,
/// with the page that says so and the day it was checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Where the rules were read.
    pub sources: Vec<RuleSource>,
    /// The longest text.
    pub text: TextLimit,
    /// The longest caption; `None` where a file has none.
    #[serde(default)]
    pub caption: Option<TextLimit>,
    /// The files that it takes.
    #[serde(default)]
    pub media: Vec<MediaLimit>,
    /// How many options a choice may have, and how long their titles may be; `None` where it has none.
    #[serde(default)]
    pub choices: Option<ChoiceLimit>,
    /// What else it has.
    #[serde(default)]
    pub has: Vec<Feature>,
    /// How long after the person's last message we may write freely, in seconds; `None` for always.
    #[serde(default)]
    pub window_s: Option<i64>,
    /// How long after it a human may still write, where that is longer.
    #[serde(default)]
    pub human_window_s: Option<i64>,
    /// The receipts that it sends.
    #[serde(default)]
    pub receipts: Vec<crate::status::Status>,
    /// How long a send may be in doubt before it is called unconfirmed, in seconds (W).
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
    /// It carries our id back, so that a receipt tells of a send whose answer we never heard.
    CarriesOurId,
    /// A message in doubt is sent again, flagged `possible_duplicate`; without this it ends as failed.
    ResendUnconfirmed,
}

impl Capabilities {
    /// Reads a channel's rules file.
    pub fn parse(rules: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(rules)
    }

    /// Whether the channel has a feature.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.has.contains(&feature)
    }
}

/// Where rules were read.
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
    /// How many.
    pub max: usize,
    /// Of what.
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

/// What a text's length is counted in.
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

/// What choices a channel offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceLimit {
    /// How many options at the most.
    pub max: usize,
    /// The longest title, in characters.
    pub title: usize,
    /// The longest id, in characters.
    pub id: usize,
}
