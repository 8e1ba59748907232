//! The API's callers: who may do what, and what they are answered.

use http::Method;
use local::models::whatsapp::{ADA, PHONE_NUMBER_ID};
use local::secrets;
use local::stage::{Stage, until};
use local::story::find_thread;
use serde_json::json;

use crate::world::World;

pub(crate) async fn a_caller_without_a_good_token_learns_nothing(world: &World) {
    let stage = world.stage().await;
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

/// Of 2,800 Chinese characters the table holds 682.
pub(crate) async fn a_long_message_is_read_whole(world: &World) {
    let stage = world.stage().await;
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
pub(crate) async fn an_account_without_a_token_is_refused_at_once(world: &World) {
    let stage = world.stage().await;
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
