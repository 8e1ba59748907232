//! Measures the model on streams and says it as tables.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::threading::{Model, collisions};

use crate::perturb::{Perturbation, perturb};
use crate::replay::{Filed, Help, Watch, replay};
use crate::report;
use crate::stream::{Contact, contacts, lines};

/// Contacts between two words of progress.
const PROGRESS: usize = 250;

/// The streams to be measured, and the way of it.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// Streams, JSON lines.
    pub streams: Vec<PathBuf>,
    /// Writes each filing to this file, as the judge reads it.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Writes the filings of the run in which each mistake is put right before the next message.
    #[arg(long)]
    pub corrected: bool,
    /// Somebody answers when the confidence is below this.
    #[arg(long, value_name = "P")]
    pub ask: Option<f32>,
    /// Makes the streams worse first.
    #[arg(long)]
    pub perturb: Option<Perturbation>,
    /// Takes the weights of this file instead of the built-in ones.
    #[arg(long)]
    pub weights: Option<PathBuf>,
    /// Counts what one decision with 20 live threads costs, under valgrind.
    #[arg(long)]
    pub decision: bool,
}

impl Bench {
    /// Measures every stream and writes the tables.
    pub fn run(&self, to: &mut impl Write, progress: &mut impl Write) -> anyhow::Result<()> {
        let model = match &self.weights {
            Some(path) => {
                let text = std::fs::read_to_string(path);
                Model::parse(&text.with_context(|| format!("cannot read {}", path.display()))?)?
            }
            None => Model::current(),
        };
        let mut out = match &self.out {
            Some(path) => Some(BufWriter::new(
                std::fs::File::create(path)
                    .with_context(|| format!("cannot write {}", path.display()))?,
            )),
            None => None,
        };
        for path in &self.streams {
            let contacts = self.read(path)?;
            let run = Run::of(&model, &contacts, self.ask, &name(path), progress)?;
            report::write(&run, &model, &name(path), &contacts, to)?;
            if let Some(out) = &mut out {
                let filed = if self.corrected { &run.singly } else { &run.alone };
                write_filings(filed, self.corrected, out)?;
            }
        }
        let collisions = collisions();
        writeln!(to, "\n{} collisions between languages", collisions.len())?;
        for it in collisions {
            writeln!(to, "  {it}")?;
        }
        if let Some(mut out) = out {
            out.flush()?;
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> anyhow::Result<Vec<Contact>> {
        let mut lines = lines(path)?;
        if let Some(how) = self.perturb {
            perturb(&mut lines, how);
        }
        Ok(contacts(lines))
    }
}

/// A stream's name in reports and in the weight file.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// All that was measured of one stream.
pub struct Run<'a> {
    /// The filings of each contact, as the model left them.
    pub alone: Vec<Vec<Filed<'a>>>,
    /// The filings of each contact when each mistake is put right before the next message.
    pub singly: Vec<Vec<Filed<'a>>>,
    /// The bytes of each profile as it was stored, the smallest first.
    pub sizes: Vec<usize>,
}

#[derive(Default)]
struct Sizes(Vec<usize>);

impl Watch for Sizes {
    fn stored(&mut self, bytes: usize) {
        self.0.push(bytes);
    }
}

impl<'a> Run<'a> {
    /// Runs the model over a stream, alone (or helped below `ask`) and corrected.
    pub fn of(
        model: &Model,
        contacts: &'a [Contact],
        ask: Option<f32>,
        name: &str,
        progress: &mut impl Write,
    ) -> anyhow::Result<Self> {
        let mut run = Self { alone: Vec::new(), singly: Vec::new(), sizes: Vec::new() };
        let mut sizes = Sizes::default();
        for (n, contact) in contacts.iter().enumerate() {
            if n > 0 && n % PROGRESS == 0 {
                writeln!(progress, "{name}: {n} of {} contacts", contacts.len())?;
            }
            let help = ask.map_or(Help::Never, Help::Below);
            run.alone.push(replay(model, contact, help, &mut sizes)?);
            run.singly.push(replay(model, contact, Help::Always, &mut ())?);
        }
        sizes.0.sort_unstable();
        run.sizes = sizes.0;
        Ok(run)
    }
}

/// Writes each filing as the judge reads it.
fn write_filings(
    filed: &[Vec<Filed<'_>>],
    corrected: bool,
    to: &mut impl Write,
) -> anyhow::Result<()> {
    for it in filed.iter().flatten() {
        let thread = if corrected {
            it.chosen_topic.map(str::to_owned)
        } else {
            Some(format!("t{}", it.thread))
        };
        let row = serde_json::json!({
            "message_id": it.item.line.message_id,
            "thread": thread,
            "confidence": it.confidence,
            "language": it.item.language,
        });
        writeln!(to, "{row}")?;
    }
    Ok(())
}
