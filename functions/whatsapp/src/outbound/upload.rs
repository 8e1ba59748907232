//! Files of ours: uploaded first, then sent by the id that the platform gives them.

use domain::content::MediaKind;
use domain::id::Reference;
use domain::json::envelope;
use domain::outbound::{Account, Body, Call, Failure, Response, SendError, SendProblem};
use http::HeaderValue;

use super::{boundary, call as request};
use crate::errors;

/// The call that uploads an object of our bucket. Nobody sees it, so it may be made again.
pub(super) fn call(
    account: &Account,
    reference: &Reference,
    kind: MediaKind,
    (key, mime): (&str, &str),
    filename: Option<&str>,
) -> Result<Call, SendError> {
    let boundary = boundary(reference.as_str());
    let filename = filename.map_or_else(|| default_name(kind).to_owned(), safe_name);
    let before = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n{mime}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
         Content-Type: {mime}\r\n\r\n"
    );
    let body = Body::Object {
        before: before.into_bytes(),
        key: key.to_owned(),
        after: format!("\r\n--{boundary}--\r\n").into_bytes(),
    };
    let content_type =
        HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
            .map_err(|_| SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured)))?;
    request(account, "media", content_type, body, false)
}

/// The id of an uploaded file.
pub(super) fn id(answer: &Response) -> Result<String, SendError> {
    if !(200..300).contains(&answer.status) {
        return Err(errors::in_answer(answer));
    }
    let id = envelope(&answer.body).ok().and_then(|it| it.string("id"));
    // A success that cannot be read delivered nothing: it may be tried again.
    id.ok_or_else(|| SendError::Retry {
        after_ms: None,
        at_most: Some(3),
        failure: Failure::ours(SendProblem::ChannelUnavailable),
    })
}

/// A name that cannot end its quotes or its line.
fn safe_name(name: &str) -> String {
    name.chars()
        .map(|it| if it.is_control() || it == '"' || it == '\\' { '_' } else { it })
        .collect()
}

fn default_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::VoiceNote => "audio",
        MediaKind::Document | MediaKind::Share => "document",
        MediaKind::Sticker => "sticker",
    }
}
