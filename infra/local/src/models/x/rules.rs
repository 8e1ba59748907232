//! The rules of the X API: every one that our calls could break, and its source.

use serde_json::{Value, json};

use super::World;
use crate::models::strict::{Read, Strict};

/// An error as the X API answers it: <https://docs.x.com/x-api/fundamentals/response-codes-and-errors>.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct XProblem {
    /// The HTTP status.
    pub(super) status: u16,
    /// The fault, in words.
    pub(super) detail: String,
    /// When the limit is lifted, in seconds since 1970.
    pub(super) reset: Option<i64>,
}

impl XProblem {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), reset: None }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        json!({ "title": "Error", "detail": self.detail, "status": self.status, "type": "about:blank" })
    }
}

impl From<String> for XProblem {
    fn from(what: String) -> Self {
        Self::new(400, format!("One or more parameters to your request was invalid: {what}"))
    }
}

/// A direct message: text, or one file, or both: <https://docs.x.com/x-api/direct-messages/manage/integrate>.
pub(super) fn direct(to: &str, body: &Value, world: &World) -> Result<String, XProblem> {
    let fields = Strict::of(body)?;
    let text = fields.maybe_text("text")?;
    let has_file = fields.maybe("attachments").is_some();
    if has_file {
        for attachment in fields.list("attachments", 1, 1)? {
            let attachment = Strict::of(attachment)?;
            uploaded(attachment.text("media_id")?, "dm_image", world)?;
            attachment.done()?;
        }
    }
    fields.done()?;
    if text.is_none() && !has_file {
        return Err("text or attachments is required".to_owned().into());
    }
    if 10_000 < text.unwrap_or_default().chars().count() {
        return Err("text is too long".to_owned().into());
    }
    if to != super::ADA {
        return Err(XProblem::new(404, "Could not find user"));
    }
    // Most people take no messages of strangers; the model's customer is one of them.
    if !world.customer_wrote {
        return Err(XProblem::new(
            403,
            "You do not have permission to DM one or more participants.",
        ));
    }
    Ok(text.unwrap_or("(picture)").to_owned())
}

/// A post in answer to one that mentions us: <https://docs.x.com/x-api/posts/create-post>.
pub(super) fn post(body: &Value, world: &World) -> Result<String, XProblem> {
    let fields = Strict::of(body)?;
    let text = fields.text("text")?;
    let reply = fields.object("reply")?;
    let to = reply.text("in_reply_to_tweet_id")?;
    reply.done()?;
    if fields.maybe("media").is_some() {
        let media = fields.object("media")?;
        for id in media.list("media_ids", 1, 4)? {
            uploaded(id.as_str().unwrap_or_default(), "tweet_image", world)?;
        }
        media.done()?;
    }
    fields.done()?;
    // Texts of one alphabet only, so that characters are what X counts.
    if 280 < text.chars().count() {
        return Err("text is too long".to_owned().into());
    }
    if !world.mentions.iter().any(|it| it == to) {
        return Err(XProblem::new(
            403,
            "Reply to this conversation is not allowed because you have not been mentioned.",
        ));
    }
    if world.shown.iter().any(|it| it == text) {
        return Err(XProblem::new(
            403,
            "You are not allowed to create a Tweet with duplicate content.",
        ));
    }
    Ok(text.to_owned())
}

/// A file belongs to who uploaded it, for what it was uploaded for.
fn uploaded(id: &str, category: &str, world: &World) -> Read<()> {
    let known = world.uploads.iter().any(|(known, of)| known == id && of == category);
    if known { Ok(()) } else { Err("Your media IDs are invalid.".to_owned()) }
}
