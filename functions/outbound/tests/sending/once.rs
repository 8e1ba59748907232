//! The outcome of a message, without a stop.

use std::collections::BTreeMap;

use domain::outbound::SendProblem;
use domain::sending::End;
use domain::status::Status;
use embedded::Steps;
use serde_json::json;

use crate::platform::{CAREFUL, Deed, EAGER};
use crate::support::{Queuing, World};

#[tokio::test]
async fn a_message_is_sent_once_and_leaves_the_inbox() {
    let world = World::new(CAREFUL).await;
    assert!(world.waits().await);
    world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    assert_eq!(
        message.legs[0].provider.as_ref().map(|it| it.as_str().to_owned()).as_deref(),
        Some("pigeon-1")
    );
    assert!(!world.waits().await);
    world.receipt(Status::Delivered, "pigeon-1").await;
    assert_eq!(world.message().await.status(), Status::Delivered);
}

#[tokio::test]
async fn a_repeated_request_sends_nothing_twice() {
    let world = World::new(CAREFUL).await;
    world.run_until_idle().await;
    world.queue_again().await;
    world.run_until_idle().await;
    assert_eq!(world.platform.arrived(), 1);
}

#[tokio::test]
async fn an_account_sends_by_the_source_that_it_names_and_by_no_other() {
    let world = World::new(CAREFUL).await;
    world.put_account(&json!("hush"), Some("pigeon-carrier"));
    world.run_until_idle().await;
    let message = world.message().await;
    let provider = message.legs[0].provider.as_ref().map(|it| it.as_str().to_owned());
    assert_eq!((message.status(), provider.as_deref()), (Status::Sent, Some("by-carrier")));
    assert_eq!(world.platform.n_calls().await, 0, "the first source was not called");
    let world = World::new(CAREFUL).await;
    world.put_account(&json!("hush"), Some("pigeon-courier"));
    world.run_until_idle().await;
    let message = world.message().await;
    let problem = message.failure().map(|it| it.problem);
    assert_eq!(problem, Some(SendProblem::ChannelMisconfigured));
    assert_eq!(world.platform.n_calls().await, 0);
}

#[tokio::test]
async fn a_busy_platform_is_tried_again_when_it_asks() {
    let world = World::new(CAREFUL).await;
    world.platform.will(&[Deed::Answers(429, Some(37)), Deed::Answers(503, None)]);
    let waits = world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    let ends: Vec<_> = message.legs[0].attempts.iter().map(|it| it.end).collect();
    assert_eq!(ends, [End::Retry, End::Retry, End::Sent]);
    assert!(waits.iter().any(|it| (37..=46).contains(it)), "{waits:?}");
    assert!(!message.possible_duplicate());
}

#[tokio::test]
async fn a_refused_message_is_not_retried() {
    let world = World::new(EAGER).await;
    world.platform.will(&[Deed::Answers(400, None)]);
    world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (0, Status::Failed));
    assert_eq!(message.failure().map(|it| it.problem), Some(SendProblem::AddressInvalid));
    assert!(world.waits().await, "nobody answered the person");
}

#[tokio::test]
async fn a_message_in_doubt_is_unconfirmed_and_ends_as_failed_or_is_sent_again_with_a_flag() {
    for (channel, arrived, status) in [(CAREFUL, 1, Status::Failed), (EAGER, 2, Status::Sent)] {
        let world = World::new(channel).await;
        world.platform.will(&[Deed::TakesUnheard]);
        let waits = world.run_until_idle().await;
        let message = world.message().await;
        assert_eq!((world.platform.arrived(), message.status()), (arrived, status));
        assert_eq!(message.legs[0].attempts[0].end, End::Unconfirmed);
        assert_eq!(message.possible_duplicate(), arrived == 2);
        assert!(waits.contains(&600), "it is not judged before its time");
        if status == Status::Failed {
            assert_eq!(message.failure().map(|it| it.problem), Some(SendProblem::Unconfirmed));
        }
    }
}

#[tokio::test]
async fn a_message_that_is_in_doubt_twice_is_given_up() {
    let world = World::new(EAGER).await;
    world.platform.will(&[Deed::TakesUnheard, Deed::TakesUnheard]);
    world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (2, Status::Failed));
    assert!(message.possible_duplicate());
}

#[tokio::test]
async fn a_receipt_ends_the_doubt_before_the_timer_does() {
    let world = World::new(EAGER).await;
    world.platform.will(&[Deed::TakesUnheard]);
    let first = world.waiting();
    assert!(world.work(&first[0], Steps::default()).await);
    world.receipt(Status::Sent, "pigeon-1").await;
    world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    assert!(!message.possible_duplicate() && !world.waits().await);
}

