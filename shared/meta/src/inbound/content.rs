//! The content of a `message`: its words, its attachments, the quick reply that was tapped.

use domain::content::{Content, Media, MediaKind, MediaSource, Referral};
use domain::json::Fields;
use serde_json::value::RawValue;

use super::printable;

/// One attachment, by the way that it can be shown.
enum Part {
    /// A file, a page that was shared, or several of a kind.
    Files(Vec<Media>),
    /// Something that is a content of its own when it stands alone, else a file.
    Whole(Content, Media),
    /// Something that cannot be shown.
    Opaque(Media),
}

impl Part {
    fn media(self) -> Vec<Media> {
        match self {
            Self::Files(media) => media,
            Self::Whole(_, media) | Self::Opaque(media) => vec![media],
        }
    }

    /// The words of it that no file can carry.
    fn words(&self) -> Option<&str> {
        match self {
            Self::Whole(Content::Template { text, .. }, _) => Some(text),
            Self::Whole(..) | Self::Files(_) | Self::Opaque(_) => None,
        }
    }
}

/// Reads a message's content, or says what it is that cannot be read.
///
/// A part that the platform calls unsupported is one that it does not hand over: the words beside it are the person's, and are
/// not hidden with it.
pub(super) fn read(message: &Fields<'_>) -> Result<Content, String> {
    let has = |name: &str| message.raw(name).is_some();
    if message.flag("is_unsupported") && !has("text") && !has("attachments") {
        return Err("unsupported".to_owned());
    }
    let is_broken =
        |name: &str| message.raw(name).is_some_and(|it| it.get().starts_with(['{', '[']));
    if is_broken("text") {
        return Err("text".to_owned());
    }
    let text = message.string("text");
    if let Some(id) = message.object("quick_reply").string("payload") {
        return Ok(Content::Choice { id, title: text.unwrap_or_default() });
    }
    let attachments = attachments(message);
    let first = attachments.first().map(kind_of);
    let mut parts: Vec<_> = attachments.iter().map(part).collect();
    match (parts.len(), text) {
        (0, Some(text)) => Ok(Content::text(text)),
        (0, None) => Err("message".to_owned()),
        (_, None) if parts.iter().all(|it| matches!(it, Part::Opaque(_))) => {
            Err(first.unwrap_or_default())
        }
        (n, caption) => match parts.pop() {
            Some(Part::Whole(content, _)) if n == 1 && caption.is_none() => Ok(content),
            last => {
                parts.extend(last);
                let words =
                    caption.as_deref().into_iter().chain(parts.iter().filter_map(Part::words));
                let words = words.collect::<Vec<_>>().join("\n");
                let items = parts.into_iter().flat_map(Part::media).collect();
                Ok(Content::Media { items, caption: Some(words).filter(|it| !it.is_empty()) })
            }
        },
    }
}

/// The story that mentions us.
pub(super) fn story_mention(message: &Fields<'_>) -> Option<Referral> {
    let story = attachments(message).into_iter().find(|it| kind_of(it) == "story_mention")?;
    let url = address(&story);
    Some(Referral { source: "story_mention".to_owned(), url, ..Referral::default() })
}

/// The attachments, each once: while Instagram renames `share` to `ig_post`, a shared post may come as both.
fn attachments<'a>(message: &Fields<'a>) -> Vec<Fields<'a>> {
    let mut found: Vec<_> = message
        .list("attachments")
        .into_iter()
        .map(|it| Fields::of(it).unwrap_or_default())
        .collect();
    let posts: Vec<_> = found.iter().filter(|it| kind_of(it) == "ig_post").map(address).collect();
    if !posts.is_empty() {
        let is_same = |it: &Fields<'_>| {
            let address = address(it);
            kind_of(it) == "share" && (address.is_none() || posts.contains(&address))
        };
        found.retain(|it| !is_same(it));
    }
    found
}

fn kind_of(attachment: &Fields<'_>) -> String {
    attachment.string("type").unwrap_or_else(|| "attachment".to_owned())
}

/// The address of its file: in its payload, beside it, or the payload itself.
fn address(attachment: &Fields<'_>) -> Option<String> {
    let in_payload = attachment.object("payload").string("url");
    let found = in_payload.or_else(|| attachment.string("url"));
    let found = found.or_else(|| attachment.string("payload").filter(|it| it.starts_with("http")));
    found.map(absolute)
}

/// An address on the web. Some come without their host.
#[must_use]
pub fn absolute(address: String) -> String {
    let is_path = address.starts_with('/') && !address.starts_with("//");
    if is_path { format!("https://www.facebook.com{address}") } else { address }
}

