//! The decision: scores, one softmax, the winner, its probability and what spoke for it.

use serde::Deserialize;

use super::evidence::{self, Evidence};
use super::features::{NEW_FEATURES, THREAD_FEATURES};
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
    /// What is kept of it.
    pub profile: &'a Profile,
}

/// A message to be filed.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Where it came from.
    pub channel: &'a Channel,
    /// When it was sent.
    pub at: Timestamp,
    /// What it says.
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

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filing {
    /// Into this thread.
    Thread(ThreadId),
    /// Into a thread of its own.
    New,
}

/// Where a message goes, how sure that is, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where it goes.
    pub filing: Filing,
    /// The probability that this is right.
    pub confidence: f32,
    /// What spoke for it, the strongest first.
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

/// Where a message goes.
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
                confidence: share,
                evidence: evidence::of_thread(model, &measured, arrival.reading, row, second),
            }
        }
        Some((row, ..)) => Decision {
            filing: Filing::New,
            confidence: new,
            evidence: evidence::of_new(model, &measured, row),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Direction;
    use crate::threading::Entry;

    const NOW: i64 = 1_800_000_000;
    static WHATSAPP: Channel = Channel::from_static("whatsapp");
    static EMAIL: Channel = Channel::from_static("email");

    fn entry(minutes_ago: i64, direction: Direction, text: &str) -> Entry {
        Entry {
            key: u32::try_from(minutes_ago).unwrap(),
            edit: 0,
            at: Timestamp::from_secs(NOW - minutes_ago * 60),
            direction,
            channel: WHATSAPP.clone(),
            reading: Some(Reading::of(text, None)),
        }
    }

    /// A chair that we asked about so many minutes ago, and a lamp of last week.
    fn threads(minutes: i64) -> Vec<(ThreadId, Profile)> {
        let chair = [
            entry(
                minutes + 6,
                Direction::In,
                "Hello, I would like to return the chair of order A-10012",
            ),
            entry(minutes, Direction::Out, "Sure. Is the chair still in its box?"),
        ];
        let lamp = [
            entry(9_000, Direction::In, "Bonjour, ma lampe de la commande A-20034 est cassée"),
            entry(8_990, Direction::Out, "Nous vous envoyons une autre lampe."),
        ];
        vec![
            (ThreadId::new("chair"), Profile::of(&chair)),
            (ThreadId::new("lamp"), Profile::of(&lamp)),
        ]
    }

    fn arrival(reading: &Reading) -> Arrival<'_> {
        Arrival {
            channel: &WHATSAPP,
            at: Timestamp::from_secs(NOW),
            reading,
            reply_to: None,
            mail_refs: &[],
            certain: None,
        }
    }

    /// Decides between the chair and the lamp, and says why.
    fn file(minutes: i64, arrival: &Arrival<'_>) -> (Decision, Vec<String>) {
        let threads = threads(minutes);
        let candidates: Vec<_> =
            threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
        let decision = decide(&Model::current(), arrival, &candidates);
        let words = decision.evidence.iter().map(|it| it.words(arrival.at)).collect();
        (decision, words)
    }

    fn thread(name: &str) -> Filing {
        Filing::Thread(ThreadId::new(name))
    }

    #[test]
    fn an_answer_goes_where_we_asked_and_says_so() {
        let (decision, words) =
            file(3, &arrival(&Reading::of("Yes, the chair is in its box", None)));
        assert_eq!(decision.filing, thread("chair"));
        assert!(!decision.is_unsure(0.9), "{}", decision.confidence);
        assert!(words.contains(&"answers the question we asked 3 min ago".to_owned()), "{words:?}");
    }

    #[test]
    fn an_order_number_finds_an_old_thread_on_another_channel() {
        let (decision, words) = {
            let reading = Reading::of("Any news of a20034?", None);
            file(3, &Arrival { channel: &EMAIL, ..arrival(&reading) })
        };
        assert_eq!(decision.filing, thread("lamp"));
        assert_eq!(words.first().map(String::as_str), Some("same number a20034"));
    }

    #[test]
    fn a_greeting_with_another_wish_opens_a_thread() {
        let (decision, words) =
            file(40, &arrival(&Reading::of("Bonjour, je voudrais réserver une table", None)));
        assert_eq!(decision.filing, Filing::New);
        assert!(words.contains(&"starts with a greeting".to_owned()), "{words:?}");
    }

    #[test]
    fn a_quoted_message_is_weighed_and_told_with_its_day() {
        let lamp = ThreadId::new("lamp");
        let quoted = Quoted { thread: &lamp, at: Timestamp::from_secs(NOW - 9_000 * 60) };
        let reading = Reading::of("Toujours rien reçu de la lampe", None);
        let (decision, words) = file(200, &Arrival { reply_to: Some(quoted), ..arrival(&reading) });
        assert_eq!(decision.filing, thread("lamp"));
        assert!(words.contains(&"reply to the message of 9 January".to_owned()), "{words:?}");
    }

    #[test]
    fn a_reference_to_a_thread_that_is_no_candidate_counts_for_nothing() {
        let foreign = ThreadId::new("somebody else's");
        let quoted = Quoted { thread: &foreign, at: Timestamp::from_secs(NOW) };
        let refs = [foreign.clone()];
        let reading = Reading::of("Yes, it is", None);
        let plain = arrival(&reading);
        let with = Arrival { reply_to: Some(quoted), mail_refs: &refs, ..plain };
        assert_eq!(file(3, &with).0, file(3, &plain).0);
    }

    #[test]
    fn certain_evidence_decides_alone() {
        let lamp = ThreadId::new("lamp");
        let reading = Reading::of("Yes", None);
        let certain = Some((Certain::Choice, &lamp));
        let (decision, words) = file(3, &Arrival { certain, ..arrival(&reading) });
        assert_eq!((decision.filing, decision.confidence), (thread("lamp"), 1.0));
        assert_eq!(words, ["answers a choice that we sent"]);
    }

    #[test]
    fn the_first_message_opens_a_thread() {
        let decision = decide(&Model::current(), &arrival(&Reading::of("yes", None)), &[]);
        assert_eq!((decision.filing, decision.confidence), (Filing::New, 1.0));
    }

    #[test]
    fn a_clock_that_goes_backwards_changes_little() {
        let reading = Reading::of("Yes, it is", None);
        let early = Arrival { at: Timestamp::from_secs(NOW - 3_600), ..arrival(&reading) };
        assert_eq!(file(3, &early).0.filing, thread("chair"));
    }

    #[test]
    fn of_500_threads_the_latest_and_the_quoted_one_are_weighed() {
        let chair = threads(3).swap_remove(0).1;
        let old = Profile::of(&[entry(90_000, Direction::In, "a red bicycle")]);
        let mut threads: Vec<(ThreadId, Profile)> =
            (0..500).map(|n| (ThreadId::new(format!("t{n}")), old.clone())).collect();
        threads[321].1 = chair;
        let candidates: Vec<_> =
            threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
        let reading = Reading::of("Yes", None);
        let quoted = Quoted { thread: &threads[444].0, at: Timestamp::from_secs(NOW) };
        let arrival = Arrival { reply_to: Some(quoted), ..arrival(&reading) };
        let measured = measure(&arrival, &candidates);
        assert_eq!(measured.order.len(), super::super::MOST_CANDIDATES);
        assert!(measured.order.contains(&444) && measured.order.first() == Some(&321));
        assert_eq!(decide(&Model::current(), &arrival, &candidates).filing, thread("t321"));
    }

    #[test]
    fn every_weight_keeps_its_sign_and_none_may_be_missing() {
        use crate::threading::features::Sign;
        let model = Model::current();
        let threads = THREAD_FEATURES.iter().map(|it| (it.name, it.sign)).zip(model.thread);
        let new = NEW_FEATURES.iter().map(|it| (it.name, it.sign)).zip(model.new);
        for ((name, sign), weight) in threads.chain(new) {
            let keeps = match sign {
                Sign::For => weight >= 0.0,
                Sign::Against => weight <= 0.0,
                Sign::Free => true,
            };
            assert!(keeps, "{name}: {weight}");
        }
        assert!(matches!(
            Model::parse(r#"{"thread":{},"new":{}}"#),
            Err(ModelError::Missing("reply_to"))
        ));
    }
}
