//! Fits the weights: listwise maximum likelihood of the right row, L2, features scaled by their root mean square,
//! every sign kept. The same streams give the same weights.

use domain::threading::features::{NEW_FEATURES, Sign, THREAD_FEATURES};
use domain::threading::{Model, measure};

use crate::minimum::minimum;
use crate::replay::{Case, Help, Watch, replay};
use crate::stream::Contact;

/// How strongly weights are drawn to zero.
const L2: f64 = 1e-3;
/// The confidence below which somebody answers in the last round.
const ASK_BELOW: f32 = 0.75;
/// No weight is greater: a feature that is rare in the streams must not decide alone.
const MOST: f64 = 6.0;

const THREADS: usize = THREAD_FEATURES.len();
const ALL: usize = THREADS + NEW_FEATURES.len();

/// One decision: the rows of features, "new thread" last, and which of them are right.
struct Choice {
    rows: Vec<[f64; ALL]>,
    right: Vec<bool>,
}

/// Gathers the decisions of a run.
#[derive(Default)]
struct Choices(Vec<Choice>);

impl Watch for Choices {
    fn case(&mut self, case: &Case<'_>) {
        let measured = measure(case.arrival, case.candidates);
        if measured.rows.is_empty() {
            return;
        }
        let is_swallowed = case.mostly.is_empty();
        // When another thread has swallowed the topic, to go on there or to start anew is both right.
        let is_right =
            |it: &usize| case.mostly.contains(it) || is_swallowed && case.holder == Some(*it);
        let mut right: Vec<bool> = measured.order.iter().map(is_right).collect();
        right.push(is_swallowed);
        let mut rows: Vec<[f64; ALL]> = measured.rows.iter().map(|it| row(it, &[])).collect();
        rows.push(row(&[], &measured.new));
        self.0.push(Choice { rows, right });
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
pub fn fit(contacts: &[Contact], mut progress: impl FnMut(&str)) -> anyhow::Result<Model> {
    let mut model = Model { thread: [0.0; THREADS], new: [0.0; NEW_FEATURES.len()] };
    let mut choices = Choices::default();
    for help in [Help::Always, Help::Never, Help::Below(ASK_BELOW)] {
        for contact in contacts {
            replay(&model, contact, help, &mut choices)?;
        }
        progress(&format!("{help:?}: {} decisions", choices.0.len()));
        model = likeliest(&choices.0);
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

fn likeliest(choices: &[Choice]) -> Model {
    let scales = root_mean_squares(choices);
    let bounds: Vec<(f64, f64)> = signs()
        .zip(scales)
        .map(|(sign, scale)| match sign {
            Sign::For => (0.0, MOST * scale),
            Sign::Against => (-MOST * scale, 0.0),
            Sign::Free => (-MOST * scale, MOST * scale),
        })
        .collect();
    let found = minimum(&[0.0; ALL], &bounds, |weights| loss(choices, &scales, weights));
    let weights = found.iter().zip(scales).map(|(weight, scale)| rounded(weight / scale));
    let mut model = Model { thread: [0.0; THREADS], new: [0.0; NEW_FEATURES.len()] };
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

fn signs() -> impl Iterator<Item = Sign> {
    THREAD_FEATURES.iter().map(|it| it.sign).chain(NEW_FEATURES.iter().map(|it| it.sign))
}

/// The root mean square of each feature over the rows that can have it.
fn root_mean_squares(choices: &[Choice]) -> [f64; ALL] {
    let mut sums = [0.0; ALL];
    let mut rows = 0.0;
    for row in choices.iter().flat_map(|it| &it.rows) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
        rows += 1.0;
    }
    sums.map(|sum| if sum > 0.0 { f64::sqrt(sum / rows) } else { 1.0 })
}

/// The mean negative log-likelihood of the right rows and its gradient, for weights of scaled features.
fn loss(choices: &[Choice], scales: &[f64; ALL], weights: &[f64]) -> (f64, Vec<f64>) {
    let plain: Vec<f64> =
        weights.iter().zip(scales).map(|(weight, scale)| weight / scale).collect();
    let mut slope = [0.0; ALL];
    let mut total = 0.0;
    for choice in choices {
        let scores: Vec<f64> = choice
            .rows
            .iter()
            .map(|row| row.iter().zip(&plain).map(|(value, weight)| value * weight).sum())
            .collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = scores.iter().map(|it| (it - most).exp()).collect();
        let all: f64 = shares.iter().sum();
        let right: f64 = shares.iter().zip(&choice.right).filter(|it| *it.1).map(|it| it.0).sum();
        total -= (right / all).max(1e-300).ln();
        for ((row, share), is_right) in choice.rows.iter().zip(&shares).zip(&choice.right) {
            let wanted = if *is_right { share / right.max(1e-300) } else { 0.0 };
            let pull = share / all - wanted;
            slope.iter_mut().zip(row).for_each(|(to, value)| *to += pull * value);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "streams have fewer than 2^52 decisions")]
    let n = choices.len().max(1) as f64;
    let drawn: f64 = weights.iter().map(|it| it * it).sum();
    let slope = slope.iter().zip(scales).zip(weights);
    let slope = slope.map(|((sum, scale), weight)| sum / scale / n + L2 * weight).collect();
    (total / n + L2 / 2.0 * drawn, slope)
}

/// Three digits say all that a fit knows.
#[expect(clippy::cast_possible_truncation, reason = "weights are stored as f32")]
fn rounded(weight: f64) -> f32 {
    ((weight * 1000.0).round() / 1000.0) as f32
}
