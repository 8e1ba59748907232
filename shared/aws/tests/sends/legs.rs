//! A message with two legs: what is said of one changes nothing of the other, and the message is as far as the better one.

use std::sync::Arc;

use aws::store::{Acceptance, OfLeg};
use domain::event::{InboundEvent, Kind, Receipt, ReceiptOf};
use domain::id::{AccountId, MessageId, ProviderId, Reference};
use domain::outbound::{Failure, SendProblem};
use domain::sending::{Leg, Outgoing};
use domain::status::Status;
use embedded::Turns;
use embedded::events::{WHATSAPP, phone};
use embedded::tables::table;

use crate::support::{About, World, event, message_id, rules};

/// A message that leaves by one account and, if that fails, by another.
async fn with_two_legs(world: &World) -> Outgoing {
    let mut answer = world.answer("1");
    answer.legs.push(Leg::new(WHATSAPP, AccountId::new("900"), vec![phone()]));
    let accepted = world.table.sends().accept(&answer, None, &rules()).await.unwrap();
    let Acceptance::Stored(message) = accepted else { panic!("{accepted:?}") };
    assert_eq!(*message, answer, "both legs read back as they were");
    *message
}

/// The program of `outbound` with one leg.
async fn takes(world: &World, leg: usize, n: u32, provider: &str) {
    let message = world.read("1").await;
    let (of, now) = (OfLeg { message: &message, leg }, message.at);
    assert!(world.table.sends().begin(of, n, false, now).await.unwrap());
    world.table.sends().sent(of, n, Some(&ProviderId::new(provider)), now).await.unwrap();
    let message = world.read("1").await;
    world.table.sends().complete(OfLeg { message: &message, leg }).await.unwrap();
}

