//! Fits the weights: listwise maximum likelihood of the right row, L2, features scaled by their root mean square,
//! every sign kept. The same streams give the same weights.

use domain::threading::features::{NEW_FEATURES, Sign, THREAD_FEATURES};
use domain::threading::{Measured, Model, measure};

use crate::minimum::minimum;
use crate::replay::{Case, Help, Watch, replay};
use crate::stream::Contact;

/// The strength with which weights are drawn to zero.
const L2: f64 = 1e-3;
/// The confidence below which somebody answers in the last round.
const ASK_BELOW: f32 = 0.75;
/// No weight is greater: a feature that is rare in the streams must not decide alone.
const MOST: f64 = 6.0;

/// The least worth of a number of one thread alone: where the rows about channels count beside it, fitting gives it
/// that. Where they say nothing, it takes so much of it that a number would not go over to another channel.
const LEAST_OWN_ID: f64 = 3.0;

const THREADS: usize = THREAD_FEATURES.len();
const ALL: usize = THREADS + NEW_FEATURES.len();

/// One decision: the rows of features, "new thread" last, and which of them are right.
pub(crate) struct Choice {
    rows: Vec<[f64; ALL]>,
    right: Vec<bool>,
    weight: f64,
}

impl Choice {
    /// A decision as it was measured. `None` where there is nothing to choose from.
    pub(crate) fn of(
        measured: &Measured,
        is_right: impl Fn(&usize) -> bool,
        is_new: bool,
    ) -> Option<Self> {
        if measured.rows.is_empty() {
            return None;
        }
        let mut right: Vec<bool> = measured.order.iter().map(is_right).collect();
        right.push(is_new);
        let mut rows: Vec<[f64; ALL]> = measured.rows.iter().map(|it| row(it, &[])).collect();
        rows.push(row(&[], &measured.new));
        Some(Self { rows, right, weight: 1.0 })
    }

    /// The log-likelihood that a model gives to what is right, and whether it would choose that.
    pub(crate) fn judged_by(&self, model: &Model) -> (f64, bool) {
        let weights: Vec<f64> =
            model.thread.iter().chain(&model.new).map(|it| f64::from(*it)).collect();
        let shares = self.shares(&weights);
        let all: f64 = shares.iter().sum();
        let right: f64 = shares.iter().zip(&self.right).filter(|it| *it.1).map(|it| it.0).sum();
        let best = shares.iter().zip(&self.right).max_by(|a, b| a.0.total_cmp(b.0));
        ((right / all).max(1e-300).ln(), best.is_some_and(|it| *it.1))
    }

    /// The share that each row would get of the softmax, times a factor.
    fn shares(&self, weights: &[f64]) -> Vec<f64> {
        let score =
            |row: &[f64; ALL]| row.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        let scores: Vec<f64> = self.rows.iter().map(score).collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        scores.iter().map(|it| (it - most).exp()).collect()
    }
}

/// The weights that the fitted ones are drawn to, and by how much.
pub(crate) struct Prior {
    /// The weights.
    pub(crate) center: Model,
    /// Decisions that weigh as much.
    pub(crate) decisions: f64,
}

/// Gathers the decisions of a run.
#[derive(Default)]
struct Choices {
    made: Vec<Choice>,
    /// The weight of each decision that is gathered now.
    weight: f64,
}

/// Streams to fit on, and how much each of their decisions counts.
pub struct Share {
    /// The people.
    pub contacts: Vec<Contact>,
    /// The weight of one decision.
    pub weight: f64,
}

impl Watch for Choices {
    fn case(&mut self, case: &Case<'_>) {
        let measured = measure(case.arrival, case.candidates);
        let is_swallowed = case.mostly.is_empty();
        // When another thread has swallowed the topic, to go on there or to start anew is both right.
        let is_right =
            |it: &usize| case.mostly.contains(it) || is_swallowed && case.holder == Some(*it);
        if let Some(choice) = Choice::of(&measured, is_right, is_swallowed) {
            self.made.push(Choice { weight: self.weight, ..choice });
        }
    }
}

fn row(thread: &[f32], new: &[f32]) -> [f64; ALL] {
    let mut row = [0.0; ALL];
    row.iter_mut().zip(thread).for_each(|(to, from)| *to = f64::from(*from));
    row.iter_mut().skip(THREADS).zip(new).for_each(|(to, from)| *to = f64::from(*from));
    row
}

/// Fits in rounds: on the states that right filings leave, then also on those that the model leaves alone, then also on
/// those that it leaves when somebody answers where it is unsure. Each round keeps the states before: they are what the
/// confidence is judged on.
pub fn fit(
    shares: &[Share],
    without: &[String],
    mut progress: impl FnMut(&str),
) -> anyhow::Result<Model> {
    let mut model = nothing();
    let mut choices = Choices::default();
    for help in [Help::Always, Help::Never, Help::Below(ASK_BELOW)] {
        for share in shares {
            choices.weight = share.weight;
            for contact in &share.contacts {
                replay(&model, contact, help, &mut choices)?;
            }
        }
        progress(&format!("{help:?}: {} decisions", choices.made.len()));
        let all: Vec<&Choice> = choices.made.iter().collect();
        let decisions = L2 * all.iter().map(|it| it.weight).sum::<f64>();
        model = likeliest(&all, &Prior { center: nothing(), decisions }, without);
    }
    Ok(model)
}

