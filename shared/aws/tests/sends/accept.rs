//! Accepting once, and what `outbound` records of its attempts.

use aws::store::{Acceptance, Claims, Ended, Fresh, OfLeg};
use domain::filing::identity::Claim;
use domain::id::{IdentityId, ProviderId};
use domain::outbound::{Failure, SendContent, SendProblem, TemplateUse};
use domain::sending::{Attempt, End, Outgoing};
use domain::status::Status;
use embedded::tables::table;

use crate::support::{World, rules};

#[tokio::test]
async fn a_message_is_accepted_once_and_reads_back_as_it_was() {
    let world = World::new().await;
    let answer = world.answer("1");
    let stored = Acceptance::Stored(Box::new(answer.clone()));
    assert_eq!(world.table.sends().accept(&answer, None, &rules()).await.unwrap(), stored);
    let later = Outgoing { at: answer.at.plus_ms(5_000), passed: vec![], ..answer.clone() };
    let Acceptance::Repeated(first) =
        world.table.sends().accept(&later, None, &rules()).await.unwrap()
    else {
        panic!("stored twice")
    };
    assert_eq!(*first, answer);
    assert_eq!(world.items("MSG#out#").await.len(), 1);
    assert!(world.waits().await, "nothing was sent yet");
}

#[tokio::test]
async fn every_field_survives_the_table() {
    let world = World::new().await;
    let template = TemplateUse {
        name: "delivery_delay".to_owned(),
        locale: "fr".to_owned(),
        variables: [("order".to_owned(), "A-1234".to_owned())].into(),
        components: None,
    };
    let mut answer = world.answer("1");
    answer.content = SendContent::Template { template };
    answer.legs[0].reply_to = Some(ProviderId::new("wamid.in"));
    answer.expires_at = Some(answer.at.plus_ms(1_000));
    answer.client_ref = None;
    world.table.sends().accept(&answer, None, &rules()).await.unwrap();
    assert_eq!(world.read("1").await, answer);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let world = World::new().await;
    world.accepted("1").await;
    let other = Outgoing { hash: "b".repeat(64), ..world.answer("1") };
    assert_eq!(
        world.table.sends().accept(&other, None, &rules()).await.unwrap(),
        Acceptance::Mismatch
    );
    assert_eq!(
        world.table.sends().accept(&other, None, &rules()).await.unwrap(),
        Acceptance::Mismatch
    );
    assert_eq!(
        world.table.sends().accept(&other, Some(&Claims::default()), &rules()).await.unwrap(),
        Acceptance::Mismatch
    );
}

/// A first message to somebody who never wrote.
fn to_a_stranger(world: &World, id: &str) -> (Outgoing, Claims) {
    let fresh = Fresh::ids();
    let stranger = IdentityId::phone("+447700900222");
    let mut accepted = world.answer(id);
    accepted.legs[0].to = vec![stranger.clone()];
    (accepted.contact, accepted.thread) = (fresh.contact, fresh.thread);
    let claim = Claim { id: stranger, from: None, held_by: None, holder: None, aliases: vec![] };
    (accepted, Claims { claims: vec![claim], ..Claims::default() })
}

#[tokio::test]
async fn a_message_to_a_stranger_opens_person_and_thread_once() {
    let world = World::new().await;
    let (first, claims) = to_a_stranger(&world, "1");
    let (again, _) = to_a_stranger(&world, "1");
    let (others, same_claims) = to_a_stranger(&world, "2");
    let accept = async |accepted: &Outgoing| {
        world.table.sends().accept(accepted, Some(&claims), &rules()).await.unwrap()
    };
    assert!(matches!(accept(&first).await, Acceptance::Stored(_)));
    let Acceptance::Repeated(stored) = accept(&again).await else { panic!("stored twice") };
    assert_eq!(*stored, first, "the repeated request gets the first one's thread");
    // Another message to the same address: it is a person's by now, so that it has to be planned again.
    assert_eq!(
        world.table.sends().accept(&others, Some(&same_claims), &rules()).await.unwrap(),
        Acceptance::Stale
    );
    assert_eq!(world.items("IDN#tel##+447700900222").await.len(), 1);
    assert_eq!(world.items("THR#").await.len(), 2, "Ada's and the stranger's");
}

