//! The body of a message by its content, and the limits that the platform sets to it.

use std::collections::BTreeSet;

use domain::content::MediaKind;
use domain::outbound::{ChoiceOption, SendContent, SendError, SendMedia, SendProblem};
use serde_json::{Map, Value, json};

use super::{capabilities, check_length, refused, template, unsupported};

/// The question above buttons or a list.
const QUESTION: usize = 1024;
/// The number of options shown as buttons, and the length of their titles then. More, or longer ones, are a list.
const BUTTONS: usize = 3;
const BUTTON_TITLE: usize = 20;
/// The line under a row of a list.
const ROW_DESCRIPTION: usize = 72;
/// The label that opens a list when the sender says nothing: the same word in several languages.
const LIST_LABEL: &str = "Options";

/// The fields that say what a message is, with the id under which its file was uploaded, if it was.
pub(super) fn body(
    content: &SendContent,
    uploaded: Option<&str>,
) -> Result<Map<String, Value>, SendError> {
    let (kind, payload) = match content {
        SendContent::Text { text } => {
            check_length("The text", text, capabilities().text.max)?;
            ("text", json!({ "body": text }))
        }
        SendContent::Media { kind, source, caption, filename } => {
            media(*kind, source, uploaded, caption.as_deref(), filename.as_deref())?
        }
        SendContent::Choices { text, options, button } => {
            ("interactive", choices(text, options, button.as_deref())?)
        }
        SendContent::Location { latitude, longitude, name, address } => {
            if !(-90.0..=90.0).contains(latitude) || !(-180.0..=180.0).contains(longitude) {
                return Err(unsupported("There is no such place on Earth."));
            }
            let mut place = json!({ "latitude": latitude, "longitude": longitude });
            put(&mut place, "name", name.as_deref());
            put(&mut place, "address", address.as_deref());
            ("location", place)
        }
        SendContent::Template { template } => ("template", template::payload(template)?),
        SendContent::Reaction { of, emoji } => {
            ("reaction", json!({ "message_id": of.as_str(), "emoji": emoji }))
        }
        SendContent::Email { .. } | SendContent::Adaptable { .. } => {
            return Err(unsupported("There are no mails here."));
        }
        SendContent::MarkRead { .. } => return Err(unsupported("Marking as read is no message.")),
    };
    Ok(Map::from_iter([("type".to_owned(), kind.into()), (kind.to_owned(), payload)]))
}

fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(fields), Some(value)) = (object.as_object_mut(), value) {
        fields.insert(name.to_owned(), value.into());
    }
}

fn media(
    kind: MediaKind,
    source: &SendMedia,
    uploaded: Option<&str>,
    caption: Option<&str>,
    filename: Option<&str>,
) -> Result<(&'static str, Value), SendError> {
    let name = match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::VoiceNote => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
        MediaKind::Share => return Err(unsupported("WhatsApp cannot share a page as a file.")),
    };
    let mut file = match source {
        SendMedia::Id(id) => json!({ "id": id }),
        SendMedia::Url(url) if url.starts_with("https://") || url.starts_with("http://") => {
            json!({ "link": url })
        }
        SendMedia::Url(_) => {
            return Err(refused(
                SendProblem::MediaNotReachable,
                "The file's address must begin with https://.",
            ));
        }
        SendMedia::Object { mime, .. } => {
            check_type(kind, mime)?;
            json!({ "id": uploaded })
        }
    };
    if let Some(caption) = caption.filter(|it| !it.is_empty()) {
        if !matches!(kind, MediaKind::Image | MediaKind::Video | MediaKind::Document) {
            return Err(unsupported(format!("WhatsApp shows no caption under {name}.")));
        }
        check_length("The caption", caption, capabilities().caption.map_or(0, |it| it.max))?;
        put(&mut file, "caption", Some(caption));
    }
    if kind == MediaKind::Document {
        put(&mut file, "filename", filename);
    }
    if kind == MediaKind::VoiceNote {
        put(&mut file, "voice", Some(true));
    }
    Ok((name, file))
}

fn check_type(kind: MediaKind, mime: &str) -> Result<(), SendError> {
    // `audio/ogg; codecs=opus` is `audio/ogg`.
    let bare = mime.split(';').next().unwrap_or_default().trim();
    let limit = capabilities().media.iter().find(|it| it.kind == kind);
    let fits = limit.is_some_and(|it| it.mimes.is_empty() || it.mimes.iter().any(|it| it == bare));
    let safe = !bare.is_empty() && mime.bytes().all(|it| it.is_ascii_graphic() || it == b' ');
    if fits && safe {
        return Ok(());
    }
    let allowed = limit.map(|it| it.mimes.join(", ")).unwrap_or_default();
    Err(refused(SendProblem::MediaTypeUnsupported, format!("WhatsApp takes {allowed} here.")))
}

/// A question with buttons, or with a list where buttons do not hold the options.
fn choices(text: &str, options: &[ChoiceOption], label: Option<&str>) -> Result<Value, SendError> {
    check_length("The question", text, QUESTION)?;
    check_options(options)?;
    let short =
        |it: &ChoiceOption| it.description.is_none() && it.title.chars().count() <= BUTTON_TITLE;
    if options.len() <= BUTTONS && options.iter().all(short) {
        check_titles(options)?;
        let button = |it: &ChoiceOption| json!({ "type": "reply", "reply": { "id": it.id, "title": it.title } });
        let buttons: Vec<_> = options.iter().map(button).collect();
        return Ok(
            json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } }),
        );
    }
    let label = label.unwrap_or(LIST_LABEL);
    check_length("The label of the list", label, BUTTON_TITLE)?;
    let row = |it: &ChoiceOption| {
        let mut row = json!({ "id": it.id, "title": it.title });
        put(&mut row, "description", it.description.as_deref());
        row
    };
    let rows: Vec<_> = options.iter().map(row).collect();
    Ok(json!({
        "type": "list",
        "body": { "text": text },
        "action": { "button": label, "sections": [{ "rows": rows }] },
    }))
}

/// Meta refuses buttons with one title (131009, "Buttons titles must be unique"), also where only capitals differ:
/// <https://github.com/glific/glific/issues/3684>. Rows of a list may share theirs: a description tells them apart.
fn check_titles(options: &[ChoiceOption]) -> Result<(), SendError> {
    let title = |it: &ChoiceOption| it.title.trim().to_lowercase();
    let titles: BTreeSet<_> = options.iter().map(title).collect();
    if titles.len() == options.len() {
        return Ok(());
    }
    Err(unsupported("The titles of buttons must differ, and in more than capitals."))
}

fn check_options(options: &[ChoiceOption]) -> Result<(), SendError> {
    let limit = capabilities().choices.ok_or_else(|| unsupported("There are no choices."))?;
    match options.len() {
        0 => return Err(unsupported("There is no option to choose.")),
        n if n > limit.max => {
            return Err(unsupported(format!("There are {n} options; {} are allowed.", limit.max)));
        }
        _ => {}
    }
    for (i, option) in options.iter().enumerate() {
        check_length("The title of an option", &option.title, limit.title)?;
        check_length("The id of an option", &option.id, limit.id)?;
        if let Some(description) = &option.description {
            check_length("The description of an option", description, ROW_DESCRIPTION)?;
        }
        let is_double = options.iter().take(i).any(|it| it.id == option.id);
        if is_double || option.id.trim() != option.id {
            return Err(unsupported(
                "The ids of options must differ and have no spaces around them.",
            ));
        }
    }
    Ok(())
}
