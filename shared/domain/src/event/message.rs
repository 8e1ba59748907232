//! A message, as a channel reads it.

use serde::{Deserialize, Serialize};

use super::{Direction, Kind, Visibility};
use crate::content::{Content, Quote, Referral};
use crate::id::ProviderId;
use crate::time::Timestamp;

/// Something that was said, in either direction.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The platform's id of it.
    pub id: ProviderId,
    /// The side that speaks. `Out` is an echo: what a colleague wrote in another tool.
    #[serde(default)]
    pub direction: Direction,
    /// The one who wrote it, where it is not the person: a colleague's or an app's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The words, the files or whatever else is said.
    pub content: Content,
    /// The message that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ProviderId>,
    /// Messages that it refers to in any other way, nearest first (a mail's References).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<ProviderId>,
    /// The words that it quotes, where the platform gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// The thing that brought the person to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// Our own token or link code that came with it, if the channel can see one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_ref: Option<String>,
    /// The spot at the person's address where it was said, and where an answer goes back to: a topic, a thread. In the channel's
    /// own words; nobody else reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The people who can read it.
    #[serde(default, skip_serializing_if = "Visibility::is_private")]
    pub visibility: Visibility,
    /// Whether it (re)opens the time in which we may write freely. An echo never does.
    #[serde(default)]
    pub opens_window: bool,
    /// When the platform says that it was said, if that lies ahead and is not believed (see [`crate::bounds`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("direction", &self.direction)
            .field("author", &self.author)
            .field("content", &self.content)
            .field("reply_to", &self.reply_to)
            .field("refs", &self.refs.len())
            .field("quote", &self.quote)
            .field("referral", &self.referral)
            // Whoever shows a link code claims to be the person that it was given to.
            .field("thread_ref", &self.thread_ref.is_some())
            .field("place", &self.place.is_some())
            .field("visibility", &self.visibility)
            .field("opens_window", &self.opens_window)
            .field("said_at", &self.said_at)
            .finish()
    }
}

impl Message {
    /// A private message from the person that opens the window: what most are.
    #[must_use]
    pub fn inbound(id: ProviderId, content: Content) -> Self {
        Self {
            id,
            direction: Direction::In,
            author: None,
            content,
            reply_to: None,
            refs: Vec::new(),
            quote: None,
            referral: None,
            thread_ref: None,
            place: None,
            visibility: Visibility::Private,
            opens_window: true,
            said_at: None,
        }
    }
}

impl From<Message> for Kind {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}
