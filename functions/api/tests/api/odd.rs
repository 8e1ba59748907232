//! Things that are odd in one way only: cursors that somebody made, texts that say nothing, a thread that is there twice, an
//! account that does not send.

use domain::plan::Senders;
use serde_json::json;

use crate::hostile::{forged, known, texts};
use crate::world::{ACCOUNT, World, ask, now};

#[tokio::test]
async fn a_forged_cursor_is_refused_or_leads_to_a_page() {
    let it = known().await;
    let zeros = "0".repeat(32);
    let inbox = ["threads", "-", "-", "-", "-", "-"];
    let person = ["threads", "-", "-", "-", &it.contact, "-"];
    let lists: [(&str, &[&str], String); 4] = [
        ("/v1/threads?", &inbox, format!("thr_{zeros}")),
        (&format!("/v1/threads?contact={}&", it.contact), &person, format!("1#thr_{zeros}")),
        (
            &format!("/v1/threads/{}/timeline?", it.thread),
            &["timeline", &it.thread, "asc"],
            format!("MSG#out#msg_{zeros}"),
        ),
        (
            &format!("/v1/contacts/{}/corrections?", it.contact),
            &["corrections", &it.contact],
            format!("cor_{zeros}"),
        ),
    ];
    for (path, query, own) in &lists {
        let good = it.world.get(&format!("{path}cursor={}", forged(query, "0", own))).await;
        assert_eq!(good.status, 200, "{path} {:#}", good.body);
        let keys =
            texts().into_iter().chain(lists.iter().map(|it| it.2.clone()).filter(|it| it != own));
        for key in keys.chain(["3#", "2#~", "2#~~", "9#x", "1#", "0", "MSG#x"].map(str::to_owned)) {
            let shown: String = key.chars().take(20).collect();
            let reply = it.world.get(&format!("{path}cursor={}", forged(query, "0", &key))).await;
            assert_eq!(
                (reply.status, reply.problem()),
                (400, "cursor-invalid"),
                "{path} {shown:?}"
            );
        }
        for at in [
            "-1",
            "-9223372036854775808",
            "9223372036854775807",
            "253402300800000",
            "1.5",
            "",
            "+1",
            "x",
        ] {
            let reply = it.world.get(&format!("{path}cursor={}", forged(query, at, own))).await;
            assert_eq!((reply.status, reply.problem()), (400, "cursor-invalid"), "{path} {at:?}");
        }
    }
}

#[tokio::test]
async fn what_says_nothing_is_not_planned() {
    let it = known().await;
    let to = json!({ "thread_id": it.thread });
    let option = |title: &str| json!([{ "id": "1", "title": title }]);
    for blank in [
        " ",
        "\n\t ",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}\u{2060}",
        "\u{2800}",
        "\u{3164}",
        "\u{0}",
        "ok\u{0}",
    ] {
        for (content, pointer) in [
            (json!({ "type": "text", "text": blank }), "/content/text"),
            (json!({ "type": "choices", "text": blank, "options": option("a") }), "/content/text"),
            (
                json!({ "type": "choices", "text": "a", "options": option(blank) }),
                "/content/options/0/title",
            ),
            (
                json!({ "type": "media", "kind": "image", "source": { "id": blank } }),
                "/content/source/id",
            ),
            (
                json!({ "type": "template", "template": { "name": blank, "locale": "fr" } }),
                "/content/template/name",
            ),
        ] {
            let reply = it
                .world
                .post("/v1/messages/plan", &json!({ "to": to, "content": content }), None)
                .await;
            assert_eq!((reply.status, reply.problem()), (422, "request-invalid"), "{content}");
            assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{content}");
        }
    }
    for words in ["👍🏽", "👨‍👩‍👧", "مرحبا\u{200f}", "  a  ", "\u{200b}a"] {
        let content = json!({ "type": "text", "text": words });
        let reply = it
            .world
            .post("/v1/messages/plan", &json!({ "to": to, "content": content }), None)
            .await;
        assert_eq!((reply.status, reply.body.get("problem")), (200, None), "{words}");
    }
}

#[tokio::test]
async fn a_thread_that_is_in_the_inbox_twice_is_listed_once() {
    let it = known().await;
    // Somebody else's copy, as while a thread goes from one person to another.
    let mut copy = it
        .world
        .cloud
        .items()
        .await
        .into_iter()
        .find(|it| it["sk"].as_s().unwrap().starts_with("1#"))
        .unwrap();
    copy.insert(
        "pk".to_owned(),
        aws_sdk_dynamodb::types::AttributeValue::S(format!("CON#con_{}", "f".repeat(32))),
    );
    let process = it.world.cloud.process();
    process.table.put_item().table_name(embedded::TABLE).set_item(Some(copy)).send().await.unwrap();
    let listed = it.world.get("/v1/threads").await;
    assert_eq!(listed.status, 200, "{:#}", listed.body);
    assert_eq!(listed.body["threads"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_that_does_not_send_is_refused_before_anything_is_promised() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let listed = |channel: &str, account: &str| api::Api {
        accounts: Senders::parse(&format!("{channel}:{account}")).unwrap(),
        ..world.api()
    };
    let send = async |api: &api::Api, account: &str, path: &str| {
        let address = json!({ "channel": "whatsapp", "id": "+447700900222" });
        let template = json!({ "name": "delay", "locale": "fr" });
        let content = json!({ "type": "template", "template": template });
        let body = json!({ "to": { "address": address }, "account": account, "content": content });
        ask(api, world.request("POST", path, Some(&body), None)).await
    };
    let (one, other) = (listed("whatsapp", ACCOUNT), listed("telegram", "1"));
    let paths = ["/v1/messages", "/v1/messages/plan"];
    for (api, account, path) in
        paths.iter().flat_map(|path| [(&one, "9999", path), (&other, ACCOUNT, path)])
    {
        let refused = send(api, account, path).await;
        assert_eq!((refused.status, refused.problem()), (422, "channel-misconfigured"));
        assert_eq!(refused.body["errors"][0]["pointer"], "/account");
    }
    assert_eq!(world.count("MSG#out#").await, 0);
    assert_eq!(send(&one, ACCOUNT, "/v1/messages").await.status, 202);
}
