//! The commands `cargo fit-threads` and `cargo bench-threads`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};
use threads::bench::{Bench, name};
use threads::stream::{Contact, LineDirection, contacts, lines};
use threads::{decision, fit};

/// Where the weights are kept that the program is built with.
const WEIGHTS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/data/threading/weights.json");

/// Fits and measures the threading model.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fits the weights and writes their data file.
    Fit {
        /// Streams, JSON lines.
        #[arg(required = true)]
        streams: Vec<PathBuf>,
        /// Where the weights are written.
        #[arg(long, default_value = WEIGHTS)]
        out: PathBuf,
    },
    /// Measures the model, with simple rules beside it.
    Bench(Bench),
    /// Decides so many times and says nothing: what `bench --decision` counts.
    #[command(hide = true)]
    Rounds {
        /// How many times.
        rounds: u64,
    },
}

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match Cli::parse().command {
        Command::Fit { streams, out: to } => {
            let mut contacts = Vec::new();
            for path in &streams {
                contacts.extend(read_twice(path)?);
            }
            let mut told = Ok(());
            let model = fit::fit(&contacts, |it| told = writeln!(out, "{it}"))?;
            told?;
            let names: Vec<String> = streams.iter().map(|it| name(it)).collect();
            let file = fit::file(&model, &names);
            std::fs::write(&to, &file).with_context(|| format!("cannot write {}", to.display()))?;
            writeln!(out, "{file}written to {}", to.display())?;
        }
        Command::Bench(bench) => {
            bench.run(&mut out, &mut std::io::stderr().lock())?;
            if bench.decision {
                decision::count(&mut out)?;
            }
        }
        Command::Rounds { rounds } => decision::rounds(rounds)?,
    }
    Ok(())
}

/// Each contact with and without the word that a thread was resolved: not every company says it.
fn read_twice(path: &Path) -> anyhow::Result<Vec<Contact>> {
    let all = lines(path)?;
    let said = all.iter().filter(|it| it.direction != LineDirection::Event).cloned().collect();
    let mut both = contacts(all);
    both.extend(contacts(said));
    Ok(both)
}
