//! The rules of `POST /{phone-number-id}/messages`: every one of the platform that our sends could break, and its source.
//!
//! Messages: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.
//! A kind of message that Ariane does not send is refused as unsupported, so that a new one brings its rules along.

use std::collections::HashSet;

use serde_json::Value;

use super::error::GraphError;
use super::error::{Fields, Read};
use super::interactive::{self, Offer};
use super::template::{self, Template};

/// The state that the rules look up.
pub(super) struct World<'a> {
    /// The templates of the account.
    pub templates: &'a [Template],
    /// The ids of messages that exist, in either direction.
    pub messages: &'a HashSet<String>,
    /// The ids of uploaded files.
    pub media: &'a HashSet<String>,
    /// The country code of the business number: what a number without `+` gets in front.
    pub country: &'a str,
}

/// A request that the platform takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A message of the customer is marked as read.
    Read,
    /// A message to send.
    Message(Message),
}

/// A message to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// The address that it goes to.
    pub to: Address,
    /// Its type.
    pub kind: String,
    /// The text of it, as the customer sees it.
    pub shown: String,
    /// The data that its statuses carry back.
    pub callback: Option<String>,
    /// The buttons and rows that the customer may tap on it.
    pub offers: Vec<Offer>,
}

/// The recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A phone number, digits only.
    Phone(String),
    /// A business-scoped user id.
    User(String),
}

/// Checks the body of a request.
pub(super) fn check(body: &Value, world: &World<'_>) -> Read<Taken> {
    let fields = Fields::at(body, "message")?;
    fields.exactly("messaging_product", "whatsapp")?;
    if fields.maybe("status").is_some() {
        return mark_read(&fields, world);
    }
    if fields.maybe("recipient_type").is_some() {
        fields.exactly("recipient_type", "individual")?;
    }
    let to = address(&fields, world)?;
    let kind = fields.maybe_text_within("type", 32)?.unwrap_or("text");
    let mut offers = Vec::new();
    let shown = match kind {
        "text" => text(&fields.object("text")?)?,
        "image" | "video" | "audio" | "document" | "sticker" => {
            media(kind, &fields.object(kind)?, world)?
        }
        "location" => location(&fields.object("location")?)?,
        "reaction" => reaction(&fields.object("reaction")?, world)?,
        "interactive" => interactive::check(&fields.object("interactive")?, &mut offers)?,
        "template" => template::check(fields.need("template")?, world.templates)?,
        other => {
            return Err(GraphError::new(131_051, format!("Message type {other} is not supported")));
        }
    };
    if fields.maybe("context").is_some() {
        let context = fields.object("context")?;
        context.text_within("message_id", 512)?;
        context.done()?;
    }
    // At most 512 characters: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
    let callback = fields.maybe_text_within("biz_opaque_callback_data", 512)?.map(str::to_owned);
    fields.done()?;
    Ok(Taken::Message(Message { to, kind: kind.to_owned(), shown, callback, offers }))
}

/// <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/mark-message-as-read>; it has no recipient.
fn mark_read(fields: &Fields<'_>, world: &World<'_>) -> Read<Taken> {
    fields.exactly("status", "read")?;
    known(fields.text_within("message_id", 512)?, world)?;
    if fields.maybe("typing_indicator").is_some() {
        let typing = fields.object("typing_indicator")?;
        typing.exactly("type", "text")?;
        typing.done()?;
    }
    fields.done()?;
    Ok(Taken::Read)
}

/// `to` is a phone number, `recipient` a business-scoped user id; the phone number wins where both are given.
/// Without `+` the platform puts the business number's own country code in front: the message goes to a stranger.
fn address(fields: &Fields<'_>, world: &World<'_>) -> Read<Address> {
    let user = fields.maybe_text_within("recipient", 160)?;
    if let Some(to) = fields.maybe_text_within("to", 64)? {
        let digits: String =
            to.chars().filter(|it| !matches!(it, '+' | ' ' | '-' | '(' | ')')).collect();
        if digits.len() < 5 || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(GraphError::new(131_009, "Param to is not a phone number"));
        }
        let country = if to.starts_with('+') { "" } else { world.country };
        return Ok(Address::Phone(format!("{country}{digits}")));
    }
    let user =
        user.ok_or_else(|| GraphError::new(131_008, "Parameter to or recipient is required"))?;
    // Two capital letters, a point, up to 128 letters and digits; `ENT.` before those for a parent id.
    let fits = user.split_once('.').is_some_and(|(country, id)| {
        let id = id.strip_prefix("ENT.").unwrap_or(id);
        country.len() == 2
            && country.bytes().all(|it| it.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|it| it.is_ascii_alphanumeric())
    });
    if fits {
        Ok(Address::User(user.to_owned()))
    } else {
        Err(GraphError::new(131_009, "Param recipient is not a user id"))
    }
}

