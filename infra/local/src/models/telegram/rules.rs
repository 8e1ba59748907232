//! The rules of the Bot API: every one that our calls could break. All of it is at <https://core.telegram.org/bots/api>.
//!
//! A method that Ariane does not call is not found, so that a new one brings its rules along.

use channels::Channel;
use serde_json::{Value, json};

use super::World;
use crate::models::strict::{Read, Strict};

/// An error as the Bot API answers it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BotError {
    /// The HTTP status, and the code in the body.
    pub(super) code: u16,
    /// The words that clients tell errors apart by.
    pub(super) description: String,
    /// The time to wait, in seconds.
    pub(super) retry_after: Option<u64>,
}

impl BotError {
    pub(super) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut body =
            json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let (Some(fields), Some(seconds)) = (body.as_object_mut(), self.retry_after) {
            fields.insert("parameters".to_owned(), json!({ "retry_after": seconds }));
        }
        body
    }
}

impl From<String> for BotError {
    fn from(what: String) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }
}

/// A call that the platform takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A message to a chat.
    Message {
        chat: i64,
        /// The text of it, as the person sees it.
        shown: String,
        /// The titles and data of the buttons under it.
        buttons: Vec<(String, String)>,
    },
    /// Anything else: the answer is `true`.
    Quiet,
}

/// The field in which a method keeps its file, and whether that may have a caption.
const FILES: [(&str, &str, bool); 6] = [
    ("sendPhoto", "photo", true),
    ("sendVideo", "video", true),
    ("sendAudio", "audio", true),
    ("sendVoice", "voice", true),
    ("sendDocument", "document", true),
    ("sendSticker", "sticker", false),
];

/// Checks a call. A file that came as a part of a form is there as `true`.
pub(super) fn check(method: &str, body: &Value, world: &World) -> Result<Taken, BotError> {
    let fields = Strict::of(body)?;
    if method == "answerCallbackQuery" {
        let id = fields.text("callback_query_id")?;
        fields.done()?;
        return if world.taps.contains(id) {
            Ok(Taken::Quiet)
        } else {
            Err("query is too old and response timeout expired or query ID is invalid"
                .to_owned()
                .into())
        };
    }
    let chat = fields.whole("chat_id")?;
    reachable(chat, world)?;
    topic(&fields, method, chat, world)?;
    let mut buttons = Vec::new();
    let shown = match method {
        "sendMessage" => message(&fields, &mut buttons)?,
        "sendLocation" => place(&fields)?,
        "sendVenue" => {
            place(&fields)?;
            format!("{}, {}", fields.text("title")?, fields.text("address")?)
        }
        "sendChatAction" => {
            let action = fields.text("action")?;
            fields.done()?;
            let known = action == "typing";
            return if known {
                Ok(Taken::Quiet)
            } else {
                Err("wrong parameter action in request".to_owned().into())
            };
        }
        "setMessageReaction" => return reaction(&fields, world),
        _ => match FILES.iter().find(|(name, ..)| *name == method) {
            Some((_, field, captioned)) => file(&fields, field, *captioned)?,
            None => return Err(BotError::new(404, "Not Found")),
        },
    };
    if fields.maybe("reply_parameters").is_some() {
        reply(&fields.object("reply_parameters")?, chat, world)?;
    }
    fields.done()?;
    Ok(Taken::Message { chat, shown, buttons })
}

/// A bot writes to nobody who did not write first, and to nobody who blocked it.
fn reachable(chat: i64, world: &World) -> Result<(), BotError> {
    if chat != super::ADA && chat != super::DIRECT {
        return Err("chat not found".to_owned().into());
    }
    if world.is_blocked {
        return Err(BotError::new(403, "Forbidden: bot was blocked by the user"));
    }
    if world.messages.is_empty() {
        return Err(BotError::new(403, "Forbidden: bot can't initiate conversation with a user"));
    }
    Ok(())
}

