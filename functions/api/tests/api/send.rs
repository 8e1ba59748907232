//! Sending: what is promised, what is refused, and what a repeated request gets.

use aws::store::tokens::NewToken;
use domain::content::{Content, Raw};
use domain::event::{Kind, Message, TemplateChanged};
use domain::filing::{ChannelLink, LinkCode};
use domain::id::{Channel, IdentityId, MessageId, ProviderId, ThreadId};
use domain::sending::{OutboundEntry, Step};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::openapi::request_example;
use crate::world::{ACCOUNT, PHONE, QUEUE, Reply, World, api, ask, event, now, request};

const MESSAGES: &str = "/v1/messages";

fn text_to(to: &Value) -> Value {
    json!({ "to": to, "content": { "type": "text", "text": "It arrives tomorrow." } })
}

fn address() -> Value {
    json!({ "address": { "channel": "whatsapp", "id": PHONE } })
}

/// A person wrote a minute ago.
async fn asked() -> World {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order A-1234?", now().plus_ms(-60_000)).await;
    world
}

/// A person wrote two days ago.
async fn silent() -> World {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order A-1234?", now().plus_ms(-2 * 86_400_000)).await;
    world
}

#[tokio::test]
async fn a_reply_to_a_thread_is_stored_and_queued_and_can_be_looked_up() {
    let world = asked().await;
    let thread = world.thread().await;
    let mut body = text_to(&json!({ "thread_id": thread }));
    body["client_ref"] = json!("crm-889");
    let reply = world.post(MESSAGES, &body, Some("k1")).await;
    assert_eq!(reply.status, 202, "{:#}", reply.body);
    assert_eq!(reply.text("thread_id"), thread);
    assert_eq!(
        reply.body["plan"],
        json!([{ "channel": "whatsapp", "account": ACCOUNT, "verdict": "ok" }])
    );
    let id = reply.text("id");
    let location = format!("/v1/messages/{id}");
    assert_eq!(reply.header("location"), Some(&*location));
    let queued = world.cloud.queues.take(QUEUE);
    let entry: OutboundEntry = serde_json::from_str(&queued[0].body).unwrap();
    assert_eq!((queued.len(), entry.step), (1, Step::Send(1)));
    assert_eq!(entry.message, MessageId::new(&*id));
    assert_eq!(queued[0].group_id, entry.group);
    let shown = world.get(&location).await;
    assert_eq!((shown.status, shown.text("status")), (200, "accepted".to_owned()));
    assert_eq!(shown.body["content"], body["content"]);
    assert_eq!((shown.text("client_ref"), shown.text("thread_id")), ("crm-889".to_owned(), thread));
}

#[tokio::test]
async fn the_same_key_and_body_is_the_same_message_and_another_body_is_refused() {
    let world = asked().await;
    let body = text_to(&json!({ "thread_id": world.thread().await }));
    let first = world.post(MESSAGES, &body, Some("k1")).await;
    let again = world.post(MESSAGES, &body, Some("k1")).await;
    assert_eq!((first.status, &again), (202, &first));
    assert_eq!(world.cloud.queues.take(QUEUE).len(), 1);
    let mut other = body.clone();
    other["content"]["text"] = json!("It arrives today.");
    let refused = world.post(MESSAGES, &other, Some("k1")).await;
    assert_eq!((refused.status, refused.problem()), (422, "idempotency-mismatch"));
    let other_key = world.post(MESSAGES, &body, Some("k2")).await;
    let (without, without_again) =
        (world.post(MESSAGES, &body, None).await, world.post(MESSAGES, &body, None).await);
    let mut ids = [&first, &other_key, &without, &without_again].map(|it| it.text("id"));
    ids.sort_unstable();
    assert!(ids.windows(2).all(|it| it[0] != it[1]), "{ids:?}");
}

