//! One customer's story, end to end, on the real template: the demo shows it, a test asserts it.
//!
//! Ada has a conversation with us by WhatsApp, then writes by every channel that there is, then about two things at once. Each chapter is a file, each
//! scene a function; an error is the first thing that did not happen.

mod channels;
mod topics;
mod whatsapp;

use anyhow::Context;
pub use channels::{Exchange, both_ways, tell_exchange};
use serde_json::Value;
pub use topics::{Corrected, Topics, tell_topics};
pub use whatsapp::{Conversation, tell_conversation};

use crate::report::Report;
use crate::stage::Stage;

/// The channel on which Ada goes on with what she began by WhatsApp.
pub const ELSEWHERE: &str = "telegram";

/// The outcome of the story.
#[derive(Debug)]
pub struct Told {
    /// The conversation by WhatsApp.
    pub conversation: Conversation,
    /// The exchanges by every channel, in the order of the registry.
    pub exchanges: Vec<Exchange>,
    /// Two topics at once, and how they were corrected.
    pub topics: Topics,
}

/// Tells the whole story.
pub async fn tell(stage: &Stage, report: &Report) -> anyhow::Result<Told> {
    let conversation = tell_conversation(stage, report).await?;
    let mut exchanges = Vec::new();
    for channel in both_ways() {
        exchanges.push(tell_exchange(stage, report, channel).await?);
    }
    let elsewhere = exchanges.iter().find(|it| it.channel == ELSEWHERE);
    let elsewhere = elsewhere.with_context(|| format!("nobody wrote by {ELSEWHERE}"))?;
    let topics = tell_topics(stage, report, &conversation, elsewhere).await?;
    Ok(Told { conversation, exchanges, topics })
}

/// The thread of the inbox in which a customer wrote this text on this channel, if it is there yet.
pub async fn find_thread(
    stage: &Stage,
    channel: &str,
    text: &str,
) -> anyhow::Result<Option<String>> {
    let inbox = stage.get("/v1/threads").await?;
    for thread in inbox.get("threads").and_then(Value::as_array).into_iter().flatten() {
        let id = text_of(thread, "/id");
        let page = stage.get(&format!("/v1/threads/{id}/timeline")).await?;
        let mut rows = page.get("messages").and_then(Value::as_array).into_iter().flatten();
        if rows.any(|it| text_of(it, "/channel") == channel && text_of(it, "/content/text") == text)
        {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

/// A text of a JSON document, empty if there is none.
#[must_use]
pub fn text_of<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
