//! Content that is too large for a queue entry or an item: kept whole in the bucket, with an excerpt in its place.

use serde_json::Value;

use crate::event::InboundEvent;

/// An event whose JSON is over this many bytes has its content kept in the bucket.
pub const MAX_INLINE: usize = 8 * 1024;

/// A text over this many bytes is cut to it when its event is too large. No id of a platform is this long.
pub const EXCERPT: usize = 2 * 1024;

/// The number of entries of a list that stay when an event is too large.
const MAX_ENTRIES: usize = 16;

/// A piece of content to put into the bucket before its event is queued.
#[derive(Debug, PartialEq, Eq)]
pub struct Overflow {
    /// `content/<SHA-256 of the identity>/<SHA-256 of the key>.json`: under the person, so that erasing finds it.
    pub key: String,
    /// The event's whole kind, as JSON.
    pub body: Vec<u8>,
}

/// Cuts the texts and lists of an event to excerpts and returns the whole, which [`InboundEvent::content_ref`] then names.
pub fn spill(event: &mut InboundEvent) -> Result<Overflow, serde_json::Error> {
    let key = format!("content/{}/{}.json", event.group_id(), event.deduplication_id());
    let body = serde_json::to_vec(&event.kind)?;
    let mut kind = serde_json::to_value(&event.kind)?;
    cut(&mut kind);
    event.kind = serde_json::from_value(kind)?;
    event.content_ref = Some(key.clone());
    Ok(Overflow { key, body })
}

fn cut(value: &mut Value) {
    match value {
        Value::String(text) => text.truncate(text.floor_char_boundary(EXCERPT)),
        Value::Array(entries) => {
            entries.truncate(MAX_ENTRIES);
            entries.iter_mut().for_each(cut);
        }
        Value::Object(fields) => fields.values_mut().for_each(cut),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use crate::event::{Identity, Kind, Message};
    use crate::id::{AccountId, Channel, EventKey, IdentityId, ProviderId};
    use crate::time::Timestamp;

    #[test]
    fn a_long_text_is_cut_on_a_character_and_kept_whole_beside() {
        let text = "é".repeat(50_000);
        let mut event = InboundEvent {
            key: EventKey::new("k"),
            channel: Channel::from_static("whatsapp"),
            account: AccountId::new("7008"),
            identity: Some(Identity {
                id: IdentityId::phone("+447700900111"),
                aliases: vec![],
                name: None,
            }),
            at: Timestamp::from_secs(1),
            kind: Message::inbound(ProviderId::new("m"), Content::text(text.clone())).into(),
            content_ref: None,
        };
        let whole = event.clone();
        let overflow = spill(&mut event).unwrap();
        assert_eq!(serde_json::from_slice::<Kind>(&overflow.body).unwrap(), whole.kind);
        assert_eq!(event.content_ref.as_deref(), Some(overflow.key.as_str()));
        let Kind::Message(message) = &event.kind else { unreachable!("a message stays one") };
        assert_eq!(message.content.words(), "é".repeat(EXCERPT / 2));
        assert!(serde_json::to_vec(&event).unwrap().len() < MAX_INLINE);
    }
}
