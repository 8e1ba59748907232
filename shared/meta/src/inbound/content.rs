//! What a `message` says: its words, its attachments, the quick reply that was tapped.

use domain::content::{Content, Media, MediaKind, MediaSource, Referral};
use domain::json::Fields;

use super::printable;

/// What one attachment is.
enum Part {
    /// A file, or a page that was shared.
    File(Media),
    /// Something that is a content of its own when it stands alone, else a file.
    Whole(Content, Media),
    /// Something that cannot be shown.
    Opaque(Media),
}

impl Part {
    fn media(self) -> Media {
        match self {
            Self::File(media) | Self::Whole(_, media) | Self::Opaque(media) => media,
        }
    }
}

/// Reads a message's content, or says what it is that cannot be read.
pub(super) fn read(message: &Fields<'_>) -> Result<Content, String> {
    if message.flag("is_unsupported") {
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
                let items = parts.into_iter().chain(last).map(Part::media).collect();
                Ok(Content::Media { items, caption })
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

/// Where it is: in its payload, beside it, or the payload itself.
fn address(attachment: &Fields<'_>) -> Option<String> {
    let in_payload = attachment.object("payload").string("url");
    let found = in_payload.or_else(|| attachment.string("url"));
    found.or_else(|| attachment.string("payload").filter(|it| it.starts_with("http")))
}

fn part(attachment: &Fields<'_>) -> Part {
    let kind = kind_of(attachment);
    let payload = attachment.object("payload");
    let file = |of: MediaKind| Part::File(media(attachment, of, &kind));
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

/// A card with words: what we or another tool sent as one, or a product that the person shared.
fn template(attachment: &Fields<'_>, payload: &Fields<'_>, kind: &str) -> Part {
    let link = media(attachment, MediaKind::Share, kind);
    let products = payload.object("product").list("elements");
    if let Some(product) = products.into_iter().find_map(Fields::of) {
        let url = product.string("url").or_else(|| product.string("image_url"));
        let source = url.map_or(link.source, MediaSource::Url);
        return Part::File(Media { source, filename: product.string("title"), ..link });
    }
    let mut words: Vec<_> = payload.string("text").into_iter().collect();
    for card in payload.list("elements").into_iter().filter_map(Fields::of) {
        words.extend(["title", "subtitle"].iter().filter_map(|it| card.string(it)));
    }
    if words.is_empty() {
        return Part::Opaque(link);
    }
    let name = payload.text("template_type").map_or_else(|| kind.to_owned(), |it| printable(&it));
    let (locale, text) = (String::new(), words.join("\n"));
    Part::Whole(Content::Template { name, locale, text }, link)
}
