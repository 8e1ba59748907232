//! Each method of the Bot API that we call, and what goes with it.

use domain::content::MediaKind;
use domain::id::ProviderId;
use domain::outbound::{
    Account, Call, ChoiceOption, Failure, Send, SendContent, SendError, SendMedia, SendProblem,
    plain_emoji,
};
use serde_json::{Map, Value, json};

use super::body::{File, body};
use super::refused;
use crate::address::{Chat, Named, is_whole};

/// One call of a method.
pub(super) struct Method<'a> {
    name: &'static str,
    fields: Map<String, Value>,
    file: Option<File<'a>>,
    delivers: bool,
}

impl Method<'_> {
    /// Shows a person that we type, for five seconds.
    pub(super) fn typing(chat: &Chat<'_>, place: Option<&str>) -> Self {
        let fields = in_place(to(chat, json!({ "action": "typing" })), chat, place);
        Self::quiet("sendChatAction", fields)
    }

    /// Shows a person that a business account read their message.
    pub(super) fn read(chat: &Chat<'_>, message: &str) -> Self {
        Self::quiet("readBusinessMessage", to(chat, json!({ "message_id": number(message) })))
    }

    /// Lets a button come to rest.
    pub(super) fn answer_tap(id: &str) -> Self {
        Self::quiet("answerCallbackQuery", to_map(json!({ "callback_query_id": id })))
    }

    fn quiet(name: &'static str, fields: Map<String, Value>) -> Self {
        Self { name, fields, file: None, delivers: false }
    }

    fn message(name: &'static str, fields: Map<String, Value>) -> Self {
        Self { name, fields, file: None, delivers: true }
    }

    /// The call, without the token: the shell puts that into the address.
    pub(super) fn call(self, account: &Account) -> Result<Call, SendError> {
        let (content_type, body) = body(self.fields, self.file);
        let request = http::Request::post(format!("{}/{}", account.base_url, self.name))
            .header(http::header::CONTENT_TYPE, content_type)
            .body(())
            .map_err(|_| SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured)))?;
        Ok(Call { request: request.into_parts().0, body, delivers: self.delivers })
    }
}

/// The one call that brings a content to a person.
pub(super) fn method<'a>(
    send: &'a Send,
    chat: &Chat<'_>,
    place: Option<&str>,
) -> Result<Method<'a>, SendError> {
    let mut method = match &send.content {
        SendContent::Text { text } => {
            Method::message("sendMessage", to(chat, json!({ "text": text })))
        }
        SendContent::Choices { text, options, .. } => {
            let markup = json!({ "inline_keyboard": buttons(options) });
            Method::message(
                "sendMessage",
                to(chat, json!({ "text": text, "reply_markup": markup })),
            )
        }
        SendContent::Location { latitude, longitude, name, address } => {
            location(chat, (*latitude, *longitude), name.as_deref(), address.as_deref())
        }
        SendContent::Media { kind, source, caption, filename } => {
            media(chat, *kind, (source, filename.as_deref()), caption.as_deref(), send)?
        }
        SendContent::Reaction { of, emoji } => return reaction(of, emoji),
        SendContent::Template { .. }
        | SendContent::Email { .. }
        | SendContent::Adaptable { .. }
        | SendContent::MarkRead { .. } => {
            return Err(refused(SendProblem::ContentUnsupported));
        }
    };
    method.fields = in_place(method.fields, chat, place);
    if let Some(reply) = send.reply_to.as_ref().and_then(|it| quote(it, chat)) {
        method.fields.insert("reply_parameters".to_owned(), reply);
    }
    Ok(method)
}

/// One button a row: on a telephone two long titles do not fit side by side.
fn buttons(options: &[ChoiceOption]) -> Vec<Value> {
    options.iter().map(|it| json!([{ "text": it.title, "callback_data": it.id }])).collect()
}

fn location<'a>(
    chat: &Chat<'_>,
    (latitude, longitude): (f64, f64),
    name: Option<&str>,
    address: Option<&str>,
) -> Method<'a> {
    let at = json!({ "latitude": latitude, "longitude": longitude });
    let mut fields = to(chat, at);
    if name.is_none() && address.is_none() {
        return Method::message("sendLocation", fields);
    }
    // A venue must have both.
    let title = name.or(address).unwrap_or_default();
    let address = address.or(name).unwrap_or_default();
    fields.insert("title".to_owned(), title.into());
    fields.insert("address".to_owned(), address.into());
    Method::message("sendVenue", fields)
}

