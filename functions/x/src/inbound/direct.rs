//! Direct messages that are not encrypted, that they were read, and that somebody types.

use domain::content::{Content, Media, MediaKind, MediaSource, Referral};
use domain::event::{Direction, InboundEvent, Kind, Message, Receipt, ReceiptOf};
use domain::id::ProviderId;
use domain::json::Fields;
use domain::status::Status;
use serde_json::value::RawValue;

use super::scene::{ActivityContext, id, printable};

/// A direct message, also one that we sent: by this program, or a colleague by another.
pub(super) fn message(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    if item.text("type")? != "message_create" {
        return None;
    }
    let dm = id(item, "id")?;
    let at = item.time("created_timestamp")?;
    let create = item.object("message_create");
    let (sender, recipient) =
        (id(&create, "sender_id")?, id(&create.object("target"), "recipient_id")?);
    let (direction, person) =
        if scene.is_us(&sender) { (Direction::Out, recipient) } else { (Direction::In, sender) };
    let content = content(&create.object("message_data"));
    let content = content.unwrap_or_else(|| Content::Unsupported {
        kind: "direct_message".to_owned(),
        raw: scene.raw(raw, Some(&person)),
    });
    let is_echo = direction == Direction::Out;
    let message = Message {
        direction,
        author: create.string("source_app_id").filter(|_| is_echo),
        referral: referral(&item.object("initiated_via")),
        opens_window: !is_echo,
        ..Message::inbound(ProviderId::new(dm.as_ref()), content)
    };
    Some(scene.event(format!("dm:{dm}"), Some(scene.person(&person)), at, message))
}

fn content(data: &Fields<'_>) -> Option<Content> {
    let text = with_buttons(words(data, "text"), data);
    let quick_reply = data.object("quick_reply_response");
    if let Some(id) = quick_reply.string("metadata") {
        return Some(Content::Choice { id, title: text });
    }
    let attachment = data.object("attachment");
    if attachment.is_empty() {
        return (!text.is_empty()).then_some(Content::Text { text });
    }
    let media = attachment.object("media");
    let (file, text) = match file(&media) {
        Some(file) => {
            // A file's link stands in the text too, short or written out.
            let links = ["expanded_url", "url"].into_iter().filter_map(|it| media.text(it));
            (file, links.fold(text, |text, link| text.replace(link.as_ref(), "")))
        }
        // Without words it is kept whole, for a parser that can read it.
        None if text.is_empty() => return None,
        None => (unread(if media.is_empty() { &attachment } else { &media }), text),
    };
    let caption = text.trim();
    Some(Content::Media {
        items: vec![file],
        caption: (!caption.is_empty()).then(|| caption.to_owned()),
    })
}

/// The words with those of the buttons under them, and where those lead: we or another program sent such a message.
fn with_buttons(text: String, data: &Fields<'_>) -> String {
    let mut lines: Vec<_> = Some(text).filter(|it| !it.is_empty()).into_iter().collect();
    for button in data.list("ctas").into_iter().filter_map(Fields::of) {
        lines.extend(match (button.string("label"), button.string("url")) {
            (Some(label), Some(url)) => Some(format!("{label} ({url})")),
            (label, url) => label.or(url),
        });
    }
    let options = data.object("quick_reply").list("options");
    lines.extend(options.into_iter().filter_map(|it| Fields::of(it)?.string("label")));
    lines.join("\n")
}

