//! The real template with the real functions on the local cloud, against strict models of the platforms.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not as expected fails the test"
)]

mod asking;
mod life;
mod readme;
mod rethreading;
mod rotating;

use aws::ingest::Parked;
use domain::content::Raw;
use domain::event::{InboundEvent, Kind};
use domain::id::{AccountId, Channel, EventKey};
use domain::webhook::Webhook;
use http::{HeaderMap, Method};
use local::deploy::Stack;
use local::models::whatsapp::{ADA, PHONE_NUMBER_ID};
use local::replay;
use local::report::Report;
use local::secrets;
use local::stage::{Stage, until};
use local::story::{self, find_thread};
use serde_json::{Value, json};

#[tokio::test]
async fn the_main_job_happens_on_the_real_template() {
    let report = Report::quiet();
    let stage = Stage::set(&report).await.unwrap();
    story::tell(&stage, &report).await.unwrap();
    a_caller_without_a_good_token_learns_nothing(&stage).await;
    readme::a_token_of_the_script_is_listed_and_revoked(&stage).await;
    readme::the_readmes_commands_deploy_from_an_empty_home(&stage).await;
    a_parked_webhook_is_replayed_once(&stage).await;
    an_unknown_item_is_kept_and_replayed_once_per_parser(&stage).await;
    a_long_message_is_read_whole(&stage).await;
    an_account_without_a_token_is_refused_at_once(&stage).await;
    let unasked = asking::nobody_is_asked_by_default(&stage).await;
    stage.stack.change(&["AskCustomerOn=whatsapp,telegram"]).await.unwrap();
    let asked = asking::a_customer_is_asked_and_the_answer_files_what_was_in_doubt(&stage).await;
    asking::something_new_becomes_a_thread_of_its_own(&stage).await;
    asking::nobody_is_asked_on_a_channel_that_is_not_named(&stage).await;
    rethreading::another_model_is_tried_applied_and_taken_back(&stage, &unasked, &asked).await;
    rotating::a_flood_of_forgeries_costs_a_few_lines(&stage).await;
    rotating::a_webhook_secret_is_replaced_under_load(&stage, &asked.contact).await;
    let core = the_core_deploys_without_a_channel(&stage).await;
    let core = life::a_channel_that_is_unnamed_keeps_its_secrets(core).await;
    life::a_stack_is_made_again_around_what_a_deleted_one_left(&stage, core).await;
    life::an_entry_that_was_put_aside_goes_back(&stage).await;
}

async fn a_caller_without_a_good_token_learns_nothing(stage: &Stage) {
    let old = stage.make_token("threads:read", 1).await.unwrap();
    let id = id_of(stage, &old).await;
    // Rotating without overlap ends the old text at once.
    stage.tokens(&["rotate", &id, "--overlap-hours", "0"]).await.unwrap();
    let revoked = stage.make_token("threads:read", 1).await.unwrap();
    let id = id_of(stage, &revoked).await;
    stage.tokens(&["revoke", &id]).await.unwrap();
    for route in &api::routes::ROUTES {
        let named = |segment: &'static str| match segment {
            "{id}" | "{identity}" | "{correction}" => "thr_00000000000000000000000000000000",
            literal => literal,
        };
        let path = route.path.split('/').map(named).collect::<Vec<_>>().join("/");
        let status = async |token: Option<&str>| {
            let bearer = token.map(|it| format!("Bearer {it}"));
            let headers: Vec<_> = bearer.iter().map(|it| ("authorization", it.as_str())).collect();
            stage.ask(route.method.clone(), &path, &headers, b"{}".to_vec()).await.unwrap().status
        };
        let api::routes::Access::Scope(scope) = route.access else {
            assert_eq!(status(None).await, 200, "{path}");
            continue;
        };
        let others: Vec<_> = api::routes::SCOPES.into_iter().filter(|it| *it != scope).collect();
        let other = stage.make_token(&others.join(","), 1).await.unwrap();
        for (token, expected) in [
            (None, 401),
            (Some("ari_none"), 401),
            (Some(old.as_str()), 401),
            (Some(&revoked), 401),
            (Some(&other), 403),
        ] {
            assert_eq!(status(token).await, expected, "{} {path}", route.method);
        }
    }
    assert_eq!(stage.ask(Method::GET, "/v1/nothing", &[], vec![]).await.unwrap().status, 404);
}

