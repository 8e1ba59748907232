//! The same customer on every channel: she writes by each, we answer by each.

use anyhow::{Context, ensure};
use serde_json::json;

use super::{find_thread, text_of};
use crate::models::{self, Platform};
use crate::report::Report;
use crate::stage::{Stage, until};

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The channel.
    pub channel: &'static str,
    /// The words that Ada wrote.
    pub question: String,
    /// The thread that it is in.
    pub thread: String,
    /// The words that she was shown.
    pub answer: String,
}

/// The channels by which one writes to us and we answer, in the order of the registry.
pub fn both_ways() -> impl Iterator<Item = &'static str> {
    let ours = models::ALL.iter().filter_map(|it| channels::named(channels::ALL, it.channel));
    ours.filter(|it| it.has_webhook() && !it.outbound.is_empty()).map(|it| it.name)
}

/// Tells what happens by one channel.
pub async fn tell_exchange(
    stage: &Stage,
    report: &Report,
    channel: &'static str,
) -> anyhow::Result<Exchange> {
    report.step(&format!("Ada writes by {channel}, we answer"));
    exchange(stage, channel).await.with_context(|| format!("by {channel}"))
}

async fn exchange(stage: &Stage, channel: &'static str) -> anyhow::Result<Exchange> {
    let platform = stage.platform(channel)?;
    let question = format!("It is Ada, now by {channel}. Is it still Tuesday?");
    let thread = customer_writes(stage, platform, &question).await?;
    let answer = format!("By {channel} too: it is Tuesday.");
    let message = we_answer(stage, channel, &thread, &answer).await?;
    customer_reads(stage, platform, &message, &answer).await?;
    Ok(Exchange { channel, question, thread, answer })
}

/// The webhook is taken; gives the thread that its message is in.
pub(super) async fn customer_writes(
    stage: &Stage,
    platform: &dyn Platform,
    text: &str,
) -> anyhow::Result<String> {
    let status = platform.customer_writes(text).await?;
    ensure!(status == 200, "the webhook was answered with {status}");
    until("the message is in a thread of the inbox", async || {
        find_thread(stage, platform.channel(), text).await
    })
    .await
}

/// The send is accepted; gives its message.
async fn we_answer(
    stage: &Stage,
    channel: &str,
    thread: &str,
    text: &str,
) -> anyhow::Result<String> {
    let body = json!({
        "to": { "thread_id": thread },
        "channel": channel,
        "content": { "type": "text", "text": text },
    });
    let answer = stage.post("/v1/messages", &format!("answer-by-{channel}"), &body).await?;
    ensure!(
        answer.status == 202,
        "the answer was answered with {}: {}",
        answer.status,
        answer.text()
    );
    Ok(text_of(&answer.json(), "/id").to_owned())
}

/// The platform shows our message, once, and we know that it took it.
async fn customer_reads(
    stage: &Stage,
    platform: &dyn Platform,
    message: &str,
    text: &str,
) -> anyhow::Result<()> {
    until("the answer is sent", async || {
        let shown = stage.get(&format!("/v1/messages/{message}")).await?;
        let status = text_of(&shown, "/status");
        ensure!(status != "failed", "the answer failed");
        Ok(["sent", "delivered", "read"].contains(&status).then_some(()))
    })
    .await?;
    let times = platform.customer_saw().iter().filter(|it| *it == text).count();
    ensure!(times == 1, "the platform shows the answer {times} times");
    Ok(())
}
