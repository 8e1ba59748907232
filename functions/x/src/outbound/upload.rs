//! Uploads a picture of our bucket, in one call: all that X takes without parts and waiting.

use domain::event::digest;
use domain::outbound::{Account, Body, Call, Send, SendError};

use super::request;

/// The call that uploads.
pub(super) fn call(
    send: &Send,
    account: &Account,
    (key, mime): (&str, &str),
    category: &str,
) -> Result<Call, SendError> {
    // The same when asked again, and in no file by chance.
    let boundary = digest(&["form", send.reference.as_str()]);
    let mime: String = mime.chars().filter(|it| !it.is_control()).collect();
    let before = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media_category\"\r\n\r\n{category}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"media\"\r\nContent-Type: {mime}\r\n\r\n"
    );
    let after = format!("\r\n--{boundary}--\r\n");
    Ok(Call {
        request: request(
            format!("{}/2/media/upload", account.base_url),
            &format!("multipart/form-data; boundary={boundary}"),
        )?,
        body: Body::Object {
            before: before.into_bytes(),
            key: key.to_owned(),
            after: after.into_bytes(),
        },
        delivers: false,
    })
}
