//! The rules of the Send API: every one that our calls could break, each with the error that the platform gives.
//! <https://developers.facebook.com/docs/messenger-platform/reference/send-api> and `…/error-codes`.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{Length, Product, World};
use crate::models::strict::{Read, Strict};

/// The time after the customer's last message in which we may write freely.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An error as the Graph API answers it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    pub(super) code: u32,
    pub(super) subcode: Option<u32>,
    message: String,
}

impl GraphError {
    pub(super) fn new(code: u32, subcode: Option<u32>, message: impl Into<String>) -> Self {
        Self { code, subcode, message: message.into() }
    }

    /// The HTTP status that goes with it.
    pub(super) fn status(&self) -> u16 {
        match self.code {
            190 => 401,
            _ => 400,
        }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let Self { code, subcode, message } = self;
        let mut error = json!({
            "message": format!("(#{code}) {message}"), "type": "OAuthException", "code": code,
            "fbtrace_id": "AModelOfATraceId",
        });
        if let (Some(fields), Some(subcode)) = (error.as_object_mut(), subcode) {
            fields.insert("error_subcode".to_owned(), json!(subcode));
        }
        json!({ "error": error })
    }
}

/// A parameter that is wrong.
impl From<String> for GraphError {
    fn from(what: String) -> Self {
        Self::new(100, None, what)
    }
}

/// A call that the platform takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A message, what the customer sees of it, and by which right.
    Message { shown: String, metadata: Option<String>, right: &'static str },
    /// An action: it has no id.
    Action,
}

/// The recipient of a call.
enum Recipient {
    Person,
    /// The author of a comment that has no private reply yet.
    Comment(String),
}

/// Checks a call.
pub(super) fn check(
    product: &Product,
    body: &Value,
    world: &mut World,
    now: Timestamp,
) -> Result<Taken, GraphError> {
    let fields = Strict::of(body)?;
    let to = recipient(product, &fields, world)?;
    if fields.maybe("sender_action").is_some() {
        return action(&fields, world);
    }
    let right = right(product, &fields, &to, world, now)?;
    let message = fields.object("message")?;
    let shown = content(product, &message, right, world)?;
    let metadata = message.maybe_text("metadata")?.map(str::to_owned);
    if metadata.as_ref().is_some_and(|it| 1000 < it.chars().count()) {
        return Err("metadata is longer than 1000 characters".to_owned().into());
    }
    message.done()?;
    if fields.maybe("reply_to").is_some() {
        let reply = fields.object("reply_to")?;
        known(reply.text("mid")?, world)?;
        reply.done()?;
    }
    fields.done()?;
    if let Recipient::Comment(id) = to {
        world.comments.remove(&id);
    }
    Ok(Taken::Message { shown, metadata, right })
}

fn recipient(
    product: &Product,
    fields: &Strict<'_>,
    world: &World,
) -> Result<Recipient, GraphError> {
    let recipient = fields.object("recipient")?;
    if recipient.maybe("comment_id").is_some() {
        let id = recipient.text("comment_id")?;
        recipient.done()?;
        // Once per comment: <https://developers.facebook.com/docs/messenger-platform/discovery/private-replies>.
        return if world.comments.contains(id) {
            Ok(Recipient::Comment(id.to_owned()))
        } else {
            Err(GraphError::new(100, Some(2_534_025), "Invalid comment for a private reply"))
        };
    }
    let id = recipient.text("id")?;
    recipient.done()?;
    // An account writes to nobody who did not write first.
    if id == product.person && (world.last_wrote.is_some() || !world.messages.is_empty()) {
        Ok(Recipient::Person)
    } else {
        Err(GraphError::new(100, Some(product.no_such_person), "No matching user found"))
    }
}

/// Actions stand alone.
fn action(fields: &Strict<'_>, world: &World) -> Result<Taken, GraphError> {
    match fields.text("sender_action")? {
        "mark_seen" | "typing_on" | "typing_off" => {}
        name @ ("react" | "unreact") => {
            let payload = fields.object("payload")?;
            known(payload.text("message_id")?, world)?;
            if name == "react" {
                payload.text("reaction")?;
            }
            payload.done()?;
        }
        other => return Err(format!("sender_action {other} is not known").into()),
    }
    fields.done()?;
    Ok(Taken::Action)
}

/// The right by which the message is sent: <https://developers.facebook.com/docs/messenger-platform/policy/policy-overview>.
fn right(
    product: &Product,
    fields: &Strict<'_>,
    to: &Recipient,
    world: &World,
    now: Timestamp,
) -> Result<&'static str, GraphError> {
    let kind = match fields.maybe_text("messaging_type")? {
        Some(kind) => kind,
        None if product.needs_messaging_type => {
            return Err("messaging_type is required".to_owned().into());
        }
        None => "RESPONSE",
    };
    // Every other tag ended in April 2026.
    let (right, within) = match (kind, fields.maybe_text("tag")?) {
        ("RESPONSE" | "UPDATE", None) => ("RESPONSE", Some(DAY_MS)),
        ("MESSAGE_TAG", Some("HUMAN_AGENT")) => ("HUMAN_AGENT", Some(7 * DAY_MS)),
        ("UTILITY", None) if !product.templates.is_empty() => ("UTILITY", None),
        _ => return Err("messaging_type or tag is not valid".to_owned().into()),
    };
    if let Recipient::Comment(_) = to {
        return if right == "RESPONSE" {
            Ok("private reply")
        } else {
            Err("a private reply takes no tag".to_owned().into())
        };
    }
    let is_open = |within: i64| world.last_wrote.is_some_and(|it| now.since(it) < within);
    if within.is_none_or(is_open) {
        Ok(right)
    } else {
        let what = "This message is sent outside of allowed window.";
        Err(GraphError::new(10, Some(product.closed_window), what))
    }
}

