//! The things that outlive a channel and a stack.

use domain::id::AccountId;
use domain::webhook::Verified;
use http::Method;
use local::deploy::Stack;
use local::models::whatsapp::{ADA, PHONE_NUMBER_ID};
use local::report::Report;
use local::stage::{Stage, until};
use local::story::{find_thread, text_of};
use local::{adopt, http::Client, replay, secrets};
use serde_json::{Value, json};

/// The answer to a forged webhook of a channel: 401 if there is such a channel.
async fn forged(stack: &Stack, channel: &str) -> u16 {
    let url = stack.url(&format!("/webhooks/{channel}")).unwrap();
    Client::new().call(Method::POST, &url, &[], b"{}".to_vec()).await.unwrap().status
}

async fn sending_secret(stack: &Stack) -> String {
    let id = format!("{}/x/sending", stack.name);
    let read = ["secretsmanager", "get-secret-value", "--secret-id", &id];
    text_of(&stack.aws.json(&read).await.unwrap(), "/SecretString").to_owned()
}

/// Without a channel it was deployed; it gets one, loses it and gets it again.
pub(crate) async fn a_channel_that_is_unnamed_keeps_its_secrets(core: Stack) -> Stack {
    secrets::make(&core.aws, &core.name, "x").await.unwrap();
    let token = json!([{ "id": "1", "token": "worth keeping" }]);
    core.put_secret("x", "sending", &token).await.unwrap();
    for (channels, status) in [("x", 401), ("", 404), ("x", 401)] {
        let channels_now = format!("Channels={channels}");
        core.change(&[&channels_now, "SendingAccounts=x:1"]).await.unwrap();
        assert_eq!(forged(&core, "x").await, status, "with {channels:?}");
        let made = secrets::make(&core.aws, &core.name, "x").await.unwrap();
        assert_eq!(made, ["core/x/webhook is there", "core/x/sending is there"]);
        assert_eq!(sending_secret(&core).await, token.to_string());
    }
    core
}

pub(crate) async fn a_stack_is_made_again_around_what_a_deleted_one_left(
    stage: &Stage,
    core: Stack,
) {
    let (aws, before) = (core.aws.clone(), core.outputs().clone());
    let table = core.output("TableName").unwrap().to_owned();
    let item = json!({ "TableName": table, "Item": { "pk": { "S": "KEPT" }, "sk": { "S": "0" } } });
    aws.call(&["dynamodb", "put-item"], &item).await.unwrap();
    let secret = sending_secret(&core).await;
    core.delete().await.unwrap();
    adopt::adopt(&aws, &stage.tools, "core").await.unwrap();
    let report = Report::quiet();
    let again = Stack::deploy(&stage.cloud, &stage.tools, "core", &["x"], &report).await.unwrap();
    for kept in ["TableName", "BucketName", "InboundQueueUrl", "OutboundQueueUrl"] {
        assert_eq!(again.output(kept).unwrap(), before[kept], "{kept}");
    }
    let get = json!({ "TableName": table, "Key": { "pk": { "S": "KEPT" }, "sk": { "S": "0" } } });
    let found = aws.call(&["dynamodb", "get-item"], &get).await.unwrap();
    assert_eq!(text_of(&found, "/Item/pk/S"), "KEPT");
    assert_eq!(sending_secret(&again).await, secret);
    assert_eq!(forged(&again, "x").await, 401);
}

/// An entry of today that the code of yesterday did not know, and one that nobody knows.
pub(crate) async fn an_entry_that_was_put_aside_goes_back(stage: &Stage) {
    let (graph, report, stack) = (stage.graph().unwrap(), Report::quiet(), &stage.stack);
    let text = "This one was put aside and goes back.";
    let message = graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
    let webhook = graph.envelope(&ADA, &[message]).to_string();
    let accounts = [AccountId::new(PHONE_NUMBER_ID)];
    let proven = Verified::vouched(webhook.as_bytes(), &accounts, aws::now());
    let inbound = replay::reader(channels::ALL, "whatsapp").unwrap();
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
