//! Proven webhooks with something that is longer than a key or later than now: it is queued, filed and kept, and no entry of the
//! queue comes back for ever.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use aws::ingest::{Secrets, Shell, handle_request};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::store::{Filed, Fresh, Rules};
use aws::vault::Vault;
use domain::content::{Content, Raw};
use domain::event::{InboundEvent, Kind, Message, TemplateChanged};
use domain::id::{AccountId, Channel, EventKey, IdentityId, ProviderId};
use domain::inbound::{Ack, Inbound, Malformed, Reply, Source};
use domain::time::Timestamp;
use domain::webhook::{Encoding, Proof, Verified, sign};
use embedded::Cloud;
use embedded::events::known_by;
use embedded::tables::table;
use lambda_http::Body;
use serde_json::{Value, json};

const CHANNEL: Channel = Channel::from_static("pigeon");
const PROOF: Proof = Proof::Hmac { header: "x-signature", prefix: "", encoding: Encoding::Hex };

fn received() -> Timestamp {
    Timestamp::from_secs(1_795_000_000)
}

/// `[from, id, time]` is a message, `[name]` a template.
fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let items: Vec<Vec<String>> = serde_json::from_slice(webhook.body())?;
    let event = |(n, item): (usize, &Vec<String>)| {
        let (of, at, kind) = match item.as_slice() {
            [from, id, at] => {
                let message = Message::inbound(ProviderId::new(id), Content::text("hello"));
                let id = IdentityId::scoped(&CHANNEL, "", from);
                let of = known_by(id);
                (Some(of), Timestamp::parse(at).unwrap(), Kind::from(message))
            }
            names => {
                let (name, locale) = (names.concat(), "fr".to_owned());
                let raw = Raw("{}".to_owned());
                let changed =
                    TemplateChanged { name, locale, id: None, status: None, reason: None, raw };
                (None, webhook.received(), Kind::TemplateChanged(changed))
            }
        };
        InboundEvent {
            key: EventKey::new(n.to_string()),
            channel: CHANNEL,
            account: AccountId::new("loft"),
            identity: of,
            at,
            kind,
            content_ref: None,
        }
    };
    Ok(items.iter().enumerate().map(event).collect())
}

/// Takes a webhook in and files what it queued.
async fn file(cloud: &Cloud, body: &Value) -> Vec<Filed> {
    let process = cloud.process();
    let source = Source::Http { proof: PROOF, handshake: None, reply: Reply::EMPTY };
    let inbound = Inbound {
        channel: CHANNEL,
        name: "pigeon",
        source,
        ack: Ack { deadline_ms: 9_000, resends: true },
        parse,
    };
    cloud.secrets.put("secret", &json!({ "signing": ["hush"], "accounts": ["loft"] }));
    let shell = Shell::over(
        inbound,
        Secrets::new(Vault::over(process.secrets), "secret".to_owned()),
        Queue::over(process.queues, cloud.queues.url("inbound.fifo")),
        Objects::over(process.bucket, "bucket".to_owned()),
    );
    let body = body.to_string().into_bytes();
    let (name, value) = sign(&PROOF, &"hush".into(), &body);
    let request = http::Request::post("/").header(name, value).body(Body::from(body)).unwrap();
    assert_eq!(handle_request(&shell, request, received()).await.status(), 200);
    let table = table(&cloud.process());
    let mut filed = Vec::new();
    for entry in cloud.queues.take("inbound.fifo") {
        let event: InboundEvent = serde_json::from_str(&entry.body).unwrap();
        filed
            .push(table.filing().file(&event, &Fresh::ids(), &Rules::keeping(None)).await.unwrap());
    }
    filed
}

#[tokio::test]
async fn an_id_that_no_key_holds_is_kept_as_unknown_and_its_neighbours_are_filed() {
    let (long, huge, now) = ("x".repeat(3_000), "y".repeat(1_200_000), received().rfc3339());
    let cloud = Cloud::start().await;
    let body = json!([
        [long, "m1", now],
        ["ada", long, now],
        [huge, "m2", now],
        ["bob", huge, now],
        [long],
        ["n".repeat(1_100)],
        ["ada", "m3", now],
    ]);
    let filed = file(&cloud, &body).await;
    assert_eq!(filed.iter().filter(|it| **it == Filed::Kept).count(), 6, "{filed:?}");
    assert!(filed.iter().any(|it| matches!(it, Filed::Opened(_))), "{filed:?}");
    let kept =
        cloud.items().await.into_iter().filter(|it| it["pk"].as_s().unwrap().starts_with("UNK#"));
    assert_eq!(kept.count(), 6);
}

#[tokio::test]
async fn a_message_of_the_year_2100_opens_no_window_until_then() {
    let cloud = Cloud::start().await;
    let filed = file(&cloud, &json!([["ada", "m1", "2100-01-01T00:00:00Z"]])).await;
    assert!(matches!(filed[..], [Filed::Opened(_)]), "{filed:?}");
    let table = table(&cloud.process());
    let ada = table
        .contacts()
        .find_identity(&IdentityId::scoped(&CHANNEL, "", "ada"))
        .await
        .unwrap()
        .unwrap();
    let latest = received().plus_ms(600_000);
    assert_eq!(ada.inbound.values().collect::<Vec<_>>(), [&latest]);
    let items = cloud.items().await;
    let message = items.iter().find(|it| it["pk"].as_s().unwrap().starts_with("MSG#")).unwrap();
    assert_eq!(message["at"].as_n().unwrap(), &latest.ms().to_string());
    assert_eq!(message["said_at"].as_n().unwrap(), "4102444800000");
}
