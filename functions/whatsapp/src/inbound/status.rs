//! The platform's word on what we sent.

use domain::event::{InboundEvent, Receipt, ReceiptOf};
use domain::id::{ProviderId, Reference};
use domain::json::Fields;
use domain::status::Status;
use serde_json::value::RawValue;

use super::message;
use super::scene::ChangeContext;
use crate::errors;

/// An entry of `statuses`.
pub(super) fn receipt(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let (id, word) = (item.text("id")?, item.text("status")?);
    match item.text("type").as_deref() {
        None | Some("message") => {}
        // The same words, said of a payment that has the message's id.
        Some("payment") => {
            let notice = message::notice(&format!("payment:{word}"), scene.kept(raw));
            return Some(scene.event(scene.key_of("payment", raw), None, scene.at, notice));
        }
        Some(_) => return None,
    }
    let status = match word.as_ref() {
        "sent" => Status::Sent,
        "delivered" => Status::Delivered,
        "read" => Status::Read,
        "played" => Status::Played,
        "failed" => Status::Failed,
        _ => return None,
    };
    let is_group = item.text("recipient_type").is_some_and(|it| it == "group");
    let identity = if is_group {
        message::group(item, "recipient_id", None)
    } else {
        scene.identity(
            item,
            // The last one is the third's name until 2026-05-05.
            &[
                "recipient_user_id",
                "recipient_id",
                "recipient_parent_user_id",
                "parent_recipient_user_id",
            ],
        )
    };
    // In a group every member has a status of their own.
    let member = item
        .text("recipient_participant_user_id")
        .or_else(|| item.text("recipient_participant_id"))
        .map(|it| format!(":{it}"))
        .unwrap_or_default();
    let errors: Vec<_> = item.list("errors").into_iter().filter_map(Fields::of).collect();
    let receipt = Receipt {
        of: ReceiptOf::Message(ProviderId::new(id.as_ref())),
        status,
        error: errors::in_status(&errors).filter(|_| status == Status::Failed),
        // Other programs may send through the same number, with data of their own.
        our_ref: item
            .string("biz_opaque_callback_data")
            .filter(|it| it.starts_with("msg_"))
            .map(Reference::new),
    };
    let at = item.time("timestamp").unwrap_or(scene.at);
    Some(scene.event(
        format!("{id}:{word}{member}"),
        identity,
        at,
        domain::event::Kind::Receipt(receipt),
    ))
}
