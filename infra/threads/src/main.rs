//! The commands `cargo fit-threads` and `cargo bench-threads`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};
use domain::threading::Model;
use threads::bench::{Bench, name};
use threads::perturb::greet;
use threads::stream::{Contact, Line, LineDirection, contacts, lines};
use threads::{decision, fit, own};

/// The file of the weights that the program is built with.
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
        /// Streams, JSON lines, each with how much one of its decisions counts: `FILE=0.5`.
        #[arg(required_unless_present = "own")]
        streams: Vec<Stream>,
        /// Learns from a company's own corrections instead: the file that `cargo rethread --export` writes. The weights are
        /// written only if they help, and only where `--out` says.
        #[arg(long, conflicts_with = "streams", requires = "out")]
        own: Option<PathBuf>,
        /// Features that get no weight, to see what they are worth.
        #[arg(long, value_delimiter = ',')]
        without: Vec<String>,
        /// The file that the weights are written to.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Measures the model, with simple rules beside it.
    Bench(Bench),
    /// Decides so many times and says nothing: what `bench --decision` counts.
    #[command(hide = true)]
    Rounds {
        /// The number of rounds.
        rounds: u64,
    },
}

/// A stream to fit on.
#[derive(Clone)]
struct Stream {
    path: PathBuf,
    weight: f64,
}

impl std::str::FromStr for Stream {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, weight) = match text.rsplit_once('=') {
            Some((path, weight)) => (path, weight.parse()?),
            None => (text, 1.0),
        };
        Ok(Self { path: PathBuf::from(path), weight })
    }
}

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match Cli::parse().command {
        Command::Fit { own: Some(export), out: Some(to), .. } => {
            let found = own::learn(&own::people(&export)?, &Model::current(), &mut out)?;
            if let own::Verdict::Helps(model) = found {
                write(&to, &fit::file(&model, &["own corrections".to_owned()]), &mut out)?;
            }
        }
        Command::Fit { streams, without, out: to, .. } => {
            let mut shares = Vec::new();
            for it in &streams {
                let contacts = read_twice(&it.path)?;
                shares.push(fit::Share { contacts, weight: it.weight });
            }
            let mut told = Ok(());
            let model = fit::fit(&shares, &without, |it| told = writeln!(out, "{it}"))?;
            told?;
            let names: Vec<String> =
                streams.iter().map(|it| format!("{}={}", name(&it.path), it.weight)).collect();
            let file = fit::file(&model, &names);
            write(to.as_deref().unwrap_or(Path::new(WEIGHTS)), &file, &mut out)?;
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

fn write(to: &Path, file: &str, out: &mut impl Write) -> anyhow::Result<()> {
    std::fs::write(to, file).with_context(|| format!("cannot write {}", to.display()))?;
    writeln!(out, "{file}written to {}", to.display())?;
    Ok(())
}

/// Of a hundred mails, those that greet the second time; of a hundred messages that come back to a topic, likewise.
const GREETING_MAILS: u64 = 50;
const GREETING_RETURNS: u64 = 20;

/// Each contact twice. The second time nobody says that a thread was resolved, for not every company does, and who comes
/// back greets, for people do.
fn read_twice(path: &Path) -> anyhow::Result<Vec<Contact>> {
    let all = lines(path)?;
    let mut said: Vec<Line> =
        all.iter().filter(|it| it.direction != LineDirection::Event).cloned().collect();
    greet(&mut said, GREETING_MAILS, GREETING_RETURNS);
    let mut both = contacts(all);
    both.extend(contacts(said));
    Ok(both)
}
