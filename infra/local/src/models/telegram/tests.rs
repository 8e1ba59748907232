//! The model refuses what Telegram would refuse, and talks with the channel.

use domain::content::{Content, MediaKind};
use domain::event::Kind;
use domain::outbound::{ChoiceOption, SendContent, SendError, SendMedia, SendProblem};
use serde_json::{Value, json};

use super::rules::BotError;
use super::{ADA, BotApi, DIRECT, ada, chat};
use crate::models::Platform;
use crate::models::ours::{Ours, message, words};

async fn model() -> std::sync::Arc<BotApi> {
    BotApi::start().await.unwrap()
}

fn refusal(model: &BotApi, method: &str, body: &Value) -> (u16, String) {
    let BotError { code, description, .. } = model.take(method, body).unwrap_err();
    (code, description)
}

#[tokio::test]
async fn nobody_is_written_to_who_did_not_write_first_or_who_blocked_the_bot() {
    let model = model().await;
    let text = json!({ "chat_id": ADA, "text": "hello" });
    assert!(refusal(&model, "sendMessage", &text).1.contains("can't initiate conversation"));
    model.fresh_message();
    assert!(model.take("sendMessage", &text).is_ok());
    model.world().is_blocked = true;
    assert_eq!(refusal(&model, "sendMessage", &text).0, 403);
    let stranger = json!({ "chat_id": 1, "text": "hello" });
    assert_eq!(
        refusal(&model, "sendMessage", &stranger),
        (400, "Bad Request: chat not found".to_owned())
    );
}

