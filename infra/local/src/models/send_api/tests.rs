use domain::content::{Content, MediaKind};
use domain::event::{InboundEvent, Kind, Receipt, Visibility};
use domain::id::Reference;
use domain::outbound::{Author, Send, SendContent, SendError, SendMedia};
use domain::status::Status;
use serde_json::json;

use super::rules::{Taken, check};
use super::*;
use crate::models::instagram::INSTAGRAM;
use crate::models::messenger::MESSENGER;
use crate::models::ours::{Ours, message, words};

const HOUR_MS: i64 = 60 * 60 * 1000;

fn world(hours_ago: i64) -> World {
    World {
        last_wrote: Some(now().plus_ms(-hours_ago * HOUR_MS)),
        messages: HashSet::from(["m_1".to_owned()]),
        comments: HashSet::from(["1785".to_owned()]),
        ..World::default()
    }
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_795_000_000)
}

/// The subcode, or the code, of the refusal of a body.
fn refusal(product: &Product, world: &mut World, body: &Value) -> Option<u32> {
    check(product, body, world, now()).err().map(|it| it.subcode.unwrap_or(it.code))
}

fn to(product: &Product, more: Value) -> Value {
    let mut body = json!({ "recipient": { "id": product.person }, "messaging_type": "RESPONSE" });
    let (Some(body_fields), Value::Object(more)) = (body.as_object_mut(), more) else {
        panic!("objects")
    };
    body_fields.extend(more);
    body
}

#[test]
fn a_closed_window_refuses_all_but_a_colleague_s_words_and_a_template() {
    let text = json!({ "message": { "text": "Hi" } });
    for (product, closed) in [(MESSENGER, 2_018_278), (INSTAGRAM, 2_534_022)] {
        let response = to(&product, text.clone());
        assert_eq!(refusal(&product, &mut world(23), &response), None);
        assert_eq!(refusal(&product, &mut world(25), &response), Some(closed));
        let mut human = response.clone();
        human["messaging_type"] = json!("MESSAGE_TAG");
        human["tag"] = json!("HUMAN_AGENT");
        assert_eq!(refusal(&product, &mut world(25), &human), None);
        assert_eq!(refusal(&product, &mut world(7 * 24), &human), Some(closed));
        human["tag"] = json!("ACCOUNT_UPDATE");
        assert_eq!(refusal(&product, &mut world(25), &human), Some(100));
    }
    let template = json!({ "name": "delivery_delay", "language": { "code": "en" }, "components": [
        { "type": "body", "parameters": [{ "type": "text", "text": "18" }, { "type": "text", "text": "Monday" }] },
    ] });
    let mut utility = to(&MESSENGER, json!({ "message": { "template": template } }));
    utility["messaging_type"] = json!("UTILITY");
    assert_eq!(refusal(&MESSENGER, &mut world(999), &utility), None);
    assert_eq!(
        refusal(&INSTAGRAM, &mut world(1), &utility),
        Some(2_534_014),
        "another product's person"
    );
    utility["message"]["template"]["components"] = json!([]);
    assert_eq!(refusal(&MESSENGER, &mut world(999), &utility), Some(1_893_043));
    utility["message"]["template"]["name"] = json!("autumn_sale");
    assert_eq!(refusal(&MESSENGER, &mut world(999), &utility), Some(100));
}

#[test]
fn instagram_counts_bytes_and_messenger_characters() {
    let text = |text: String| json!({ "message": { "text": text } });
    let refused =
        |product: &Product, it: String| refusal(product, &mut world(1), &to(product, text(it)));
    assert_eq!(refused(&MESSENGER, "語".repeat(2000)), None);
    assert_eq!(refused(&MESSENGER, "語".repeat(2001)), Some(100));
    assert_eq!(refused(&INSTAGRAM, "語".repeat(333)), None);
    assert_eq!(refused(&INSTAGRAM, "語".repeat(334)), Some(100));
}

#[test]
fn a_comment_is_answered_in_private_once() {
    let mut world = world(999);
    let body = json!({
        "recipient": { "comment_id": "1785" }, "messaging_type": "RESPONSE", "message": { "text": "We wrote to you" },
    });
    let taken = check(&MESSENGER, &body, &mut world, now()).unwrap();
    assert!(matches!(taken, Taken::Message { right: "private reply", .. }));
    assert_eq!(refusal(&MESSENGER, &mut world, &body), Some(2_534_025));
}

#[test]
fn what_the_documentation_does_not_name_is_refused() {
    for more in [
        json!({ "message": { "text": "Hi", "mood": "good" } }),
        json!({ "message": { "text": "Hi" }, "extra": 1 }),
        json!({ "message": { "text": "Hi", "attachment": { "type": "image", "payload": { "url": "https://a.example" } } } }),
        json!({ "message": { "attachment": { "type": "hologram", "payload": { "url": "https://a.example" } } } }),
        json!({ "message": { "attachment": { "type": "image", "payload": { "attachment_id": "9" } } } }),
        json!({ "message": { "text": "Hi" }, "reply_to": { "mid": "m_other" } }),
        json!({ "message": { "text": "Hi", "quick_replies": [{ "content_type": "text", "title": "a title that is too long", "payload": "p" }] } }),
        json!({ "sender_action": "dance" }),
    ] {
        assert!(
            refusal(&MESSENGER, &mut world(1), &to(&MESSENGER, more.clone())).is_some(),
            "{more}"
        );
    }
    let both = json!({ "recipient": { "id": MESSENGER.person }, "sender_action": "mark_seen", "message": { "text": "Hi" } });
    assert_eq!(refusal(&MESSENGER, &mut world(1), &both), Some(100));
    let stranger = json!({ "recipient": { "id": "1" }, "messaging_type": "RESPONSE", "message": { "text": "Hi" } });
    assert_eq!(refusal(&MESSENGER, &mut world(1), &stranger), Some(2_018_001));
}