/// At most 4096 characters: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages>.
fn text(fields: &Fields<'_>) -> Read<String> {
    let body = fields.text_within("body", 4096)?;
    fields.maybe_bool("preview_url")?;
    fields.done()?;
    Ok(body.to_owned())
}

/// Exactly one of `id` and `link`; captions of at most 1024 characters, not for sounds and stickers:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#media-object>.
fn media(kind: &str, fields: &Fields<'_>, world: &World<'_>) -> Read<String> {
    match (fields.maybe_text_within("id", 64)?, fields.maybe_text_within("link", 2048)?) {
        (Some(id), None) if world.media.contains(id) => {}
        (Some(_), None) => {
            return Err(GraphError::new(131_009, "Media id is not known to this phone number"));
        }
        (None, Some(link)) if link.starts_with("https://") || link.starts_with("http://") => {}
        (None, Some(_)) => {
            return Err(GraphError::new(131_009, "Param link must be an HTTP or HTTPS address"));
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(GraphError::new(131_009, "Exactly one of id and link is required"));
        }
    }
    let caption = match kind {
        "audio" => fields.maybe_bool("voice")?.and(None),
        "sticker" => None,
        _ => fields.maybe_text_within("caption", 1024)?,
    };
    if kind == "document" {
        fields.maybe_text_within("filename", 240)?;
    }
    fields.done()?;
    Ok(caption.unwrap_or_default().to_owned())
}

/// <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/location-messages>
fn location(fields: &Fields<'_>) -> Read<String> {
    let (latitude, longitude) =
        (fields.number("latitude", f64::INFINITY)?, fields.number("longitude", f64::INFINITY)?);
    if 90.0 < latitude.abs() || 180.0 < longitude.abs() {
        return Err(GraphError::new(131_009, "Latitude or longitude is out of range"));
    }
    let name = fields.maybe_text_within("name", 1000)?.unwrap_or_default();
    fields.maybe_text_within("address", 1000)?;
    fields.done()?;
    Ok(name.to_owned())
}

/// An empty emoji takes the reaction back: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/reaction-messages>.
fn reaction(fields: &Fields<'_>, world: &World<'_>) -> Read<String> {
    known(fields.text_within("message_id", 512)?, world)?;
    let emoji = fields
        .need("emoji")?
        .as_str()
        .ok_or_else(|| GraphError::new(100, "Param emoji must be a string"))?;
    fields.done()?;
    Ok(emoji.to_owned())
}