/// The id of the token that was made last.
async fn id_of(stage: &Stage, token: &str) -> String {
    let (_, last_four) = token.split_at(token.len() - 4);
    let list = stage.tokens(&["list"]).await.unwrap();
    let line = list.lines().find(|it| it.contains(&format!("…{last_four}"))).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

async fn a_parked_webhook_is_replayed_once(stage: &Stage) {
    let (graph, report) = (stage.graph().unwrap(), Report::quiet());
    let three_megabytes = "proven, but no envelope ".repeat(125_000);
    assert_eq!(graph.post(&json!(three_megabytes)).await.unwrap(), 200);
    let bucket = stage.stack.output("BucketName").unwrap();
    let list = ["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", "parked/"];
    let keys = async || {
        let listed = stage.stack.aws.json(&list).await.unwrap();
        let contents =
            listed.get("Contents").and_then(Value::as_array).cloned().unwrap_or_default();
        contents.iter().map(|it| story::text_of(it, "/Key").to_owned()).collect::<Vec<_>>()
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
    let proven = Webhook { headers: &HeaderMap::new(), query: "", body: webhook.as_bytes() };
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

async fn an_unknown_item_is_kept_and_replayed_once_per_parser(stage: &Stage) {
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

/// Of 2,800 Chinese characters the table holds 682.
async fn a_long_message_is_read_whole(stage: &Stage) {
    let graph = stage.graph().unwrap();
    let text = "货物什么时候到".repeat(400);
    let excerpt: String = text.chars().take(682).collect();
    let message = graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
    assert_eq!(graph.deliver(&graph.envelope(&ADA, &[message])).await.unwrap(), 200);
    let thread = until("the long message is in a thread", async || {
        find_thread(stage, "whatsapp", &excerpt).await
    });
    let thread = thread.await.unwrap();
    let page = stage.get(&format!("/v1/threads/{thread}/timeline?order=desc")).await.unwrap();
    let mut rows = page["messages"].as_array().unwrap().iter();
    let row = rows.find(|it| it["content"]["text"] == *excerpt).unwrap();
    let whole = stage.get(row["whole"].as_str().unwrap()).await.unwrap();
    assert_eq!(whole, json!({ "type": "text", "text": text }));
}

/// Nobody said so to the API: the deployment named the accounts of the secrets.
async fn an_account_without_a_token_is_refused_at_once(stage: &Stage) {
    let body = json!({
        "to": { "address": { "channel": "whatsapp", "id": "+447700900999" } },
        "account": "1", "content": { "type": "text", "text": "Hello" },
    });
    let refused = stage.post("/v1/messages", &aws::new_id("key-"), &body).await.unwrap();
    let answer = refused.json();
    assert_eq!(
        (refused.status, &answer["type"]),
        (422, &json!("/problems/channel-misconfigured")),
        "{answer:#}"
    );
    let listed =
        secrets::sending_accounts(&stage.stack.aws, &stage.stack.name, "telegram,whatsapp");
    assert!(listed.await.unwrap().contains(&format!(",whatsapp:{PHONE_NUMBER_ID}")));
}

async fn the_core_deploys_without_a_channel(stage: &Stage) -> Stack {
    let core =
        Stack::deploy(&stage.cloud, &stage.tools, "core", &[], &Report::quiet()).await.unwrap();
    assert!(core.output("WhatsappWebhookUrl").is_err());
    let client = local::http::Client::new();
    assert_eq!(client.get(&core.url("/v1/openapi.json").unwrap()).await.unwrap().status, 200);
    assert_eq!(client.get(&core.url("/webhooks/whatsapp").unwrap()).await.unwrap().status, 404);
    core
}