#[tokio::test]
async fn a_new_thread_of_a_known_person_is_opened_with_its_message() {
    let world = World::new().await;
    let thread = Fresh::ids().thread;
    let accepted = Outgoing { thread: thread.clone(), ..world.answer("1") };
    let accepted =
        world.table.sends().accept(&accepted, Some(&Claims::default()), &rules()).await.unwrap();
    assert!(matches!(accepted, Acceptance::Stored(_)));
    assert_eq!(world.items(&format!("THR#{thread}")).await.len(), 1);
    assert_eq!(
        world.items(&format!("CON#{}", world.contact)).await.len(),
        3,
        "head and two live threads"
    );
}

#[tokio::test]
async fn parallel_requests_with_one_key_store_one_message() {
    let world = World::new().await;
    let (first, claims) = to_a_stranger(&world, "1");
    let (second, other_claims) = to_a_stranger(&world, "1");
    let one = table(&world.cloud.process());
    let two = table(&world.cloud.process());
    let rules = rules();
    let answers = tokio::join!(
        one.sends().accept(&first, Some(&claims), &rules),
        two.sends().accept(&second, Some(&other_claims), &rules)
    );
    let threads = [answers.0.unwrap(), answers.1.unwrap()].map(|it| match it {
        Acceptance::Stored(message) | Acceptance::Repeated(message) => message.thread,
        Acceptance::Mismatch | Acceptance::Stale => panic!("{it:?}"),
    });
    assert_eq!(threads[0], threads[1]);
    assert_eq!(world.items("MSG#out#").await.len(), 1);
}

#[tokio::test]
async fn of_two_programs_one_begins_an_attempt() {
    let world = World::new().await;
    let message = world.accepted("1").await;
    let now = message.at;
    assert!(
        world
            .table
            .sends()
            .begin(OfLeg { message: &message, leg: 0 }, 1, false, now)
            .await
            .unwrap()
    );
    assert!(
        !world
            .table
            .sends()
            .begin(OfLeg { message: &message, leg: 0 }, 1, false, now)
            .await
            .unwrap()
    );
    let begun = world.read("1").await.progress(0).unwrap();
    assert_eq!((begun.attempt, begun.intent), (1, Some(now)));
}

#[tokio::test]
async fn a_result_that_comes_too_late_takes_nothing_from_the_next_attempt() {
    let world = World::new().await;
    let message = world.accepted("1").await;
    let now = message.at;
    assert!(
        world
            .table
            .sends()
            .begin(OfLeg { message: &message, leg: 0 }, 1, false, now)
            .await
            .unwrap()
    );
    let first = world.read("1").await;
    assert!(world.table.sends().doubt(OfLeg { message: &first, leg: 0 }, 1, now).await.unwrap());
    assert!(
        world
            .table
            .sends()
            .begin(OfLeg { message: &world.read("1").await, leg: 0 }, 2, true, now)
            .await
            .unwrap()
    );
    // The first attempt's program wakes up and brings a refusal.
    let failure = Failure::ours(SendProblem::RateLimited);
    let attempt = Attempt { n: 1, at: now, end: End::Retry, failure: Some(failure.clone()) };
    let ended = Ended { attempt, begun: true, duplicate: false };
    assert!(
        !world
            .table
            .sends()
            .retry_at(OfLeg { message: &first, leg: 0 }, ended.clone(), now)
            .await
            .unwrap()
    );
    assert!(
        !world
            .table
            .sends()
            .end(OfLeg { message: &first, leg: 0 }, Status::Failed, &failure, Some(ended))
            .await
            .unwrap()
    );
    let progress = world.read("1").await.progress(0).unwrap();
    assert_eq!(
        (progress.attempt, progress.intent, progress.possible_duplicate),
        (2, Some(now), true)
    );
}

#[tokio::test]
async fn a_message_that_was_sent_leaves_the_inbox_and_one_that_failed_does_not() {
    let world = World::new().await;
    let message = world.accepted("1").await;
    let failure = Failure::ours(SendProblem::AddressInvalid);
    assert!(
        world
            .table
            .sends()
            .end(OfLeg { message: &message, leg: 0 }, Status::Failed, &failure, None)
            .await
            .unwrap()
    );
    let failed = world.read("1").await;
    assert_eq!((failed.status(), failed.failure().cloned()), (Status::Failed, Some(failure)));
    world.table.sends().complete(OfLeg { message: &failed, leg: 0 }).await.unwrap();
    assert!(world.waits().await, "nobody answered Ada");
    world.sent("2", "wamid.2").await;
    assert!(!world.waits().await);
}