/// The status that an index shows.
async fn shown(world: &World) -> Status {
    let id: MessageId = message_id("1");
    let items = world.items(&format!("MSG#out#{id}")).await;
    Status::from_rank(items[0]["status"].as_n().unwrap().parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_leg_that_failed_is_followed_by_another_and_its_late_receipts_land_on_none() {
    let world = World::new().await;
    let message = with_two_legs(&world).await;
    let failure = Failure::ours(SendProblem::RecipientUnreachable);
    let first = OfLeg { message: &message, leg: 0 };
    let sends = world.table.sends();
    assert!(sends.end(first, Status::Failed, &failure, None).await.unwrap());
    assert_eq!(shown(&world).await, Status::Sent, "one is left");
    assert!(world.waits().await, "and nobody has it yet");

    takes(&world, 1, 2, "wamid.second").await;
    assert!(!world.waits().await);
    let second = world.read("1").await.legs[1].clone();
    assert_eq!((second.status, second.attempt), (Status::Sent, 2));

    // The first platform takes back what it said, by our reference and by its own id.
    world.receive(Status::Failed, 70, &About::Ours("1", "wamid.first")).await;
    world.receive(Status::Delivered, 71, &About::Provider("wamid.first")).await;
    let now = world.read("1").await;
    assert_eq!(now.legs[1], second);
    assert_eq!(now.legs[0].status, Status::Delivered);
    assert_eq!((now.status(), shown(&world).await), (Status::Delivered, Status::Delivered));
}

#[tokio::test]
async fn a_message_failed_only_when_no_leg_is_left() {
    let world = World::new().await;
    let failure = Failure::ours(SendProblem::AddressInvalid);
    with_two_legs(&world).await;
    for (leg, whole) in [(1, Status::Sent), (0, Status::Failed)] {
        let message = world.read("1").await;
        let of = OfLeg { message: &message, leg };
        assert!(world.table.sends().end(of, Status::Failed, &failure, None).await.unwrap());
        assert_eq!((world.status("1").await, shown(&world).await), (whole, whole));
    }
    assert!(world.waits().await, "nobody answered Ada");
}

#[tokio::test]
async fn of_two_programs_with_a_leg_each_one_reads_again_and_the_message_is_what_both_say() {
    let world = World::new().await;
    let message = with_two_legs(&world).await;
    let (failure, sends) = (Failure::ours(SendProblem::AddressInvalid), world.table.sends());
    let of = |leg| OfLeg { message: &message, leg };
    assert!(sends.end(of(0), Status::Failed, &failure, None).await.unwrap());
    // This one still believes that the other leg is left.
    assert!(!sends.end(of(1), Status::Failed, &failure, None).await.unwrap());
    assert_eq!(shown(&world).await, Status::Sent);
    let message = world.read("1").await;
    let second = OfLeg { message: &message, leg: 1 };
    assert!(sends.end(second, Status::Failed, &failure, None).await.unwrap());
    assert_eq!(shown(&world).await, Status::Failed);
}

/// The word of a platform that a leg failed, heard by one of two programs.
async fn fails(world: &World, turns: &Arc<Turns>, leg: usize) {
    let of = ReceiptOf::Message(ProviderId::new("wamid"));
    let our_ref = Some(Reference::of(&message_id("1"), leg));
    let receipt = Receipt { of, status: Status::Failed, error: None, our_ref };
    let account = world.read("1").await.legs[leg].account.clone();
    let event = InboundEvent { account, ..event(70, Kind::Receipt(receipt.clone())) };
    let table = table(&turns.process(&world.cloud, leg));
    table.sends().receipt(&event, &receipt, &rules()).await.unwrap();
    turns.finish(leg);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn of_two_receipts_at_once_about_a_leg_each_none_is_lost() {
    for first in 0..6 {
        let world = Arc::new(World::new().await);
        with_two_legs(&world).await;
        let mut calls = 0;
        // One program makes so many calls, the other all of its own, then the first goes on.
        let turns = Turns::of(2, move |left| {
            calls += 1;
            if calls <= first { left[0] } else { left[left.len() - 1] }
        });
        let one = |leg| {
            let (world, turns) = (Arc::clone(&world), Arc::clone(&turns));
            tokio::spawn(async move { fails(&world, &turns, leg).await })
        };
        let (one, other) = (one(0), one(1));
        one.await.unwrap();
        other.await.unwrap();
        let legs = world.read("1").await.legs;
        assert!(legs.iter().all(|it| it.status == Status::Failed), "{first}: {legs:?}");
        assert_eq!(shown(&world).await, Status::Failed, "{first}");
    }
}

#[tokio::test]
async fn what_the_platform_took_is_recorded_though_another_leg_rose_meanwhile() {
    let world = World::new().await;
    let message = with_two_legs(&world).await;
    let (failure, sends, now) =
        (Failure::ours(SendProblem::AddressInvalid), world.table.sends(), message.at);
    let of = |leg| OfLeg { message: &message, leg };
    assert!(sends.begin(of(0), 1, false, now).await.unwrap());
    assert!(sends.end(of(1), Status::Failed, &failure, None).await.unwrap());
    sends.sent(of(0), 1, Some(&ProviderId::new("wamid.1")), now).await.unwrap();
    let stored = world.read("1").await;
    assert_eq!(stored.legs[0].status, Status::Sent);
    assert_eq!((stored.legs[0].intent, stored.legs[0].attempts.len()), (None, 1));
    assert_eq!(shown(&world).await, Status::Sent);
}

#[tokio::test]
async fn a_reference_of_a_leg_that_is_not_there_is_taken_by_the_platforms_id() {
    let world = World::new().await;
    world.sent("1", "wamid.1").await;
    let before = world.read("1").await;
    // Our reference of a leg by another account, as another program may have copied it.
    world.receive(Status::Read, 63, &About::Leg("1", 7, "wamid.unknown")).await;
    assert_eq!(world.read("1").await, before);
    world.receive(Status::Read, 63, &About::Leg("1", 7, "wamid.1")).await;
    assert_eq!(world.status("1").await, Status::Read);
}

#[tokio::test]
async fn a_receipt_with_our_id_in_its_old_form_is_about_the_first_leg() {
    let world = World::new().await;
    world.accepted("1").await;
    world.receive(Status::Delivered, 62, &About::OldForm("1", "wamid.1")).await;
    let message = world.read("1").await;
    assert_eq!(message.legs[0].status, Status::Delivered);
    assert_eq!(message.legs[0].provider, Some(ProviderId::new("wamid.1")));
}
