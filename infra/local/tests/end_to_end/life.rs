//! The things that outlive a channel and a stack.

use http::Method;
use local::deploy::Stack;
use local::report::Report;
use local::stage::Stage;
use local::story::text_of;
use local::{adopt, http::Client, secrets};
use serde_json::json;

use crate::world::World;

/// The name of the stack beside the one that everything else is played on.
const CORE: &str = "core";

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

pub(crate) async fn the_core_deploys_without_a_channel(world: &World) {
    world.core().await;
}

pub(crate) async fn without_a_channel(stage: &Stage) -> Stack {
    let core = deploy(stage, &[]).await;
    assert!(core.output("WhatsappWebhookUrl").is_err());
    let client = Client::new();
    assert_eq!(client.get(&core.url("/v1/openapi.json").unwrap()).await.unwrap().status, 200);
    assert_eq!(client.get(&core.url("/webhooks/whatsapp").unwrap()).await.unwrap().status, 404);
    core
}

async fn deploy(stage: &Stage, channels: &[&str]) -> Stack {
    let report = Report::quiet();
    Stack::deploy(&stage.cloud, &stage.tools, CORE, channels, &report).await.unwrap()
}

/// Rests on the stack without a channel: it gets one, loses it and gets it again.
pub(crate) async fn a_channel_that_is_unnamed_keeps_its_secrets(world: &World) {
    let core = world.core().await;
    secrets::make(&core.aws, &core.name, "x").await.unwrap();
    let token = json!([{ "id": "1", "token": "worth keeping" }]);
    core.put_secret("x", "sending", &token).await.unwrap();
    for (channels, status) in [("x", 401), ("", 404), ("x", 401)] {
        let channels_now = format!("Channels={channels}");
        core.change(&[&channels_now, "SendingAccounts=x:1"]).await.unwrap();
        assert_eq!(forged(core, "x").await, status, "with {channels:?}");
        let made = secrets::make(&core.aws, &core.name, "x").await.unwrap();
        assert_eq!(made, ["core/x/webhook is there", "core/x/sending is there"]);
        assert_eq!(sending_secret(core).await, token.to_string());
    }
}

/// Rests on the stack without a channel, and leaves another in its place: what needs the first one comes before.
pub(crate) async fn a_stack_is_made_again_around_what_a_deleted_one_left(world: &World) {
    let (stage, core) = (world.stage().await, world.core().await.clone());
    secrets::make(&core.aws, &core.name, "x").await.unwrap();
    core.put_secret("x", "sending", &json!([{ "id": "1", "token": "kept" }])).await.unwrap();
    let (aws, before) = (core.aws.clone(), core.outputs().clone());
    let table = core.output("TableName").unwrap().to_owned();
    let item = json!({ "TableName": table, "Item": { "pk": { "S": "KEPT" }, "sk": { "S": "0" } } });
    aws.call(&["dynamodb", "put-item"], &item).await.unwrap();
    let secret = sending_secret(&core).await;
    core.delete().await.unwrap();
    adopt::adopt(&aws, &stage.tools, CORE).await.unwrap();
    let again = deploy(stage, &["x"]).await;
    for kept in ["TableName", "BucketName", "InboundQueueUrl", "OutboundQueueUrl"] {
        assert_eq!(again.output(kept).unwrap(), before[kept], "{kept}");
    }
    let get = json!({ "TableName": table, "Key": { "pk": { "S": "KEPT" }, "sk": { "S": "0" } } });
    let found = aws.call(&["dynamodb", "get-item"], &get).await.unwrap();
    assert_eq!(text_of(&found, "/Item/pk/S"), "KEPT");
    assert_eq!(sending_secret(&again).await, secret);
    assert_eq!(forged(&again, "x").await, 401);
}
