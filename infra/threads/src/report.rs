//! The measures of one stream, as a table: all of it, its parts, what asking brings, and the simple rules beside it.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

use domain::threading::Model;

use crate::bench::Run;
use crate::measures::{Grouping, Singly, grouping, singly};
use crate::replay::{Filed, Help, replay};
use crate::rules::Rule;
use crate::stream::Contact;

/// Parts of a stream by the minutes since the contact's last message.
const SILENCES: [(&str, Range<i64>); 4] = [
    ("after less than 1 h", i64::MIN..60),
    ("after 1 to 6 h", 60..360),
    ("after 6 h to 3 d", 360..4_320),
    ("after more than 3 d", 4_320..i64::MAX),
];
/// Parts of a stream by the threads that the contact has.
const OPEN: [(&str, Range<usize>); 4] = [
    ("with 1 thread", 1..2),
    ("with 2 or 3 threads", 2..4),
    ("with 4 to 7 threads", 4..8),
    ("with 8 threads or more", 8..usize::MAX),
];
/// Shares of the messages that somebody is asked about.
const ASKED: [f64; 2] = [0.05, 0.1];

/// Halvings by which a threshold is found.
const STEPS: usize = 8;
/// Decisions that a part must have, so that its calibration says something.
const LEAST_DECISIONS: usize = 200;

/// Writes the table of a stream.
pub fn write(
    run: &Run<'_>,
    model: &Model,
    name: &str,
    contacts: &[Contact],
    to: &mut impl Write,
) -> anyhow::Result<()> {
    let grouped = grouping(&run.alone);
    writeln!(to, "\n{name}: {} contacts, {} inbound", contacts.len(), grouped.messages)?;
    writeln!(
        to,
        "{:24} {:>6} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>6} | {:>6} {:>5} {:>5} {:>6} {:>6} {:>6} {:>6}",
        "",
        "n",
        "P",
        "R",
        "F1",
        "B³",
        "ARI",
        "new",
        "asked",
        "n",
        "right",
        "cal",
        "but5",
        "but10",
        "≥.99",
        "right"
    )?;
    write_row(to, "all", &grouped, Some(&singly(&run.singly, |_| true)))?;
    write_parts(run, to)?;
    for share in ASKED {
        let filed = asking(model, contacts, share)?;
        write_row(to, &format!("asked {:.0} %", 100.0 * share), &grouping(&filed), None)?;
    }
    write_rules(&grouped, contacts, to)?;
    let at = |share: usize| {
        run.sizes.get((run.sizes.len() * share / 100).min(run.sizes.len().saturating_sub(1)))
    };
    let size = |share: usize| at(share).copied().unwrap_or(0);
    writeln!(to, "profile bytes: p50 {}, p99 {}, greatest {}", size(50), size(99), size(100))?;
    Ok(())
}

/// The parts of a stream, and of those by silence and by number of threads the one whose confidence is least true.
fn write_parts(run: &Run<'_>, to: &mut impl Write) -> anyhow::Result<()> {
    let all = || run.alone.iter().flatten().map(|it| it.item);
    let channels: BTreeSet<&str> = all().map(|it| it.channel.as_str()).collect();
    let languages: BTreeSet<&str> = all().map(|it| it.language).collect();
    for channel in channels {
        write_part(run, to, channel, |it| it.item.channel.as_str() == channel)?;
    }
    for language in languages {
        write_part(run, to, language, |it| it.item.language == language)?;
    }
    let mut judged = Vec::new();
    for (part, silence) in SILENCES {
        judged.push((part, write_part(run, to, part, |it| silence.contains(&it.before.silence))?));
    }
    for (part, threads) in OPEN {
        judged.push((part, write_part(run, to, part, |it| threads.contains(&it.before.threads))?));
    }
    judged.retain(|it| LEAST_DECISIONS <= it.1.decisions);
    if let Some((part, it)) =
        judged.iter().max_by(|a, b| a.1.calibration.total_cmp(&b.1.calibration))
    {
        writeln!(to, "calibration is worst {part}: {:.1}", 100.0 * it.calibration)?;
    }
    Ok(())
}

/// The simple rules, and how far the model is above the best of them.
fn write_rules(model: &Grouping, contacts: &[Contact], to: &mut impl Write) -> anyhow::Result<()> {
    let mut best = 0.0f64;
    for rule in Rule::ALL {
        let filed: Vec<_> = contacts.iter().map(|it| rule.run(it)).collect();
        let by_rule = grouping(&filed);
        best = best.max(by_rule.f1);
        write_row(to, rule.name(), &by_rule, None)?;
    }
    let lead = 100.0 * (model.f1 - best);
    let word = if lead < 0.0 { "BELOW THE BEST RULE" } else { "over the best rule" };
    writeln!(to, "F1 {lead:+.1}: {word}")?;
    Ok(())
}

fn write_part(
    run: &Run<'_>,
    to: &mut impl Write,
    name: &str,
    counts: impl Fn(&Filed<'_>) -> bool,
) -> anyhow::Result<Singly> {
    let of_part = run.alone.iter().map(|it| it.iter().filter(|it| counts(it)).cloned().collect());
    let part: Vec<Vec<Filed<'_>>> = of_part.collect();
    let judged = singly(&run.singly, &counts);
    write_row(to, name, &grouping(&part), Some(&judged))?;
    Ok(judged)
}

fn write_row(
    to: &mut impl Write,
    name: &str,
    grouped: &Grouping,
    singly: Option<&Singly>,
) -> anyhow::Result<()> {
    let g = grouped;
    let shares = [g.precision, g.recall, g.f1, g.b_cubed, g.ari, g.new_f1];
    write!(to, "{name:24} {:>6}", g.messages)?;
    for share in shares {
        write!(to, " {:>5.1}", 100.0 * share)?;
    }
    write!(to, " {:>5.1}% |", 100.0 * g.asked)?;
    if let Some(s) = singly {
        write!(to, " {:>6} {:>5.1} {:>5.1}", s.decisions, 100.0 * s.right, 100.0 * s.calibration)?;
        write!(to, " {:>6.1} {:>6.1}", 100.0 * s.right_but_5, 100.0 * s.right_but_10)?;
        write!(to, " {:>6} {:>6.1}", s.surest, 100.0 * s.surest_right)?;
    }
    writeln!(to)?;
    Ok(())
}

/// The filings when somebody answers for this share of the messages: the threshold that asks for it is found by halving.
fn asking<'a>(
    model: &Model,
    contacts: &'a [Contact],
    share: f64,
) -> anyhow::Result<Vec<Vec<Filed<'a>>>> {
    let (mut low, mut high) = (0.0f32, 1.0f32);
    for _ in 0..STEPS {
        let middle = f32::midpoint(low, high);
        let asked = grouping(&run(model, contacts, Help::Below(middle))?).asked;
        if asked <= share {
            low = middle;
        } else {
            high = middle;
        }
    }
    run(model, contacts, Help::Below(low))
}

fn run<'a>(
    model: &Model,
    contacts: &'a [Contact],
    help: Help,
) -> anyhow::Result<Vec<Vec<Filed<'a>>>> {
    contacts.iter().map(|it| replay(model, it, help, &mut ())).collect()
}
