//! Learning from a company's own corrections, shown before anything is applied: the weights are drawn to those that are
//! shipped, and whether they are better is judged on people whom they were not fitted on.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::Context;
use domain::event::{Direction, digest};
use domain::filing::Past;
use domain::id::ThreadId;
use domain::threading::{Arrival, Candidate, Model, Profile, ProfileEntry, Quoted, measure};

use crate::fit::{Choice, Prior, likeliest};

/// Parts that are left out in turn.
const FOLDS: usize = 5;
/// Decisions of its own by which a company outweighs what is shipped.
const PRIOR_DECISIONS: f64 = 500.0;
/// Corrections without which nothing can be judged.
const LEAST_CORRECTIONS: usize = 30;
/// Standard errors by which the likelihood must be better, so that chance is ruled out.
const CLEARLY: f64 = 2.0;

/// One person's decisions, as they ought to have been made, and which of them a person made.
#[derive(Default)]
pub struct Person {
    choices: Vec<Choice>,
    corrected: Vec<bool>,
}

/// The verdict of the company's own decisions.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// The fitted weights are clearly better for people whom they were not fitted on: more corrected decisions are right.
    Helps(Model),
    /// They are not.
    DoesNot,
    /// There are too few corrections to tell.
    TooFew,
}

/// The people of an export of `cargo rethread --export`: a line is one person's history.
pub fn people(path: &Path) -> anyhow::Result<Vec<Person>> {
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut people = Vec::new();
    for (n, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        let history: Vec<Past> = serde_json::from_str(&line)
            .with_context(|| format!("line {} of {} is nobody's history", n + 1, path.display()))?;
        people.push(person(&history));
    }
    Ok(people)
}

/// The decisions of one person: each message before the threads as they are now known to be.
#[must_use]
pub fn person(history: &[Past]) -> Person {
    let mut said: Vec<&Past> = history.iter().collect();
    said.sort_by_key(|it| (it.at, &it.key));
    let (mut made, mut threads) = (Person::default(), Vec::<(ThreadId, Profile)>::new());
    let mut places = HashMap::<&str, &Past>::new();
    for message in said {
        let place = threads.iter().position(|it| it.0 == message.thread);
        if let (Direction::In, Some(reading)) = (message.direction, &message.reading) {
            let quoted = message.quoted.as_deref().and_then(|it| places.get(it));
            let arrival = Arrival {
                channel: &message.channel,
                at: message.at,
                reading,
                reply_to: quoted.map(|it| Quoted { thread: &it.thread, at: it.at }),
                mail_refs: &[],
                certain: None,
            };
            let candidates: Vec<_> =
                threads.iter().map(|it| Candidate { thread: &it.0, profile: &it.1 }).collect();
            let measured = measure(&arrival, &candidates);
            let right = |row: &usize| place == Some(*row);
            if let Some(choice) = Choice::of(&measured, right, place.is_none()) {
                made.choices.push(choice);
                made.corrected.push(message.is_certain);
            }
        }
        let place = place.unwrap_or(threads.len());
        if place == threads.len() {
            threads.push((message.thread.clone(), Profile::default()));
        }
        if let Some((_, profile)) = threads.get_mut(place) {
            profile.fold(&entry(message));
        }
        places.insert(&message.key, message);
    }
    made
}

fn entry(message: &Past) -> ProfileEntry {
    let digest = digest(&[&message.key]);
    let key = digest.get(..8).and_then(|it| u32::from_str_radix(it, 16).ok()).unwrap_or(0);
    ProfileEntry {
        key,
        edit: 0,
        at: message.at,
        direction: message.direction,
        channel: message.channel.clone(),
        reading: message.reading.clone(),
    }
}

