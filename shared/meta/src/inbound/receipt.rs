//! Delivery and reading: of single messages, or of everything up to a moment.

use domain::event::{InboundEvent, Kind, Receipt, ReceiptOf};
use domain::id::{ProviderId, Reference};
use domain::json::Fields;
use domain::status::Status;

use super::talk::{Talk, alone};

/// `delivery` and `read`: each message that is named is one event, and the watermark is one.
pub(super) fn read(talk: &Talk<'_>, name: &str, events: &mut Vec<InboundEvent>) {
    let part = talk.fields.object(name);
    let status = if name == "delivery" { Status::Delivered } else { Status::Read };
    let before = events.len();
    // Who it is about is in each of them.
    let is_short = talk.fields.are_short(&["sender", "recipient", "timestamp"]);
    if let Some(person) = talk.other(talk.is_from_us()).filter(|_| is_short) {
        let mut push = |key: String, of: ReceiptOf| {
            events.push(talk.item.event(key, Some(person.clone()), receipt(of, status, None)));
        };
        let mut broken = Vec::new();
        for raw in part.list("mids") {
            match serde_json::from_str::<String>(raw.get()).ok().filter(|it| !it.is_empty()) {
                Some(mid) => push(key(&mid, status), ReceiptOf::Message(ProviderId::new(mid))),
                None => broken.push(raw),
            }
        }
        // Messenger says `read` by a watermark, Instagram by an id.
        if let Some(mid) = part.text("mid") {
            push(key(&mid, status), ReceiptOf::Message(ProviderId::new(mid)));
        }
        if let Some(upto) = part.time("watermark") {
            push(talk.key(name, &upto.ms().to_string()), ReceiptOf::UpTo(upto));
        }
        for raw in broken {
            let raw = alone(talk, name, &format!("{{\"mids\":[{raw}]}}"));
            events.push(talk.item.unknown_as(name, raw));
        }
    }
    if events.len() == before {
        events.push(talk.item.unknown(name));
    }
}

/// The echo of a message of ours: the platform has it.
pub(super) fn sent(talk: &Talk<'_>, mid: &str, ours: Reference) -> Option<InboundEvent> {
    let of = ReceiptOf::Message(ProviderId::new(mid));
    let kind = receipt(of, Status::Sent, Some(ours));
    Some(talk.item.event(key(mid, Status::Sent), Some(talk.other(true)?), kind))
}

/// Our reference in the `metadata` of an echo, if it is one: another tool may put anything there.
pub(super) fn our_ref(message: &Fields<'_>) -> Option<Reference> {
    let metadata = message.text("metadata")?;
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
    let is_ours =
        metadata.starts_with("msg_") && metadata.len() <= 128 && metadata.bytes().all(is_plain);
    is_ours.then(|| Reference::new(metadata))
}

fn key(mid: &str, status: Status) -> String {
    format!("{mid}:{}", status.name())
}

fn receipt(of: ReceiptOf, status: Status, our_ref: Option<Reference>) -> Kind {
    Kind::Receipt(Receipt { of, status, error: None, our_ref })
}
