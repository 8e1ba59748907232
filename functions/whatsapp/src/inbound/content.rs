//! The content of a message, by its type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::content::{CallReport, Content, Media, MediaKind, MediaSource, OrderLine};
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::printable;
use super::{cards, shown};

/// The content of a message of this type; `None` if the type or what belongs to it is not known.
pub(super) fn read(item: &Fields<'_>, kind: &str) -> Option<Content> {
    let payload = item.object(kind);
    match kind {
        "text" => payload.string("body").map(Content::text),
        "image" => media(item, &payload, MediaKind::Image),
        "video" => media(item, &payload, MediaKind::Video),
        "document" => media(item, &payload, MediaKind::Document),
        "sticker" => media(item, &payload, MediaKind::Sticker),
        "voice" => media(item, &payload, MediaKind::VoiceNote),
        "audio" if payload.flag("voice") => media(item, &payload, MediaKind::VoiceNote),
        "audio" => media(item, &payload, MediaKind::Audio),
        "location" => location(&payload),
        "contacts" => cards::read(item),
        "interactive" => interactive(item, &payload).or_else(|| shown::interactive(&payload)),
        "template" => shown::template(&payload),
        "button" => {
            let title = payload.string("text");
            let id = payload.string("payload").or_else(|| title.clone())?;
            Some(Content::Choice { id, title: title.unwrap_or_default() })
        }
        "order" => order(&payload),
        _ => None,
    }
}

fn media(item: &Fields<'_>, file: &Fields<'_>, kind: MediaKind) -> Option<Content> {
    let id = file.string("id").map(MediaSource::Id);
    let source = id.or_else(|| file.string("url").map(MediaSource::Url)).or_else(|| {
        // The platform could not fetch it itself, say because it is too large.
        let error = Fields::of(item.list("errors").first()?)?;
        error.string("code").map(MediaSource::Missing)
    })?;
    let media = Media {
        kind,
        source,
        mime: file.string("mime_type"),
        sha256: file.text("sha256").and_then(|it| sha256(&it)),
        filename: file.string("filename"),
    };
    Some(Content::Media { items: vec![media], caption: file.string("caption") })
}

/// A hash in hex, from base64 (webhooks) or hex (the media endpoint).
fn sha256(text: &str) -> Option<String> {
    let bytes = if text.len() == 64 { hex::decode(text).ok() } else { STANDARD.decode(text).ok() };
    bytes.filter(|it| it.len() == 32).map(hex::encode)
}

fn location(place: &Fields<'_>) -> Option<Content> {
    // Of a shop there may be its page.
    let lines: Vec<_> = ["address", "url"].iter().filter_map(|it| place.string(it)).collect();
    Some(Content::Location {
        latitude: place.number("latitude")?,
        longitude: place.number("longitude")?,
        name: place.string("name"),
        address: (!lines.is_empty()).then(|| lines.join(", ")),
    })
}

fn interactive(item: &Fields<'_>, interactive: &Fields<'_>) -> Option<Content> {
    let kind = interactive.text("type")?;
    let reply = interactive.object(&kind);
    match kind.as_ref() {
        "button_reply" | "list_reply" => Some(Content::Choice {
            id: reply.string("id")?,
            title: reply.string("title").unwrap_or_default(),
        }),
        "nfm_reply" => Some(Content::Form {
            name: reply.string("name"),
            // Documented as text; where it comes as the object itself, that is kept as it came.
            fields: reply
                .string("response_json")
                .or_else(|| reply.raw("response_json").map(|it| it.get().to_owned()))
                .unwrap_or_default(),
        }),
        "call_permission_reply" => {
            let outcome = match reply.text("response")?.as_ref() {
                "accept" => "permission_granted",
                "reject" => "permission_denied",
                _ => return None,
            };
            Some(Content::CallReport(CallReport {
                from: item.string("from").or_else(|| item.string("from_user_id"))?,
                to: String::new(),
                started: None,
                ended: None,
                outcome: outcome.to_owned(),
                transcript: None,
                recording_ref: None,
                agent: None,
            }))
        }
        _ => None,
    }
}

fn order(order: &Fields<'_>) -> Option<Content> {
    let line = |raw: &RawValue| {
        let line = Fields::of(raw).unwrap_or_default();
        OrderLine {
            product: line.string("product_retailer_id").unwrap_or_default(),
            quantity: line.number("quantity").unwrap_or(1.0),
            price: line.number("item_price"),
            currency: line.text("currency").map(|it| printable(&it).into_owned()),
        }
    };
    let lines: Vec<_> = order.list("product_items").into_iter().map(line).collect();
    let text = order.string("text").unwrap_or_default();
    (!lines.is_empty()).then_some(Content::Order { text, lines })
}
