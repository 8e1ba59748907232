//! Webhooks, items and entries that could not be read are kept, and go back once they can be.

use aws::ingest::Parked;
use domain::content::Raw;
use domain::event::{InboundEvent, Kind};
use domain::id::{AccountId, Channel, EventKey};
use domain::webhook::{Verified, Webhook};
use http::HeaderMap;
use local::models::whatsapp::{ADA, PHONE_NUMBER_ID};
use local::replay;
use local::report::Report;
use local::stage::until;
use local::story::{find_thread, text_of};
use serde_json::{Value, json};

use crate::world::World;

pub(crate) async fn a_parked_webhook_is_replayed_once(world: &World) {
    let stage = world.stage().await;
    let (graph, report) = (stage.graph().unwrap(), Report::quiet());
    let three_megabytes = "proven, but no envelope ".repeat(125_000);
    assert_eq!(graph.post(&json!(three_megabytes)).await.unwrap(), 200);
    let bucket = stage.stack.output("BucketName").unwrap();
    let list = ["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", "parked/"];
    let keys = async || {
        let listed = stage.stack.aws.json(&list).await.unwrap();
        let contents =
            listed.get("Contents").and_then(Value::as_array).cloned().unwrap_or_default();
        contents.iter().map(|it| text_of(it, "/Key").to_owned()).collect::<Vec<_>>()
    };
    let parked = keys().await;
    assert_eq!(parked.len(), 1);
    let still = replay::replay_parked(&stage.stack, &report).await.unwrap();
    assert_eq!((still.queued, still.unread), (0, 1), "what cannot be read stays");
    assert_eq!(keys().await, parked);

    // As if the parser of that day had not been able to read this one.
    let text = "This one was parked and is replayed.";
    let message = graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
    let padding = " ".repeat(3_000_000);
    let webhook = format!("{}{padding}", graph.envelope(&ADA, &[message]));
    let proven =
        Webhook { headers: &HeaderMap::new(), address: "", query: "", body: webhook.as_bytes() };
    let channel = Channel::from_static("whatsapp");
    let kept = Parked::new(&channel, &proven, aws::now(), "a test".to_owned());
    let url = format!("s3://{bucket}/{}", kept.key());
    stage
        .stack
        .aws
        .pipe(&["s3", "cp", "-", &url], &serde_json::to_vec(&kept).unwrap())
        .await
        .unwrap();
    let replayed = replay::replay_parked(&stage.stack, &report).await.unwrap();
    assert_eq!((replayed.queued, replayed.unread), (1, 1));
    until("the replayed message is in a thread", async || {
        find_thread(stage, "whatsapp", text).await
    })
    .await
    .unwrap();
    assert_eq!(replay::replay_parked(&stage.stack, &report).await.unwrap().queued, 0);
}

pub(crate) async fn an_unknown_item_is_kept_and_replayed_once_per_parser(world: &World) {
    let stage = world.stage().await;
    let (graph, report) = (stage.graph().unwrap(), Report::quiet());
    let mut webhook = graph.envelope(&ADA, &[json!({ "id": "wamid.NEW" })]);
    *webhook.pointer_mut("/entry/0/changes/0/field").unwrap() = json!("a_field_of_tomorrow");
    assert_eq!(graph.deliver(&webhook).await.unwrap(), 200);
    let kept = until("the unknown item is kept", async || {
        let done = replay::replay_unknown(&stage.stack, &report).await?;
        Ok((0 < done.unread).then_some(done))
    });
    let kept = kept.await.unwrap();
    assert_eq!((kept.queued, kept.unread), (0, 1));
    let again = replay::replay_unknown(&stage.stack, &report).await.unwrap();
    assert_eq!((again.queued, again.unread), (0, 0), "the same parsers do not try again");

    // As if the parser of that day had not been able to read this one.
    let text = "This one was unknown and is replayed.";
    let message = graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
    let raw = graph.envelope(&ADA, &[message]).to_string();
    let event = InboundEvent {
        key: EventKey::new("a test"),
        channel: Channel::from_static("whatsapp"),
        account: AccountId::new(PHONE_NUMBER_ID),
        identity: None,
        at: aws::now(),
        kind: Kind::Unknown { what: "messages".to_owned(), raw: Raw(raw) },
        content_ref: None,
    };
    let item = json!({ "pk": { "S": "UNK#test" }, "sk": { "S": "0" }, "event": { "S": json!(event).to_string() } });
    let put = json!({ "TableName": stage.stack.output("TableName").unwrap(), "Item": item });
    stage.stack.aws.call(&["dynamodb", "put-item"], &put).await.unwrap();
    let replayed = replay::replay_unknown(&stage.stack, &report).await.unwrap();
    assert_eq!((replayed.queued, replayed.unread), (1, 0));
    until("the replayed item is in a thread", async || find_thread(stage, "whatsapp", text).await)
        .await
        .unwrap();
}

/// An entry of today that the code of yesterday did not know, and one that nobody knows.
pub(crate) async fn an_entry_that_was_put_aside_goes_back(world: &World) {
    let stage = world.stage().await;
    let (graph, report, stack) = (stage.graph().unwrap(), Report::quiet(), &stage.stack);
    let text = "This one was put aside and goes back.";
    let message = graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
    let webhook = graph.envelope(&ADA, &[message]).to_string();
    let accounts = [AccountId::new(PHONE_NUMBER_ID)];
    let proven = Verified::vouched(webhook.as_bytes(), &accounts, aws::now());
    let inbound = replay::readers(channels::ALL, "whatsapp").unwrap().first().unwrap();
    let event = (inbound.parse)(&proven).unwrap().remove(0);
    let item = json!({
        "pk": { "S": "UNK#aside" }, "sk": { "S": "0" }, "queue": { "S": "inbound" },
        "group": { "S": "g" }, "entry": { "S": json!(event).to_string() }, "kept": { "N": "1" },
    });
    let put = json!({ "TableName": stack.output("TableName").unwrap(), "Item": item });
    stack.aws.call(&["dynamodb", "put-item"], &put).await.unwrap();
    let stranger = json!({
        "QueueUrl": stack.output("InboundQueueUrl").unwrap(), "MessageGroupId": "g",
        "MessageDeduplicationId": aws::new_id("a-test-"), "MessageBody": r#"{"kind":"of tomorrow"}"#,
    });
    stack.aws.call(&["sqs", "send-message"], &stranger).await.unwrap();
    let aside = async || {
        let scan = json!({
            "TableName": stack.output("TableName")?,
            "FilterExpression": "attribute_exists(entry) AND pk <> :put",
            "ExpressionAttributeValues": { ":put": { "S": "UNK#aside" } },
        });
        let found = stack.aws.call(&["dynamodb", "scan"], &scan).await?;
        anyhow::Ok(found.pointer("/Items/0").cloned())
    };
    let first = until("the stranger is put aside", aside).await.unwrap();
    assert_eq!(text_of(&first, "/entry/S"), r#"{"kind":"of tomorrow"}"#);
    // The stranger may be aside again before it is removed.
    let replayed = replay::replay_aside(stack, &report).await.unwrap();
    assert_eq!(replayed.queued + replayed.unread, 2);
    until("the entry is filed", async || find_thread(stage, "whatsapp", text).await).await.unwrap();
    let again = until("the stranger is put aside again", async || {
        Ok(aside().await?.filter(|it| it.get("kept") != first.get("kept")))
    });
    assert_eq!(text_of(&again.await.unwrap(), "/queue/S"), "inbound");
    let parked = first.get("expires").and_then(Value::as_object);
    assert!(parked.is_none(), "without MessageRetentionDays nothing expires");
}
