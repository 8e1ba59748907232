//! The shell of a channel function: what it answers, what it queues, what it parks. The channel here is made up: the
//! shell knows none.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use aws::ingest::{MAX_BODY, Parked, Secrets, Shell, handle_records, handle_request};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::vault::Vault;
use domain::content::{Content, Raw};
use domain::event::{InboundEvent, Kind, Message, digest};
use domain::id::{AccountId, Channel, EventKey, ProviderId};
use domain::inbound::{Ack, AwsEvent, Inbound, Malformed, ObjectName, Reply, Source};
use domain::time::Timestamp;
use domain::webhook::{
    AddressProof, Encoding, Handshake, Proof, Signer, Verified, Webhook, seal, sign,
};
use embedded::Cloud;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};

const SECRET: &str = "ariane/pigeon/webhook";
const CHANNEL: Channel = Channel::from_static("pigeon");
const PROOF: Proof =
    Proof::Hmac { header: "x-signature", prefix: "sha256=", encoding: Encoding::Hex };

fn inbound(resends: bool) -> Inbound {
    let handshake = Handshake::SignedEcho { nonce: "nonce", field: "answer", prefix: "" };
    let source = Source::Http { proof: PROOF, handshake: Some(handshake), reply: Reply::EMPTY };
    Inbound {
        channel: CHANNEL,
        name: "pigeon",
        source,
        ack: Ack { deadline_ms: 2_500, resends },
        parse,
    }
}

/// One message an entry of a JSON list; a number is unknown.
fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let items: Vec<Value> = serde_json::from_slice(webhook.body())?;
    let event = |(n, item): (usize, &Value)| InboundEvent {
        key: EventKey::new(format!("{n} {}", digest(&[&item.to_string()]))),
        channel: CHANNEL,
        account: AccountId::new("loft"),
        identity: None,
        at: webhook.received(),
        kind: match item.as_str().filter(|_| webhook.is_ours("loft")) {
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
    cloud.secrets.put(SECRET, &secret(&["hush"]));
    bare_shell(cloud, inbound)
}

/// A shell over a cloud whose secret is as it is.
fn bare_shell(cloud: &Cloud, inbound: Inbound) -> Shell {
    let process = cloud.process();
    Shell::over(
        inbound,
        Secrets::new(Vault::over(process.secrets), SECRET.to_owned()),
        Queue::over(process.queues, cloud.queues.url("inbound.fifo")),
        Objects::over(process.bucket, "bucket".to_owned()),
    )
}

fn secret(signing: &[&str]) -> Value {
    json!({ "signing": signing, "accounts": ["loft"] })
}

/// So many seconds after the first webhook.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_795_000_000 + seconds)
}

/// The status of a webhook that comes so many seconds later, with a proof by this secret.
async fn post_at(shell: &Shell, seconds: i64, secret: &str) -> u16 {
    let body = json!([format!("{secret} at {seconds}")]).to_string();
    let (name, value) = sign(&PROOF, &secret.into(), body.as_bytes());
    let request = http::Request::post("/webhooks/pigeon").header(name, value);
    let request = request.body(Body::from(body)).unwrap();
    handle_request(shell, request, at(seconds)).await.status().as_u16()
}

async fn post(shell: &Shell, body: &[u8]) -> Response<Body> {
    let (name, value) = sign(&PROOF, &"hush".into(), body);
    let request =
        http::Request::post("/webhooks/pigeon").header(name, value).body(Body::from(body.to_vec()));
    handle_request(shell, request.unwrap(), at(0)).await
}

fn queued(cloud: &Cloud) -> Vec<InboundEvent> {
    cloud
        .queues
        .take("inbound.fifo")
        .iter()
        .map(|it| serde_json::from_str(&it.body).unwrap())
        .collect()
}

