//! Reads X's webhooks, in either envelope. Both carry direct messages as lists in one old shape.
//!
//! An event's key is the id of its message or post, so that both envelopes and a replay tell of the same fact; what has no
//! id of its own is told apart by its delivery's id, else by its text.

mod activity;
mod direct;
mod legacy;
mod post;
mod scene;

use domain::event::InboundEvent;
use domain::inbound::Malformed;
use domain::json::{Fields, envelope};
use domain::webhook::Verified;
use serde_json::value::RawValue;

use scene::ActivityContext;

/// Reads one item; `None` if it cannot.
type Reader =
    fn(scene: &ActivityContext<'_>, item: &Fields<'_>, raw: &RawValue) -> Option<InboundEvent>;

/// The lists of items that both envelopes have, and how an item is read.
const LISTS: [(&str, Reader); 5] = [
    ("direct_message_events", direct::message),
    ("direct_message_mark_read_events", direct::read),
    ("direct_message_indicate_typing_events", direct::typing),
    ("tweet_create_events", post::old),
    ("tweet_delete_events", post::old_deletion),
];

/// The events of a webhook.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let fields = envelope(webhook.body())?;
    let deliveries = fields.list("data");
    if deliveries.is_empty() {
        return Ok(legacy::read(webhook, &fields));
    }
    Ok(deliveries.into_iter().flat_map(|raw| activity::read(webhook, raw)).collect())
}

/// Whether a field of this name is a list of items, also one that is new.
fn is_list_of_items(name: &str) -> bool {
    name.ends_with("_events")
        && name.len() <= 64
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// The event of one item of a list.
fn read_item(scene: &ActivityContext<'_>, raw: &RawValue, read: Option<Reader>) -> InboundEvent {
    if !scene.is_ours {
        return scene.unknown(scene.why_not_ours(), raw);
    }
    let event = read.and_then(|read| read(scene, &Fields::of(raw)?, raw));
    event.unwrap_or_else(|| scene.unknown(&scene.kind, raw))
}