#[tokio::test]
async fn a_message_whose_time_ran_out_is_not_sent() {
    let world = World::at(CAREFUL, Some(0), aws::now()).await;
    world.run_until_idle().await;
    assert_eq!((world.platform.arrived(), world.message().await.status()), (0, Status::Expired));
    let world = World::at(CAREFUL, Some(5_000), aws::now()).await;
    world.platform.will(&[Deed::Answers(429, Some(60))]);
    world.run_until_idle().await;
    assert_eq!((world.platform.arrived(), world.message().await.status()), (0, Status::Expired));
}

#[tokio::test]
async fn an_account_that_is_refused_is_a_fault_of_ours() {
    let world = World::new(CAREFUL).await;
    world.platform.will(&[Deed::Answers(401, None)]);
    world.run_until_idle().await;
    let message = world.message().await;
    assert_eq!(message.failure().map(|it| it.problem), Some(SendProblem::ChannelMisconfigured));
}

#[tokio::test]
async fn a_token_that_was_replaced_is_read_again_before_the_message_fails() {
    let world = World::new(CAREFUL).await;
    let outbox = world.outbox(&world.cloud.process());
    // The program learns the old token, and comes again.
    world.platform.will(&[Deed::Answers(429, Some(37)), Deed::Answers(401, None)]);
    assert!(World::hand(&outbox, &world.waiting()[0]).await);
    world.put_token(&json!("new"));
    world.cloud.queues.forget();
    let again = world.waiting();
    for entry in again.iter().filter(|it| it.delay_s < 600) {
        assert!(World::hand(&outbox, entry).await);
        let queued = world.waiting();
        assert!(World::hand(&outbox, &queued[0]).await);
    }
    let message = world.message().await;
    assert_eq!((world.platform.arrived(), message.status()), (1, Status::Sent));
    assert_eq!(world.platform.tokens().await, ["hush", "hush", "hush", "hush", "new", "new"]);
    let ends: Vec<_> = message.legs[0].attempts.iter().map(|it| it.end).collect();
    assert_eq!(ends, [End::Retry, End::Sent]);
    world.run_until_idle().await;
    assert_eq!(world.platform.arrived(), 1);
}

#[tokio::test]
async fn an_account_with_another_kind_of_token_or_an_empty_one_is_a_fault_of_ours_and_calls_nobody()
{
    let keys = ["consumer_key", "consumer_secret", "token", "token_secret"].map(|it| (it, "hush"));
    for token in [json!(BTreeMap::from(keys)), json!("")] {
        let world = World::new(CAREFUL).await;
        world.put_token(&token);
        world.run_until_idle().await;
        let message = world.message().await;
        assert_eq!(message.status(), Status::Failed);
        assert_eq!(message.failure().map(|it| it.problem), Some(SendProblem::ChannelMisconfigured));
        assert_eq!(world.platform.n_calls().await, 0);
    }
}

#[tokio::test]
async fn an_entry_that_can_never_be_worked_on_is_kept_and_let_go() {
    let world = World::new(CAREFUL).await;
    let unknown = r#"{"message":"msg_of_nobody","group":"g","step":{"send":1}}"#;
    for body in ["not an entry", unknown] {
        assert!(world.work(&Queuing::stray(body), Steps::default()).await);
    }
    let kept = world.cloud.items().await;
    assert_eq!(kept.iter().filter(|it| it["pk"].as_s().unwrap().starts_with("UNK#")).count(), 2);
}

#[tokio::test]
async fn an_entry_that_only_another_version_understands_comes_back() {
    let world = World::new(CAREFUL).await;
    let id = world.message().await.id;
    let newer = format!(r#"{{"message":"{id}","group":"g","step":{{"recall":1}}}}"#);
    let second = format!(r#"{{"message":"{id}","leg":1,"group":"g","step":{{"send":1}}}}"#);
    for body in [newer, second] {
        assert!(!world.work(&Queuing::stray(&body), Steps::default()).await, "{body}");
    }
    let kept = world.cloud.items().await;
    assert!(!kept.iter().any(|it| it["pk"].as_s().unwrap().starts_with("UNK#")));
    assert_eq!(world.platform.arrived(), 0);
}

#[tokio::test]
async fn a_queue_that_refuses_a_timer_keeps_the_message_from_being_sent() {
    let world = World::new(CAREFUL).await;
    let first = world.waiting();
    world.cloud.queues.refuse(1);
    assert!(!world.work(&first[0], Steps::default()).await);
    assert_eq!(world.platform.arrived(), 0);
    world.settle_from(first).await;
    assert_eq!(world.platform.arrived(), 1);
}
