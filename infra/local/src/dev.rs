//! `cargo dev`: the suite stays up until Ctrl-C, or as long as a command runs, with everything that one needs to talk to it.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::report::Report;
use crate::stage::Stage;
use crate::story::{self, text_of};

/// The parameters of the command.
#[derive(clap::Args)]
pub struct Wanted {
    /// Tell the story of `cargo demo` first, so that there are people, threads, messages and corrections.
    #[arg(long)]
    story: bool,
    /// A command to run in the environment that is printed otherwise; the cloud ends with it.
    #[arg(last = true)]
    command: Vec<String>,
}

/// Runs until Ctrl-C, or until the command ends: well only if that ends well.
pub async fn run(wanted: &Wanted, report: &Report) -> anyhow::Result<()> {
    let stage = Stage::set(report).await?;
    if wanted.story {
        story::tell(&stage, report).await?;
    }
    if let Some((program, arguments)) = wanted.command.split_first() {
        report.step(&format!("running {program}"));
        let mut command = Command::new(program);
        command.args(arguments).envs(environment(&stage)?).kill_on_drop(true);
        let status = command.status().await.with_context(|| format!("cannot run {program}"))?;
        ensure!(status.success(), "{program} failed: {status}");
        return Ok(());
    }
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

/// The variables by which a program finds the stack.
fn environment(stage: &Stage) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut found = stage.stack.aws.environment().to_vec();
    found.push(("TABLE_NAME", stage.stack.output("TableName")?.to_owned()));
    // The stage of the gateway is called $default.
    found.push(("ARIANE", stage.stack.url("")?));
    found.push(("TOKEN", stage.token.clone()));
    Ok(found)
}

fn introduce(stage: &Stage, report: &Report) -> anyhow::Result<()> {
    report.line("");
    for (name, value) in environment(stage)? {
        report.line(&format!("export {name}='{value}'"));
    }
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
