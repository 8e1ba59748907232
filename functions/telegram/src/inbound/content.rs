//! What a message says.

use domain::content::{Card, Content, Media, MediaKind, MediaSource};
use domain::json::Fields;

use super::update::{Update, printable, whole};

/// The fields that hold a file. An animation comes as a document too, so it is looked for first.
const FILES: [(&str, MediaKind); 8] = [
    ("animation", MediaKind::Video),
    ("video", MediaKind::Video),
    ("video_note", MediaKind::Video),
    ("voice", MediaKind::VoiceNote),
    ("audio", MediaKind::Audio),
    ("sticker", MediaKind::Sticker),
    ("photo", MediaKind::Image),
    ("document", MediaKind::Document),
];

/// The fields of a message that are not what it says.
const ENVELOPE: [&str; 25] = [
    "author_signature",
    "business_connection_id",
    "caption",
    "caption_entities",
    "chat",
    "date",
    "edit_date",
    "effect_id",
    "entities",
    "external_reply",
    "forward_origin",
    "from",
    "guest_query_id",
    "has_protected_content",
    "is_topic_message",
    "link_preview_options",
    "media_group_id",
    "message_id",
    "message_thread_id",
    "quote",
    "reply_markup",
    "reply_to_message",
    "sender_business_bot",
    "sender_chat",
    "via_bot",
];

/// What a message says; what we cannot read is kept.
pub(super) fn of(update: &Update<'_>, item: &Fields<'_>) -> Content {
    read(item).unwrap_or_else(|| {
        let kind = item.names().find(|it| !ENVELOPE.contains(it)).unwrap_or("nothing");
        Content::Unsupported { kind: printable(kind).to_owned(), raw: update.raw() }
    })
}

fn read(item: &Fields<'_>) -> Option<Content> {
    if let Some(text) = item.string("text") {
        return Some(Content::Text { text });
    }
    if item.raw("venue").is_some() {
        let venue = item.object("venue");
        return place(&venue.object("location"), venue.string("title"), venue.string("address"));
    }
    if item.raw("location").is_some() {
        return place(&item.object("location"), None, None);
    }
    if item.raw("contact").is_some() {
        return card(&item.object("contact"), item);
    }
    if item.raw("web_app_data").is_some() {
        let form = item.object("web_app_data");
        let fields = form.string("data")?;
        return Some(Content::Form { name: form.string("button_text"), fields });
    }
    let (name, kind) = FILES.into_iter().find(|(name, _)| item.raw(name).is_some())?;
    // A photo is a list of the same picture in several sizes, the largest last.
    let file = item.list(name).last().and_then(|it| Fields::of(it))?;
    let media = Media {
        kind,
        source: MediaSource::Id(file.string("file_id")?),
        mime: file.string("mime_type"),
        sha256: None,
        filename: file.string("file_name"),
    };
    let caption = item.string("caption").or_else(|| file.string("emoji"));
    Some(Content::Media { items: vec![media], caption })
}

fn place(at: &Fields<'_>, name: Option<String>, address: Option<String>) -> Option<Content> {
    let (latitude, longitude) = (at.number("latitude")?, at.number("longitude")?);
    Some(Content::Location { latitude, longitude, name, address })
}

/// A contact card. It is the sender's own only if Telegram says that both are the same user; a card that was passed on
/// proves nothing of who passes it on.
fn card(card: &Fields<'_>, item: &Fields<'_>) -> Option<Content> {
    let owner = whole(card, "user_id");
    let is_sender = owner.is_some() && owner == whole(&item.object("from"), "id");
    let name: Vec<_> =
        ["first_name", "last_name"].into_iter().filter_map(|it| card.text(it)).collect();
    let card = Card {
        name: (!name.is_empty()).then(|| name.join(" ")),
        phones: vec![card.string("phone_number")?],
        own: is_sender && item.raw("forward_origin").is_none(),
        ..Card::default()
    };
    Some(Content::Contacts { cards: vec![card] })
}
