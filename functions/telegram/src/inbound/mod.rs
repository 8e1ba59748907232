//! Reads Telegram's webhooks. One holds one update: `update_id`, and one field whose name says what happened.
//!
//! An event's key is that id, which grows by one, and that name; the messages of a deletion have theirs behind.

mod content;
mod links;
mod message;
mod notice;
mod origin;
mod place;
mod rich;
mod update;

use domain::event::InboundEvent;
use domain::inbound::Malformed;
use domain::json::{Fields, envelope};
use domain::webhook::Verified;

use serde_json::value::RawValue;

use update::{ID, Update};

/// Reads one kind of update; `None` if it cannot.
type Reader = fn(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent>;

/// The updates that are one event each, and how they are read.
const KINDS: [(&str, Reader); 11] = [
    ("message", message::said),
    ("edited_message", message::edited),
    ("channel_post", message::said),
    ("edited_channel_post", message::edited),
    ("business_message", message::said),
    ("edited_business_message", message::edited),
    ("guest_message", message::said),
    ("callback_query", message::tapped),
    ("message_reaction", notice::reaction),
    ("my_chat_member", notice::membership),
    ("business_connection", notice::connection),
];

/// The one update that is several events: one for each message.
const DELETED: &str = "deleted_business_messages";

/// The events of a webhook.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let fields = envelope(webhook.body())?;
    let kinds = || fields.names().filter(|it| *it != ID);
    let is_known = |kind: &str| kind == DELETED || KINDS.iter().any(|(it, _)| *it == kind);
    // An update is of one kind. Beside one that we know, other fields are details; alone, they are kinds that we do not know.
    let any_known = kinds().any(is_known);
    let mut events = Vec::with_capacity(1);
    for kind in kinds().filter(|it| !any_known || is_known(it)) {
        let Some(raw) = fields.raw(kind) else { continue };
        read(&Update::new(webhook, &fields, kind, raw), raw, &mut events);
    }
    if events.is_empty() {
        events.push(Update::empty(webhook, &fields).unknown("nothing"));
    }
    Ok(events)
}

fn read(update: &Update<'_>, raw: &RawValue, events: &mut Vec<InboundEvent>) {
    if !update.has_one_bot {
        return events.push(update.unknown("a bot that is not configured"));
    }
    let Some(item) = Fields::of(raw) else { return events.push(update.unknown(update.kind)) };
    if update.kind == DELETED {
        return events.extend(notice::deletions(update, &item));
    }
    let reader = KINDS.iter().find(|(kind, _)| *kind == update.kind);
    let event = reader.and_then(|(_, read)| read(update, &item));
    events.push(event.unwrap_or_else(|| update.unknown(update.kind)));
}
