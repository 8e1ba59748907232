//! Posts: mentions of us, what people say under our posts, and that a post was deleted. All of it is public.

use std::borrow::Cow;

use domain::content::{Content, Media, MediaSource, Quote};
use domain::event::{Direction, InboundEvent, Kind, Message, Visibility};
use domain::json::Fields;
use domain::time::Timestamp;
use serde_json::value::RawValue;

use super::direct;
use super::scene::{ActivityContext, id};
use crate::post_id;

/// The parts that the two shapes of a post have in common.
struct Post<'a> {
    id: Cow<'a, str>,
    author: Cow<'a, str>,
    at: Timestamp,
    text: String,
    media: Vec<Media>,
    /// The post that it answers.
    answers: Option<Cow<'a, str>>,
    /// The author of that.
    answers_whom: Option<Cow<'a, str>>,
    /// The posts that it quotes or replaces.
    refs: Vec<Cow<'a, str>>,
    /// The words that it quotes.
    quote: Option<Quote>,
    /// Whether it only passes on another.
    is_repost: bool,
}

/// A post of the newer API.
pub(super) fn new(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let referenced: Vec<_> =
        item.list("referenced_tweets").into_iter().filter_map(Fields::of).collect();
    let of = |kind: &str| {
        let post = referenced.iter().find(|it| it.text("type").is_some_and(|it| it == kind));
        post.and_then(|it| id(it, "id"))
    };
    let own = id(item, "id")?;
    // An edited post is a new one that names those before it.
    let before = item.list("edit_history_tweet_ids").into_iter().rev().take(MAX_EDITS);
    let before = before
        .map(|it| Cow::Borrowed(it.get().trim_matches('"')))
        .filter(|it| crate::is_id(it) && *it != own);
    let post = Post {
        author: id(item, "author_id")?,
        at: Timestamp::parse(&item.text("created_at")?)?,
        text: new_words(item),
        // Files are named by keys. What a key stands for may come with the delivery; else it takes another call, and the
        // link is in the text.
        media: {
            let keys = item.object("attachments").texts("media_keys");
            let media = keys.iter().filter_map(|it| scene.included("media", "media_key", it));
            media.map(|it| direct::shown(&it)).collect()
        },
        quote: of("quoted").and_then(|it| {
            let quoted = scene.included("tweets", "id", &it)?;
            let from = id(&quoted, "author_id").and_then(|it| scene.person(&it).name);
            quote(new_words(&quoted), from.map(|it| it.0))
        }),
        answers: of("replied_to"),
        answers_whom: id(item, "in_reply_to_user_id"),
        refs: of("quoted").into_iter().chain(before).collect(),
        is_repost: of("retweeted").is_some(),
        id: own,
    };
    Some(post.event(scene, raw))
}

/// The words of a post of the newer API: a long one has them in a note.
fn new_words(item: &Fields<'_>) -> String {
    let note = item.object("note_tweet");
    direct::words(if note.raw("text").is_some() { &note } else { item }, "text")
}

/// The words of a post of the old API: a long one has them in a field of its own, or one object deeper.
fn old_words(item: &Fields<'_>) -> String {
    let long = item.object("extended_tweet");
    let post = if long.raw("full_text").is_some() { &long } else { item };
    direct::words(post, if post.raw("full_text").is_some() { "full_text" } else { "text" })
}

fn quote(text: String, from: Option<String>) -> Option<Quote> {
    (!text.is_empty()).then_some(Quote { text, from })
}

/// X lets a post be edited five times.
const MAX_EDITS: usize = 6;

/// A post of the old API.
pub(super) fn old(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let either = |name: &str| id(item, &format!("{name}_str")).or_else(|| id(item, name));
    let user = item.object("user");
    let files = item.object("extended_entities").list("media");
    let post = Post {
        id: either("id")?,
        author: id(&user, "id_str").or_else(|| id(&user, "id"))?,
        at: item.time("timestamp_ms")?,
        text: old_words(item),
        media: files.into_iter().filter_map(|it| Some(direct::shown(&Fields::of(it)?))).collect(),
        answers: either("in_reply_to_status_id"),
        answers_whom: either("in_reply_to_user_id"),
        refs: either("quoted_status_id").into_iter().collect(),
        quote: {
            let quoted = item.object("quoted_status");
            quote(old_words(&quoted), quoted.object("user").string("name"))
        },
        is_repost: item.raw("retweeted_status").is_some(),
    };
    Some(post.event(scene, raw))
}

impl Post<'_> {
    fn event(self, scene: &ActivityContext<'_>, raw: &RawValue) -> InboundEvent {
        let key = format!("post:{}", self.id);
        let own = scene.is_us(&self.author);
        let whom =
            if own { self.answers_whom.filter(|it| !scene.is_us(it)) } else { Some(self.author) };
        let Some(person) = whom.filter(|_| !self.is_repost) else {
            // Said to nobody: a repost, or a post of our own that answers nobody.
            let what = if self.is_repost { "repost" } else { "own post" };
            let kind = Kind::Unknown { what: what.to_owned(), raw: scene.raw(raw, None) };
            return scene.event(key, None, self.at, kind);
        };
        let opens = |it: &Media| !matches!(it.source, MediaSource::Missing(_));
        let content = if self.text.is_empty() && !self.media.iter().any(opens) {
            Content::Unsupported { kind: "post".to_owned(), raw: scene.raw(raw, Some(&person)) }
        } else if self.media.is_empty() {
            Content::Text { text: self.text }
        } else {
            let caption = Some(self.text).filter(|it| !it.is_empty());
            Content::Media { items: self.media, caption }
        };
        // What is kept is read again without what came beside it.
        let is_kept = matches!(content, Content::Unsupported { .. });
        let message = Message {
            direction: if own { Direction::Out } else { Direction::In },
            reply_to: self.answers.map(|it| post_id(&it)),
            quote: self.quote.filter(|_| !is_kept),
            refs: self.refs.iter().map(|it| post_id(it)).collect(),
            visibility: Visibility::Public,
            opens_window: false,
            ..Message::inbound(post_id(&self.id), content)
        };
        scene.event(key, Some(scene.person(&person)), self.at, message)
    }
}

/// A post was deleted, in the newer API: one of the account whose events these are.
pub(super) fn new_deletion(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    deletion(scene, &id(item, "id")?, id(item, "author_id"), scene.received)
}

/// The same in the old API.
pub(super) fn old_deletion(
    scene: &ActivityContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    let status = item.object("status");
    let at = item.time("timestamp_ms").unwrap_or(scene.received);
    deletion(scene, &id(&status, "id")?, id(&status, "user_id"), at)
}

fn deletion(
    scene: &ActivityContext<'_>,
    post: &str,
    author: Option<Cow<'_, str>>,
    at: Timestamp,
) -> Option<InboundEvent> {
    let person = author?;
    let identity = (!scene.is_us(&person)).then(|| scene.person(&person));
    let kind = Kind::Deleted { of: post_id(post) };
    Some(scene.event(format!("deleted:{post}"), identity, at, kind))
}
