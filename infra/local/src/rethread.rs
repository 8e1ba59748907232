//! `cargo rethread`: threads what was said once more with other weights, in shadow, and shows what would be different. With
//! `--apply` the difference is made as corrections, each of which can be reverted.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use aws::store::keys::Key;
use aws::store::{MOST_MOVED, Order, Rules, Store, To};
use domain::event::{derived, digest};
use domain::filing::{Correction, CorrectionKind, CorrectionState, Decider, Place, Shift, shadow};
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::threading::Model;
use domain::time::Timestamp;

use crate::report::Report;

/// People between two lines of progress.
const PROGRESS_EVERY: usize = 500;

/// The people to thread once more, and the use of the result.
#[derive(clap::Args)]
pub struct Wanted {
    /// The weights, as `cargo fit-threads` writes them.
    #[arg(long, required_unless_present = "export")]
    weights: Option<PathBuf>,
    /// Writes what was said and where it is now to this file instead, without a word of it, for `cargo fit-threads --own`.
    #[arg(long, conflicts_with_all = ["weights", "apply"])]
    export: Option<PathBuf>,
    /// One person; without it, everybody.
    #[arg(long)]
    contact: Option<String>,
    /// Make the difference, as corrections that can be reverted.
    #[arg(long)]
    apply: bool,
    /// The author that the corrections name.
    #[arg(long, default_value = "rethread")]
    author: String,
}

/// Another model, and in whose name its corrections are made.
#[derive(Debug)]
pub struct Other {
    /// The model.
    pub model: Model,
    /// The name that tells it from others: corrections of one model are made once.
    pub name: String,
    /// The author of its corrections, if it is to make any.
    pub author: Option<String>,
}

/// The result of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// People whose messages were threaded once more.
    pub contacts: usize,
    /// Their messages.
    pub messages: usize,
    /// Messages that the other model puts elsewhere.
    pub elsewhere: usize,
    /// Corrections that were made.
    pub corrections: usize,
}

/// Runs over the table of the environment: `TABLE_NAME`, a region and credentials.
pub async fn run(wanted: &Wanted, report: &Report) -> anyhow::Result<()> {
    let table = Store::from_env(&aws::config::sdk()?)?;
    let contact = wanted.contact.as_deref().map(ContactId::new);
    let Some(weights) = &wanted.weights else {
        let path = wanted.export.as_ref().context("neither weights nor a file to export to")?;
        let mut file = BufWriter::new(
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
        );
        let people = export(&table, contact.as_ref(), &mut file).await?;
        file.flush().with_context(|| format!("cannot write {}", path.display()))?;
        report.line(&format!("{people} people are in {}", path.display()));
        return Ok(());
    };
    let weights = std::fs::read_to_string(weights)
        .with_context(|| format!("cannot read {}", weights.display()))?;
    let other = Other {
        model: Model::parse(&weights)?,
        name: digest(&[&weights]),
        author: wanted.apply.then(|| wanted.author.clone()),
    };
    let found = rethread(&table, &other, contact.as_ref(), report).await?;
    report.line("");
    report.table(
        ["people", "messages", "elsewhere", "corrections made"],
        &[[found.contacts, found.messages, found.elsewhere, found.corrections]
            .map(|it| it.to_string())],
    );
    Ok(())
}

/// Threads one person's messages, or everybody's, once more.
pub async fn rethread(
    table: &Store,
    other: &Other,
    contact: Option<&ContactId>,
    report: &Report,
) -> anyhow::Result<Found> {
    let mut found = Found::default();
    if let Some(contact) = contact {
        one(table, other, contact, &mut found, report).await?;
        return Ok(found);
    }
    let mut from = None;
    loop {
        let (contacts, next) = table.views().people(from).await?;
        for contact in contacts {
            one(table, other, &contact, &mut found, report).await?;
            if found.contacts % PROGRESS_EVERY == 0 {
                report.step(&format!("{} people, {} messages", found.contacts, found.messages));
            }
        }
        from = next;
        if from.is_none() {
            return Ok(found);
        }
    }
}

/// Writes one person's history, or everybody's, a line each, and says of how many people.
pub async fn export(
    table: &Store,
    contact: Option<&ContactId>,
    to: &mut impl Write,
) -> anyhow::Result<usize> {
    let (mut people, mut from) = (0, None);
    loop {
        let (contacts, next) = match contact {
            Some(one) => (vec![one.clone()], None),
            None => table.views().people(from).await?,
        };
        for contact in contacts {
            let history = table.views().history(&contact, aws::now()).await?;
            serde_json::to_writer(&mut *to, &history)?;
            writeln!(to)?;
            people += 1;
        }
        from = next;
        if from.is_none() {
            return Ok(people);
        }
    }
}

