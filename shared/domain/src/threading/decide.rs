//! The decision: scores, one softmax, the winner, its probability and what spoke for it.

use serde::Deserialize;

use super::evidence::{self, Evidence};
use super::features::{MOST_SURE_IN_DOUBT, NEW_FEATURES, THREAD_FEATURES};
use super::profile::Profile;
use super::reading::Reading;
use super::scene::{Measured, measure};
use crate::id::{Channel, ThreadId};
use crate::time::Timestamp;

/// A thread of the contact that a message may belong to.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The thread.
    pub thread: &'a ThreadId,
    /// The facts that are kept of it.
    pub profile: &'a Profile,
}

/// A message to be filed.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The channel that it came from.
    pub channel: &'a Channel,
    /// When it was sent.
    pub at: Timestamp,
    /// The reading of its words.
    pub reading: &'a Reading,
    /// The message that it quotes or replies to, where we know its thread.
    pub reply_to: Option<Quoted<'a>>,
    /// The threads of the messages in a mail's In-Reply-To and References.
    pub mail_refs: &'a [ThreadId],
    /// Evidence that decides alone.
    pub certain: Option<(Certain, &'a ThreadId)>,
}

/// A message that another one quotes.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a> {
    /// The thread that it is in.
    pub thread: &'a ThreadId,
    /// When it was sent.
    pub at: Timestamp,
}

/// Evidence that decides alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certain {
    /// Our own token came back: a signed plus-address, or the thread of our own widget.
    Token,
    /// A link code that we gave out.
    LinkCode,
    /// An answer to a choice that we sent.
    Choice,
    /// One of us said so.
    Person,
    /// The customer said so when we asked.
    Customer,
}

impl Certain {
    /// Every kind.
    pub(super) const ALL: [Self; 5] =
        [Self::Token, Self::LinkCode, Self::Choice, Self::Person, Self::Customer];

    /// Its name among reasons.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::LinkCode => "link_code",
            Self::Choice => "choice",
            Self::Person => "person",
            Self::Customer => "customer",
        }
    }
}

/// The place of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filing {
    /// Into this thread.
    Thread(ThreadId),
    /// Into a thread of its own.
    New,
}

/// The place of a message, how sure that is, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The place that it goes to.
    pub filing: Filing,
    /// The probability that this is right.
    pub confidence: f32,
    /// The reasons that spoke for it, the strongest first.
    pub evidence: Vec<Evidence>,
}

impl Decision {
    /// Whether somebody should have a look.
    #[must_use]
    pub fn is_unsure(&self, threshold: f32) -> bool {
        self.confidence < threshold
    }
}

/// The fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// One per row of [`THREAD_FEATURES`].
    pub thread: [f32; THREAD_FEATURES.len()],
    /// One per row of [`NEW_FEATURES`].
    pub new: [f32; NEW_FEATURES.len()],
}

/// A weight file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is not JSON of this shape.
    #[error("the weights cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// It is for other features.
    #[error("there is no weight for `{0}`")]
    Missing(&'static str),
}

#[derive(Deserialize)]
struct File {
    thread: std::collections::BTreeMap<String, f32>,
    new: std::collections::BTreeMap<String, f32>,
}

impl Model {
    /// The weights that this program was built with.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is compiled in, and every test reads it")]
    pub fn current() -> Self {
        Self::parse(include_str!("../../data/threading/weights.json"))
            .expect("a weight per feature")
    }

    /// The weights in a file of `fit-threads`.
    pub fn parse(json: &str) -> Result<Self, ModelError> {
        let file: File = serde_json::from_str(json)?;
        let mut model = Self { thread: [0.0; _], new: [0.0; _] };
        for (weight, feature) in model.thread.iter_mut().zip(&THREAD_FEATURES) {
            *weight = *file.thread.get(feature.name).ok_or(ModelError::Missing(feature.name))?;
        }
        for (weight, feature) in model.new.iter_mut().zip(&NEW_FEATURES) {
            *weight = *file.new.get(feature.name).ok_or(ModelError::Missing(feature.name))?;
        }
        Ok(model)
    }

    /// The probability of each candidate, in the order of `measured`, and of a new thread.
    #[must_use]
    pub fn probabilities(&self, measured: &Measured) -> (Vec<f32>, f32) {
        let scores: Vec<f32> = measured.rows.iter().map(|it| dot(&self.thread, it)).collect();
        let new = dot(&self.new, &measured.new);
        let most = scores.iter().copied().fold(new, f32::max);
        let sum: f32 = scores.iter().map(|it| (it - most).exp()).sum::<f32>() + (new - most).exp();
        let share = |score: f32| (score - most).exp() / sum;
        (scores.iter().map(|it| share(*it)).collect(), share(new))
    }
}

fn dot(weights: &[f32], values: &[f32]) -> f32 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

/// Decides on the place of a message.
///
/// Certain evidence decides alone. Otherwise at most 24 candidates are weighed: the most recently active ones, and those
/// that the message refers to. References to threads that are no candidates count for nothing.
#[must_use]
pub fn decide(model: &Model, arrival: &Arrival<'_>, candidates: &[Candidate<'_>]) -> Decision {
    if let Some((why, thread)) = arrival.certain {
        let evidence = vec![Evidence::certain(why)];
        return Decision { filing: Filing::Thread(thread.clone()), confidence: 1.0, evidence };
    }
    let measured = measure(arrival, candidates);
    let (shares, new) = model.probabilities(&measured);
    let most = if measured.doubts.is_empty() { 1.0 } else { MOST_SURE_IN_DOUBT };
    let mut ranked: Vec<(usize, f32)> = shares.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let thread = |row: usize| {
        let candidate = measured.order.get(row).and_then(|it| candidates.get(*it));
        candidate.map(|it| it.thread.clone())
    };
    match ranked.first().and_then(|(row, share)| Some((*row, *share, thread(*row)?))) {
        None => {
            let evidence = vec![Evidence::first_message()];
            Decision { filing: Filing::New, confidence: 1.0, evidence }
        }
        Some((row, share, thread)) if share >= new => {
            let second = ranked.get(1).filter(|it| it.1 > new).map(|it| it.0);
            Decision {
                filing: Filing::Thread(thread),
                confidence: share.min(most),
                evidence: evidence::of_thread(model, &measured, arrival.reading, row, second),
            }
        }
        Some((row, ..)) => Decision {
            filing: Filing::New,
            confidence: new.min(most),
            evidence: evidence::of_new(model, &measured, arrival.reading, row),
        },
    }
}

#[cfg(test)]
mod tests;
