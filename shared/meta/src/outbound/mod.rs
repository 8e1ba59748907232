//! Messages: calls of the Send API. A file of ours is uploaded first; showing that we type is a call of its own.

mod body;
mod upload;

use domain::id::{Channel, ProviderId};
use domain::json::envelope;
use domain::outbound::{
    Account, Body, Call, Capabilities, Failure, Next, Response, Send, SendContent, SendError,
    SendMedia, SendProblem,
};
use http::{HeaderValue, Request, header};
use serde_json::{Value, json};

use crate::errors;

/// The differences between one member of the family and another, as sends need them.
pub struct Member {
    /// The channel.
    pub channel: Channel,
    /// The things that it can carry.
    pub capabilities: fn() -> &'static Capabilities,
    /// The owner of the path that an account's calls go to: its own id, a Page's, or `me`.
    pub node: fn(account: &Account) -> &str,
    /// The platform that an upload says it is for, where that is not the Page.
    pub platform: fn(account: &Account) -> Option<&'static str>,
    /// Whether a message may carry our id as `metadata`, which its echo brings back.
    pub carries_our_id: fn(account: &Account) -> bool,
}

/// One call of a send.
enum Step {
    Upload,
    Message,
    Action(Value, bool),
}

/// A send by a member, with the rules that it has to keep.
struct Sending<'a> {
    member: &'a Member,
    rules: &'a Capabilities,
    send: &'a Send,
    account: &'a Account,
}

/// The next call of a send, or its end.
#[must_use]
pub fn next(member: &Member, send: &Send, account: &Account, answers: &[Response]) -> Next {
    let sending = Sending { member, rules: (member.capabilities)(), send, account };
    sending.next(answers).unwrap_or_else(Next::Failed)
}

impl Sending<'_> {
    fn next(&self, answers: &[Response]) -> Result<Next, SendError> {
        if let Some(error) = answers.iter().find_map(|it| errors::in_answer(it, &self.send.content))
        {
            return Err(error);
        }
        // What cannot be sent is refused before any call.
        let steps = self.steps()?;
        let uploaded = match (steps.first(), answers.first()) {
            (Some(Step::Upload), Some(answer)) => Some(upload::id(answer)?),
            _ => None,
        };
        let message = self.message(uploaded.as_deref())?;
        Ok(match steps.get(answers.len()) {
            Some(Step::Upload) => Next::Call(upload::call(self)?),
            Some(Step::Message) => Next::Call(self.post(&message, true)?),
            Some(Step::Action(action, delivers)) => Next::Call(self.post(action, *delivers)?),
            None => Next::Done(answers.last().and_then(message_id)),
        })
    }

    fn steps(&self) -> Result<Vec<Step>, SendError> {
        let recipient = || body::recipient(self);
        Ok(match &self.send.content {
            SendContent::Reaction { of, emoji } => {
                vec![Step::Action(body::reaction(&recipient()?, of, emoji)?, true)]
            }
            SendContent::MarkRead { of, typing } => {
                if body::is_public(of) {
                    return Err(unsupported("A public comment cannot be marked as read."));
                }
                let to = recipient()?;
                let action = |name: &str| {
                    Step::Action(json!({ "recipient": to, "sender_action": name }), false)
                };
                let mut steps = vec![action("mark_seen")];
                steps.extend(typing.then(|| action("typing_on")));
                steps
            }
            SendContent::Media { source: SendMedia::Object { .. }, .. } => {
                vec![Step::Upload, Step::Message]
            }
            SendContent::Text { .. }
            | SendContent::Media { .. }
            | SendContent::Choices { .. }
            | SendContent::Location { .. }
            | SendContent::Template { .. }
            | SendContent::Email { .. }
            | SendContent::Adaptable { .. } => vec![Step::Message],
        })
    }

    /// The body of the message, `null` for what is none.
    fn message(&self, uploaded: Option<&str>) -> Result<Value, SendError> {
        match &self.send.content {
            SendContent::Reaction { .. } | SendContent::MarkRead { .. } => Ok(Value::Null),
            SendContent::Text { .. }
            | SendContent::Media { .. }
            | SendContent::Choices { .. }
            | SendContent::Location { .. }
            | SendContent::Template { .. }
            | SendContent::Email { .. }
            | SendContent::Adaptable { .. } => body::message(self, uploaded),
        }
    }

    fn post(&self, body: &Value, delivers: bool) -> Result<Call, SendError> {
        let json = HeaderValue::from_static("application/json");
        self.call("messages", json, Body::Inline(body.to_string().into_bytes()), delivers)
    }

    fn call(
        &self,
        path: &str,
        content_type: HeaderValue,
        body: Body,
        delivers: bool,
    ) -> Result<Call, SendError> {
        let url = format!("{}/{}/{path}", self.account.base_url, (self.member.node)(self.account));
        let request = Request::post(url).header(header::CONTENT_TYPE, content_type).body(());
        let (request, ()) = request.map_err(|_| misconfigured())?.into_parts();
        Ok(Call { request, body, delivers })
    }
}

/// The id of the message that was sent. A success without one is still one: the echo carries our own id.
fn message_id(answer: &Response) -> Option<ProviderId> {
    envelope(&answer.body).ok()?.string("message_id").map(ProviderId::new)
}

fn misconfigured() -> SendError {
    SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured))
}

/// The refusal of a send before a call is made, in words for whoever sent it.
fn refused(problem: SendProblem, why: impl Into<String>) -> SendError {
    SendError::Refused(Failure { message: Some(why.into()), ..Failure::ours(problem) })
}

/// Content that does not fit the channel.
fn unsupported(why: impl Into<String>) -> SendError {
    refused(SendProblem::ContentUnsupported, why)
}
