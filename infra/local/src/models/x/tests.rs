//! The model refuses what X would refuse, and talks with the channel.

use domain::content::MediaKind;
use domain::event::{Direction, Kind, Visibility};
use domain::outbound::{SendContent, SendError, SendMedia};
use domain::status::Status;
use serde_json::json;

use super::server::DIRECT_LIMIT;
use super::{ADA, NORTHWIND, TOKEN, XApi};
use crate::models::Platform;
use crate::models::ours::{Ours, message, words};

#[tokio::test]
async fn a_stranger_takes_no_direct_message_and_a_customer_takes_a_right_one() {
    let model = XApi::start().await.unwrap();
    let text = json!({ "text": "hello" });
    assert_eq!(model.take_direct(ADA, &text).unwrap_err().status, 403);
    model.world().customer_wrote = true;
    assert!(model.take_direct(ADA, &text).is_ok());
    assert_eq!(model.take_direct("1", &text).unwrap_err().status, 404);
    for body in [
        json!({}),
        json!({ "text": "" }),
        json!({ "text": "a".repeat(10_001) }),
        json!({ "text": "a", "quick_reply": {} }),
        json!({ "attachments": [{ "media_id": "7" }] }),
    ] {
        assert_eq!(model.take_direct(ADA, &body).unwrap_err().status, 400, "{body}");
    }
}

#[tokio::test]
async fn direct_messages_are_limited_and_the_answer_says_until_when() {
    let model = XApi::start().await.unwrap();
    model.world().customer_wrote = true;
    for _ in 0..DIRECT_LIMIT {
        assert!(model.take_direct(ADA, &json!({ "text": "hello" })).is_ok());
    }
    let refused = model.take_direct(ADA, &json!({ "text": "hello" })).unwrap_err();
    assert_eq!(refused.status, 429);
    assert!(refused.reset.is_some_and(|it| aws::now().secs() < it));
}

#[tokio::test]
async fn only_a_mention_is_answered_and_not_twice_with_the_same_words() {
    let model = XApi::start().await.unwrap();
    let answer = json!({ "text": "on its way", "reply": { "in_reply_to_tweet_id": "7" } });
    assert_eq!(model.take_post(&answer).unwrap_err().status, 403);
    model.world().mentions.push("7".to_owned());
    assert!(model.take_post(&answer).is_ok());
    assert_eq!(model.take_post(&answer).unwrap_err().status, 403);
    let long = json!({ "text": "a".repeat(281), "reply": { "in_reply_to_tweet_id": "7" } });
    assert_eq!(model.take_post(&long).unwrap_err().status, 400);
}

#[tokio::test]
async fn a_conversation_with_the_channel_goes_both_ways_with_keys_and_with_a_token() {
    let model = XApi::start().await.unwrap();
    assert!(model.sending_secret()[0]["token"].is_object());
    let ours = Ours::connect(model.as_ref()).await;
    converse(&model, &ours).await;

    let model = XApi::start().await.unwrap();
    let secret = json!([{ "id": NORTHWIND, "token": TOKEN, "base_url": model.base_url }]);
    let ours = Ours::connect_as(model.as_ref(), &secret).await;
    converse(&model, &ours).await;
}

#[tokio::test]
async fn a_call_with_another_token_is_answered_as_x_does() {
    let model = XApi::start().await.unwrap();
    let mut secret = model.sending_secret();
    secret[0]["token"]["token_secret"] = json!("another");
    let ours = Ours::connect_as(model.as_ref(), &secret).await;
    assert_eq!(model.customer_writes("Hello").await.unwrap(), 200);
    let refused = ours.answer(&ours.next().await, words("Hello"), None).await;
    let Err(SendError::Config(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!((failure.code.as_deref(), model.customer_saw().len()), (Some("401"), 0));
}

async fn converse(model: &XApi, ours: &Ours) {
    assert_eq!(model.customer_mentions("@northwind where is my parcel?").await.unwrap(), 200);
    let asked = ours.next().await;
    assert_eq!(message(&asked).visibility, Visibility::Public);
    let early = ours.answer(&asked, words("We write to you"), None).await;
    assert!(matches!(early, Err(SendError::Policy(_))), "{early:?}");
    let post = Some(message(&asked).id.clone());
    assert!(
        ours.answer(&asked, words("Please write to us"), post.clone()).await.unwrap().is_some()
    );
    let twice = ours.answer(&asked, words("Please write to us"), post).await;
    assert!(matches!(twice, Err(SendError::Policy(_))), "{twice:?}");

    assert_eq!(model.customer_writes("Order 18").await.unwrap(), 200);
    let wrote = ours.next().await;
    assert_eq!(wrote.identity.as_ref().map(|it| &it.id), asked.identity.as_ref().map(|it| &it.id));
    let id = ours.answer(&wrote, words("It leaves tomorrow"), None).await.unwrap();
    let echo = ours.next().await;
    assert_eq!((message(&echo).direction, Some(&message(&echo).id)), (Direction::Out, id.as_ref()));
    assert!(matches!(&ours.next().await.kind, Kind::Receipt(it) if it.status == Status::Read));

    let source = SendMedia::Object { key: "media/x".to_owned(), mime: "image/png".to_owned() };
    let file = SendContent::Media { kind: MediaKind::Image, source, caption: None, filename: None };
    assert!(ours.answer(&wrote, file, None).await.unwrap().is_some());
    assert_eq!(model.customer_saw(), ["Please write to us", "It leaves tomorrow", "(picture)"]);
}
