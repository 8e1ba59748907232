//! The outbound half of a channel, as data and one pure function.
//!
//! A send is a conversation of calls: [`Outbound::next`] is asked for the next call with all answers so far, until it says
//! that the message is with the platform or that it cannot be. The shell makes the calls and applies [`Auth`].

mod adapt;
mod auth;
mod capabilities;
mod content;
mod failure;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Channel, IdentityId, ProviderId, Reference};

pub use adapt::{Adapted, Loss};
pub use auth::{Auth, JwtAuth};
pub use capabilities::{
    Capabilities, ChoiceLimit, Feature, MediaLimit, RuleSource, TextLimit, TextUnit, plain_emoji,
};
pub use content::{Attachment, ChoiceOption, SendContent, SendMedia, TemplateUse};
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

impl Send {
    /// The send as a channel with these capabilities can carry it. Only what says that it may be adapted is.
    #[must_use]
    pub fn fitted(mut self, channel: &Channel, capabilities: &Capabilities) -> Self {
        let may_lose = matches!(self.content, SendContent::Adaptable { .. });
        if may_lose && !capabilities.has(Feature::ReplyTo) {
            self.reply_to = None;
        }
        self.content = self.content.fitted(channel, capabilities).content;
        self
    }
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
