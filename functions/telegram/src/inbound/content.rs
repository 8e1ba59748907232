//! The content of a message.
//!
//! Decided here, because Telegram leaves it open:
//! - A poll, a checklist, a die, a game and an invoice are words: whoever answers must be able to read them.
//! - Paid media are files as far as the bot may see them; what nobody paid for says so in the place of the file.
//! - A story is a share: bots get its address and never its content.
//! - A payment is something that the person did: a form, with everything that Telegram says of it, the order's address
//!   included. A refund is our own doing, and a notice.
//! - A gift with words is those words, and so is a refusal of a suggested post; without any each is a notice.

use domain::content::{Card, Content, Media, MediaKind, MediaSource};
use domain::json::Fields;
use domain::vcard;

use super::links::{with_buttons, written_out};
use super::notice::NOTICES;
use super::origin::is_forwarded;
use super::rich;
use super::update::{Update, printable, whole};

/// The fields that hold a file. An animation comes as a document too, so it is looked for first; a live photo as a photo.
pub(super) const FILES: [(&str, MediaKind); 10] = [
    ("animation", MediaKind::Video),
    ("video", MediaKind::Video),
    ("video_note", MediaKind::Video),
    ("live_photo", MediaKind::Video),
    ("voice", MediaKind::VoiceNote),
    ("voice_note", MediaKind::VoiceNote),
    ("audio", MediaKind::Audio),
    ("sticker", MediaKind::Sticker),
    ("photo", MediaKind::Image),
    ("document", MediaKind::Document),
];

/// The fields of a message that are not what it says. Those of forwards are the older names of `forward_origin`.
const ENVELOPE: [&str; 44] = [
    "author_signature",
    "business_connection_id",
    "caption",
    "caption_entities",
    "chat",
    "date",
    "direct_messages_topic",
    "edit_date",
    "effect_id",
    "entities",
    "ephemeral_message_id",
    "external_reply",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_from_message_id",
    "forward_origin",
    "forward_sender_name",
    "forward_signature",
    "from",
    "guest_bot_caller_chat",
    "guest_bot_caller_user",
    "guest_query_id",
    "has_media_spoiler",
    "has_protected_content",
    "is_automatic_forward",
    "is_from_offline",
    "is_paid_post",
    "is_topic_message",
    "link_preview_options",
    "media_group_id",
    "message_id",
    "message_thread_id",
    "paid_star_count",
    "quote",
    "receiver_user",
    "reply_markup",
    "reply_to_message",
    "sender_boost_count",
    "sender_business_bot",
    "sender_chat",
    "sender_tag",
    "show_caption_above_media",
    "via_bot",
];

/// The content of a message; what we cannot read is kept.
pub(super) fn of(update: &Update<'_>, item: &Fields<'_>) -> Content {
    read(item).unwrap_or_else(|| {
        let kind = item.names().find(|it| !ENVELOPE.contains(it)).unwrap_or("nothing");
        Content::Unsupported { kind: printable(kind).to_owned(), raw: update.raw() }
    })
}