fn media<'a>(
    chat: &Chat<'_>,
    kind: MediaKind,
    (source, filename): (&'a SendMedia, Option<&'a str>),
    caption: Option<&str>,
    send: &Send,
) -> Result<Method<'a>, SendError> {
    let (name, field) = match kind {
        MediaKind::Image => ("sendPhoto", "photo"),
        MediaKind::Video => ("sendVideo", "video"),
        MediaKind::Audio => ("sendAudio", "audio"),
        MediaKind::VoiceNote => ("sendVoice", "voice"),
        MediaKind::Document => ("sendDocument", "document"),
        MediaKind::Sticker => ("sendSticker", "sticker"),
        MediaKind::Share => return Err(refused(SendProblem::MediaTypeUnsupported)),
    };
    let mut method = Method::message(name, to(chat, json!({})));
    match caption {
        Some(_) if kind == MediaKind::Sticker => {
            return Err(refused(SendProblem::ContentUnsupported));
        }
        Some(caption) => drop(method.fields.insert("caption".to_owned(), caption.into())),
        None => {}
    }
    match source {
        SendMedia::Id(it) | SendMedia::Url(it) => {
            method.fields.insert(field.to_owned(), it.as_str().into());
        }
        SendMedia::Object { key, mime } => {
            let name = filename.unwrap_or(field);
            method.file =
                Some(File { field, name, mime, key, seed: send.reference.as_str().to_owned() });
        }
    }
    Ok(method)
}

/// A reaction goes where the message is. Business accounts cannot react through a bot.
fn reaction<'a>(of: &ProviderId, emoji: &str) -> Result<Method<'a>, SendError> {
    let Some(Named::Message(chat @ Chat { connection: None, .. }, id)) = Named::parse(of) else {
        return Err(refused(SendProblem::ContentUnsupported));
    };
    let reaction = match plain_emoji(emoji).as_ref() {
        "" => json!([]),
        emoji => json!([{ "type": "emoji", "emoji": emoji }]),
    };
    let fields = to(&chat, json!({ "message_id": number(id), "reaction": reaction }));
    Ok(Method::message("setMessageReaction", fields))
}

/// The quote of a message. One of a group is quoted in the private chat: an answer is never public by accident. If the
/// message is gone, the answer goes without.
fn quote(of: &ProviderId, chat: &Chat<'_>) -> Option<Value> {
    let Named::Message(of, id) = Named::parse(of)? else { return None };
    let mut quote = json!({ "message_id": number(id), "allow_sending_without_reply": true });
    if !of.is_same(chat) {
        if of.connection.is_some() || chat.connection.is_some() {
            return None;
        }
        quote.as_object_mut()?.insert("chat_id".to_owned(), number(of.id));
    }
    Some(quote)
}

/// Fields with the topic of the chat that they go to. Only a chat of the bot's own has such topics: business chats have
/// none, and a channel's direct messages have the person's, which is part of the address.
fn in_place(
    mut fields: Map<String, Value>,
    chat: &Chat<'_>,
    place: Option<&str>,
) -> Map<String, Value> {
    let has_topics = chat.connection.is_none() && chat.topic.is_none();
    if let Some(topic) = place.filter(|it| has_topics && is_whole(it)) {
        fields.insert("message_thread_id".to_owned(), number(topic));
    }
    fields
}

/// Fields with the chat that they go to.
fn to(chat: &Chat<'_>, fields: Value) -> Map<String, Value> {
    let mut fields = to_map(fields);
    fields.insert("chat_id".to_owned(), number(chat.id));
    if let Some(topic) = chat.topic {
        fields.insert("direct_messages_topic_id".to_owned(), number(topic));
    }
    if let Some(connection) = chat.connection {
        fields.insert("business_connection_id".to_owned(), connection.into());
    }
    fields
}

fn to_map(fields: Value) -> Map<String, Value> {
    if let Value::Object(fields) = fields { fields } else { Map::new() }
}

/// An id as the number that it is.
fn number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| id.into(), Value::from)
}
