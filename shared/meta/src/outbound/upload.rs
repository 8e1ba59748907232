//! Files of ours: uploaded first, then sent by the id that the platform gives them.

use domain::event::digest;
use domain::json::envelope;
use domain::outbound::{
    Body, Call, Failure, Response, SendContent, SendError, SendMedia, SendProblem,
};
use http::HeaderValue;
use serde_json::json;

use super::body::attachment_type;
use super::{Sending, misconfigured};

/// The call that uploads an object of our bucket. Nobody sees it, so it may be made again.
pub(super) fn call(sending: &Sending<'_>) -> Result<Call, SendError> {
    let SendContent::Media { kind, source: SendMedia::Object { key, mime }, filename, .. } =
        &sending.send.content
    else {
        return Err(misconfigured());
    };
    let kind = attachment_type(*kind)?;
    let boundary = format!("form-{}", digest(&["meta", sending.send.reference.as_str()]));
    let filename = safe(filename.as_deref().unwrap_or(kind));
    let mime = safe(mime);
    let message = json!({ "attachment": { "type": kind, "payload": { "is_reusable": true } } });
    let mut before = field(&boundary, "message", &message.to_string());
    if let Some(platform) = (sending.member.platform)(sending.account) {
        before.push_str(&field(&boundary, "platform", platform));
    }
    let about = format!("name=\"filedata\"; filename=\"{filename}\"\r\nContent-Type: {mime}");
    before.push_str(&head(&boundary, &about));
    let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
        .map_err(|_| misconfigured())?;
    let body = Body::Object {
        before: before.into_bytes(),
        key: key.clone(),
        after: format!("\r\n--{boundary}--\r\n").into_bytes(),
    };
    sending.call("message_attachments", content_type, body, false)
}

/// The id of an uploaded file.
pub(super) fn id(answer: &Response) -> Result<String, SendError> {
    let id = envelope(&answer.body).ok().and_then(|it| it.string("attachment_id"));
    // A success that cannot be read delivered nothing: it may be tried again.
    id.ok_or_else(|| SendError::Retry {
        after_ms: None,
        at_most: Some(3),
        failure: Failure::ours(SendProblem::ChannelUnavailable),
    })
}

/// A field of the form.
fn field(boundary: &str, name: &str, value: &str) -> String {
    format!("{}{value}\r\n", head(boundary, &format!("name=\"{name}\"")))
}

/// The head of a part of the form.
fn head(boundary: &str, about: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: form-data; {about}\r\n\r\n")
}

/// A text that cannot end its quotes or its line.
fn safe(text: &str) -> String {
    text.chars()
        .map(|it| if it.is_control() || it == '"' || it == '\\' { '_' } else { it })
        .collect()
}
