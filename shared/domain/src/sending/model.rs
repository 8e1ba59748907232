//! Plays sends with stops and losses at every step, to show that none arrives twice, or never, without a flag.

use std::collections::{HashMap, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::id::{AccountId, Channel, ContactId, IdentityId, MessageId, ThreadId};
use crate::outbound::{Author, Failure, SendContent, SendError, SendProblem};
use crate::status::Status;
use crate::time::Timestamp;

/// A message that was just accepted.
pub(super) fn outgoing() -> Outgoing {
    let to = vec![IdentityId::phone("+447700900111")];
    let leg = Leg::new(Channel::from_static("whatsapp"), AccountId::new("7008"), to);
    Outgoing {
        id: MessageId::new("msg_1"),
        content: SendContent::Text { text: "Your table is booked.".to_owned() },
        author: Author::Human,
        legs: vec![leg],
        passed: vec![],
        thread: ThreadId::new("thr_1"),
        contact: ContactId::new("con_1"),
        at: Timestamp::from_secs(1_000),
        expires_at: None,
        hash: "0".repeat(64),
        client_ref: None,
        kept_until: None,
    }
}

/// The platform's behaviour at a call.
#[derive(Clone, Copy, Debug)]
enum CallAnswer {
    Takes,
    TakesUnheard,
    LosesUnheard,
    NotNow,
    NotNowBeforeItsIntent,
    Refuses,
}

/// One turn: how long nothing happens before it, whether the caller repeats its request, after how many steps the program
/// stops, and what the platform does.
#[derive(Clone, Copy, Debug)]
struct Turn {
    quiet_s: i64,
    repeated: bool,
    steps: u32,
    answer: CallAnswer,
}

struct World {
    progress: Progress,
    failure: Option<SendProblem>,
    timers: Vec<(Timestamp, Step)>,
    queue: VecDeque<Step>,
    /// When each entry was last put in: the queue drops what comes again within five minutes.
    put_at: HashMap<Step, Timestamp>,
    arrived: u32,
    /// Whether pointer and thread know of the result.
    completed: bool,
    resends: bool,
    now: Timestamp,
}

/// The program was stopped.
struct Stopped;

struct Budget(u32);

impl Budget {
    fn step(&mut self) -> Result<(), Stopped> {
        self.0 = self.0.checked_sub(1).ok_or(Stopped)?;
        Ok(())
    }
}

impl World {
    fn new(resends: bool) -> Self {
        let progress = outgoing().progress(0).unwrap();
        let mut world = Self {
            progress,
            failure: None,
            timers: Vec::new(),
            queue: VecDeque::new(),
            put_at: HashMap::new(),
            arrived: 0,
            completed: false,
            resends,
            now: progress.at,
        };
        world.put(Step::Send(1));
        world
    }

    fn put(&mut self, step: Step) {
        let before = self.put_at.get(&step).copied();
        if before.is_none_or(|it| 300_000 < self.now.since(it)) {
            self.put_at.insert(step, self.now);
            self.queue.push_back(step);
        }
    }

    fn turn(&mut self, turn: Turn) {
        self.now = self.now.plus_ms(turn.quiet_s * 1_000);
        self.timers.sort();
        let n_due = self.timers.partition_point(|(at, _)| *at <= self.now);
        let due: Vec<_> = self.timers.drain(..n_due).collect();
        for (_, step) in due {
            self.put(step);
        }
        if turn.repeated {
            self.put(Step::Send(1));
        }
        let Some(step) = self.queue.front().copied() else { return };
        if self.handle(step, turn.answer, &mut Budget(turn.steps)).is_ok() {
            self.queue.pop_front();
        }
    }

    fn handle(
        &mut self,
        step: Step,
        answer: CallAnswer,
        budget: &mut Budget,
    ) -> Result<(), Stopped> {
        loop {
            budget.step()?;
            match decide(&self.progress, step, self.resends, self.now) {
                Move::Nothing => return Ok(()),
                Move::Complete => return self.complete(budget),
                Move::Expire => self.end(Status::Failed, SendProblem::Expired),
                Move::GiveUp { .. } => self.end(Status::Failed, SendProblem::Unconfirmed),
                Move::Doubt { .. } => self.progress.status = Status::Unconfirmed,
                Move::Attempt { n, duplicate } => {
                    return self.attempt(n, duplicate, answer, budget);
                }
            }
        }
    }

    fn attempt(
        &mut self,
        n: u32,
        duplicate: bool,
        answer: CallAnswer,
        budget: &mut Budget,
    ) -> Result<(), Stopped> {
        self.timers.push((self.now.plus_ms(600_000), Step::Confirm(n)));
        budget.step()?;
        if !matches!(answer, CallAnswer::NotNowBeforeItsIntent) {
            self.progress.attempt = n;
            self.progress.intent = Some(self.now);
            self.progress.retry_at = None;
            self.progress.possible_duplicate |= duplicate;
            budget.step()?;
            self.arrived +=
                u32::from(matches!(answer, CallAnswer::Takes | CallAnswer::TakesUnheard));
            budget.step()?;
        }
        let failure = Failure::ours(SendProblem::RateLimited);
        let error = match answer {
            CallAnswer::TakesUnheard | CallAnswer::LosesUnheard => return Ok(()),
            CallAnswer::Takes => {
                self.progress.intent = None;
                self.progress.status = self.progress.status.join(Status::Sent);
                budget.step()?;
                return self.complete(budget);
            }
            CallAnswer::NotNow | CallAnswer::NotNowBeforeItsIntent => {
                SendError::Retry { after_ms: None, at_most: None, failure }
            }
            CallAnswer::Refuses => SendError::Refused(failure),
        };
        match after_failure(&self.progress, &MessageId::new("msg_1"), n, &error, self.now) {
            Retry::At(at) => {
                self.timers.push((at, Step::Send(n + 1)));
                budget.step()?;
                self.progress.attempt = n;
                self.progress.intent = None;
                self.progress.retry_at = Some(at);
                self.progress.possible_duplicate |= duplicate;
            }
            Retry::Never(status, failure) => self.end(status, failure.problem),
        }
        budget.step()
    }

    fn complete(&mut self, budget: &mut Budget) -> Result<(), Stopped> {
        budget.step()?;
        self.completed = true;
        Ok(())
    }

    fn end(&mut self, status: Status, problem: SendProblem) {
        self.progress.status = self.progress.status.join(status);
        self.progress.intent = None;
        self.failure = Some(problem);
    }

    fn is_flagged(&self) -> bool {
        self.progress.possible_duplicate || self.failure.is_some()
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let answer = prop_oneof![
        Just(CallAnswer::Takes),
        Just(CallAnswer::TakesUnheard),
        Just(CallAnswer::LosesUnheard),
        Just(CallAnswer::NotNow),
        Just(CallAnswer::NotNowBeforeItsIntent),
        Just(CallAnswer::Refuses),
    ];
    (0i64..1_200, proptest::bool::weighted(0.1), 1u32..10, answer)
        .prop_map(|(quiet_s, repeated, steps, answer)| Turn { quiet_s, repeated, steps, answer })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_message_arrives_twice_or_never_without_a_flag(
        turns in proptest::collection::vec(turn(), 0..24),
        resends in any::<bool>(),
    ) {
        let mut world = World::new(resends);
        for turn in turns {
            world.turn(turn);
        }
        // From now on nothing goes wrong.
        for _ in 0..100 {
            world.turn(Turn { quiet_s: 1_200, repeated: false, steps: u32::MAX, answer: CallAnswer::Takes });
        }
        prop_assert!(world.queue.is_empty() && world.timers.is_empty(), "it goes on for ever");
        prop_assert!(world.progress.is_over(), "it ends as {:?}", world.progress);
        prop_assert!(world.completed || world.progress.status != Status::Sent, "it was sent and nobody told its thread");
        prop_assert!(world.arrived == 1 || world.is_flagged(), "{} times, unflagged", world.arrived);
        prop_assert!(world.arrived <= if resends { 2 } else { 1 }, "{} times", world.arrived);
    }
}