#[tokio::test]
async fn unknown_fields_long_texts_and_long_ids_are_refused() {
    let model = model().await;
    model.fresh_message();
    let with = |fields: Value| {
        let mut body = json!({ "chat_id": ADA, "text": "hello" });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let button = |data: &str| {
        with(
            json!({ "reply_markup": { "inline_keyboard": [[{ "text": "A", "callback_data": data }]] } }),
        )
    };
    assert!(model.take("sendMessage", &button(&"a".repeat(64))).is_ok());
    for body in [
        with(json!({ "text": "" })),
        with(json!({ "text": "a".repeat(4097) })),
        with(json!({ "chat_id": ADA.to_string() })),
        with(json!({ "subject": "x" })),
        with(json!({ "reply_parameters": { "message_id": 99_999 } })),
        button(&"a".repeat(65)),
    ] {
        assert_eq!(refusal(&model, "sendMessage", &body).0, 400, "{body}");
    }
    assert_eq!(refusal(&model, "sendFax", &with(json!({}))).0, 404);
    assert_eq!(refusal(&model, "answerCallbackQuery", &json!({ "callback_query_id": "7" })).0, 400);
}

#[tokio::test]
async fn a_topic_must_be_there_and_direct_messages_must_name_theirs() {
    let model = model().await;
    let message = model.fresh_message();
    model.world().topics.insert(5120);
    let with = |fields: Value| {
        let mut body = json!({ "chat_id": ADA, "text": "hello" });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let direct = json!({ "chat_id": DIRECT, "direct_messages_topic_id": ADA });
    for fields in [json!({ "message_thread_id": 5120 }), direct] {
        assert!(model.take("sendMessage", &with(fields)).is_ok());
    }
    for (fields, words) in [
        (json!({ "message_thread_id": 5121 }), "message thread not found"),
        (json!({ "chat_id": DIRECT }), "must be specified"),
        (json!({ "chat_id": DIRECT, "direct_messages_topic_id": 1 }), "must be specified"),
        (json!({ "direct_messages_topic_id": ADA }), "no direct messages topics"),
    ] {
        let refused = refusal(&model, "sendMessage", &with(fields));
        assert!(refused.0 == 400 && refused.1.contains(words), "{refused:?}");
    }
    let typing = json!({ "chat_id": DIRECT, "direct_messages_topic_id": ADA, "action": "typing" });
    assert_eq!(refusal(&model, "sendChatAction", &typing).0, 400);
    let react = |emoji: &str| json!({ "chat_id": ADA, "message_id": message, "reaction": [{ "type": "emoji", "emoji": emoji }] });
    assert!(model.take("setMessageReaction", &react("\u{2764}")).is_ok());
    for emoji in ["\u{2764}\u{fe0f}", "\u{1fa94}"] {
        let refused = refusal(&model, "setMessageReaction", &react(emoji));
        assert!(refused.1.contains("REACTION_INVALID"), "{refused:?}");
    }
}

#[tokio::test]
async fn an_answer_goes_back_to_the_topic_and_without_it_when_that_is_gone() {
    let model = model().await;
    let ours = Ours::connect(model.as_ref()).await;
    let topic = 5120;
    model.world().topics.insert(topic);
    let written = json!({
        "message_id": model.fresh_message(), "from": ada(), "chat": chat(), "date": aws::now().secs(),
        "message_thread_id": topic, "is_topic_message": true, "text": "Et ma lampe ?",
    });
    assert_eq!(model.post("message", &written).await.unwrap(), 200);
    let asked = ours.next().await;
    assert!(ours.answer(&asked, words("Demain."), None).await.unwrap().is_some());
    model.world().topics.clear();
    assert!(ours.answer(&asked, words("Ou jeudi."), None).await.unwrap().is_some());
    assert_eq!(model.customer_saw(), ["Demain.", "Ou jeudi."]);
    let heart = SendContent::Reaction {
        of: message(&asked).id.clone(),
        emoji: "\u{2764}\u{fe0f}".to_owned(),
    };
    assert_eq!(ours.answer(&asked, heart, None).await, Ok(None));
}

#[tokio::test]
async fn too_many_messages_a_second_must_wait() {
    let model = model().await;
    model.fresh_message();
    let text = json!({ "chat_id": ADA, "text": "hello" });
    let refused = (0..100).find_map(|_| model.take("sendMessage", &text).err()).unwrap();
    assert_eq!((refused.code, refused.retry_after), (429, Some(1)));
}

#[tokio::test]
async fn a_conversation_with_the_channel_goes_both_ways() {
    let model = model().await;
    let ours = Ours::connect(model.as_ref()).await;
    assert_eq!(model.customer_writes("Où est ma commande ?").await.unwrap(), 200);
    let asked = ours.next().await;
    assert_eq!(message(&asked).content, Content::text("Où est ma commande ?"));

    let of = message(&asked).id.clone();
    let id =
        ours.answer(&asked, words("Demain <matin> & pas avant"), Some(of.clone())).await.unwrap();
    assert!(id.is_some());
    let options = [("yes:42", "Oui"), ("no:42", "Non")].map(|(id, title)| ChoiceOption {
        id: id.into(),
        title: title.into(),
        description: None,
    });
    let question =
        SendContent::Choices { text: "On livre ?".into(), options: options.into(), button: None };
    let question = ours.answer(&asked, question, None).await.unwrap();

    assert_eq!(model.customer_taps("Oui").await.unwrap(), 200);
    let tapped = ours.next().await;
    assert!(matches!(&message(&tapped).content, Content::Choice { id, .. } if id == "yes:42"));
    assert_eq!(message(&tapped).reply_to, question);
    let rest = SendContent::MarkRead { of: message(&tapped).id.clone(), typing: true };
    assert_eq!(ours.answer(&tapped, rest, None).await, Ok(None));

    let thumb = SendContent::Reaction { of, emoji: "👍".to_owned() };
    assert_eq!(ours.answer(&asked, thumb, None).await, Ok(None));
    let source =
        SendMedia::Object { key: "media/x".to_owned(), mime: "application/pdf".to_owned() };
    let caption = Some("La facture".to_owned());
    let file = SendContent::Media { kind: MediaKind::Document, source, caption, filename: None };
    assert!(ours.answer(&asked, file, None).await.unwrap().is_some());
    let place = SendContent::Location {
        latitude: 45.76,
        longitude: 4.83,
        name: Some("Entrepôt".to_owned()),
        address: None,
    };
    assert!(ours.answer(&asked, place, None).await.unwrap().is_some());
    let saw = ["Demain <matin> & pas avant", "On livre ?", "La facture", "Entrepôt, Entrepôt"];
    assert_eq!(model.customer_saw(), saw);

    assert_eq!(model.customer_blocks(true).await.unwrap(), 200);
    assert!(matches!(ours.next().await.kind, Kind::ConsentChanged { granted: false, .. }));
    let refused = ours.answer(&asked, words("encore là ?"), None).await;
    let Err(SendError::Policy(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.problem, SendProblem::RecipientOptedOut);
}
