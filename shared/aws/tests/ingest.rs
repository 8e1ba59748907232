//! The shell of a channel function: what it answers, what it queues, what it parks. The channel here is made up: the
//! shell knows none.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use aws::ingest::{MAX_BODY, Parked, Shell, handle_records, handle_request};
use aws::objects::Objects;
use aws::queue::Queue;
use domain::content::{Content, Raw};
use domain::event::{InboundEvent, Kind, Message};
use domain::id::{AccountId, Channel, EventKey, ProviderId};
use domain::inbound::{Ack, AwsEvent, Inbound, Malformed, ObjectName, Reply, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Encoding, Handshake, Proof, Verified, sign};
use embedded::Cloud;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};

const CHANNEL: Channel = Channel::from_static("pigeon");
const PROOF: Proof =
    Proof::Hmac { header: "x-signature", prefix: "sha256=", encoding: Encoding::Hex };

fn inbound(resends: bool) -> Inbound {
    let handshake = Handshake::SignedEcho { nonce: "nonce", field: "answer", prefix: "" };
    let source = Source::Http { proof: PROOF, handshake: Some(handshake), reply: Reply::EMPTY };
    Inbound { channel: CHANNEL, source, ack: Ack { deadline_ms: 2_500, resends }, parse }
}

/// One message an entry of a JSON list; a number is unknown.
fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let items: Vec<Value> = serde_json::from_slice(webhook.body())?;
    let event = |(n, item): (usize, &Value)| InboundEvent {
        key: EventKey::new(n.to_string()),
        channel: CHANNEL,
        account: AccountId::new("loft"),
        identity: None,
        at: webhook.received(),
        kind: match item.as_str() {
            Some(text) => {
                Message::inbound(ProviderId::new(n.to_string()), Content::text(text)).into()
            }
            None => Kind::Unknown { what: "number".to_owned(), raw: Raw(item.to_string()) },
        },
        content_ref: None,
    };
    Ok(items.iter().enumerate().map(event).collect())
}

fn shell(cloud: &Cloud, inbound: Inbound) -> Shell {
    let process = cloud.process();
    Shell {
        inbound,
        secrets: WebhookSecrets {
            signing: vec!["hush".into()],
            verify: vec![],
            accounts: vec![AccountId::new("loft")],
        },
        queue: Queue::over(process.queues, cloud.queues.url("inbound.fifo")),
        objects: Objects::over(process.bucket, "bucket".to_owned()),
    }
}

async fn post(shell: &Shell, body: &[u8]) -> Response<Body> {
    let (name, value) = sign(&PROOF, &"hush".into(), body);
    let request =
        http::Request::post("/webhooks/pigeon").header(name, value).body(Body::from(body.to_vec()));
    handle_request(shell, request.unwrap(), Timestamp::from_secs(1_795_000_000)).await
}

fn queued(cloud: &Cloud) -> Vec<InboundEvent> {
    cloud
        .queues
        .take("inbound.fifo")
        .iter()
        .map(|it| serde_json::from_str(&it.body).unwrap())
        .collect()
}

#[tokio::test]
async fn a_proven_webhook_is_queued_whole_before_it_is_answered() {
    let cloud = Cloud::start().await;
    let items: Vec<String> = (0..23).map(|n| format!("message {n}")).collect();
    let answer = post(&shell(&cloud, inbound(true)), &serde_json::to_vec(&items).unwrap()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(queued(&cloud).len(), 23);
}

#[tokio::test]
async fn an_unproven_webhook_is_401_without_a_body_and_stores_nothing() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    for (name, value) in [("x-signature", "sha256=00"), ("x-other", "1")] {
        let request: Request =
            http::Request::post("/").header(name, value).body(Body::from("[\"a\"]")).unwrap();
        let answer = handle_request(&shell, request, Timestamp::default()).await;
        assert_eq!(answer.status(), 401);
        assert!(answer.body().is_empty());
    }
    assert!(queued(&cloud).is_empty() && cloud.bucket.keys().is_empty());
}

#[tokio::test]
async fn over_the_size_cap_is_413_and_a_strange_method_405() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    assert_eq!(post(&shell, &vec![b' '; MAX_BODY + 1]).await.status(), 413);
    let request = http::Request::put("/").body(Body::Empty).unwrap();
    assert_eq!(handle_request(&shell, request, Timestamp::default()).await.status(), 405);
}

