//! The body of one call: to whom, by which right, and what.

use domain::content::MediaKind;
use domain::id::ProviderId;
use domain::outbound::{
    Author, ChoiceOption, Feature, Send, SendContent, SendError, SendMedia, SendProblem,
    TemplateUse,
};
use serde_json::{Map, Value, json};

use super::{Sending, refused, unsupported};
use crate::{COMMENT, POST, USER_REF};

/// The whole body of a message.
pub(super) fn message(sending: &Sending<'_>, uploaded: Option<&str>) -> Result<Value, SendError> {
    let send = sending.send;
    let mut message = content(sending, uploaded)?;
    if (sending.member.carries_our_id)(sending.account) {
        message.insert("metadata".to_owned(), send.reference.as_str().into());
    }
    let mut body = Map::from_iter([
        ("recipient".to_owned(), recipient(sending)?),
        ("message".to_owned(), message.into()),
    ]);
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("messaging_type", right(send).into());
    if right(send) == "MESSAGE_TAG" {
        put("tag", "HUMAN_AGENT".into());
    }
    match &send.reply_to {
        Some(quoted) if !is_public(quoted) => put("reply_to", json!({ "mid": quoted.as_str() })),
        Some(_) | None => None,
    };
    Ok(body.into())
}

/// By which right we write. A colleague's own words may still go out for seven days after the person's last message, and
/// nothing else may be called that: the platform audits it. What has no right is left to the platform to refuse.
fn right(send: &Send) -> &'static str {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    if matches!(send.content, SendContent::Template { .. }) {
        return "UTILITY";
    }
    let is_private_reply = send.reply_to.as_ref().is_some_and(is_public);
    let is_late = send.since_inbound_ms.is_some_and(|since| (DAY_MS..7 * DAY_MS).contains(&since));
    let is_human = send.author == Author::Human;
    if is_human && is_late && !is_private_reply { "MESSAGE_TAG" } else { "RESPONSE" }
}

/// Whether an id is that of something public: an answer to it is a private reply.
pub(super) fn is_public(id: &ProviderId) -> bool {
    id.as_str().starts_with(COMMENT) || id.as_str().starts_with(POST)
}

/// The person that a call is for: the author of the comment that it answers, else the person by the id that our account knows.
pub(super) fn recipient(sending: &Sending<'_>) -> Result<Value, SendError> {
    let Sending { member, send, account, .. } = sending;
    if let Some(public) = &send.reply_to {
        for (prefix, name) in [(COMMENT, "comment_id"), (POST, "post_id")] {
            if let Some(id) = public.as_str().strip_prefix(prefix) {
                return Ok(json!({ name: id }));
            }
        }
    }
    // Another account's id of the same person is not an address here.
    let prefix = format!("{}#{}#", member.channel, account.id);
    let own = || send.to.iter().filter_map(|it| it.as_str().strip_prefix(&prefix));
    if let Some(id) = own().find(|it| !it.is_empty() && !it.starts_with(USER_REF)) {
        return Ok(json!({ "id": id }));
    }
    match own().find_map(|it| it.strip_prefix(USER_REF)) {
        Some(reference) => Ok(json!({ "user_ref": reference })),
        None => {
            Err(refused(SendProblem::AddressInvalid, "This account knows the person by no id."))
        }
    }
}

/// The body of a reaction, or of taking it back.
pub(super) fn reaction(to: &Value, of: &ProviderId, emoji: &str) -> Result<Value, SendError> {
    if is_public(of) {
        return Err(unsupported("A public comment cannot be reacted to by a message."));
    }
    let id = of.as_str();
    Ok(if emoji.is_empty() {
        json!({ "recipient": to, "sender_action": "unreact", "payload": { "message_id": id } })
    } else {
        // The one reaction that has a name of its own in the documentation.
        let name = if emoji.starts_with('\u{2764}') { "love" } else { emoji };
        let payload = json!({ "message_id": id, "reaction": name });
        json!({ "recipient": to, "sender_action": "react", "payload": payload })
    })
}

