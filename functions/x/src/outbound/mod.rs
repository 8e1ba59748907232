//! Makes X's calls: a direct message, or, in answer to a post, a public post.
//!
//! Files are uploaded first. An answer to a post is public because the question is; without `reply_to` everything is private.

mod text;
mod upload;

use std::sync::LazyLock;

use domain::content::MediaKind;
use domain::id::{IdentityId, ProviderId};
use domain::outbound::{
    Account, Body, Call, Capabilities, Failure, Next, Response, Send, SendContent, SendError,
    SendMedia, SendProblem,
};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::errors::outcome;
use crate::{POST, is_id, post_id};

/// The content that the channel can carry.
pub(crate) fn capabilities() -> &'static Capabilities {
    static READ: LazyLock<Capabilities> =
        LazyLock::new(|| Capabilities::built_in(include_str!("../rules.json")));
    &READ
}

/// The target of a message.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// To a person.
    Person(&'a str),
    /// Under a post.
    Post(&'a str),
}

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    match try_next(send, account, answers) {
        Ok(next) => next,
        Err(error) => Next::Failed(error),
    }
}

fn try_next(send: &Send, account: &Account, answers: &[Response]) -> Result<Next, SendError> {
    let target = target(send)?;
    let (text, media) = parts(&send.content)?;
    check(text, &target, account)?;
    let mut answers = answers.iter();
    let media = match media {
        Some(SendMedia::Object { key, mime }) => match answers.next() {
            None => {
                return upload::call(send, account, (key, mime), target.category()).map(Next::Call);
            }
            // Nothing was delivered yet, so an upload without an id may be made again.
            Some(answer) => Some(outcome(answer, "id")?.ok_or(unavailable())?),
        },
        Some(SendMedia::Id(id)) => Some(id.clone()),
        // X fetches nothing.
        Some(SendMedia::Url(_)) => return Err(refused(SendProblem::MediaNotReachable)),
        None => None,
    };
    match answers.next() {
        None => target.call(text, media, account).map(Next::Call),
        Some(answer) => {
            Ok(Next::Done(outcome(answer, target.id_field())?.map(|it| target.made(&it))))
        }
    }
}

/// A direct message, unless it answers a post.
fn target(send: &Send) -> Result<Target<'_>, SendError> {
    let post = send.reply_to.as_ref().and_then(|it| it.as_str().strip_prefix(POST));
    let person = send.to.first().map(IdentityId::address).unwrap_or_default();
    let target = post.map_or(Target::Person(person), Target::Post);
    let (Target::Person(id) | Target::Post(id)) = target;
    if is_id(id) { Ok(target) } else { Err(refused(SendProblem::AddressInvalid)) }
}

/// The words and the file of a content.
fn parts(content: &SendContent) -> Result<(Option<&str>, Option<&SendMedia>), SendError> {
    match content {
        SendContent::Text { text } if !text.trim().is_empty() => Ok((Some(text), None)),
        SendContent::Media { kind: MediaKind::Image, source, caption, .. } => {
            Ok((caption.as_deref(), Some(source)))
        }
        SendContent::Media { .. } => Err(refused(SendProblem::MediaTypeUnsupported)),
        SendContent::Text { .. }
        | SendContent::Choices { .. }
        | SendContent::Location { .. }
        | SendContent::Template { .. }
        | SendContent::Email { .. }
        | SendContent::Adaptable { .. }
        | SendContent::Reaction { .. }
        | SendContent::MarkRead { .. } => Err(refused(SendProblem::ContentUnsupported)),
    }
}

/// Refuses what X would.
fn check(text: Option<&str>, target: &Target<'_>, account: &Account) -> Result<(), SendError> {
    let text = text.unwrap_or_default();
    let fits = match target {
        Target::Person(_) => capabilities().text.fits(text),
        Target::Post(_) => text::weight(text) <= text::longest_post(account),
    };
    if fits { Ok(()) } else { Err(refused(SendProblem::ContentUnsupported)) }
}

impl Target<'_> {
    /// The call that delivers.
    fn call(
        &self,
        text: Option<&str>,
        media: Option<String>,
        account: &Account,
    ) -> Result<Call, SendError> {
        let base = &account.base_url;
        let mut body = serde_json::Map::new();
        if let Some(text) = text {
            body.insert("text".to_owned(), text.into());
        }
        let url = match self {
            Self::Person(id) => {
                if let Some(media) = media {
                    body.insert("attachments".to_owned(), json!([{ "media_id": media }]));
                }
                format!("{base}/2/dm_conversations/with/{id}/messages")
            }
            Self::Post(id) => {
                body.insert("reply".to_owned(), json!({ "in_reply_to_tweet_id": id }));
                if let Some(media) = media {
                    body.insert("media".to_owned(), json!({ "media_ids": [media] }));
                }
                format!("{base}/2/tweets")
            }
        };
        let body = Body::Inline(Value::Object(body).to_string().into_bytes());
        Ok(Call { body, delivers: true, request: request(url, "application/json")? })
    }

    /// The use that a file is uploaded for.
    fn category(self) -> &'static str {
        match self {
            Self::Person(_) => "dm_image",
            Self::Post(_) => "tweet_image",
        }
    }

    /// The field of an answer that holds the id of what was made.
    fn id_field(self) -> &'static str {
        match self {
            Self::Person(_) => "dm_event_id",
            Self::Post(_) => "id",
        }
    }

    /// The id of what was made.
    fn made(self, id: &str) -> ProviderId {
        match self {
            Self::Person(_) => ProviderId::new(id),
            Self::Post(_) => post_id(id),
        }
    }
}

fn request(url: String, content_type: &str) -> Result<http::request::Parts, SendError> {
    let request = http::Request::post(url).header(CONTENT_TYPE, content_type).body(());
    Ok(request.map_err(|_| misconfigured())?.into_parts().0)
}

fn refused(problem: SendProblem) -> SendError {
    SendError::Refused(Failure::ours(problem))
}

fn misconfigured() -> SendError {
    SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured))
}

fn unavailable() -> SendError {
    let failure = Failure::ours(SendProblem::ChannelUnavailable);
    SendError::Retry { after_ms: None, at_most: None, failure }
}