#[tokio::test]
async fn a_handshake_is_answered_without_any_call_and_a_wrong_one_is_403() {
    let cloud = Cloud::start().await;
    let mut shell = shell(&cloud, inbound(true));
    let get = |query: &str| {
        http::Request::get(format!("/webhooks/pigeon?{query}")).body(Body::Empty).unwrap()
    };
    assert_eq!(handle_request(&shell, get("nonce=abc"), Timestamp::default()).await.status(), 200);
    assert_eq!(handle_request(&shell, get(""), Timestamp::default()).await.status(), 403);
    shell.secrets.signing.clear();
    assert_eq!(handle_request(&shell, get("nonce=abc"), Timestamp::default()).await.status(), 403);
}

#[tokio::test]
async fn three_proven_but_unreadable_megabytes_are_parked_once_and_answered_200() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    let mut body = vec![b'x'; 3_000_000];
    body[10] = 0xff;
    for _ in 0..2 {
        assert_eq!(post(&shell, &body).await.status(), 200);
    }
    let keys = cloud.bucket.keys();
    assert_eq!(keys.len(), 1);
    let parked: Parked = serde_json::from_slice(&cloud.bucket.object(&keys[0]).unwrap()).unwrap();
    assert_eq!(parked.bytes().unwrap(), body);
    assert!(parked.headers.iter().any(|(name, _)| name == "x-signature"));
    assert!(queued(&cloud).is_empty());
}

#[tokio::test]
async fn a_full_queue_is_5xx_to_a_platform_that_sends_again() {
    let cloud = Cloud::start().await;
    cloud.queues.refuse(100);
    assert_eq!(post(&shell(&cloud, inbound(true)), b"[\"a\"]").await.status(), 503);
    assert!(cloud.bucket.keys().is_empty());
}

#[tokio::test]
async fn a_platform_that_does_not_send_again_is_retried_and_then_parked() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(false));
    cloud.queues.refuse(2);
    assert_eq!(post(&shell, b"[\"a\"]").await.status(), 200);
    assert_eq!(queued(&cloud).len(), 1);
    cloud.queues.refuse(1_000);
    assert_eq!(post(&shell, b"[\"b\"]").await.status(), 200);
    assert_eq!(cloud.bucket.keys().len(), 1);
    cloud.bucket.set_broken(true);
    assert_eq!(post(&shell, b"[\"c\"]").await.status(), 503);
}

#[tokio::test]
async fn a_text_too_large_for_the_queue_is_stored_before_its_event_is_queued() {
    let cloud = Cloud::start().await;
    let text = "long ".repeat(300_000);
    assert_eq!(
        post(&shell(&cloud, inbound(true)), &serde_json::to_vec(&json!([text])).unwrap())
            .await
            .status(),
        200
    );
    let events = queued(&cloud);
    let key = events[0].content_ref.clone().unwrap();
    let kind: Kind = serde_json::from_slice(&cloud.bucket.object(&key).unwrap()).unwrap();
    let Kind::Message(message) = kind else { panic!("a message stays one") };
    assert_eq!(message.content, Content::text(text));
}

/// Mail that the account's own mail service put into a bucket: the record names the object.
fn fetch(record: &[u8]) -> Result<Option<ObjectName>, Malformed> {
    let record: Value = serde_json::from_slice(record)?;
    let text = |field: &str| {
        let named = record.pointer(&format!("/ses/receipt/action/{field}")).and_then(Value::as_str);
        named.map(str::to_owned).ok_or_else(|| Malformed("no object is named".to_owned()))
    };
    Ok(Some(ObjectName { bucket: text("bucketName")?, key: text("objectKey")? }))
}

#[tokio::test]
async fn an_event_of_the_mail_service_is_fetched_and_vouched_for() {
    let cloud = Cloud::start().await;
    let source = Source::Aws { event: AwsEvent::Records, fetch };
    let shell = shell(&cloud, Inbound { source, ..inbound(true) });
    cloud.bucket.put("mail/1", b"[\"a mail\"]");
    let action = |key: &str| json!({ "ses": { "receipt": { "action": { "bucketName": "mails", "objectKey": key } } } });
    let event = json!({ "Records": [action("mail/1"), { "ses": {} }] }).to_string();
    handle_records(&shell, event.as_bytes(), Timestamp::from_secs(1)).await.unwrap();
    assert_eq!(queued(&cloud).len(), 1);
    assert_eq!(cloud.bucket.keys().iter().filter(|it| it.starts_with("parked/")).count(), 1);
    // A mail that cannot be fetched stays with the service, which calls again.
    let event = json!({ "Records": [action("mail/2")] }).to_string();
    assert!(handle_records(&shell, event.as_bytes(), Timestamp::from_secs(1)).await.is_err());
    // And no HTTP request reaches this source.
    assert_eq!(post(&shell, b"[]").await.status(), 404);
}
