//! Calls. The end of a call is a message: its report. Its beginning, which we cannot answer, is kept unread.

use domain::content::{CallReport, Content};
use domain::event::{Direction, InboundEvent, Message};
use domain::id::ProviderId;
use domain::json::Fields;
use domain::time::Timestamp;
use serde_json::value::RawValue;

use super::scene::ChangeContext;

/// An entry of `calls`.
///
/// A gap in a webhook decides nothing that the person would read as a fact: a call without a direction was ours only if
/// it came from our own number, and one of which neither how long it was nor how it ended is said just ended.
pub(super) fn report(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    let (id, event) = (item.text("id")?, item.text("event")?);
    if event != "terminate" {
        return None;
    }
    let ours = match item.text("direction").as_deref() {
        Some(direction) => direction == "BUSINESS_INITIATED",
        None => item.text("from").is_some_and(|it| scene.is_our_number(&it)),
    };
    let (direction, names) = if ours {
        (Direction::Out, ["to_user_id", "to", "to_parent_user_id"])
    } else {
        (Direction::In, ["from_user_id", "from", "from_parent_user_id"])
    };
    let identity = scene.identity(item, &names)?;
    let at = item.time("timestamp").unwrap_or(scene.at);
    let content = Content::CallReport(call(item, at));
    let message = Message {
        direction,
        // A call of theirs opens the window as a message does.
        opens_window: direction == Direction::In,
        ..Message::inbound(report_id(&id), content)
    };
    Some(scene.event(format!("{id}:{event}"), Some(identity), at, message))
}

/// The id of a call's report. The call's own id is also that of what was said into its voicemail: two messages.
pub(super) fn report_id(call: &str) -> ProviderId {
    ProviderId::new(format!("{call}:terminate"))
}

fn call(item: &Fields<'_>, at: Timestamp) -> CallReport {
    let ended = item.time("end_time").unwrap_or(at);
    let (said, started) = (item.number("duration"), item.time("start_time"));
    let between = || started.map(|it| ended.since(it)).filter(|it| *it > 0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, and so does a moment"
    )]
    let ms = said.map_or_else(|| between().unwrap_or(0), |seconds| (seconds * 1000.0) as i64);
    let outcome = match item.text("status").as_deref() {
        _ if ms > 0 => "answered",
        Some("REJECTED") => "rejected",
        Some("FAILED") => "failed",
        // Meta gives a duration to what was picked up, and to nothing else.
        Some(_) => "missed",
        None if said.is_some() => "missed",
        None => "ended",
    };
    CallReport {
        from: item.string("from").unwrap_or_default(),
        to: item.string("to").unwrap_or_default(),
        started: started.or_else(|| (ms > 0).then(|| ended.plus_ms(-ms))),
        ended: Some(ended),
        outcome: outcome.to_owned(),
        transcript: None,
        recording_ref: None,
        agent: None,
    }
}
