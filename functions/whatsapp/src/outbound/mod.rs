//! Messages: one JSON call each, after an upload where the file is ours.

mod content;
mod template;
mod upload;

use std::sync::LazyLock;

use domain::event::digest;
use domain::id::{IdentityId, ProviderId};
use domain::json::{Fields, envelope};
use domain::outbound::{
    Account, Body, Call, Capabilities, Failure, Next, Response, Send, SendContent, SendError,
    SendMedia, SendProblem,
};
use http::{HeaderValue, Request, header};
use serde_json::{Map, Value, json};

use crate::CHANNEL;
use crate::errors;
use crate::inbound::{GROUP, is_phone, is_user_id};

/// The content that the channel can carry.
pub(crate) fn capabilities() -> &'static Capabilities {
    static READ: LazyLock<Capabilities> =
        LazyLock::new(|| Capabilities::built_in(include_str!("../rules.json")));
    &READ
}

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    plan(send, account, answers).unwrap_or_else(Next::Failed)
}

fn plan(send: &Send, account: &Account, answers: &[Response]) -> Result<Next, SendError> {
    let is_ours =
        matches!(&send.content, SendContent::Media { source: SendMedia::Object { .. }, .. });
    let n_uploads = usize::from(is_ours).min(answers.len());
    let (uploads, answers) = answers.split_at(n_uploads);
    // A message that cannot be sent is refused before its file is uploaded.
    let uploaded = match uploads {
        [answer, ..] => Some(upload::id(answer)?),
        [] => None,
    };
    let message = message(send, uploaded.as_deref())?;
    if let (
        SendContent::Media { source: SendMedia::Object { key, mime }, kind, filename, .. },
        None,
    ) = (&send.content, &uploaded)
    {
        return upload::call(account, &send.reference, *kind, (key, mime), filename.as_deref())
            .map(Next::Call);
    }
    match answers {
        [] => post(account, &message, !matches!(send.content, SendContent::MarkRead { .. }))
            .map(Next::Call),
        [answer, ..] => finish(answer),
    }
}

/// The end that an answer to the last call means. Beside the id stands whom Meta takes the address for, `contacts[0].wa_id`, and
/// that is not read: where it differs from the number that was written to it is the other spelling of that, which is compared as
/// one (`domain::phone`), and a message to a user id is answered without a number.
fn finish(answer: &Response) -> Result<Next, SendError> {
    if !(200..300).contains(&answer.status) {
        return Err(errors::in_answer(answer));
    }
    let body = envelope(&answer.body).unwrap_or_default();
    let message = body.list("messages").first().and_then(|it| Fields::of(it)).unwrap_or_default();
    // A success without an id is still one: the receipt will carry our own id.
    Ok(Next::Done(message.string("id").map(ProviderId::new)))
}

/// The JSON that is posted to `/messages`.
fn message(send: &Send, uploaded: Option<&str>) -> Result<Value, SendError> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("messaging_product", "whatsapp".into());
    if let SendContent::MarkRead { of, typing } = &send.content {
        put("status", "read".into());
        put("message_id", of.as_str().into());
        if *typing {
            put("typing_indicator", json!({ "type": "text" }));
        }
        return Ok(body.into());
    }
    body.extend(recipient(&send.to)?);
    body.extend(content::body(&send.content, uploaded)?);
    // A reaction names its message itself.
    let quoted =
        send.reply_to.as_ref().filter(|_| !matches!(send.content, SendContent::Reaction { .. }));
    if let Some(quoted) = quoted {
        body.insert("context".to_owned(), json!({ "message_id": quoted.as_str() }));
    }
    body.insert("biz_opaque_callback_data".to_owned(), send.reference.as_str().into());
    Ok(body.into())
}

/// Exactly one address: the phone number if we hold one (writing to it keeps it visible to us), else the person's id.
fn recipient(to: &[IdentityId]) -> Result<Map<String, Value>, SendError> {
    let own = |it: &&IdentityId| it.space() == CHANNEL.as_str();
    let phone = to.iter().find(|it| it.is_phone() && is_phone(it.address()));
    let user = to.iter().filter(own).find(|it| is_user_id(it.address()));
    let group_prefix = IdentityId::scoped(&CHANNEL, GROUP, "");
    let group = to.iter().find(|it| it.as_str().starts_with(group_prefix.as_str()));
    let (kind, field, address) = match (group, phone, user) {
        (Some(group), ..) => ("group", "to", group.address()),
        // Without its plus the platform would put the country code of our own number before it.
        (None, Some(phone), _) => ("individual", "to", phone.address()),
        (None, None, Some(user)) => ("individual", "recipient", user.address()),
        (None, None, None) => {
            return Err(refused(
                SendProblem::AddressInvalid,
                "Neither a phone number in E.164 nor a WhatsApp user id.",
            ));
        }
    };
    Ok(Map::from_iter([
        ("recipient_type".to_owned(), kind.into()),
        (field.to_owned(), address.into()),
    ]))
}

fn post(account: &Account, body: &Value, delivers: bool) -> Result<Call, SendError> {
    let bytes = body.to_string().into_bytes();
    call(
        account,
        "messages",
        HeaderValue::from_static("application/json"),
        Body::Inline(bytes),
        delivers,
    )
}

fn call(
    account: &Account,
    path: &str,
    content_type: HeaderValue,
    body: Body,
    delivers: bool,
) -> Result<Call, SendError> {
    let url = format!("{}/{}/{path}", account.base_url, account.id);
    let request = Request::post(url).header(header::CONTENT_TYPE, content_type).body(());
    let (request, ()) = request
        .map_err(|_| SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured)))?
        .into_parts();
    Ok(Call { request, body, delivers })
}

/// The refusal before a call is made, in words for whoever sent it.
fn refused(problem: SendProblem, why: impl Into<String>) -> SendError {
    SendError::Refused(Failure { message: Some(why.into()), ..Failure::ours(problem) })
}

/// Content that does not fit the channel.
fn unsupported(why: impl Into<String>) -> SendError {
    refused(SendProblem::ContentUnsupported, why)
}

/// Refuses a text that is empty or over its limit.
fn check_length(what: &str, text: &str, max: usize) -> Result<(), SendError> {
    match text.chars().count() {
        0 => Err(unsupported(format!("{what} is empty."))),
        n if n > max => Err(unsupported(format!("{what} has {n} characters; {max} are allowed."))),
        _ => Ok(()),
    }
}

/// A boundary for a form: the same for the same message, and in no file by chance.
fn boundary(message: &str) -> String {
    format!("form-{}", digest(&["whatsapp", message]))
}