/// A file of the old shape: only our own account's token opens its address.
fn file(media: &Fields<'_>) -> Option<Media> {
    // A voice message comes as a film without a picture.
    let is_voice = media.flag("audio_only") || media.object("video_info").flag("audio_only");
    let kind = match media.text("type")?.as_ref() {
        "photo" => MediaKind::Image,
        "audio" => MediaKind::VoiceNote,
        "video" if is_voice => MediaKind::VoiceNote,
        "video" | "animated_gif" => MediaKind::Video,
        _ => return None,
    };
    // The newer shape has them on the file itself.
    let variants = [media.object("video_info").list("variants"), media.list("variants")].concat();
    let best = variants
        .into_iter()
        .filter_map(Fields::of)
        .filter(|it| it.text("content_type").is_some_and(|it| it == "video/mp4"))
        .max_by_key(|it| {
            let rate = it.text("bitrate").or_else(|| it.text("bit_rate"));
            rate.and_then(|it| it.parse::<u64>().ok())
        });
    let address = best
        .and_then(|it| it.string("url"))
        .or_else(|| media.string("media_url_https"))
        .or_else(|| media.string("url"))
        .or_else(|| media.string("preview_image_url"));
    let source = match address {
        Some(address) => MediaSource::Url(address),
        None => MediaSource::Id(media.string("id").or_else(|| media.string("media_key"))?),
    };
    Some(Media { kind, source, mime: None, sha256: None, filename: None })
}

/// A file that came beside words, also one that cannot be read.
pub(super) fn shown(media: &Fields<'_>) -> Media {
    file(media).unwrap_or_else(|| unread(media))
}

/// In the place of what cannot be read: whoever reads the words beside it sees that there was more.
fn unread(attached: &Fields<'_>) -> Media {
    let kind = attached.text("type").unwrap_or_default();
    let source = MediaSource::Missing(printable(&kind).to_owned());
    Media { kind: MediaKind::Document, source, mime: None, sha256: None, filename: None }
}

/// The words of a field as the person wrote them: X shortens links, and writes `&`, `<` and `>` as HTML does.
pub(super) fn words(fields: &Fields<'_>, name: &str) -> String {
    let mut text = fields.string(name).unwrap_or_default();
    let links = fields.object("entities").list("urls");
    for link in links.into_iter().take(MAX_LINKS).filter_map(Fields::of) {
        let (short, long) = (link.text("url"), link.text("expanded_url"));
        if let (Some(short), Some(long)) = (short, long)
            && short.starts_with(SHORTENER)
            && long.len() <= MAX_LINK
        {
            text = text.replacen(short.as_ref(), &long, 1);
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The address that short links lead through.
const SHORTENER: &str = "https://t.co/";

/// The most links of a text that are written out, and the longest that they may be.
const MAX_LINKS: usize = 32;
const MAX_LINK: usize = 2048;

/// The thing that the person answered to: a post of ours with a button, or a welcome message.
fn referral(via: &Fields<'_>) -> Option<Referral> {
    let names = [("tweet_id", "post"), ("welcome_message_id", "welcome_message")];
    let (source, id) = names.iter().find_map(|(name, source)| Some((source, via.string(name)?)))?;
    Some(Referral { source: (*source).to_owned(), id: Some(id), ..Referral::default() })
}

/// The person read everything up to this moment.
pub(super) fn read(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    let (reader, at) = (id(item, "sender_id")?, item.time("created_timestamp")?);
    if scene.is_us(&reader) {
        // We read what the person wrote: no word on a message of ours.
        return None;
    }
    let receipt =
        Receipt { of: ReceiptOf::UpTo(at), status: Status::Read, error: None, our_ref: None };
    let last = id(item, "last_read_event_id").unwrap_or_default();
    let key = format!("read:{reader}:{last}:{}", at.ms());
    Some(scene.event(key, Some(scene.person(&reader)), at, Kind::Receipt(receipt)))
}

/// Somebody types: nothing that we model, but it is known what it is and whose.
pub(super) fn typing(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let (person, at) = (id(item, "sender_id")?, item.time("created_timestamp")?);
    let kind = Kind::Unknown { what: "typing".to_owned(), raw: scene.raw(raw, Some(&person)) };
    let key = format!("typing:{person}:{}", at.ms());
    let identity = (!scene.is_us(&person)).then(|| scene.person(&person));
    Some(scene.event(key, identity, at, kind))
}
