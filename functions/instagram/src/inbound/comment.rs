//! Public words of people: comments on the account's posts, ads and live videos, and mentions elsewhere.

use domain::content::{Content, Referral};
use domain::event::{Identity, InboundEvent, Message, Visibility};
use domain::id::ProviderId;
use meta::COMMENT;
use meta::inbound::Change;

/// `comments` and `live_comments`.
pub(super) fn read(change: &Change<'_>) -> Option<InboundEvent> {
    let Change { item, field, value } = change;
    let id = format!("{COMMENT}{}", value.text("id")?);
    let who = author(change)?;
    // Comments know people by another id than the account's own; of its owner the platform says so beside it.
    let is_owner = value.object("from").raw("self_ig_scoped_id").is_some();
    if is_owner || change.is_ours(who.id.address()) {
        return Some(item.unknown("own comment"));
    }
    let media = value.object("media");
    let ad = media.string("ad_id");
    let source = match (&ad, field.as_ref()) {
        (Some(_), _) => "ad",
        (None, "live_comments") => "live",
        (None, _) => "post",
    };
    let referral = Referral {
        source: source.to_owned(),
        id: ad.or_else(|| media.string("id")),
        headline: media.string("ad_title"),
        ..Referral::default()
    };
    let parent = value.text("parent_id").map(|it| ProviderId::new(format!("{COMMENT}{it}")));
    let said = public(change, &id, referral);
    Some(item.event(id, Some(who), Message { reply_to: parent, ..said }))
}

/// `mentions`: the platform says where, and often not by whom. Without a person it is nobody's message; it is kept.
pub(super) fn mention(change: &Change<'_>) -> Option<InboundEvent> {
    let Change { item, value, .. } = change;
    let media = value.string("media_id");
    let comment = value.text("comment_id").map(|it| format!("{COMMENT}{it}"));
    let id = comment.or_else(|| media.as_ref().map(|it| format!("mention:{it}")))?;
    let who = author(change)?;
    let referral = Referral { source: "mention".to_owned(), id: media, ..Referral::default() };
    let said = public(change, &id, referral);
    Some(item.event(id, Some(who), said))
}

/// The author of it. The name changes and is never a key.
fn author(change: &Change<'_>) -> Option<Identity> {
    let from = change.value.object("from");
    Some(change.item.person(&from.text("id")?, from.string("username")))
}

fn public(change: &Change<'_>, id: &str, referral: Referral) -> Message {
    let content = match change.value.string("text") {
        Some(text) => Content::text(text),
        // A picture or a sticker that the webhook leaves out.
        None => Content::Unsupported { kind: "comment".to_owned(), raw: change.item.kept() },
    };
    Message {
        referral: Some(referral),
        visibility: Visibility::Public,
        // A comment may be answered in private once; it does not open the conversation.
        opens_window: false,
        ..Message::inbound(ProviderId::new(id), content)
    }
}