/// A message to whoever an event is about.
fn draft(to: &InboundEvent, content: SendContent) -> Send {
    Send {
        reference: Reference::new("msg_1.0"),
        to: vec![to.identity.clone().unwrap().id],
        content,
        reply_to: None,
        place: None,
        author: Author::Automation,
        since_inbound_ms: Some(0),
    }
}

fn receipt(event: &InboundEvent) -> &Receipt {
    let Kind::Receipt(receipt) = &event.kind else { panic!("{event:?}") };
    receipt
}

async fn a_customer_writes_and_is_answered(product: Product) {
    let model = SendApi::start(product).await.unwrap();
    let ours = Ours::connect(model.as_ref()).await;
    assert_eq!(model.customer_writes("Is order 18 ready? ❤").await.unwrap(), 200);
    let asked = ours.next().await;
    assert_eq!(message(&asked).content, Content::text("Is order 18 ready? ❤"));
    let question = message(&asked).id.clone();
    let id = ours.answer(&asked, words("It is"), Some(question.clone())).await.unwrap();
    assert_eq!(id.unwrap().as_str(), model.sent()[0].id);
    let sent = ours.next().await;
    assert_eq!(receipt(&sent).our_ref, Some(Reference::new("msg_1.0")));
    let told: &[Status] = if product.tells_delivery {
        &[Status::Delivered, Status::Delivered, Status::Read]
    } else {
        &[Status::Read]
    };
    for status in told {
        assert_eq!(receipt(&ours.next().await).status, *status);
    }

    let read = SendContent::MarkRead { of: question.clone(), typing: true };
    assert_eq!(ours.answer(&asked, read, None).await, Ok(None));
    let liked = SendContent::Reaction { of: question, emoji: "❤".to_owned() };
    assert_eq!(ours.answer(&asked, liked, None).await, Ok(None));
    let source = SendMedia::Object { key: "media/x".to_owned(), mime: "image/png".to_owned() };
    let file = SendContent::Media { kind: MediaKind::Image, source, caption: None, filename: None };
    ours.answer(&asked, file, None).await.unwrap();
    assert_eq!(model.customer_saw(), ["It is", "(image)"]);

    model.time_passes(25 * HOUR_MS);
    let late = ours.answer(&asked, words("Still there?"), None).await;
    assert!(matches!(late, Err(SendError::Policy(_))), "{late:?}");
    let human = draft(&asked, words("Still there?"));
    let human = Send { author: Author::Human, since_inbound_ms: Some(25 * HOUR_MS), ..human };
    ours.send(&human).await.unwrap();
    assert_eq!(model.sent().last().unwrap().right, "HUMAN_AGENT");
}

async fn a_comment_is_public_and_its_answer_private(product: Product) {
    let model = SendApi::start(product).await.unwrap();
    let ours = Ours::connect(model.as_ref()).await;
    assert_eq!(model.customer_comments("How much is it?").await.unwrap(), 200);
    let comment = ours.next().await;
    assert_eq!(message(&comment).visibility, Visibility::Public);
    assert!(!message(&comment).opens_window);
    let id = Some(message(&comment).id.clone());
    ours.answer(&comment, words("We wrote to you"), id.clone()).await.unwrap();
    assert_eq!(model.sent()[0].right, "private reply");
    let again = ours.answer(&comment, words("And again"), id).await;
    assert!(matches!(again, Err(SendError::Policy(_))), "{again:?}");
}

#[tokio::test]
async fn messenger_and_its_model_agree_on_a_conversation() {
    a_customer_writes_and_is_answered(MESSENGER).await;
    a_comment_is_public_and_its_answer_private(MESSENGER).await;
}

#[tokio::test]
async fn instagram_and_its_model_agree_on_a_conversation() {
    a_customer_writes_and_is_answered(INSTAGRAM).await;
    a_comment_is_public_and_its_answer_private(INSTAGRAM).await;
}

#[tokio::test]
async fn a_tap_and_a_link_come_back_as_what_we_gave_them() {
    let model = SendApi::start(MESSENGER).await.unwrap();
    let ours = Ours::connect(model.as_ref()).await;
    assert_eq!(model.customer_taps("yes:18", "Yes").await.unwrap(), 200);
    let tap = Content::Choice { id: "yes:18".into(), title: "Yes".into() };
    assert_eq!(message(&ours.next().await).content, tap);
    assert_eq!(model.customer_follows("k7q2m9").await.unwrap(), 200);
    assert_eq!(message(&ours.next().await).thread_ref.as_deref(), Some("k7q2m9"));
}

#[tokio::test]
async fn an_approved_template_goes_out_whenever() {
    let model = SendApi::start(MESSENGER).await.unwrap();
    let ours = Ours::connect(model.as_ref()).await;
    model.customer_writes("Hello").await.unwrap();
    let asked = ours.next().await;
    model.time_passes(40 * 24 * HOUR_MS);
    let template = |name: &str| SendContent::Template {
        template: domain::outbound::TemplateUse {
            name: name.to_owned(),
            locale: "en".to_owned(),
            variables: [("1", "18"), ("2", "Monday")].map(|(k, v)| (k.into(), v.into())).into(),
            components: None,
        },
    };
    assert!(ours.answer(&asked, template("delivery_delay"), None).await.unwrap().is_some());
    assert_eq!(model.customer_saw(), ["delivery_delay 18 Monday"]);
    let unapproved = ours.answer(&asked, template("autumn_sale"), None).await;
    assert!(matches!(unapproved, Err(SendError::Policy(_))), "{unapproved:?}");
}
