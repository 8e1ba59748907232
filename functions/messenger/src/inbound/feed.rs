//! Public words and deeds of people on the Page: comments, posts of theirs, mentions, reactions.
//!
//! The field `feed` also reports what the Page itself does: to whom is not said, so it is kept and not modelled.

use domain::content::{Content, Media, MediaKind, MediaSource, Referral};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message, Visibility};
use domain::id::ProviderId;
use meta::inbound::{Change, absolute};
use meta::{COMMENT, POST};

/// A change of the Page's feed by somebody.
struct Deed<'a> {
    change: &'a Change<'a>,
    who: Identity,
    /// The id of the thing that it was done to, with its prefix.
    id: String,
    verb: String,
}

/// `feed` and `mention`.
pub(super) fn read(change: &Change<'_>) -> Option<InboundEvent> {
    let value = &change.value;
    let from = value.object("from");
    let who = from.string("id").or_else(|| value.string("sender_id"))?;
    if change.is_ours(&who) {
        return Some(change.item.unknown("own post"));
    }
    let name = from.string("name").or_else(|| value.string("sender_name"));
    let comment = value.text("comment_id").map(|it| format!("{COMMENT}{it}"));
    let post = value.text("post_id").map(|it| format!("{POST}{it}"));
    let deed = Deed {
        change,
        who: change.item.person(&who, name),
        id: comment.or(post)?,
        verb: value.string("verb").unwrap_or_else(|| "add".to_owned()),
    };
    match value.text("item")?.as_ref() {
        "reaction" | "like" => deed.reaction(),
        "comment" | "post" | "status" | "photo" | "video" | "share" | "link" => deed.words(),
        _ => None,
    }
}

impl Deed<'_> {
    fn words(self) -> Option<InboundEvent> {
        let Self { change, who, id, verb } = self;
        let of = ProviderId::new(id.as_str());
        let item = &change.item;
        match verb.as_str() {
            "add" => {
                let said = item.event(id, Some(who), public(change, of));
                Some(InboundEvent { at: change.time("created_time"), ..said })
            }
            "edited" | "edit" => {
                // Edits are not counted; the latest wins.
                let n = u64::try_from(item.at().ms()).unwrap_or_default();
                let kind = Kind::Edited { of, n, content: content(change) };
                Some(item.event(format!("{id}:edit:{n}"), Some(who), kind))
            }
            "remove" | "delete" => {
                Some(item.event(format!("{id}:del"), Some(who), Kind::Deleted { of }))
            }
            // Somebody who runs the Page hid it or showed it again.
            "hide" | "unhide" => Some(item.unknown(&verb)),
            _ => None,
        }
    }

    fn reaction(self) -> Option<InboundEvent> {
        let Self { change, who, id, verb } = self;
        let word = change.value.string("reaction_type").unwrap_or_else(|| "like".to_owned());
        let emoji = match verb.as_str() {
            "add" | "edit" => Some(word.clone()),
            "remove" => None,
            _ => return None,
        };
        let at = change.time("created_time").ms();
        let key = format!("{id}:reaction:{}:{verb}:{word}:{at}", who.id.address());
        let kind = Kind::Reaction { of: ProviderId::new(id), emoji, direction: Direction::In };
        Some(change.item.event(key, Some(who), kind))
    }
}

fn public(change: &Change<'_>, id: ProviderId) -> Message {
    let value = &change.value;
    let post_id = value.text("post_id");
    // The parent of a comment on a post is the post itself.
    let parent = value.text("parent_id").filter(|it| Some(it) != post_id.as_ref());
    let is_comment = value.raw("comment_id").is_some();
    let source = if change.field == "mention" { "mention" } else { "post" };
    let referral = Referral {
        source: source.to_owned(),
        id: post_id.map(std::borrow::Cow::into_owned),
        url: value
            .object("post")
            .string("permalink_url")
            .or_else(|| value.string("permalink_url"))
            .map(absolute),
        ..Referral::default()
    };
    Message {
        reply_to: parent.filter(|_| is_comment).map(|it| ProviderId::new(format!("{COMMENT}{it}"))),
        referral: Some(referral),
        visibility: Visibility::Public,
        // A comment may be answered in private once; it does not open the conversation.
        opens_window: false,
        ..Message::inbound(id, content(change))
    }
}

fn content(change: &Change<'_>) -> Content {
    let value = &change.value;
    let text = value.string("message");
    let mut items: Vec<_> =
        [("photo", MediaKind::Image), ("video", MediaKind::Video), ("link", MediaKind::Share)]
            .into_iter()
            .filter_map(|(name, kind)| Some(media(kind, link(&value.text(name)?)?)))
            .collect();
    // A post of several pictures has them as a list, of which the one above may be the first.
    for photo in value.texts("photos").iter().filter_map(|it| link(it)) {
        let photo = media(MediaKind::Image, photo);
        if !items.contains(&photo) {
            items.push(photo);
        }
    }
    match (items.is_empty(), text) {
        (false, caption) => Content::Media { items, caption },
        (true, Some(text)) => Content::text(text),
        // A sticker or a picture that the webhook leaves out.
        (true, None) => {
            Content::Unsupported { kind: "comment".to_owned(), raw: change.item.kept() }
        }
    }
}

/// An address on the web. The platform writes some of its own without the host.
fn link(address: &str) -> Option<String> {
    Some(absolute(address.to_owned())).filter(|it| it.starts_with("http"))
}

fn media(kind: MediaKind, url: String) -> Media {
    Media { kind, source: MediaSource::Url(url), mime: None, sha256: None, filename: None }
}