/// The name of what happened, if nobody said anything: Telegram sends such a notice as a message.
pub(super) fn notice(item: &Fields<'_>) -> Option<&'static str> {
    let found = NOTICES.into_iter().find(|it| item.raw(it).is_some())?;
    read(item).is_none().then_some(found)
}

/// The content of an item that is laid out like a message; `None` if it says nothing that can be read.
pub(super) fn read(item: &Fields<'_>) -> Option<Content> {
    if let Some(text) = written_out(item, "text", "entities") {
        let text = with_buttons(item, Some(text)).unwrap_or_default();
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
    if let Some(payment) = item.raw("successful_payment") {
        let name = Some("successful_payment".to_owned());
        return Some(Content::Form { name, fields: payment.get().to_owned() });
    }
    if item.raw("rich_message").is_some() {
        return rich::read(&item.object("rich_message"));
    }
    files(item).or_else(|| words(item).map(|text| Content::Text { text }))
}

/// The files of a message, with its caption.
fn files(item: &Fields<'_>) -> Option<Content> {
    let caption = with_buttons(item, written_out(item, "caption", "caption_entities"));
    if item.raw("paid_media").is_some() {
        let media = item.object("paid_media").list("paid_media");
        let items: Vec<_> = media.into_iter().filter_map(|it| paid(&Fields::of(it)?)).collect();
        return (!items.is_empty()).then_some(Content::Media { items, caption });
    }
    if item.raw("story").is_some() {
        return Some(Content::Media { items: vec![story(&item.object("story"))], caption });
    }
    let (name, kind) = FILES.into_iter().find(|(name, _)| item.raw(name).is_some())?;
    let media = file(item, name, kind)?;
    let caption = caption.or_else(|| item.object(name).string("emoji"));
    let still = (name == "live_photo").then(|| file(item, "photo", MediaKind::Image)).flatten();
    Some(Content::Media { items: [media].into_iter().chain(still).collect(), caption })
}

/// The file of a field.
pub(super) fn file(item: &Fields<'_>, name: &str, kind: MediaKind) -> Option<Media> {
    // A photo is a list of the same picture in several sizes, the largest last.
    let file = item.list(name).last().and_then(|it| Fields::of(it))?;
    Some(Media {
        kind,
        source: MediaSource::Id(file.string("file_id")?),
        mime: file.string("mime_type"),
        sha256: None,
        filename: file.string("file_name"),
    })
}

/// A file that costs stars: whole once they are paid.
fn paid(item: &Fields<'_>) -> Option<Media> {
    let found = FILES.into_iter().find_map(|(name, kind)| file(item, name, kind));
    found.or_else(|| {
        let kind = item.text("type")?;
        Some(nowhere(MediaKind::Image, format!("paid media: {}", printable(&kind))))
    })
}

/// A story, by its address.
fn story(story: &Fields<'_>) -> Media {
    match story_url(story) {
        Some(url) => {
            Media { source: MediaSource::Url(url), ..nowhere(MediaKind::Share, String::new()) }
        }
        None => nowhere(MediaKind::Share, "stories are not shown to bots".to_owned()),
    }
}

/// The address of a story, if its chat has a public name.
pub(super) fn story_url(story: &Fields<'_>) -> Option<String> {
    let name = story.object("chat").string("username")?;
    Some(format!("https://t.me/{name}/s/{}", whole(story, "id")?))
}

fn nowhere(kind: MediaKind, why: String) -> Media {
    Media { kind, source: MediaSource::Missing(why), mime: None, sha256: None, filename: None }
}

/// The words of what is none of the above and has some.
fn words(item: &Fields<'_>) -> Option<String> {
    let lines: Vec<_> = if item.raw("poll").is_some() {
        let poll = item.object("poll");
        let options = poll.list("options").into_iter().filter_map(Fields::of);
        let options = options
            .filter_map(|it| Some(format!("- {}", written_out(&it, "text", "text_entities")?)));
        let head =
            ["description", "question"].map(|it| written_out(&poll, it, &format!("{it}_entities")));
        let tail = written_out(&poll, "explanation", "explanation_entities");
        head.into_iter().flatten().chain(options).chain(tail).collect()
    } else if item.raw("checklist").is_some() {
        let list = item.object("checklist");
        written_out(&list, "title", "title_entities").into_iter().chain(tasks(&list)).collect()
    } else if item.raw("checklist_tasks_added").is_some() {
        tasks(&item.object("checklist_tasks_added"))
    } else if item.raw("dice").is_some() {
        let dice = item.object("dice");
        let parts = ["emoji", "value"].map(|it| dice.string(it));
        vec![parts.into_iter().collect::<Option<Vec<_>>>()?.join(" ")]
    } else if item.raw("game").is_some() {
        let game = item.object("game");
        let text = written_out(&game, "text", "text_entities");
        [game.string("title"), game.string("description"), text].into_iter().flatten().collect()
    } else if item.raw("invoice").is_some() {
        let invoice = item.object("invoice");
        ["title", "description"].into_iter().filter_map(|it| invoice.string(it)).collect()
    } else if item.raw("suggested_post_declined").is_some() {
        item.object("suggested_post_declined").string("comment").into_iter().collect()
    } else {
        let gift = ["gift", "unique_gift"].into_iter().find(|it| item.raw(it).is_some())?;
        written_out(&item.object(gift), "text", "entities").into_iter().collect()
    };
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The tasks of a checklist, each with its tick.
fn tasks(list: &Fields<'_>) -> Vec<String> {
    let tasks = list.list("tasks").into_iter().filter_map(Fields::of);
    let line = |task: Fields<'_>| {
        let tick = if task.raw("completion_date").is_some() { '\u{2611}' } else { '\u{2610}' };
        Some(format!("{tick} {}", written_out(&task, "text", "text_entities")?))
    };
    tasks.filter_map(line).collect()
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
    let shown = Card {
        name: (!name.is_empty()).then(|| name.join(" ")),
        phones: vec![card.string("phone_number")?],
        own: is_sender && !is_forwarded(item),
        ..Card::default()
    };
    let more = card.text("vcard").and_then(|it| vcard::read(&it)).unwrap_or_default();
    Some(Content::Contacts { cards: vec![shown.with(more)] })
}