/// Fits on all but a part in turn, judges on that part, and says what came out.
pub fn learn(people: &[Person], shipped: &Model, to: &mut impl Write) -> anyhow::Result<Verdict> {
    let corrections = people.iter().flat_map(|it| &it.corrected).filter(|it| **it).count();
    let decisions: usize = people.iter().map(|it| it.choices.len()).sum();
    writeln!(
        to,
        "{} people, {decisions} decisions, {corrections} of them corrected or certain",
        people.len()
    )?;
    if corrections < LEAST_CORRECTIONS {
        writeln!(to, "too few to tell: {LEAST_CORRECTIONS} are needed")?;
        return Ok(Verdict::TooFew);
    }
    let mut judged = Judged::default();
    for fold in 0..FOLDS {
        let kept = people.iter().enumerate().filter(|(n, _)| n % FOLDS != fold);
        let fitted = fit(kept.map(|it| it.1), shipped);
        for person in people.iter().skip(fold).step_by(FOLDS) {
            judged.add(person, shipped, &fitted);
        }
    }
    let clear = judged.write(to)?;
    if !clear {
        writeln!(to, "it does not help: the weights that are shipped stay")?;
        return Ok(Verdict::DoesNot);
    }
    writeln!(to, "it helps")?;
    Ok(Verdict::Helps(fit(people.iter(), shipped)))
}

fn fit<'a>(people: impl Iterator<Item = &'a Person>, shipped: &Model) -> Model {
    let choices: Vec<&Choice> = people.flat_map(|it| &it.choices).collect();
    likeliest(&choices, &Prior { center: shipped.clone(), decisions: PRIOR_DECISIONS }, &[])
}

/// The decisions judged, of people whom a model was not fitted on.
#[derive(Default)]
struct Judged {
    /// Decisions, right by the shipped weights, right by the fitted ones: of all, and of the corrected ones.
    counts: [[usize; 3]; 2],
    /// The gain in likelihood that the fitted weights give each person's corrected decisions, and the number of those.
    gains: Vec<(f64, usize)>,
}

impl Judged {
    fn add(&mut self, person: &Person, shipped: &Model, fitted: &Model) {
        let mut gain = (0.0, 0);
        for (choice, corrected) in person.choices.iter().zip(&person.corrected) {
            let [(before, was_right), (after, is_right)] =
                [shipped, fitted].map(|it| choice.judged_by(it));
            let rows = if *corrected { &mut self.counts[..] } else { &mut self.counts[..1] };
            for [n, by_shipped, by_fitted] in rows {
                *n += 1;
                *by_shipped += usize::from(was_right);
                *by_fitted += usize::from(is_right);
            }
            if *corrected {
                gain = (gain.0 + after - before, gain.1 + 1);
            }
        }
        self.gains.push(gain);
    }

    /// Writes the table and says whether the fitted weights are clearly better.
    fn write(&self, to: &mut impl Write) -> anyhow::Result<bool> {
        writeln!(
            to,
            "{:12} {:>9} {:>14} {:>14}",
            "", "decisions", "shipped right", "fitted right"
        )?;
        for (name, [n, by_shipped, by_fitted]) in ["all", "corrected"].iter().zip(self.counts) {
            let percent = |part: usize| 100.0 * float(part) / float(n).max(1.0);
            let (before, after) = (percent(by_shipped), percent(by_fitted));
            writeln!(to, "{name:12} {n:>9} {before:>13.1}% {after:>13.1}%")?;
        }
        let n: usize = self.gains.iter().map(|it| it.1).sum();
        let mean = self.gains.iter().map(|it| it.0).sum::<f64>() / float(n).max(1.0);
        // People are drawn, not messages: what one says is alike.
        let squares = self.gains.iter().map(|it| (it.0 - mean * float(it.1)).powi(2));
        let error = squares.sum::<f64>().sqrt() / float(n).max(1.0);
        writeln!(to, "likelier by {mean:.4} a corrected decision, give or take {error:.4}")?;
        let [_, [_, by_shipped, by_fitted]] = self.counts;
        Ok(mean > CLEARLY * error && by_fitted > by_shipped)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a company has fewer than 2^52 messages")]
fn float(n: usize) -> f64 {
    n as f64
}
