//! The Account Activity API's envelope: the account, and lists of items by their names.

use std::borrow::Cow;

use domain::event::{InboundEvent, Kind};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

use super::scene::{ActivityContext, Shape, id};
use super::{LISTS, is_list_of_items, read_item};

/// The fields that go with items and are none.
const BESIDE: [&str; 6] =
    ["for_user_id", "users", "apps", "user_has_blocked", "is_blocked_by", "blocked_by"];

/// The events of a webhook.
pub(super) fn read(webhook: &Verified<'_>, fields: &Fields<'_>) -> Vec<InboundEvent> {
    let mut events = Vec::new();
    for name in fields.names().filter(|it| !BESIDE.contains(it)) {
        let Some(raw) = fields.raw(name) else { continue };
        let scene = |shape| {
            ActivityContext::new(webhook, id(fields, "for_user_id"), Cow::Borrowed(name), shape)
                .with_people(fields.object("users"), Vec::new())
        };
        if is_list_of_items(name) {
            let read = LISTS.iter().find(|(list, _)| *list == name).map(|(_, read)| *read);
            let scene = scene(Shape::List);
            let items = fields.list(name);
            events.extend(items.into_iter().map(|raw| read_item(&scene, raw, read)));
        } else {
            events.push(read_field(webhook, &scene(Shape::Field), name, raw));
        }
    }
    if events.is_empty() {
        let nothing =
            ActivityContext::new(webhook, id(fields, "for_user_id"), "".into(), Shape::Field);
        events.push(nothing.empty());
    }
    events
}

fn read_field(
    webhook: &Verified<'_>,
    scene: &ActivityContext<'_>,
    name: &str,
    raw: &RawValue,
) -> InboundEvent {
    let item = Fields::of(raw).unwrap_or_default();
    match name {
        "user_event" => revoke(webhook, &item.object("revoke"), raw),
        "replay_job_status" => {
            // It is about our app, not about one of its accounts.
            let kind = Kind::AccountChanged { what: name.to_owned(), raw: scene.raw(raw, None) };
            Some(scene.event(scene.key_of(raw), None, scene.received, kind))
        }
        _ => None,
    }
    .unwrap_or_else(|| scene.unknown(name, raw))
}

/// Our account no longer lets us read or write. Such an event names it inside.
fn revoke(webhook: &Verified<'_>, revoke: &Fields<'_>, raw: &RawValue) -> Option<InboundEvent> {
    let account = id(&revoke.object("source"), "user_id")?;
    let scene = ActivityContext::new(webhook, Some(account), "user_event".into(), Shape::Field);
    if !scene.is_ours {
        return Some(scene.unknown(scene.why_not_ours(), raw));
    }
    let at = revoke.text("date_time").and_then(|it| Timestamp::parse(&it));
    let kind = Kind::AccountChanged { what: "oauth.revoke".to_owned(), raw: scene.raw(raw, None) };
    Some(scene.event(scene.key_of(raw), None, at.unwrap_or(scene.received), kind))
}
