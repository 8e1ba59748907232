//! `cargo dev`: the suite stays up until Ctrl-C, with everything that one needs to talk to it.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Context;

use crate::report::Report;
use crate::stage::Stage;
use crate::story::text_of;

/// Runs until Ctrl-C.
pub async fn run(report: &Report) -> anyhow::Result<()> {
    let stage = Stage::set(report).await?;
    report.step("up; Ctrl-C ends it and leaves nothing behind");
    introduce(&stage, report)?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended.context("cannot wait for Ctrl-C")?,
        failed = follow_logs(&stage, report) => failed?,
    }
    report.line("");
    report.step("ending the local cloud");
    Ok(())
}

fn introduce(stage: &Stage, report: &Report) -> anyhow::Result<()> {
    report.line("");
    for (name, value) in stage.stack.aws.environment() {
        report.line(&format!("export {name}={value}"));
    }
    report.line(&format!("export TABLE_NAME={}", stage.stack.output("TableName")?));
    // The stage of the gateway is called $default.
    report.line(&format!("export ARIANE='{}'", stage.stack.url("")?));
    report.line(&format!("export TOKEN={}", stage.token));
    report.line("");
    for platform in &stage.platforms {
        let channel = platform.channel();
        let url = stage.stack.url(&format!("/webhooks/{channel}"))?;
        report.line(&format!("{channel}: webhook {url}"));
        report.line(&format!("{channel}: secret {}", platform.webhook_secret()));
        report.line(&format!(
            "{channel}: model {}",
            text_of(&platform.sending_secret(), "/0/base_url")
        ));
    }
    report.line("");
    report.line("curl -s -H \"Authorization: Bearer $TOKEN\" \"$ARIANE/v1/threads\"");
    report
        .line("curl -s -H \"Authorization: Bearer $TOKEN\" \"$ARIANE/v1/threads/THREAD/timeline\"");
    report.line(
        "curl -s -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -H \"Idempotency-Key: $RANDOM\" \\\n  \
         \"$ARIANE/v1/messages\" -d '{\"to\":{\"thread_id\":\"THREAD\"},\"content\":{\"type\":\"text\",\"text\":\"Hello\"}}'",
    );
    report.line("");
    Ok(())
}

/// Prints what the functions log, as it comes. A line may be written later than it says: those printed are remembered.
async fn follow_logs(stage: &Stage, report: &Report) -> anyhow::Result<()> {
    let mut since = aws::now();
    let mut printed = HashSet::new();
    loop {
        let begun = aws::now();
        for line in stage.stack.logs(since).await? {
            if printed.insert(line.clone()) {
                report.line(&line);
            }
        }
        since = begun.plus_ms(-60_000).max(since);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