/// The number in a message's key.
fn number(event: &InboundEvent) -> usize {
    event.key.as_str().split_once(' ').unwrap().0.parse().unwrap()
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
    let shell = shell(&cloud, inbound(true));
    let get = |query: &str| {
        http::Request::get(format!("/webhooks/pigeon?{query}")).body(Body::Empty).unwrap()
    };
    assert_eq!(handle_request(&shell, get("nonce=abc"), at(0)).await.status(), 200);
    assert_eq!(handle_request(&shell, get(""), at(0)).await.status(), 403);
    assert_eq!(handle_request(&shell, get("nonce=%7B%7D"), at(0)).await.status(), 403);
    cloud.secrets.put(SECRET, &secret(&[]));
    assert_eq!(handle_request(&shell, get("nonce=abc"), at(29)).await.status(), 200);
    assert_eq!(handle_request(&shell, get("nonce=abc"), at(30)).await.status(), 403);
    assert_eq!(cloud.secrets.n_reads(), 2);
}

#[tokio::test]
async fn a_replaced_secret_is_believed_and_the_old_one_refused_within_a_minute() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    assert_eq!(post_at(&shell, 0, "hush").await, 200);
    cloud.secrets.put(SECRET, &secret(&["new"]));
    assert_eq!(post_at(&shell, 1, "new").await, 401, "it was read a second ago");
    assert_eq!(post_at(&shell, 29, "hush").await, 200);
    assert_eq!(post_at(&shell, 30, "new").await, 200);
    assert_eq!(post_at(&shell, 30, "hush").await, 401);
    // Also where nothing tells that there is a new one.
    cloud.secrets.put(SECRET, &secret(&["newest"]));
    assert_eq!(post_at(&shell, 79, "new").await, 200);
    assert_eq!(post_at(&shell, 80, "new").await, 401);
    assert_eq!(post_at(&shell, 80, "newest").await, 200);
    assert_eq!(cloud.secrets.n_reads(), 3);
    assert_eq!(queued(&cloud).len(), 5);
}

#[tokio::test]
async fn a_sandbox_that_met_no_secret_an_empty_or_a_broken_one_gets_well() {
    for (first, refused, after) in [
        (None, 503, 1),
        (Some(secret(&[])), 401, 30),
        (Some(secret(&[""])), 401, 30),
        (Some(json!({ "signing": "not a list" })), 503, 1),
    ] {
        let cloud = Cloud::start().await;
        if let Some(first) = first {
            cloud.secrets.put(SECRET, &first);
        }
        let shell = bare_shell(&cloud, inbound(true));
        assert_eq!(post_at(&shell, 0, "hush").await, refused);
        cloud.secrets.put(SECRET, &secret(&["hush"]));
        assert_eq!(post_at(&shell, after - 1, "hush").await, refused);
        assert_eq!(post_at(&shell, after, "hush").await, 200);
    }
}

#[tokio::test]
async fn a_secret_store_that_is_down_for_an_hour_loses_nothing() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    assert_eq!(post_at(&shell, 0, "hush").await, 200);
    cloud.secrets.set_broken(true);
    for seconds in [60, 600, 3_599] {
        assert_eq!(post_at(&shell, seconds, "hush").await, 200, "{seconds}");
        assert_eq!(post_at(&shell, seconds, "forged").await, 401, "{seconds}");
    }
    // After that we do not know: not refused, but to be sent again.
    assert_eq!(post_at(&shell, 3_630, "hush").await, 503);
    cloud.secrets.set_broken(false);
    assert_eq!(post_at(&shell, 3_660, "hush").await, 200);
}

#[tokio::test]
async fn a_platform_that_does_not_send_again_waits_for_a_secret_that_was_not_read_at_first() {
    let cloud = Cloud::start().await;
    cloud.secrets.put(SECRET, &secret(&["hush"]));
    cloud.secrets.set_broken(true);
    let mends = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        cloud.secrets.set_broken(false);
    };
    let ack = Ack { deadline_ms: 10_000, resends: false };
    let shell = bare_shell(&cloud, Inbound { ack, ..inbound(false) });
    let (status, ()) = tokio::join!(post_at(&shell, 0, "hush"), mends);
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_flood_of_forgeries_reads_the_secret_twice_a_minute_at_most() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    for tenth in 0..3_000 {
        assert_eq!(post_at(&shell, tenth / 10, "forged").await, 401);
    }
    assert_eq!(cloud.secrets.n_reads(), 10, "five minutes");
    // The same while the store does not answer.
    cloud.secrets.set_broken(true);
    for seconds in 300..600 {
        assert_eq!(post_at(&shell, seconds, "forged").await, 401);
    }
    assert_eq!(cloud.secrets.n_reads(), 20);
}

