//! `cargo bench-functions [CHANNEL…]`: measures each channel's real bootstrap as Lambda would run it.
//!
//! Prints the size of the stripped bootstrap, instructions from exec to the first `next`, to the first 200 with its TLS
//! handshakes to both services, per warm webhook, and in our own work alone; and the memory after the first webhooks.
//! Instructions are counted by callgrind, so they are the same on a busy machine.
#![expect(clippy::print_stdout, reason = "a command's output")]

mod callgrind;
mod lambda;
mod services;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use bench::{SUBJECTS, Subject};
use clap::Parser;

/// Measures each channel's bootstrap: size, instructions, memory.
#[derive(Parser)]
struct Arguments {
    /// The channels; all that can be measured without any.
    channels: Vec<String>,
}

/// The bars, and what is measured against them.
const BARS: [(&str, u64, &str); 6] = [
    ("stripped bootstrap", 5_000_000, "bytes"),
    ("exec to the first next", u64::MAX, "instructions"),
    ("exec to the first 200", 11_000_000, "instructions"),
    ("a warm webhook", u64::MAX, "instructions"),
    ("our own work per webhook", 60_000, "instructions"),
    ("memory", 8 * 1024 * 1024, "bytes"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    callgrind::check()?;
    let subjects: Vec<&Subject> = if arguments.channels.is_empty() {
        SUBJECTS.iter().collect()
    } else {
        let named =
            |it: &String| Subject::named(it).with_context(|| format!("{it} cannot be measured"));
        arguments.channels.iter().map(named).collect::<anyhow::Result<_>>()?
    };
    let mut missed = 0;
    for subject in subjects {
        println!("{}", subject.name);
        for ((what, bar, unit), measured) in BARS.into_iter().zip(measure(subject).await?) {
            let verdict = match bar {
                u64::MAX => String::new(),
                bar if measured <= bar => format!("within {}", grouped(bar)),
                bar => {
                    missed += 1;
                    format!("OVER {} by {:.1} %", grouped(bar), percent_over(measured, bar))
                }
            };
            println!("  {what:26} {:>13} {unit:13} {verdict}", grouped(measured));
        }
    }
    ensure!(missed == 0, "{missed} bars were missed");
    Ok(())
}

async fn measure(subject: &Subject) -> anyhow::Result<[u64; 6]> {
    println!("  building the release bootstrap …");
    let bootstrap = build(&["-p", subject.name, "--bin", subject.name], subject.name)?;
    let own_work = build(&["-p", "bench", "--bin", "own-work"], "own-work")?;
    let size = std::fs::metadata(&bootstrap)?.len();
    println!("  running it {} times …", 6);
    let services = services::start(subject).await?;
    let run =
        async |n_webhooks| lambda::instructions(&services, &bootstrap, subject, n_webhooks).await;
    let (none, one, more) = (run(0).await?, run(1).await?, run(11).await?);
    let memory = lambda::memory(&services, &bootstrap, subject, 5).await?;
    let loops =
        |times: u64| callgrind::count_to_end(&own_work, &[subject.name, &times.to_string()]);
    let own = (loops(1_100)? - loops(100)?) / 1_000;
    Ok([size, none, one, (more - one) / 10, own, memory])
}

/// Builds with the release profile and returns where the program is.
fn build(what: &[&str], program: &str) -> anyhow::Result<PathBuf> {
    let status =
        Command::new(env!("CARGO")).args(["build", "--quiet", "--release"]).args(what).status()?;
    ensure!(status.success(), "cannot build {program}");
    let target = std::env::current_exe()?;
    let target = target
        .parent()
        .and_then(Path::parent)
        .context("the benchmark is not in a target folder")?;
    Ok(target.join("release").join(program))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if 0 < n && (digits.len() - n).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of one decimal")]
fn percent_over(measured: u64, bar: u64) -> f64 {
    (measured as f64 / bar as f64 - 1.0) * 100.0
}
