//! The number of the function's calls for one message: for a plain one, and for one that is tried all day.

use domain::outbound::SendProblem;
use domain::sending::{End, MAX_TRYING_MS};
use domain::status::Status;
use domain::time::Timestamp;
use embedded::Steps;

use crate::platform::{CAREFUL, Deed, EAGER};
use crate::support::{Queuing, World};

const HOUR_MS: i64 = 3_600_000;

/// The number of rounds that Lambda lets a request go through the same function, unless that is allowed to go on.
const ROUNDS: u32 = 16;

/// The effort that it took to have nothing left to do.
struct Played {
    /// The number of calls of the function.
    n_calls: u32,
    /// The number of calls on the longest way from entry to entry: to Lambda they are one request.
    rounds: u32,
    /// When the last of them was.
    ended: Timestamp,
}

/// Brings each entry when it is due by the world's own clock; the platform is well again at a time, and our channel deployed.
async fn play(world: &World, start: Timestamp, well: Timestamp) -> Played {
    let due =
        |now: Timestamp, it: &Queuing| now.plus_ms(i64::try_from(it.delay_s * 1_000).unwrap());
    let mut waiting: Vec<(Timestamp, u32, Queuing)> =
        world.waiting().into_iter().map(|it| (due(start, &it), 1, it)).collect();
    let mut played = Played { n_calls: 0, rounds: 0, ended: start };
    while let Some(next) = (0..waiting.len()).min_by_key(|n| waiting[*n].0) {
        let (at, round, entry) = waiting.remove(next);
        let now = World::set_clock(at);
        if well <= now {
            world.platform.recovers();
            world.deploy(true);
        }
        // An entry is new to the queue, or comes minutes after the one like it.
        world.cloud.queues.forget();
        assert!(world.work(&entry, Steps::default()).await, "{}", entry.body);
        played.n_calls += 1;
        played.rounds = played.rounds.max(round);
        played.ended = now;
        let after = world.waiting().into_iter();
        waiting.extend(after.map(|it| {
            // Else the queue would take what comes back for the entry that was just there.
            assert!(it.delay_s == 0 || it.body != entry.body || 300 < it.delay_s);
            (due(now, &it), round + 1, it)
        }));
        assert!(played.n_calls < 10_000, "it goes on for ever");
    }
    played
}

#[tokio::test]
async fn a_message_that_is_taken_at_once_costs_two_calls_of_the_function() {
    let start = aws::now();
    let world = World::simulated(CAREFUL, start).await;
    let played = play(&world, start, start).await;
    assert_eq!(world.message().await.status(), Status::Sent);
    // The attempt, and the timer that finds it done: it reads the table and is not put back.
    assert_eq!(played.n_calls, 2);
}

#[tokio::test]
async fn a_message_is_sent_when_the_platform_comes_back_after_23_hours() {
    let start = aws::now();
    let world = World::simulated(CAREFUL, start).await;
    world.platform.will(&vec![Deed::Answers(503, None); 1_000]);
    let played = play(&world, start, start.plus_ms(23 * HOUR_MS)).await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    assert!(!message.possible_duplicate());
    let sent = message.legs[0].attempts.last().unwrap();
    assert_eq!(sent.end, End::Sent);
    let hours = 23 * HOUR_MS..23 * HOUR_MS + HOUR_MS / 4;
    assert!(hours.contains(&sent.at.since(start)), "{}", sent.at.since(start));
    // Quickly at first, then every 12 to 15 minutes.
    let n_attempts = message.legs[0].attempt;
    assert!((100..=130).contains(&n_attempts), "{n_attempts}");
    // An attempt, the timer that asks after it, the timer of the next.
    assert!(played.n_calls <= 3 * n_attempts, "{} for {n_attempts}", played.n_calls);
    assert!(ROUNDS < played.rounds, "nothing here would show that the loop has to be allowed");
}

#[tokio::test]
async fn a_message_that_is_never_taken_ends_with_its_day_and_so_does_the_loop() {
    let start = aws::now();
    let world = World::simulated(CAREFUL, start).await;
    world.platform.will(&vec![Deed::Answers(503, None); 1_000]);
    let played = play(&world, start, start.plus_ms(100 * HOUR_MS)).await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (0, Status::Failed));
    // What comes last is the timer that asks after the last attempt.
    assert!(played.ended.since(start) <= MAX_TRYING_MS + 10 * 60_000);
}

#[tokio::test]
async fn a_channel_that_is_named_again_sends_what_waited_for_it() {
    let start = aws::now();
    let world = World::simulated(CAREFUL, start).await;
    world.deploy(false);
    play(&world, start, start.plus_ms(5 * HOUR_MS)).await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    let after = message.legs[0].attempts[0].at.since(start);
    assert!((5 * HOUR_MS..=5 * HOUR_MS + HOUR_MS / 4).contains(&after), "{after}");
}

#[tokio::test]
async fn a_channel_that_is_un_named_before_a_retry_or_in_doubt_changes_nothing_of_what_follows() {
    let (late, unheard) = (Deed::Answers(503, None), Deed::TakesUnheard);
    for (channel, deed, arrived, status) in [
        (CAREFUL, late, 1, Status::Sent),
        (CAREFUL, unheard, 1, Status::Failed),
        (EAGER, unheard, 2, Status::Sent),
    ] {
        let start = aws::now();
        let world = World::simulated(channel, start).await;
        world.platform.will(&[deed]);
        let first = world.waiting().pop().unwrap();
        assert!(world.work(&first, Steps::default()).await);
        world.deploy(false);
        play(&world, start, start.plus_ms(5 * HOUR_MS)).await;
        let message = world.message().await;
        assert_eq!((world.platform.arrived(), message.status()), (arrived, status));
        assert_eq!(message.possible_duplicate(), arrived == 2);
        let problem = message.failure().map(|it| it.problem);
        assert_eq!(problem, (status == Status::Failed).then_some(SendProblem::Unconfirmed));
    }
}

#[tokio::test]
async fn a_message_whose_channel_stays_un_named_fails_with_its_day_and_says_why() {
    let start = aws::now();
    let world = World::simulated(CAREFUL, start).await;
    world.deploy(false);
    let played = play(&world, start, start.plus_ms(100 * HOUR_MS)).await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (0, Status::Failed));
    assert_eq!(message.failure().map(|it| it.problem), Some(SendProblem::ChannelMisconfigured));
    let ended = played.ended.since(start);
    assert!((MAX_TRYING_MS..=MAX_TRYING_MS + HOUR_MS / 4).contains(&ended), "{ended}");
}