fn part(attachment: &Fields<'_>) -> Part {
    let kind = kind_of(attachment);
    let payload = attachment.object("payload");
    let file = |of: MediaKind| Part::Files(vec![media(attachment, of, &kind)]);
    if attachment.raw("unsupported_type").is_some() {
        return Part::Opaque(media(attachment, MediaKind::Document, "unsupported"));
    }
    match kind.as_str() {
        "image" if payload.raw("sticker_id").is_none() => file(MediaKind::Image),
        "image" | "sticker" => file(MediaKind::Sticker),
        "video" => file(MediaKind::Video),
        "audio" => file(MediaKind::Audio),
        "file" => file(MediaKind::Document),
        "fallback" | "share" | "post" | "ig_post" | "reel" | "ig_reel" | "ig_story"
        | "story_mention" => file(MediaKind::Share),
        // A picture or film that the person let vanish: the platform hands over nothing.
        "ephemeral" => file(MediaKind::Image),
        "like_heart" => {
            let heart = Content::text("\u{2764}\u{fe0f}");
            Part::Whole(heart, media(attachment, MediaKind::Sticker, &kind))
        }
        "location" => place(attachment, &payload, &kind),
        "template" => template(attachment, &payload, &kind),
        _ if address(attachment).is_some() => file(MediaKind::Document),
        _ => Part::Opaque(media(attachment, MediaKind::Document, &kind)),
    }
}

fn media(attachment: &Fields<'_>, kind: MediaKind, named: &str) -> Media {
    let source = match address(attachment) {
        Some(url) => MediaSource::Url(url),
        None => MediaSource::Missing(printable(named)),
    };
    let title = attachment.string("title");
    let filename = title.or_else(|| attachment.object("payload").string("title"));
    Media { kind, source, mime: None, sha256: None, filename }
}

fn place(attachment: &Fields<'_>, payload: &Fields<'_>, kind: &str) -> Part {
    let at = payload.object("coordinates");
    let (Some(latitude), Some(longitude)) = (at.number("lat"), at.number("long")) else {
        return Part::Opaque(media(attachment, MediaKind::Share, kind));
    };
    let name = attachment.string("title");
    let address = None;
    let shared = Media {
        // Among other attachments a place is a link to it (RFC 5870).
        source: MediaSource::Url(format!("geo:{latitude},{longitude}")),
        ..media(attachment, MediaKind::Share, kind)
    };
    Part::Whole(Content::Location { latitude, longitude, name, address }, shared)
}

/// A card with words: what we or another tool sent as one, or products that the person shared.
fn template(attachment: &Fields<'_>, payload: &Fields<'_>, kind: &str) -> Part {
    let link = media(attachment, MediaKind::Share, kind);
    let products = objects(payload.object("product").list("elements"));
    let products: Vec<_> = products.map(|it| product(&it, &link)).collect();
    if !products.is_empty() {
        return Part::Files(products);
    }
    let mut words: Vec<_> = payload.string("text").into_iter().collect();
    words.extend(objects(payload.list("buttons")).filter_map(|it| button(&it)));
    for card in objects(payload.list("elements")) {
        words.extend(["title", "subtitle"].iter().filter_map(|it| card.string(it)));
        let leads_to = card.object("default_action").string("url");
        let leads_to = leads_to.or_else(|| card.string("item_url"));
        words.extend(leads_to.or_else(|| card.string("url")).map(absolute));
        words.extend(card.string("image_url").map(absolute));
        words.extend(objects(card.list("buttons")).filter_map(|it| button(&it)));
    }
    if words.is_empty() {
        return Part::Opaque(link);
    }
    let name = payload.text("template_type").map_or_else(|| kind.to_owned(), |it| printable(&it));
    let (locale, text) = (String::new(), words.join("\n"));
    Part::Whole(Content::Template { name, locale, text }, link)
}

fn product(product: &Fields<'_>, link: &Media) -> Media {
    let url = product.string("url").or_else(|| product.string("image_url")).map(absolute);
    let words: Vec<_> = ["title", "subtitle"].iter().filter_map(|it| product.string(it)).collect();
    Media {
        source: url.map_or_else(|| link.source.clone(), MediaSource::Url),
        filename: (!words.is_empty()).then(|| words.join(", ")),
        ..link.clone()
    }
}

/// The words of a button, and the address behind them.
fn button(button: &Fields<'_>) -> Option<String> {
    match (button.string("title"), button.string("url").map(absolute)) {
        (Some(title), Some(url)) => Some(format!("{title} ({url})")),
        (title, url) => title.or(url),
    }
}

fn objects(list: Vec<&RawValue>) -> impl Iterator<Item = Fields<'_>> {
    list.into_iter().filter_map(Fields::of)
}
