//! Calls. The end of a call is a message: its report. Its beginning, which we cannot answer, is kept unread.

use domain::content::{CallReport, Content};
use domain::event::{Direction, InboundEvent, Message};
use domain::id::ProviderId;
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::Scene;

/// An entry of `calls`.
pub(super) fn report(scene: &Scene<'_>, item: &Fields<'_>, _: &RawValue) -> Option<InboundEvent> {
    let (id, event) = (item.text("id")?, item.text("event")?);
    if event != "terminate" {
        return None;
    }
    let ours = item.text("direction").is_some_and(|it| it == "BUSINESS_INITIATED");
    let (direction, names) = if ours {
        (Direction::Out, ["to_user_id", "to", "to_parent_user_id"])
    } else {
        (Direction::In, ["from_user_id", "from", "from_parent_user_id"])
    };
    let identity = scene.identity(item, &names)?;
    let at = item.time("timestamp").unwrap_or(scene.at);
    let seconds = item.number("duration").unwrap_or_default();
    let ended = item.time("end_time").unwrap_or(at);
    let started = item.time("start_time").or_else(|| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float cast saturates, and so does a moment"
        )]
        (seconds > 0.0).then(|| ended.plus_ms(-((seconds * 1000.0) as i64)))
    });
    let outcome = match item.text("status").as_deref() {
        _ if seconds > 0.0 => "answered",
        Some("REJECTED") => "rejected",
        Some("FAILED") => "failed",
        Some(_) | None => "missed",
    };
    let content = Content::CallReport(CallReport {
        from: item.string("from").unwrap_or_default(),
        to: item.string("to").unwrap_or_default(),
        started,
        ended: Some(ended),
        outcome: outcome.to_owned(),
        transcript: None,
        recording_ref: None,
        agent: None,
    });
    let message = Message {
        direction,
        // A call of theirs opens the window as a message does.
        opens_window: direction == Direction::In,
        ..Message::inbound(ProviderId::new(id.as_ref()), content)
    };
    Some(scene.event(format!("{id}:{event}"), Some(identity), at, message))
}
