//! Webhooks: an envelope of entries, each with lists of items. Every item becomes an event, whatever is in it.
//!
//! An entry has `messaging` items where we hold the conversation, `standby` items of the same shapes where another tool does,
//! and `changes`, which are comments, mentions and facts about the account. A few webhooks carry one change directly on the
//! entry, and some a messaging item as a change; both are read as if they stood where they belong.

mod content;
mod item;
mod message;
mod receipt;
mod referral;
mod talk;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use domain::event::InboundEvent;
use domain::id::Channel;
use domain::inbound::Malformed;
use domain::json::{Fields, envelope};
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

pub use content::absolute;
pub use item::{Item, printable};

/// The differences between one member of the family and another, as webhooks show them.
pub struct Family {
    /// The channel.
    pub channel: Channel,
    /// The name that its webhooks give themselves: `page`, `instagram`.
    pub object: &'static str,
    /// Reads a change that is not a private message: a comment, a mention. `None` if it cannot be read.
    pub change: fn(change: &Change<'_>) -> Option<InboundEvent>,
}

/// A change of an entry: the name of what changed, and what it is now.
pub struct Change<'a> {
    /// The item that it is.
    pub item: Item<'a>,
    /// The name of the thing that changed: `feed`, `comments`, `mentions` …
    pub field: Cow<'a, str>,
    /// The thing as it is now.
    pub value: Fields<'a>,
}

impl Change<'_> {
    /// Whether this is the account itself.
    #[must_use]
    pub fn is_ours(&self, id: &str) -> bool {
        self.item.account().as_str() == id
    }

    /// When it happened by a field of its own, else when the platform sent it.
    #[must_use]
    pub fn time(&self, name: &str) -> Timestamp {
        self.value.time(name).unwrap_or(self.item.at())
    }
}

/// Turns a proven webhook into the events in it.
pub fn parse(family: &Family, webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let body = envelope(webhook.body())?;
    if body.raw("entry").is_none_or(|it| !it.get().starts_with('[')) {
        return Err(Malformed("no list of entries".to_owned()));
    }
    if !body.are_short(&["object"]) {
        return Err(Malformed("no name of a product".to_owned()));
    }
    let object = body.raw("object");
    let is_ours = object.is_none() || body.text("object").is_some_and(|it| it == family.object);
    let mut events = Vec::with_capacity(4);
    for raw in body.list("entry") {
        match Fields::of(raw) {
            Some(entry) if is_ours => {
                let before = events.len();
                read_entry(family, webhook, &entry, &mut events);
                if events.len() == before {
                    events.push(item::unread_entry(family, webhook, object, ("entry", raw)));
                }
            }
            Some(_) => {
                events.push(item::unread_entry(family, webhook, object, ("another product", raw)));
            }
            None => events.push(item::unread_entry(family, webhook, object, ("entry", raw))),
        }
    }
    Ok(events)
}

/// The lists of an entry whose items we read.
const LISTS: [&str; 3] = ["messaging", "standby", "changes"];
/// All the fields of an entry that we know.
const ENTRY: [&str; 7] = ["id", "time", "field", "value", LISTS[0], LISTS[1], LISTS[2]];

/// Reads the items of an entry; none if what stands around them is not short: then the entry is kept whole.
fn read_entry(
    family: &Family,
    webhook: &Verified<'_>,
    entry: &Fields<'_>,
    events: &mut Vec<InboundEvent>,
) {
    if !entry.are_short(&["id", "time"]) {
        return;
    }
    let is_ours = entry.text("id").is_some_and(|it| webhook.is_ours(&it));
    for list in LISTS {
        for raw in entry.list(list) {
            let place = (Cow::Borrowed(list), Cow::Borrowed(raw.get()));
            let item = Item::of(family, webhook, entry, place);
            if !is_ours {
                events.push(item.unknown("another account"));
            } else if list == "changes" {
                let change = Fields::of(raw).unwrap_or_default();
                read_change(item, &change, events);
            } else {
                read_talk(item, raw, events);
            }
        }
    }
    // Lists that are new, beside those that we know.
    for list in entry.names().filter(|it| !ENTRY.contains(it) && item::is_plain(it)) {
        for raw in entry
            .raw(list)
            .filter(|it| it.get().starts_with('['))
            .iter()
            .flat_map(|_| entry.list(list))
        {
            let place = (Cow::Owned(list.to_owned()), Cow::Borrowed(raw.get()));
            let item = Item::of(family, webhook, entry, place);
            events.push(item.unknown(if is_ours { list } else { "another account" }));
        }
    }
    if let (Some(field), Some(value)) = (entry.raw("field"), entry.raw("value")) {
        let json = format!(r#"{{"field":{field},"value":{value}}}"#);
        let item = Item::of(family, webhook, entry, (Cow::Borrowed("changes"), Cow::Owned(json)));
        if is_ours {
            read_change(item, entry, events);
        } else {
            events.push(item.unknown("another account"));
        }
    }
}

fn read_talk(item: Item<'_>, raw: &RawValue, events: &mut Vec<InboundEvent>) {
    match Fields::of(raw) {
        Some(fields) => talk::read(item.at_time(fields.time("timestamp")), &fields, events),
        None => events.push(item.unknown("item")),
    }
}

fn read_change<'a>(item: Item<'a>, fields: &Fields<'a>, events: &mut Vec<InboundEvent>) {
    let field = fields.text("field").unwrap_or("change".into());
    let value = fields.object("value");
    let (has_sender, raw) = (value.raw("sender").is_some(), fields.raw("value"));
    if let (true, Some(raw)) = (has_sender || value.raw("recipient").is_some(), raw) {
        let list = if field == "standby" { "standby" } else { "messaging" };
        return read_talk(item.moved(list, raw), raw, events);
    }
    let change = Change { item, field, value };
    let event = (change.item.family().change)(&change);
    events.push(event.unwrap_or_else(|| change.item.unknown(&change.field)));
}