#[tokio::test]
async fn a_key_is_its_callers_own_and_outlives_the_text_of_the_token() {
    let world = asked().await;
    let body = text_to(&json!({ "thread_id": world.thread().await }));
    let [one, other]: [NewToken; 2] =
        [world.token(&["messages:send"], None).await, world.token(&["messages:send"], None).await];
    let rotated =
        world.table().tokens().rotate_token(&one.token.id, now().plus_ms(1), now()).await.unwrap();
    let mut ids = Vec::new();
    for token in [&one, &rotated, &other] {
        let mut request = world.request("POST", MESSAGES, Some(&body), Some("k1"));
        request
            .headers
            .insert("authorization", format!("Bearer {}", token.reveal()).parse().unwrap());
        ids.push(ask(&world.api(), request).await.text("id"));
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn parallel_repeats_of_one_request_are_one_message_with_one_answer() {
    let world = World::new().await;
    let mut body = text_to(&address());
    body["content"] = request_example("template")["content"].clone();
    body["account"] = json!(ACCOUNT);
    let mut asks = JoinSet::new();
    for _ in 0..8 {
        let api = api(&world.cloud, world.cloud.process());
        let request = world.request("POST", MESSAGES, Some(&body), Some("k1"));
        asks.spawn(async move { ask(&api, request).await });
    }
    let replies: Vec<Reply> = asks.join_all().await;
    assert!(replies.iter().all(|it| it.status == 202 && *it == replies[0]), "{replies:#?}");
    assert_eq!(world.count("MSG#out#").await, 1);
    assert_eq!((world.count("THR#").await, world.count("IDN#").await), (1, 1));
    assert_eq!(world.cloud.queues.take(QUEUE).len(), 1);
}

#[tokio::test]
async fn nothing_is_promised_that_is_not_queued_and_a_repeat_completes_it() {
    let world = asked().await;
    let body = text_to(&json!({ "thread_id": world.thread().await }));
    world.cloud.queues.refuse(1);
    let refused = world.post(MESSAGES, &body, Some("k1")).await;
    assert_eq!((refused.status, refused.body["retryable"].as_bool()), (503, Some(true)));
    assert_eq!(world.cloud.queues.take(QUEUE).len(), 0);
    assert_eq!(world.post(MESSAGES, &body, Some("k1")).await.status, 202);
    assert_eq!(world.cloud.queues.take(QUEUE).len(), 1);
    assert_eq!(world.count("MSG#out#").await, 1);
}

#[tokio::test]
async fn a_repeat_gets_its_promise_also_when_the_window_has_closed_since() {
    let world = asked().await;
    let body = text_to(&json!({ "thread_id": world.thread().await }));
    let first = world.post(MESSAGES, &body, Some("k1")).await;
    let late = world.request("POST", MESSAGES, Some(&body), Some("k1"));
    let (answer, _) = world.api().answer(&late, now().plus_ms(3 * 86_400_000)).await;
    assert_eq!((first.status, answer.status), (202, 202));
    let new = world.request("POST", MESSAGES, Some(&body), Some("k2"));
    let (answer, _) = world.api().answer(&new, now().plus_ms(3 * 86_400_000)).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn a_closed_window_is_refused_with_the_templates_that_would_work() {
    let world = silent().await;
    world.hear("wamid.1", "x", now().plus_ms(-2 * 86_400_000)).await;
    for (name, status) in [("delivery_delay", "approved"), ("old", "paused")] {
        let changed = TemplateChanged {
            name: name.to_owned(),
            locale: "fr".to_owned(),
            id: None,
            status: Some(status.to_owned()),
            reason: None,
            raw: Raw::default(),
        };
        world.file(event(None, name, now(), Kind::TemplateChanged(changed))).await;
    }
    let to = json!({ "thread_id": world.thread().await });
    let refused = world.post(MESSAGES, &text_to(&to), Some("k1")).await;
    assert_eq!((refused.status, refused.problem()), (422, "window-closed"), "{:#}", refused.body);
    assert_eq!(
        refused.body["alternatives"],
        json!({ "templates": ["delivery_delay"], "channels": [] })
    );
    assert!(refused.text("detail").contains("Last customer message on whatsapp 20"));
    assert_eq!((world.count("MSG#out#").await, world.cloud.queues.take(QUEUE).len()), (0, 0));
    let template = |name: &str| {
        let template = json!({ "name": name, "locale": "fr" });
        json!({ "to": to, "content": { "type": "template", "template": template } })
    };
    let sent = world.post(MESSAGES, &template("delivery_delay"), Some("k1")).await;
    assert_eq!((sent.status, &sent.body["plan"][0]["template"]), (202, &json!("approved")));
    let paused = world.post(MESSAGES, &template("old"), None).await;
    assert_eq!((paused.status, paused.problem()), (422, "template-not-approved"));
}

#[tokio::test]
async fn who_opted_out_gets_nothing() {
    let world = asked().await;
    let kind =
        Kind::ConsentChanged { purpose: "all".to_owned(), granted: false, detail: String::new() };
    world.file(event(Some(IdentityId::phone(PHONE)), "stop", now(), kind)).await;
    let refused =
        world.post(MESSAGES, &text_to(&json!({ "thread_id": world.thread().await })), None).await;
    assert_eq!((refused.status, refused.problem()), (422, "recipient-opted-out"));
}

#[tokio::test]
async fn a_number_that_went_to_somebody_else_is_neither_written_to_nor_asked_for_consent() {
    let world = World::new().await;
    let phone = IdentityId::phone(PHONE);
    let id = |name: &str| IdentityId::scoped(&Channel::from_static("whatsapp"), "", name);
    let says = |name: &str, message: &str, minutes: i64| {
        let said = Message::inbound(ProviderId::new(message), Content::text("hello"));
        let mut event =
            event(Some(id(name)), message, now().plus_ms(-minutes * 60_000), said.into());
        event.identity.as_mut().unwrap().aliases = vec![phone.clone()];
        event
    };
    world.file(says("GB.1", "wamid.1", 30)).await;
    world.file(says("GB.2", "wamid.2", 20)).await;
    let stop =
        Kind::ConsentChanged { purpose: "all".to_owned(), granted: false, detail: String::new() };
    world.file(event(Some(phone.clone()), "stop", now(), stop)).await;
    let contact = async |name: &str| {
        world.table().contacts().find_identity(&id(name)).await.unwrap().unwrap().contact.unwrap()
    };
    let old = json!({ "contact_id": contact("GB.1").await });
    let sent = world.post(MESSAGES, &text_to(&old), None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let entry: OutboundEntry =
        serde_json::from_str(&world.cloud.queues.take(QUEUE)[0].body).unwrap();
    let outgoing = world.table().sends().outgoing(&entry.message).await.unwrap().unwrap();
    assert_eq!(outgoing.legs[0].to, [id("GB.1")], "not to the stranger who has the number");
    let new = json!({ "contact_id": contact("GB.2").await });
    let refused = world.post(MESSAGES, &text_to(&new), None).await;
    assert_eq!((refused.status, refused.problem()), (422, "recipient-opted-out"));
}

#[tokio::test]
async fn who_only_showed_a_code_of_a_thread_is_written_to_if_the_caller_says_so() {
    let world = asked().await;
    let thread = ThreadId::new(world.thread().await);
    let contact = world.table().views().view_thread(&thread).await.unwrap().unwrap().contact;
    let code = LinkCode::of_random(7);
    let link = ChannelLink {
        thread: thread.clone(),
        contact,
        until: now().plus_ms(1),
        author: "desk".to_owned(),
        purpose: None,
    };
    assert!(world.table().filing().make_link(&code, &link).await.unwrap());
    let claimant = IdentityId::scoped(&Channel::from_static("whatsapp"), "", "GB.7");
    world.hear_from(claimant.clone(), "wamid.2", &code.reveal(), now().plus_ms(-30_000)).await;
    let mut body = text_to(&json!({ "thread_id": thread }));
    let sent = world.post(MESSAGES, &body, None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let verdicts = [&sent.body["plan"][0]["verdict"], &sent.body["plan"][1]["verdict"]];
    assert_eq!(verdicts, ["identity-unverified", "ok"], "the person themselves is answered");
    let to = |queued: &str| serde_json::from_str::<OutboundEntry>(queued).unwrap().message;
    let outgoing =
        world.table().sends().outgoing(&to(&world.cloud.queues.take(QUEUE)[0].body)).await;
    assert_eq!(outgoing.unwrap().unwrap().legs[0].to, [IdentityId::phone(PHONE)]);
    body["unverified"] = json!("allow");
    let sent = world.post(MESSAGES, &body, None).await;
    assert_eq!((sent.status, sent.text("thread_id")), (202, thread.as_str().to_owned()));
    let outgoing =
        world.table().sends().outgoing(&to(&world.cloud.queues.take(QUEUE)[0].body)).await;
    assert_eq!(outgoing.unwrap().unwrap().legs[0].to, [claimant]);
}

#[tokio::test]
async fn a_first_word_to_an_address_opens_a_contact_and_a_thread_and_names_our_account() {
    let world = World::new().await;
    let body = request_example("template");
    let mut without = body.clone();
    without.as_object_mut().unwrap().remove("account");
    without.as_object_mut().unwrap().remove("expires_at");
    let refused = world.post(MESSAGES, &without, None).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/account")));
    without["account"] = json!(ACCOUNT);
    let sent = world.post(MESSAGES, &without, None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let thread = world.get(&format!("/v1/threads/{}", sent.text("thread_id"))).await;
    assert_eq!(thread.text("contact_id"), sent.text("contact_id"));
    // Who answers is whom we wrote to.
    world.hear("wamid.9", "Hello, who is this?", now().plus_ms(-1_000)).await;
    assert_eq!(
        world.get("/v1/threads").await.body["threads"][0]["contact_id"],
        sent.body["contact_id"]
    );
    let same = world.post(MESSAGES, &without, None).await;
    assert_eq!(same.text("contact_id"), sent.text("contact_id"));
    let text = world
        .post(MESSAGES, &text_to(&json!({ "contact_id": sent.text("contact_id") })), None)
        .await;
    assert_eq!(text.status, 202, "{:#}", text.body);
}

#[tokio::test]
async fn a_message_of_theirs_is_quoted_by_its_id_and_anybody_elses_is_not() {
    let world = asked().await;
    world
        .hear_from(
            IdentityId::phone("+33612345678"),
            "wamid.other",
            "Hello, I want to return",
            now(),
        )
        .await;
    let threads = world.get("/v1/threads").await;
    let of = |n: usize| threads.body["threads"][n]["id"].as_str().unwrap().to_owned();
    let message = async |thread: &str| {
        let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
        timeline.body["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    let mut body = text_to(&json!({ "thread_id": of(0) }));
    body["reply_to"] = json!(message(&of(0)).await);
    let sent = world.post(MESSAGES, &body, None).await;
    assert_eq!(sent.status, 202, "{:#}", sent.body);
    let shown = world.get(&format!("/v1/messages/{}", sent.text("id"))).await;
    assert_eq!(shown.body["reply_to"], body["reply_to"]);
    let outgoing =
        world.table().sends().outgoing(&MessageId::new(sent.text("id"))).await.unwrap().unwrap();
    assert_eq!(outgoing.legs[0].reply_to.as_ref().unwrap().as_str(), "wamid.1");
    body["reply_to"] = json!(message(&of(1)).await);
    let refused = world.post(MESSAGES, &body, None).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/reply_to")));
}

#[tokio::test]
async fn a_plan_says_what_would_happen_and_stores_nothing() {
    let world = silent().await;
    let body = text_to(&json!({ "thread_id": world.thread().await }));
    let plan = world.post("/v1/messages/plan", &body, None).await;
    assert_eq!((plan.status, &plan.body["plan"][0]["verdict"]), (200, &json!("window-closed")));
    assert_eq!(plan.body["problem"]["type"], "/problems/window-closed");
    let fresh = asked().await;
    let body = text_to(&json!({ "thread_id": fresh.thread().await }));
    let plan = fresh.post("/v1/messages/plan", &body, None).await;
    assert_eq!(plan.body["chosen"], json!({ "channel": "whatsapp", "account": ACCOUNT }));
    for world in [world, fresh] {
        assert_eq!((world.count("MSG#out#").await, world.cloud.queues.take(QUEUE).len()), (0, 0));
    }
}

#[tokio::test]
async fn every_content_of_the_document_is_taken() {
    let world = asked().await;
    let thread = json!({ "thread_id": world.thread().await });
    for name in ["text", "template", "choices", "location", "media"] {
        let mut body = request_example(name);
        body["to"] = thread.clone();
        for field in ["reply_to", "expires_at", "account"] {
            body.as_object_mut().unwrap().remove(field);
        }
        let sent = world.post(MESSAGES, &body, None).await;
        assert_eq!(sent.status, 202, "{name}: {:#}", sent.body);
        let shown = world.get(&format!("/v1/messages/{}", sent.text("id"))).await;
        assert_eq!(shown.body["content"], body["content"], "{name}");
    }
}

#[tokio::test]
async fn a_bad_request_is_refused_before_anything_is_stored() {
    let world = asked().await;
    let mut body = text_to(&json!({ "thread_id": world.thread().await }));
    body["html"] = json!("<b>hi</b>");
    let unknown = world.post(MESSAGES, &body, Some("k1")).await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &json!("/html")));
    let send = async |body: &[u8], media_type: &str| {
        let mut request = world.request("POST", MESSAGES, Some(&json!({})), None);
        request.headers.insert("content-type", media_type.parse().unwrap());
        request.body = body.to_vec();
        ask(&world.api(), request).await.status
    };
    assert_eq!(send(b"{", "application/json").await, 400);
    assert_eq!(send(b"{}", "text/plain").await, 415);
    assert_eq!(send(b"{}", "application/json; charset=utf-8").await, 422);
    assert_eq!(send(&vec![b' '; 64 * 1024 + 1], "application/json").await, 413);
    assert_eq!(send("[".repeat(70).as_bytes(), "application/json").await, 400);
    let nobody = text_to(&json!({ "thread_id": format!("thr_{}", "0".repeat(32)) }));
    assert_eq!(world.post(MESSAGES, &nobody, None).await.status, 422);
    let long = world.post(MESSAGES, &nobody, Some(&"k".repeat(256))).await;
    assert_eq!((long.status, &long.body["errors"][0]["header"]), (422, &json!("idempotency-key")));
    assert_eq!((world.count("MSG#out#").await, world.cloud.queues.take(QUEUE).len()), (0, 0));
}

#[tokio::test]
async fn no_answer_repeats_what_was_said_wrong() {
    let world = asked().await;
    let mut body = text_to(&json!({ "thread_id": "my secret" }));
    body["client_ref"] = json!(["hush"]);
    let refused = world.post(MESSAGES, &body, None).await;
    let text = refused.body.to_string();
    assert!(!text.contains("my secret") && !text.contains("hush"), "{text}");
    let reply = ask(&world.api(), request("GET", "/v1/messages/msg_1", None)).await;
    assert_eq!(reply.status, 401);
}
