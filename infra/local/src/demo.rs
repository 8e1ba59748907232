//! `cargo demo`: the story with progress on the way and the thread at its end.

use anyhow::ensure;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::report::Report;
use crate::stage::{Stage, until};
use crate::story::{self, Told, find_thread, text_of};

/// Runs the demo; `Ok` only if all of it happened. If not, what the functions logged says why.
pub async fn run(report: &Report) -> anyhow::Result<()> {
    let stage = Stage::set(report).await?;
    let shown = play(&stage, report).await;
    if shown.is_err() {
        for line in stage.stack.logs(Timestamp::default()).await? {
            report.line(&line);
        }
    }
    shown
}

async fn play(stage: &Stage, report: &Report) -> anyhow::Result<()> {
    let told = story::tell(stage, report).await?;
    report.step("one message in and one out on every channel");
    let mut channels = Vec::new();
    for platform in &stage.platforms {
        let channel = platform.channel();
        let text = format!("Hello by {channel}, is anybody there?");
        let status = platform.customer_writes(&text).await?;
        ensure!(status == 200, "the webhook of {channel} was answered with {status}");
        let thread = until(&format!("{channel} has a thread"), async || {
            find_thread(stage, channel, &text).await
        })
        .await?;
        let words = format!("Yes, by {channel} too.");
        let body = json!({ "to": { "thread_id": thread }, "channel": channel, "content": { "type": "text", "text": words } });
        let answer = stage.post("/v1/messages", &format!("hello-{channel}"), &body).await?;
        ensure!(
            answer.status == 202,
            "the reply by {channel} was answered with {}: {}",
            answer.status,
            answer.text()
        );
        until(&format!("the reply is shown by {channel}"), async || {
            Ok(platform.customer_saw().contains(&words).then_some(()))
        })
        .await?;
        channels.push([channel.to_owned(), "ok".to_owned(), "ok".to_owned()]);
    }
    report.step("done");
    show(&told, report);
    report.line("");
    report.table(["channel", "webhook", "send"], &channels);
    Ok(())
}

fn show(told: &Told, report: &Report) {
    report.line("");
    report.line(&format!("Thread {}", told.thread));
    let rows: Vec<_> = told.timeline.iter().map(row).collect();
    report.table(["time", "channel", "", "message", "status", "in this thread because"], &rows);
    let times = told.sent.len();
    report.line(&format!("The platform took {times} messages of ours, each once. The forged webhook got 401 and left nothing."));
}

fn row(message: &Value) -> [String; 6] {
    let time = text_of(message, "/at").get(11..19).unwrap_or_default().to_owned();
    let arrow = if text_of(message, "/direction") == "in" { "→ us" } else { "← us" };
    let mut words = ["/content/text", "/content/caption", "/content/title", "/content/name"]
        .into_iter()
        .map(|it| text_of(message, it));
    let words = words.find(|it| !it.is_empty()).unwrap_or_default();
    let said = format!(
        "[{}] {}",
        text_of(message, "/content/type"),
        words.chars().take(48).collect::<String>()
    );
    let evidence = message.get("evidence").and_then(Value::as_array).into_iter().flatten();
    let why = evidence.map(|it| text_of(it, "/words")).collect::<Vec<_>>().join("; ");
    let [channel, status] = ["/channel", "/status"].map(|it| text_of(message, it).to_owned());
    [time, channel, arrow.to_owned(), said, status, why]
}