async fn one(
    table: &Store,
    other: &Other,
    contact: &ContactId,
    found: &mut Found,
    report: &Report,
) -> anyhow::Result<()> {
    let now = aws::now();
    let history = table.views().history(contact, now).await?;
    let shifts = shadow(&other.model, &history);
    found.contacts += 1;
    found.messages += history.len();
    found.elsewhere += shifts.iter().map(|it| it.messages.len()).sum::<usize>();
    for shift in &shifts {
        report.line(&format!("{contact}  {}", told(shift)));
    }
    if let Some(author) = &other.author {
        found.corrections += apply(table, other, author, contact, &shifts, report).await?;
    }
    Ok(())
}

/// `thr_1 → thr_2: 3 messages, sure to 0.91 on average`.
fn told(shift: &Shift) -> String {
    let to = match &shift.to {
        Place::Thread(thread) => thread.to_string(),
        Place::New(n) => format!("new thread {}", n + 1),
    };
    let count = shift.messages.len();
    let sum: f32 = shift.messages.iter().map(|it| it.1).sum();
    #[expect(clippy::cast_precision_loss, reason = "a mean for people to read")]
    let mean = sum / count.max(1) as f32;
    let noun = if count == 1 { "message" } else { "messages" };
    format!("{} → {to}: {count} {noun}, sure to {mean:.2} on average", shift.from)
}

/// Makes the corrections of one person and says how many. Made again, they are the same ones.
async fn apply(
    table: &Store,
    other: &Other,
    author: &str,
    contact: &ContactId,
    shifts: &[Shift],
    report: &Report,
) -> anyhow::Result<usize> {
    let mut opened: HashMap<usize, ThreadId> = HashMap::new();
    let mut made = 0;
    for shift in shifts {
        let merges = shift.is_whole && matches!(shift.to, Place::Thread(_));
        let size = if merges { shift.messages.len() } else { MOST_MOVED };
        for part in shift.messages.chunks(size.max(1)) {
            let order = order(other, author, contact, shift, part, aws::now());
            let to = match &shift.to {
                Place::Thread(thread) => To::Thread(thread.clone()),
                Place::New(n) => match opened.get(n) {
                    Some(thread) => To::Thread(thread.clone()),
                    None => To::New(ThreadId::new(aws::new_id("thr_"))),
                },
            };
            let corrected = correct(table, &order, shift, &to, part, merges, &rules(other)).await?;
            let Some(correction) = corrected else {
                report.line(&format!("{contact}  {}: changed meanwhile, left", shift.from));
                continue;
            };
            // The order is the same, so what one of us took back is not made again.
            if correction.state != CorrectionState::Done {
                report.line(&format!("{contact}  {} was taken back, left", correction.id));
                continue;
            }
            if let (Place::New(n), CorrectionKind::Split { to, .. }) = (&shift.to, &correction.kind)
            {
                opened.insert(*n, to.clone());
            }
            report.line(&format!("{contact}  {} made", correction.id));
            made += 1;
        }
    }
    Ok(made)
}

async fn correct(
    table: &Store,
    order: &Order,
    shift: &Shift,
    to: &To,
    part: &[(String, f32)],
    merges: bool,
    rules: &Rules,
) -> anyhow::Result<Option<Correction>> {
    let corrected = match to {
        To::Thread(target) if merges => table.corrections().merge(order, &shift.from, target).await,
        To::Thread(_) | To::New(_) => {
            let keys: Vec<_> = part.iter().map(|it| Key::alone(it.0.clone())).collect();
            Box::pin(table.corrections().move_messages(order, &shift.from, to, &keys, rules)).await
        }
    };
    match corrected {
        Ok(correction) => Ok(Some(correction)),
        // A person was faster.
        Err(error) => error.refusal().map(|_| None),
    }
}

fn rules(other: &Other) -> Rules {
    Rules { model: other.model.clone(), unsure_below: 0.0, ..Rules::keeping(None) }
}

/// The order of one correction: the same model, person and messages make the same.
fn order(
    other: &Other,
    author: &str,
    contact: &ContactId,
    shift: &Shift,
    part: &[(String, f32)],
    at: Timestamp,
) -> Order {
    let mut parts = vec![other.name.as_str(), contact.as_str(), shift.from.as_str()];
    parts.extend(part.iter().map(|it| it.0.as_str()));
    let id = CorrectionId::new(derived("cor_", &parts));
    let reason = format!("another model: {}", other.name.get(..12).unwrap_or(&other.name));
    let confidence = part.iter().map(|it| it.1).fold(1.0, f32::min);
    let (author, decider) = (author.to_owned(), Decider::Model { confidence });
    Order { id, author, decider, reason: Some(reason), at }
}
