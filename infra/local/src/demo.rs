//! `cargo demo`: the story with progress on the way, and at its end a thread and what came of every channel.

use domain::time::Timestamp;
use serde_json::Value;

use crate::report::Report;
use crate::stage::Stage;
use crate::story::{self, Conversation, Exchange, Topics, text_of};

/// Runs the demo; `Ok` only if all of it happened. If not, what the functions logged says why.
pub async fn run(report: &Report) -> anyhow::Result<()> {
    let stage = Stage::set(report).await?;
    match story::tell(&stage, report).await {
        Ok(told) => {
            report.step("done");
            show_conversation(&told.conversation, report);
            show_channels(&told.exchanges, report);
            show_topics(&told.topics, report);
            Ok(())
        }
        Err(error) => {
            for line in stage.stack.logs(Timestamp::default()).await? {
                report.line(&line);
            }
            Err(error)
        }
    }
}

fn show_conversation(told: &Conversation, report: &Report) {
    report.line("");
    report.line(&format!("Thread {}", told.thread));
    show_timeline(&told.timeline, report);
    let times = told.sent.len();
    report.line(&format!("The platform took {times} messages of ours, each once. The forged webhook got 401 and left nothing."));
}

/// An exchange is there only if its webhook was taken and its answer shown: the story ends at the first that was not.
fn show_channels(exchanges: &[Exchange], report: &Report) {
    report.line("");
    report.line("Ada on every channel");
    let row = |it: &Exchange| [it.channel, &it.question, "ok", &it.answer, "ok"].map(str::to_owned);
    let rows: Vec<_> = exchanges.iter().map(row).collect();
    report.table(["channel", "she wrote", "webhook", "we answered", "send"], &rows);
}

fn show_topics(told: &Topics, report: &Report) {
    for (what, timeline) in [("her order", &told.order), ("the lamp", &told.lamp)] {
        report.line("");
        report.line(&format!("Ada about {what}, whichever channel she took"));
        show_timeline(timeline, report);
    }
    report.line("");
    let row = |it: &story::Corrected| {
        let lamp = it.lamp.map_or_else(|| "part of it".to_owned(), |it| it.to_string());
        [it.what.to_owned(), it.author.clone(), it.order.to_string(), lamp]
    };
    let rows: Vec<_> = told.corrections.iter().map(row).collect();
    report.table(["correction", "by", "her order holds", "the lamp holds"], &rows);
}

fn show_timeline(timeline: &[Value], report: &Report) {
    let rows: Vec<_> = timeline.iter().map(row).collect();
    report.table(["time", "channel", "", "message", "status", "in this thread because"], &rows);
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
