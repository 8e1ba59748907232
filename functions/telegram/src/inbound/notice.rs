//! Events beside messages: notices, reactions, deletions, blocks, and changes of our own account.
//!
//! A reaction in a group counts like one in private: it is recorded with the message that it is of, makes nobody a contact
//! and opens no window, so it does no harm where nobody of ours reads it.

use domain::event::{Direction, InboundEvent, Kind, digest};
use domain::json::Fields;
use serde_json::value::RawValue;

use super::place::{Place, person};
use super::update::{Update, canonical, printable, whole};
use crate::address::Chat;

/// The fields of a message that nobody said: what happened in the chat, by whoever did it
/// (<https://core.telegram.org/bots/api#message>, the service messages). A payment and what a Web App sends are not among
/// them: the person did those. The newer name of who joined stands before the older ones that come with it.
pub(super) const NOTICES: [&str; 53] = [
    "new_chat_members",
    "new_chat_member",
    "new_chat_participant",
    "left_chat_member",
    "left_chat_participant",
    "chat_owner_left",
    "chat_owner_changed",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "pinned_message",
    "refunded_payment",
    "gift",
    "unique_gift",
    "gift_upgrade_sent",
    "connected_website",
    "write_access_allowed",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "checklist_tasks_added",
    "community_chat_added",
    "community_chat_joined",
    "community_chat_removed",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "voice_chat_started",
    "voice_chat_ended",
];

/// The same for a group that has another id now: that is a change of ours, whoever moved it.
pub(super) const MOVES: [&str; 2] = ["migrate_to_chat_id", "migrate_from_chat_id"];

/// All reactions of one person to one message, of which the last counts; none takes back what was there.
pub(super) fn reaction(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let chat = whole(&item.object("chat"), "id")?;
    let message = whole(item, "message_id")?;
    let actor = ["user", "actor_chat"].map(|it| item.object(it));
    let (id, actor) = actor.iter().find_map(|it| Some((whole(it, "id")?, it)))?;
    item.raw("new_reaction")?;
    let emoji = match item.list("new_reaction").last() {
        Some(raw) => Some(emoji(&Fields::of(raw)?)?),
        None => None,
    };
    let of = Chat { connection: None, id: &chat, topic: None }.message(&message);
    let direction = if update.is_us(&id) { Direction::Out } else { Direction::In };
    let kind = Kind::Reaction { of, emoji, direction };
    Some(update.event(Some(person(update, None, &id, actor)), item.time("date")?, kind))
}

/// A reaction's emoji, or Telegram's word for it where it is none.
fn emoji(reaction: &Fields<'_>) -> Option<String> {
    let word = ["emoji", "custom_emoji_id", "type"].into_iter().find_map(|it| reaction.string(it));
    word.filter(|it| it.len() <= 64)
}

/// The rights of the bot in a chat: in a private one, whether the person blocked it; else, something about our account.
pub(super) fn membership(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let new = item.object("new_chat_member");
    if !whole(&new.object("user"), "id").is_some_and(|it| update.is_us(&it)) {
        return Some(update.unknown("another account"));
    }
    let at = item.time("date")?;
    let chat = item.object("chat");
    if chat.text("type").is_none_or(|it| it != "private") {
        let what = update.kind.to_owned();
        return Some(update.event(None, at, Kind::AccountChanged { what, raw: update.raw() }));
    }
    let status = new.text("status")?;
    let granted = match status.as_ref() {
        "creator" | "administrator" | "member" | "restricted" => true,
        "left" | "kicked" => false,
        _ => return None,
    };
    let identity = person(update, None, &whole(&chat, "id")?, &chat);
    let detail = printable(&status).to_owned();
    let kind = Kind::ConsentChanged { purpose: "all".to_owned(), granted, detail };
    Some(update.event(Some(identity), at, kind))
}

/// A business account was connected with the bot, changed what the bot may do, or was disconnected.
pub(super) fn connection(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    item.text("id")?;
    let what = update.kind.to_owned();
    let at = item.time("date").unwrap_or(update.received);
    Some(update.event(None, at, Kind::AccountChanged { what, raw: update.raw() }))
}

/// Each message that was deleted in a chat with a business account.
pub(super) fn deletions(update: &Update<'_>, item: &Fields<'_>) -> Vec<InboundEvent> {
    let place = Place::of(update, item);
    let ids = item.list("message_ids");
    if ids.is_empty() || place.is_none() {
        return vec![update.unknown(update.kind)];
    }
    ids.into_iter()
        .map(|raw| {
            let deletion = place.as_ref().and_then(|it| deletion(update, it, raw));
            deletion.unwrap_or_else(|| unknown_deletion(update, item, raw))
        })
        .collect()
}

fn deletion(update: &Update<'_>, place: &Place<'_>, raw: &RawValue) -> Option<InboundEvent> {
    let id = raw.get().trim_matches('"');
    crate::address::is_whole(id).then(|| {
        let of = place.message(id);
        let part = of.as_str().to_owned();
        let kind = Kind::Deleted { of };
        update.part(Some(&part), Some(place.identity.clone()), update.received, kind)
    })
}

/// An entry of a deletion that is no message's id, with no more than it takes to read it again.
fn unknown_deletion(update: &Update<'_>, item: &Fields<'_>, raw: &RawValue) -> InboundEvent {
    let value = |fields: &Fields<'_>, name: &str| {
        fields.raw(name).map(|it| it.get().to_owned()).unwrap_or_default()
    };
    let connection = value(item, "business_connection_id");
    let chat = value(&item.object("chat"), "id");
    let value = format!(
        "{{\"business_connection_id\":{connection},\"chat\":{{\"id\":{chat}}},\"message_ids\":[{raw}]}}"
    );
    let kind = Kind::Unknown { what: update.kind.to_owned(), raw: update.raw_with(&value) };
    update.part(Some(&digest(&[&canonical(&value)])), None, update.received, kind)
}
