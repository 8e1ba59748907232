//! The X Activity API's envelope: `data` with the subscription's filter, the type of the event and its payload.

use std::borrow::Cow;

use domain::event::{InboundEvent, Kind};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

use super::scene::{ActivityContext, Shape, id};
use super::{LISTS, Reader, is_list_of_items, post, read_item};

/// The types of events whose payload is one item, and how it is read.
const PAYLOADS: [(&str, Reader); 6] = [
    ("chat.received", chat),
    ("chat.sent", chat),
    ("oauth.revoke", revoke),
    ("post.create", post::new),
    ("post.mention.create", post::new),
    ("post.delete", post::new_deletion),
];

/// The words about a message that only the person's and our own devices can read.
const ENCRYPTED: &str = "encrypted chat message open it in x";

/// The events of one delivery.
pub(super) fn read(webhook: &Verified<'_>, raw: &RawValue) -> Vec<InboundEvent> {
    let delivery = Fields::of(raw).unwrap_or_default();
    let kind = delivery.text("event_type").filter(|it| it.len() <= 64);
    let payload = delivery.object("payload");
    let account = id(&delivery.object("filter"), "user_id");
    // A revocation may come without a filter.
    let account = account.or_else(|| id(&payload, "user_id"));
    let scene =
        ActivityContext::new(webhook, account, kind.unwrap_or("data".into()), Shape::Payload)
            .delivered(delivery.text("event_uuid"))
            .with_people(payload.object("users"), delivery.object("includes").list("users"))
            .including(delivery.object("includes").and(payload.object("includes")));
    let mut events = Vec::new();
    for (list, read) in LISTS {
        let scene = scene.in_list(Cow::Borrowed(list));
        let items = payload.list(list);
        events.extend(items.into_iter().map(|raw| read_item(&scene, raw, Some(read))));
    }
    // Lists that are new, beside those that we know.
    let is_known = |name: &str| LISTS.iter().any(|(list, _)| *list == name);
    for name in payload.names().filter(|it| is_list_of_items(it) && !is_known(it)) {
        let scene = scene.in_list(Cow::Owned(name.to_owned()));
        let items = payload.list(name);
        events.extend(items.into_iter().map(|raw| read_item(&scene, raw, None)));
    }
    if !events.is_empty() {
        return events;
    }
    let Some(item) = delivery.raw("payload") else { return vec![nothing(webhook, raw)] };
    let read = PAYLOADS.iter().find(|(kind, _)| *kind == scene.kind).map(|(_, read)| *read);
    vec![match read {
        // Every other event of encrypted chats: members, admins, joins. There is nothing to read in those either.
        None if scene.is_ours && scene.kind.starts_with("chat.") => sealed(&scene, item),
        read => read_item(&scene, item, read),
    }]
}

/// A delivery without a payload, kept with its envelope.
fn nothing(webhook: &Verified<'_>, raw: &RawValue) -> InboundEvent {
    ActivityContext::new(webhook, None, "data".into(), Shape::Field).unknown("data", raw)
}

/// A message of an encrypted chat: only who wrote it and when can be read.
fn chat(scene: &ActivityContext<'_>, item: &Fields<'_>, raw: &RawValue) -> Option<InboundEvent> {
    let (message, sender) = (item.text("id")?, id(item, "sender_id")?);
    if message.len() > 128 {
        return None;
    }
    let identity = (!scene.is_us(&sender)).then(|| scene.person(&sender));
    let at = item.time("created_at_msec").unwrap_or(scene.received);
    let kind = Kind::Unknown { what: ENCRYPTED.to_owned(), raw: scene.raw(raw, None) };
    Some(scene.event(format!("chat:{message}"), identity, at, kind))
}

fn sealed(scene: &ActivityContext<'_>, raw: &RawValue) -> InboundEvent {
    scene.unknown("encrypted chat event", raw)
}

/// Our account no longer lets us read or write.
fn revoke(scene: &ActivityContext<'_>, item: &Fields<'_>, raw: &RawValue) -> Option<InboundEvent> {
    id(item, "user_id")?;
    let at = item.text("date_time").and_then(|it| Timestamp::parse(&it));
    let kind = Kind::AccountChanged { what: scene.kind.to_string(), raw: scene.raw(raw, None) };
    Some(scene.event(scene.key_of(raw), None, at.unwrap_or(scene.received), kind))
}