/// The topic of the chat that it goes to. A topic must be there (<https://core.telegram.org/bots/api#sendmessage>,
/// `message_thread_id`); the direct messages of a channel take only what names the person's, and no other chat may name one
/// (`direct_messages_topic_id`). They show nobody who types (<https://core.telegram.org/bots/api#sendchataction>), and a
/// reaction names its message alone.
fn topic(fields: &Strict<'_>, method: &str, chat: i64, world: &World) -> Result<(), BotError> {
    if method == "setMessageReaction" {
        return Ok(());
    }
    let is_direct = chat == super::DIRECT;
    if is_direct && method == "sendChatAction" {
        return Err("chat actions cannot be sent there".to_owned().into());
    }
    if fields.maybe("message_thread_id").is_some() {
        let topic = fields.whole("message_thread_id")?;
        if is_direct || !world.topics.contains(&topic) {
            return Err("message thread not found".to_owned().into());
        }
    }
    let person = fields.maybe("direct_messages_topic_id");
    match (is_direct, person) {
        (true, Some(person)) if *person == json!(super::ADA) => Ok(()),
        (false, None) => Ok(()),
        (true, _) => Err("direct messages topic must be specified".to_owned().into()),
        (false, Some(_)) => Err("the chat has no direct messages topics".to_owned().into()),
    }
}

/// 1 to 4096 UTF-16 units: entities are counted in those, and Ariane sends none.
fn message(fields: &Strict<'_>, buttons: &mut Vec<(String, String)>) -> Read<String> {
    let text = fields.text("text").map_err(|_| "message text is empty")?;
    if 4096 < text.encode_utf16().count() {
        return Err("message is too long".to_owned());
    }
    if fields.maybe("reply_markup").is_some() {
        let markup = fields.object("reply_markup")?;
        for row in markup.list("inline_keyboard", 1, 100)? {
            let row = row.as_array().ok_or("inline_keyboard must be an array of arrays")?;
            for button in row {
                let button = Strict::of(button)?;
                let title = button
                    .text("text")
                    .map_err(|_| "text buttons are unallowed in the inline keyboard")?;
                let data = button.text("callback_data")?;
                if !(1..=64).contains(&data.len()) {
                    return Err("BUTTON_DATA_INVALID".to_owned());
                }
                buttons.push((title.to_owned(), data.to_owned()));
                button.done()?;
            }
        }
        markup.done()?;
    }
    Ok(text.to_owned())
}

fn place(fields: &Strict<'_>) -> Read<String> {
    let at = (fields.number("latitude", 90.0)?, fields.number("longitude", 180.0)?);
    Ok(format!("{}, {}", at.0, at.1))
}

/// A file's id, an address that the platform fetches, or a part of the form.
fn file(fields: &Strict<'_>, name: &str, captioned: bool) -> Read<String> {
    let file = fields.need(name)?;
    let is_address = |it: &str| it.starts_with("https://") || it.starts_with("http://");
    let is_id = |it: &str| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    if !(file == &json!(true) || file.as_str().is_some_and(|it| is_address(it) || is_id(it))) {
        return Err("wrong file identifier/HTTP URL specified".to_owned());
    }
    let caption = if captioned { fields.maybe_text("caption")?.unwrap_or_default() } else { "" };
    if 1024 < caption.encode_utf16().count() {
        return Err("message caption is too long".to_owned());
    }
    Ok(if caption.is_empty() { format!("({name})") } else { caption.to_owned() })
}

fn reply(reply: &Strict<'_>, chat: i64, world: &World) -> Read<()> {
    let id = reply.whole("message_id")?;
    let optional = reply.maybe("allow_sending_without_reply") == Some(&json!(true));
    let elsewhere = reply.maybe("chat_id").is_some_and(|it| *it != json!(chat));
    reply.done()?;
    if optional || elsewhere || world.messages.contains(&id) {
        Ok(())
    } else {
        Err("message to be replied not found".to_owned())
    }
}

/// At most one emoji from a bot.
fn reaction(fields: &Strict<'_>, world: &World) -> Result<Taken, BotError> {
    let id = fields.whole("message_id")?;
    for reaction in fields.list("reaction", 0, 1)? {
        let reaction = Strict::of(reaction)?;
        if reaction.text("type")? != "emoji" {
            return Err("REACTION_INVALID".to_owned().into());
        }
        let emoji = reaction.text("emoji")?;
        if !known_reactions().iter().any(|it| it == emoji) {
            return Err("REACTION_INVALID".to_owned().into());
        }
        reaction.done()?;
    }
    fields.done()?;
    if world.messages.contains(&id) {
        Ok(Taken::Quiet)
    } else {
        Err("message to react not found".to_owned().into())
    }
}

/// The emojis that a bot may react with (<https://core.telegram.org/bots/api#reactiontypeemoji>), letter by letter: a selector
/// that makes an emoji colourful is refused. The list is the channel's own data, with its source.
fn known_reactions() -> &'static [String] {
    let telegram = channels::named(channels::ALL, super::KNOWN.channel);
    telegram.and_then(Channel::capabilities).map_or(&[], |it| &it.reactions)
}