/// Exactly one of text, attachment and template; what the customer sees of it.
fn content(
    product: &Product,
    message: &Strict<'_>,
    right: &str,
    world: &World,
) -> Result<String, GraphError> {
    let is_template = message.maybe("template").is_some();
    if is_template != (right == "UTILITY") {
        return Err("a template goes with messaging_type UTILITY, and nothing else does"
            .to_owned()
            .into());
    }
    let shown = match (message.maybe("text").is_some(), message.maybe("attachment").is_some()) {
        _ if is_template => return template(product, &message.object("template")?),
        (true, false) => text(product, message.text("text")?)?.to_owned(),
        (false, true) => attachment(&message.object("attachment")?, world)?,
        _ => return Err("exactly one of text and attachment is expected".to_owned().into()),
    };
    if message.maybe("quick_replies").is_some() {
        for reply in message.list("quick_replies", 1, 13)? {
            quick_reply(&Strict::of(reply)?)?;
        }
    }
    Ok(shown)
}

fn text<'a>(product: &Product, text: &'a str) -> Read<&'a str> {
    let (length, longest) = match product.longest_text {
        Length::Chars(longest) => (text.chars().count(), longest),
        Length::Bytes(longest) => (text.len(), longest),
    };
    if longest < length {
        return Err(format!(
            "Length of param message[text] must be less than or equal to {longest}"
        ));
    }
    Ok(text)
}

fn quick_reply(reply: &Strict<'_>) -> Read<()> {
    if reply.text("content_type")? != "text" {
        return Err("content_type is not known".to_owned());
    }
    for (name, longest) in [("title", 20), ("payload", 1000)] {
        if longest < reply.text(name)?.chars().count() {
            return Err(format!("{name} is longer than {longest} characters"));
        }
    }
    reply.done()
}

fn attachment(attachment: &Strict<'_>, world: &World) -> Result<String, GraphError> {
    let kind = attachment.text("type")?;
    is_file(kind)?;
    let payload = attachment.object("payload")?;
    match (payload.maybe_text("url")?, payload.maybe_text("attachment_id")?) {
        (Some(url), None) if url.starts_with("https://") => {}
        (Some(_), None) => {
            return Err(GraphError::new(
                100,
                Some(2_018_008),
                "Failed to fetch the file from the url",
            ));
        }
        (None, Some(id)) if world.media.contains(id) => {}
        (None, Some(_)) => return Err("attachment_id is not known".to_owned().into()),
        _ => return Err("exactly one of url and attachment_id is expected".to_owned().into()),
    }
    payload.maybe("is_reusable");
    payload.done()?;
    attachment.done()?;
    Ok(format!("({kind})"))
}

fn is_file(kind: &str) -> Read<()> {
    let is_known = ["image", "video", "audio", "file"].contains(&kind);
    if is_known { Ok(()) } else { Err(format!("attachment type {kind} is not known")) }
}

/// Checks an upload: what it says that its file is.
pub(super) fn check_upload(message: &Value) -> Result<(), GraphError> {
    let message = Strict::of(message)?;
    let attachment = message.object("attachment")?;
    is_file(attachment.text("type")?)?;
    let payload = attachment.object("payload")?;
    // Without it the file can be sent once, and only by its own message.
    if payload.need("is_reusable")? != &json!(true) {
        return Err("is_reusable must be true".to_owned().into());
    }
    payload.done()?;
    attachment.done()?;
    Ok(message.done()?)
}

/// <https://developers.facebook.com/docs/messenger-platform/send-messages/utility-messages>.
fn template(product: &Product, template: &Strict<'_>) -> Result<String, GraphError> {
    let (name, language) = (template.text("name")?, template.object("language")?);
    let code = language.text("code")?;
    language.done()?;
    let known = product
        .templates
        .iter()
        .find(|it| it.name == name && it.language == code && it.is_approved);
    let known = known.ok_or_else(|| GraphError::new(100, None, "template cannot be found"))?;
    let mut shown = vec![name.to_owned()];
    for component in template.list("components", 0, 3)? {
        let component = Strict::of(component)?;
        let kind = component.text("type")?;
        for parameter in component.list("parameters", 0, 20)? {
            let parameter = Strict::of(parameter)?;
            if kind == "body" && parameter.text("type")? == "text" {
                shown.push(parameter.text("text")?.to_owned());
                parameter.maybe_text("parameter_name")?;
                parameter.done()?;
            }
        }
        component.done()?;
    }
    template.done()?;
    if shown.len() != known.variables + 1 {
        return Err(GraphError::new(
            100,
            Some(1_893_043),
            "The parameters do not fit the template",
        ));
    }
    Ok(shown.join(" "))
}

fn known(mid: &str, world: &World) -> Read<()> {
    if world.messages.contains(mid) {
        Ok(())
    } else {
        Err("the message is not of this conversation".to_owned())
    }
}