#[tokio::test]
async fn an_account_that_is_added_is_ours_half_a_minute_later_at_most() {
    let cloud = Cloud::start().await;
    let shell = bare_shell(&cloud, inbound(true));
    cloud.secrets.put(SECRET, &json!({ "signing": ["hush"], "accounts": [] }));
    assert_eq!(post_at(&shell, 0, "hush").await, 200);
    cloud.secrets.put(SECRET, &secret(&["hush"]));
    for seconds in [29, 30] {
        assert_eq!(post_at(&shell, seconds, "hush").await, 200);
    }
    let is_read = |it: &InboundEvent| matches!(it.kind, Kind::Message(_));
    let read: Vec<_> = queued(&cloud).iter().map(is_read).collect();
    assert_eq!(read, [false, false, true]);
}

#[tokio::test]
async fn what_the_queue_refuses_of_a_batch_is_tried_again_alone_and_before_what_follows() {
    let cloud = Cloud::start().await;
    let shell = shell(&cloud, inbound(true));
    cloud.queues.refuse_entries(2);
    let items: Vec<String> = (0..23).map(|n| format!("message {n}")).collect();
    assert_eq!(post(&shell, &serde_json::to_vec(&items).unwrap()).await.status(), 200);
    let numbers: Vec<_> = queued(&cloud).iter().map(number).collect();
    // The first entry of the first two calls was refused: 9 went in, then the rest of the batch, which is 1.
    let expected: Vec<_> = (1..10).chain([0]).chain(10..23).collect();
    assert_eq!(numbers, expected);
    assert_eq!(cloud.queues.n_calls(), 5, "three batches, and the refused entry twice");
    cloud.queues.refuse_entries(100);
    assert_eq!(post(&shell, b"[\"a\"]").await.status(), 503);
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

#[tokio::test]
async fn the_address_that_a_proof_is_over_is_the_configured_one_whatever_the_host_says() {
    let cloud = Cloud::start().await;
    let proof =
        AddressProof { header: "x-signature", settings: "x-settings", digest: "bodySHA256" };
    let source =
        Source::Http { proof: Proof::Address(proof), handshake: None, reply: Reply::EMPTY };
    let inbound = Inbound { source, ..inbound(true) };
    let post = async |public_url: &str, signed_for: &str, host: &str| {
        let shell = shell(&cloud, inbound.clone()).reached_at(public_url);
        let body = json!(["hello"]).to_string();
        let headers = http::HeaderMap::new();
        let webhook = Webhook {
            headers: &headers,
            address: signed_for,
            query: "a=b%2Bc",
            body: body.as_bytes(),
        };
        let signer = Signer { secret: &"hush".into(), audience: None, at: at(0) };
        let sent = seal(&Proof::Address(proof), &signer, &webhook);
        let (name, value) = sent.header.unwrap();
        let request =
            http::Request::post(format!("http://{host}/stage/webhooks/pigeon?{}", sent.query));
        let request =
            request.header(name, value).header("host", host).header("x-forwarded-host", host);
        let request = request.body(Body::from(sent.body)).unwrap();
        handle_request(&shell, request, at(0)).await.status().as_u16()
    };
    let ours = "https://ariane.example.com/webhooks/pigeon";
    let evil = "https://evil.example/webhooks/pigeon";
    assert_eq!(post("https://ariane.example.com", ours, "127.0.0.1:9000").await, 200);
    assert_eq!(post("https://ariane.example.com/", ours, "evil.example").await, 200);
    assert_eq!(post("https://ariane.example.com", evil, "evil.example").await, 401);
    assert_eq!(post("", evil, "evil.example").await, 401, "who knows no address believes none");
}