/// The weights as their data file.
#[must_use]
pub fn file(model: &Model, streams: &[String]) -> String {
    let threads = THREAD_FEATURES.iter().map(|it| it.name).zip(model.thread);
    let new = NEW_FEATURES.iter().map(|it| it.name).zip(model.new);
    let rows = |rows: &mut dyn Iterator<Item = (&'static str, f32)>| {
        rows.map(|(name, weight)| format!("    \"{name}\": {weight}"))
            .collect::<Vec<_>>()
            .join(",\n")
    };
    let named: Vec<String> = streams.iter().map(|it| format!("\"{it}\"")).collect();
    format!(
        "{{\n  \"streams\": [{}],\n  \"thread\": {{\n{}\n  }},\n  \"new\": {{\n{}\n  }}\n}}\n",
        named.join(", "),
        rows(&mut { threads }),
        rows(&mut { new })
    )
}

/// The weights of who knows nothing.
fn nothing() -> Model {
    Model { thread: [0.0; THREADS], new: [0.0; NEW_FEATURES.len()] }
}

/// The likeliest weights for these decisions, drawn to others.
pub(crate) fn likeliest(choices: &[&Choice], prior: &Prior, without: &[String]) -> Model {
    let scales = root_mean_squares(choices);
    let bounds: Vec<(f64, f64)> = signs()
        .zip(scales)
        .map(|(sign, scale)| match sign {
            Sign::For => (0.0, MOST * scale),
            Sign::Against => (-MOST * scale, 0.0),
            Sign::Free => (-MOST * scale, MOST * scale),
        })
        .zip(names())
        .zip(scales)
        .map(|((bounds, name), scale)| match name {
            _ if without.iter().any(|it| it == name) => (0.0, 0.0),
            "own_id" => (LEAST_OWN_ID * scale, bounds.1),
            _ => bounds,
        })
        .collect();
    let center = prior.center.thread.iter().chain(&prior.center.new);
    let center: Vec<f64> = center.zip(scales).map(|(it, scale)| f64::from(*it) * scale).collect();
    let pull = (center.as_slice(), prior.decisions);
    let found = minimum(&center, &bounds, |weights| loss(choices, &scales, pull, weights));
    let weights = found.iter().zip(scales).map(|(weight, scale)| rounded(weight / scale));
    let mut model = nothing();
    model.thread.iter_mut().chain(&mut model.new).zip(weights).for_each(|(to, it)| *to = it);
    cap_common_id(&mut model);
    model
}

/// An id that several threads share cannot say more than one that only one has; it is too rare to be fitted.
fn cap_common_id(model: &mut Model) {
    let place = |name: &str| THREAD_FEATURES.iter().position(|it| it.name == name);
    let weight = |at: Option<usize>| at.and_then(|it| model.thread.get(it)).copied();
    let own = weight(place("own_id")).unwrap_or(0.0);
    if let Some(common) = place("common_id").and_then(|it| model.thread.get_mut(it)) {
        *common = common.min(own);
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    THREAD_FEATURES.iter().map(|it| it.name).chain(NEW_FEATURES.iter().map(|it| it.name))
}

fn signs() -> impl Iterator<Item = Sign> {
    THREAD_FEATURES.iter().map(|it| it.sign).chain(NEW_FEATURES.iter().map(|it| it.sign))
}

/// The root mean square of each feature over the rows that can have it.
fn root_mean_squares(choices: &[&Choice]) -> [f64; ALL] {
    let mut sums = [0.0; ALL];
    let mut rows = 0.0;
    for row in choices.iter().flat_map(|it| &it.rows) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
        rows += 1.0;
    }
    sums.map(|sum| if sum > 0.0 { f64::sqrt(sum / rows) } else { 1.0 })
}

/// The mean negative log-likelihood of the right rows and its gradient, for weights of scaled features that are drawn to
/// others as strongly as so many decisions would.
fn loss(
    choices: &[&Choice],
    scales: &[f64; ALL],
    (center, decisions): (&[f64], f64),
    weights: &[f64],
) -> (f64, Vec<f64>) {
    let plain: Vec<f64> =
        weights.iter().zip(scales).map(|(weight, scale)| weight / scale).collect();
    let mut slope = [0.0; ALL];
    let mut total = 0.0;
    for choice in choices {
        let shares = choice.shares(&plain);
        let all: f64 = shares.iter().sum();
        let right: f64 = shares.iter().zip(&choice.right).filter(|it| *it.1).map(|it| it.0).sum();
        total -= choice.weight * (right / all).max(1e-300).ln();
        for ((row, share), is_right) in choice.rows.iter().zip(&shares).zip(&choice.right) {
            let wanted = if *is_right { share / right.max(1e-300) } else { 0.0 };
            let pull = choice.weight * (share / all - wanted);
            slope.iter_mut().zip(row).for_each(|(to, value)| *to += pull * value);
        }
    }
    let n = choices.iter().map(|it| it.weight).sum::<f64>().max(1e-9);
    let pull = decisions / n;
    let away: Vec<f64> = weights.iter().zip(center).map(|(it, center)| it - center).collect();
    let drawn: f64 = away.iter().map(|it| it * it).sum();
    let slope = slope.iter().zip(scales).zip(&away);
    let slope = slope.map(|((sum, scale), away)| sum / scale / n + pull * away).collect();
    (total / n + pull / 2.0 * drawn, slope)
}

/// Three digits say all that a fit knows.
#[expect(clippy::cast_possible_truncation, reason = "weights are stored as f32")]
fn rounded(weight: f64) -> f32 {
    ((weight * 1000.0).round() / 1000.0) as f32
}