fn known(id: &str, world: &World<'_>) -> Read<()> {
    let wrong = || GraphError::new(131_009, "Message id is not known to this phone number");
    world.messages.contains(id).then_some(()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::TEMPLATES;
    use super::*;

    fn check_body(body: &Value) -> Read<Taken> {
        let known = HashSet::from(["known".to_owned()]);
        check(body, &World { templates: &TEMPLATES, messages: &known, media: &known, country: "1" })
    }

    fn with(kind: &str, content: Value) -> Value {
        let mut body =
            json!({ "messaging_product": "whatsapp", "to": "+447700900111", "type": kind });
        body[kind] = content;
        body
    }

    fn code(body: &Value) -> u32 {
        check_body(body).err().map_or(0, |it| it.code)
    }

    fn template(name: &str, code: &str, parameters: &Value) -> Value {
        let components = json!([{ "type": "body", "parameters": parameters }]);
        with(
            "template",
            json!({ "name": name, "language": { "code": code }, "components": components }),
        )
    }

    #[test]
    fn what_the_platform_documents_is_taken() {
        let row = json!({ "id": "a", "title": "A", "description": "first" });
        let list = json!({
            "type": "list",
            "body": { "text": "Which?" },
            "action": { "button": "Choose", "sections": [{ "rows": [row] }] },
        });
        for body in [
            with("text", json!({ "body": "Hello", "preview_url": false })),
            with("image", json!({ "id": "known", "caption": "Receipt" })),
            with("document", json!({ "link": "https://files.example/r.pdf", "filename": "r.pdf" })),
            with("location", json!({ "latitude": 51.5, "longitude": -0.12, "name": "Shop" })),
            with("reaction", json!({ "message_id": "known", "emoji": "" })),
            with("interactive", list),
            json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "known",
                "typing_indicator": { "type": "text" } }),
        ] {
            assert_eq!(code(&body), 0, "{body}");
        }
    }

    #[test]
    fn unknown_fields_wrong_types_and_limits_get_the_platforms_own_error() {
        let titled = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
        let button = |id: &str| titled(id, "Yes");
        let buttons = |all: Vec<Value>| {
            with(
                "interactive",
                json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": all } }),
            )
        };
        let cases = [
            (json!([]), 100),
            (json!({ "to": "+447700900111", "type": "text", "text": { "body": "x" } }), 131_008),
            (with("text", json!({ "body": "x", "preview": true })), 100),
            (with("text", json!({ "body": 1 })), 100),
            (with("text", json!({ "body": "" })), 131_008),
            (with("text", json!({ "body": "x".repeat(4097) })), 100),
            (with("image", json!({ "id": "unknown" })), 131_009),
            (
                with("image", json!({ "id": "known", "link": "https://files.example/a.png" })),
                131_009,
            ),
            (with("audio", json!({ "id": "known", "caption": "none here" })), 100),
            (with("location", json!({ "latitude": "51.5", "longitude": 0 })), 100),
            (with("location", json!({ "latitude": 91, "longitude": 0 })), 131_009),
            (with("reaction", json!({ "message_id": "unknown", "emoji": "x" })), 131_009),
            (with("poll", json!({})), 131_051),
            (buttons(vec![titled("a", "Yes"), titled("a", "No")]), 131_009),
            (buttons(vec![titled("a", "Yes"), titled("b", "yes")]), 131_009),
            (buttons(vec![titled("a", "Yes"), titled("b", "No")]), 0),
            (buttons(vec![button(" a")]), 131_009),
            (buttons(["a", "b", "c", "d"].map(button).to_vec()), 131_009),
        ];
        for (body, expected) in cases {
            assert_eq!(code(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_template_must_be_approved_in_that_language_and_filled_exactly() {
        let named = |name: &str, text: &str| json!({ "type": "text", "parameter_name": name, "text": text });
        let plain = |text: &str| json!({ "type": "text", "text": text });
        let both = json!([named("order", "A-1"), named("eta", "Monday")]);
        let cases = [
            (template("delivery_delay", "en", &both), 0),
            (template("appointment", "en_GB", &json!([plain("nine")])), 0),
            (template("delivery_delay", "en_US", &both), 132_001),
            (template("delivery_delay", "fr", &both), 132_001),
            (template("autumn_sale", "en", &json!([plain("x")])), 132_015),
            (template("delivery_delay", "en", &json!([named("order", "A-1")])), 132_000),
            (template("delivery_delay", "en", &json!([plain("A-1"), plain("Monday")])), 132_012),
            (
                template(
                    "delivery_delay",
                    "en",
                    &json!([named("order", "A-1"), named("order", "B")]),
                ),
                132_012,
            ),
            (template("appointment", "en_GB", &json!([named("at", "nine")])), 132_012),
            (template("appointment", "en_GB", &json!([plain("nine\nten")])), 132_018),
            (template("appointment", "en_GB", &json!([plain(&"x".repeat(1020))])), 132_005),
        ];
        for (body, expected) in cases {
            assert_eq!(code(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_number_without_its_plus_reaches_a_stranger() {
        let to = |body: Value| match check_body(&body) {
            Ok(Taken::Message(message)) => message.to,
            other => panic!("{other:?}"),
        };
        let mut body = with("text", json!({ "body": "x" }));
        assert_eq!(to(body.clone()), Address::Phone("447700900111".to_owned()));
        body["recipient"] = json!("GB.5550001112223334");
        assert_eq!(to(body.clone()), Address::Phone("447700900111".to_owned()));
        body["to"] = json!("447700900111");
        assert_eq!(to(body.clone()), Address::Phone("1447700900111".to_owned()));
        body.as_object_mut().unwrap().remove("to");
        assert_eq!(to(body.clone()), Address::User("GB.5550001112223334".to_owned()));
        body["recipient"] = json!("447700900111");
        assert_eq!(code(&body), 131_009);
    }
}