fn content(sending: &Sending<'_>, uploaded: Option<&str>) -> Result<Map<String, Value>, SendError> {
    let rules = sending.rules;
    let message = match &sending.send.content {
        SendContent::Text { text } => json!({ "text": fitting(sending, text)? }),
        SendContent::Media { kind, source, caption, .. } => {
            if caption.is_some() {
                return Err(unsupported(
                    "There are no words under a file: send them on their own.",
                ));
            }
            let limit = rules.media.iter().find(|it| it.kind == *kind);
            let limit = limit.ok_or_else(|| {
                refused(SendProblem::MediaTypeUnsupported, "Files of this kind cannot be sent.")
            })?;
            if let SendMedia::Object { mime, .. } = source
                && !limit.mimes.is_empty()
                && !limit.mimes.contains(mime)
            {
                let why = format!("Allowed are {}.", limit.mimes.join(", "));
                return Err(refused(SendProblem::MediaTypeUnsupported, why));
            }
            let payload = match (source, uploaded) {
                (SendMedia::Url(url), _) => json!({ "url": url }),
                (SendMedia::Id(id), _) => json!({ "attachment_id": id }),
                (SendMedia::Object { .. }, id) => json!({ "attachment_id": id }),
            };
            json!({ "attachment": { "type": attachment_type(*kind)?, "payload": payload } })
        }
        SendContent::Choices { text, options, .. } => {
            json!({ "text": fitting(sending, text)?, "quick_replies": replies(sending, options)? })
        }
        SendContent::Template { template } if rules.has(Feature::Templates) => {
            json!({ "template": payload(template)? })
        }
        SendContent::Location { .. }
        | SendContent::Template { .. }
        | SendContent::Email { .. }
        | SendContent::Adaptable { .. }
        | SendContent::Reaction { .. }
        | SendContent::MarkRead { .. } => {
            let why = format!("There is no {} to send here.", sending.send.content.kind());
            return Err(unsupported(why));
        }
    };
    Ok(if let Value::Object(fields) = message { fields } else { Map::new() })
}

fn fitting<'a>(sending: &Sending<'_>, text: &'a str) -> Result<&'a str, SendError> {
    let limit = sending.rules.text;
    if text.is_empty() {
        return Err(unsupported("The text is empty."));
    }
    if limit.fits(text) {
        return Ok(text);
    }
    let unit = format!("{:?}", limit.unit).to_lowercase();
    Err(unsupported(format!("The text is longer than {} {unit}.", limit.max)))
}

/// The platform's name for an attachment of this kind.
pub(super) fn attachment_type(kind: MediaKind) -> Result<&'static str, SendError> {
    match kind {
        MediaKind::Image => Ok("image"),
        MediaKind::Video => Ok("video"),
        MediaKind::Audio | MediaKind::VoiceNote => Ok("audio"),
        MediaKind::Document => Ok("file"),
        MediaKind::Sticker | MediaKind::Share => {
            Err(refused(SendProblem::MediaTypeUnsupported, "Files of this kind cannot be sent."))
        }
    }
}

fn replies(sending: &Sending<'_>, options: &[ChoiceOption]) -> Result<Vec<Value>, SendError> {
    let limit = sending.rules.choices.ok_or_else(|| unsupported("There are no options to tap."))?;
    if options.is_empty() || limit.max < options.len() {
        return Err(unsupported(format!(
            "From 1 to {} options, not {}.",
            limit.max,
            options.len()
        )));
    }
    let is_long = |text: &str, max: usize| text.is_empty() || max < text.chars().count();
    if options.iter().any(|it| is_long(&it.title, limit.title) || is_long(&it.id, limit.id)) {
        let why = format!("A title has 1 to {} characters, an id 1 to {}.", limit.title, limit.id);
        return Err(unsupported(why));
    }
    let reply =
        |it: &ChoiceOption| json!({ "content_type": "text", "title": it.title, "payload": it.id });
    Ok(options.iter().map(reply).collect())
}

/// An approved template with its variables: by position where all names are numbers, else by name.
fn payload(template: &TemplateUse) -> Result<Value, SendError> {
    let invalid = |why: &str| refused(SendProblem::TemplateParameterInvalid, why);
    let mut components = match &template.components {
        None => Vec::new(),
        Some(Value::Array(components)) => components.clone(),
        Some(_) => return Err(invalid("The components of a template are a list.")),
    };
    let mut variables: Vec<_> = template.variables.iter().collect();
    if variables.iter().any(|(_, value)| value.trim().is_empty()) {
        return Err(invalid("A variable of the template is empty."));
    }
    let position = |name: &str| name.parse::<usize>().ok();
    let by_position = variables.iter().all(|(name, _)| position(name).is_some());
    if by_position {
        variables.sort_by_key(|(name, _)| position(name));
    }
    if !variables.is_empty() {
        let parameter = |(name, text): (&String, &String)| {
            if by_position {
                json!({ "type": "text", "text": text })
            } else {
                json!({ "type": "text", "parameter_name": name, "text": text })
            }
        };
        let parameters: Vec<_> = variables.into_iter().map(parameter).collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    let language = json!({ "code": template.locale });
    Ok(json!({ "name": template.name, "language": language, "components": components }))
}
