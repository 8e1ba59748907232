//! Lists: order, pages, cursors, and what a row shows.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::{Content, Quote, Referral};
use domain::event::{Kind, Message};
use domain::id::{IdentityId, ProviderId};
use embedded::TABLE;
use serde_json::{Value, json};

use crate::world::{PHONE, World, ask, echo, event, now};

/// Reads a list to its end, page by page.
async fn pages(world: &World, path: &str, list: &str, limit: usize) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let join = if path.contains('?') { '&' } else { '?' };
        let page = world.get(&format!("{path}{join}limit={limit}{cursor}")).await;
        assert_eq!(page.status, 200, "{:#}", page.body);
        let found = page.body[list].as_array().unwrap().clone();
        assert!(found.len() <= limit);
        rows.extend(found);
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

/// So many people who wait, some since the same moment.
async fn crowd(n: i64) -> World {
    let world = World::new().await;
    for person in 0..n {
        let identity = IdentityId::phone(&format!("+4477009{person:05}"));
        let at = now().plus_ms(-1_000_000 + person / 4 * 1_000);
        world.hear_from(identity, &format!("wamid.{person}"), "Where is my order?", at).await;
    }
    world
}

#[tokio::test]
async fn the_inbox_is_in_order_of_waiting_over_all_its_shards_whatever_the_page() {
    let world = crowd(21).await;
    let all = pages(&world, "/v1/threads?state=waiting", "threads", 100).await;
    let waiting: Vec<_> = all.iter().map(|it| it["waiting_since"].as_str().unwrap()).collect();
    assert!(waiting.is_sorted());
    assert_eq!(all.len(), 21);
    for limit in [2, 3, 20, 21] {
        assert_eq!(
            ids(&pages(&world, "/v1/threads", "threads", limit).await),
            ids(&all),
            "pages of {limit}"
        );
    }
}

/// Threads are in one list each, and a deployment may have more partitions to a list than when they were written.
#[tokio::test]
async fn threads_are_listed_by_what_is_to_be_done_also_once_the_lists_have_more_shards() {
    let world = crowd(12).await;
    let all = ids(&pages(&world, "/v1/threads", "threads", 100).await);
    let api = api::Api { store: world.table().with_shards(4), ..world.api() };
    for (n, id) in all.iter().enumerate().filter(|(n, _)| n % 4 != 0) {
        let state = ["", "closed", "open", "snoozed"][n % 4];
        let path = format!("/v1/threads/{id}");
        let request = world.request("PATCH", &path, Some(&json!({ "state": state })), None);
        assert_eq!(ask(&api, request).await.status, 200);
    }
    for (state, first) in [("waiting", 0), ("closed", 1), ("open", 2), ("snoozed", 3)] {
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/threads?state={state}&limit=2{cursor}");
            let page = ask(&api, world.request("GET", &path, None, None)).await;
            let rows = page.body["threads"].as_array().unwrap();
            assert!(rows.iter().all(|it| it["state"] == state), "{:#}", page.body);
            listed.extend(ids(rows));
            let Some(next) = page.body["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut expected: Vec<_> = (first..12).step_by(4).map(|n| all[n].clone()).collect();
        expected.sort();
        listed.sort();
        assert_eq!(listed, expected, "{state}");
    }
}

#[tokio::test]
async fn what_was_answered_leaves_the_inbox_and_stays_with_its_person() {
    let world = World::new().await;
    let at = |s: i64| now().plus_ms(s * 1_000);
    world.hear("wamid.1", "Where is my order?", at(-90)).await;
    let thread = world.thread().await;
    let contact = world.get(&format!("/v1/threads/{thread}")).await.text("contact_id");
    let answer =
        event(Some(IdentityId::phone(PHONE)), "wamid.2", at(-30), echo("wamid.2", "Tomorrow."));
    world.file(answer).await;
    assert_eq!(world.get("/v1/threads").await.body["threads"], json!([]));
    let theirs = world.get(&format!("/v1/threads?contact={contact}")).await;
    assert_eq!(theirs.body["threads"][0]["state"], "open");
    assert_eq!(theirs.body["threads"][0]["last_message_at"], at(-30).rfc3339());
}

#[tokio::test]
async fn a_persons_threads_are_paged_too() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let thread = world.thread().await;
    let contact = world.get(&format!("/v1/threads/{thread}")).await.text("contact_id");
    for n in 0..30 {
        let body = json!({ "to": { "contact_id": contact }, "content": { "type": "text", "text": format!("{n}") } });
        assert_eq!(world.post("/v1/messages", &body, None).await.status, 202);
    }
    let path = format!("/v1/threads?contact={contact}");
    let all = pages(&world, &path, "threads", 100).await;
    assert_eq!(all.len(), 31);
    for limit in [1, 24, 30] {
        assert_eq!(
            ids(&pages(&world, &path, "threads", limit).await),
            ids(&all),
            "pages of {limit}"
        );
    }
}

#[tokio::test]
async fn a_timeline_is_in_the_order_of_the_platforms_clocks_in_both_directions() {
    let world = World::new().await;
    for n in [3_i64, 1, 2, 0, 4] {
        let at = now().plus_ms(-600_000 + n * 1_000);
        world.hear(&format!("wamid.{n}"), &format!("and order A-1234 part {n}"), at).await;
    }
    let thread = world.thread().await;
    let path = format!("/v1/threads/{thread}/timeline");
    let all = pages(&world, &path, "messages", 100).await;
    let words: Vec<_> = all.iter().map(|it| it["content"]["text"].as_str().unwrap()).collect();
    assert_eq!(words, [0, 1, 2, 3, 4].map(|n| format!("and order A-1234 part {n}")));
    for limit in [1, 2, 4, 5] {
        assert_eq!(pages(&world, &path, "messages", limit).await, all, "pages of {limit}");
    }
    let mut newest_first = pages(&world, &format!("{path}?order=desc"), "messages", 2).await;
    newest_first.reverse();
    assert_eq!(newest_first, all);
}

#[tokio::test]
async fn a_row_says_who_where_when_and_why() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order A-1234?", now().plus_ms(-60_000)).await;
    let thread = world.thread().await;
    let body = json!({ "to": { "thread_id": thread }, "content": { "type": "text", "text": "Tomorrow." } });
    world.post("/v1/messages", &body, None).await;
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let [theirs, ours] = timeline.body["messages"].as_array().unwrap().as_slice() else {
        panic!("{:#}", timeline.body)
    };
    assert_eq!(theirs["direction"], "in");
    assert_eq!(theirs["evidence"][0]["words"], "first message of this contact");
    assert_eq!(theirs["confidence"], 1.0);
    assert_eq!((&ours["direction"], &ours["status"]), (&json!("out"), &json!("accepted")));
    for row in [theirs, ours] {
        assert_eq!((&row["channel"], &row["thread_id"]), (&json!("whatsapp"), &json!(thread)));
        let alone = world.get(&format!("/v1/messages/{}", row["id"].as_str().unwrap())).await;
        assert_eq!((alone.status, &alone.body["at"]), (200, &row["at"]));
    }
}

#[tokio::test]
async fn a_row_shows_what_it_quotes_and_where_its_words_are_from_until_it_is_taken_back() {
    let world = World::new().await;
    let at = now().plus_ms(-60_000);
    world.hear("wamid.1", "Where is my order A-1234?", at).await;
    let quote = |text: &str| Some(Quote { text: text.to_owned(), from: None });
    let from = Quote { text: "The brass lamp, 49 EUR".to_owned(), from: Some("Lamp news".into()) };
    let referral = Referral { source: "forwarded".to_owned(), ..Referral::default() };
    let said = [
        Message { reply_to: Some(ProviderId::new("wamid.1")), quote: quote("A-1234"), ..said(2) },
        Message { quote: Some(from.clone()), ..said(3) },
        Message { referral: Some(referral.clone()), ..said(4) },
        Message { reply_to: Some(ProviderId::new("wamid.1")), ..said(5) },
    ];
    for (n, message) in (1..).zip(said) {
        let id = message.id.as_str().to_owned();
        let phone = Some(IdentityId::phone(PHONE));
        world.file(event(phone, &id, at.plus_ms(n * 1_000), message.into())).await;
    }
    let thread = world.thread().await;
    let path = format!("/v1/threads/{thread}/timeline");
    let rows = pages(&world, &path, "messages", 10).await;
    let of = |name: &str| rows.iter().map(|it| it[name].clone()).collect::<Vec<_>>();
    let nothing = Value::Null;
    assert_eq!(
        of("quote"),
        [
            nothing.clone(),
            json!({ "text": "A-1234" }),
            json!(from),
            nothing.clone(),
            nothing.clone()
        ]
    );
    assert_eq!(of("referral")[3], json!({ "source": "forwarded" }));
    assert_eq!(of("reply_to").iter().filter(|it| it.is_string()).count(), 2);
    for row in &rows {
        let alone = world.get(&format!("/v1/messages/{}", row["id"].as_str().unwrap())).await;
        assert_eq!(
            (&alone.body["quote"], &alone.body["referral"]),
            (&row["quote"], &row["referral"])
        );
    }
    for id in ["wamid.3", "wamid.4"] {
        let gone = Kind::Deleted { of: ProviderId::new(id) };
        world.file(event(Some(IdentityId::phone(PHONE)), "gone", now(), gone)).await;
    }
    let rows = pages(&world, &path, "messages", 10).await;
    let shown = rows.iter().filter(|it| !it["quote"].is_null() || !it["referral"].is_null());
    assert_eq!(shown.count(), 1);
}

/// A message of theirs that refers to something.
fn said(n: u8) -> Message {
    Message::inbound(ProviderId::new(format!("wamid.{n}")), Content::text("about this part"))
}

/// Two versions run side by side while a deployment lasts.
#[tokio::test]
async fn what_only_a_newer_version_knows_is_in_no_timeline_and_stays() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order A-1234?", now().plus_ms(-60_000)).await;
    let thread = world.thread().await;
    let mut later = world.cloud.items().await;
    later.retain(|it| it["kind"].as_s().unwrap() == "message");
    let mut later = later.remove(0);
    let text = |it: &str| AttributeValue::S(it.to_owned());
    later.insert("pk".to_owned(), text("MSG#note#n1"));
    later.insert("kind".to_owned(), text("of a later version"));
    let process = world.cloud.process();
    process.table.put_item().table_name(TABLE).set_item(Some(later)).send().await.unwrap();
    let rows = pages(&world, &format!("/v1/threads/{thread}/timeline"), "messages", 10).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(world.get("/v1/messages/note.n1").await.status, 404);
    let kept = process.table.get_item().table_name(TABLE).key("pk", text("MSG#note#n1"));
    assert!(kept.key("sk", text("0")).send().await.unwrap().item.is_some());
}

#[tokio::test]
async fn a_timeline_holds_what_was_said_in_the_threads_that_were_merged_into_it() {
    let world = World::new().await;
    for (n, phone) in ["+447700900111", "+447700900112"].into_iter().enumerate() {
        let at = now().plus_ms(-60_000 + 1_000 * i64::try_from(n).unwrap());
        world.hear_from(IdentityId::phone(phone), &format!("wamid.{n}"), "Where is it?", at).await;
    }
    let found = ids(&pages(&world, "/v1/threads", "threads", 10).await);
    let set = async |thread: &str, name: &str, value: AttributeValue| {
        let key = HashMap::from([
            ("pk".to_owned(), AttributeValue::S(format!("THR#{thread}"))),
            ("sk".to_owned(), AttributeValue::S("0".to_owned())),
        ]);
        let update = world.cloud.process().table.update_item().table_name(TABLE).set_key(Some(key));
        let update = update.update_expression("SET #n = :v").expression_attribute_names("#n", name);
        update.expression_attribute_values(":v", value).send().await.unwrap();
    };
    set(&found[0], "sources", AttributeValue::Ss(vec![found[1].clone()])).await;
    set(&found[1], "merged_into", AttributeValue::S(found[0].clone())).await;
    let path = format!("/v1/threads/{}/timeline", found[0]);
    let rows = pages(&world, &path, "messages", 1).await;
    let threads: Vec<_> =
        rows.iter().map(|it| it["thread_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(threads, found);
    let source = world.get(&format!("/v1/threads/{}", found[1])).await;
    assert_eq!(source.text("merged_into"), found[0]);
}

#[tokio::test]
async fn what_has_run_out_is_not_shown_though_the_table_still_has_it() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let path = format!("/v1/threads/{}/timeline", world.thread().await);
    let message = world.get(&path).await.body["messages"][0]["id"].as_str().unwrap().to_owned();
    let later = now().plus_ms(400 * 86_400_000);
    for (path, status) in [(path, 200), (format!("/v1/messages/{message}"), 404)] {
        let (answer, _) = world.api().answer(&world.request("GET", &path, None, None), later).await;
        assert_eq!(answer.status, status);
        assert!(!format!("{:?}", answer.body).contains("Where is my order?"));
    }
}

#[tokio::test]
async fn a_thread_that_did_not_change_is_not_sent_again() {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let path = format!("/v1/threads/{}", world.thread().await);
    let tag = world.get(&path).await.header("etag").unwrap().to_owned();
    let mut request = world.request("GET", &path, None, None);
    request.headers.insert("if-none-match", tag.parse().unwrap());
    let known = ask(&world.api(), request.clone()).await;
    assert_eq!((known.status, known.header("etag")), (304, Some(&*tag)));
    world.hear("wamid.2", "Where is my order now?", now()).await;
    assert_eq!(ask(&world.api(), request).await.status, 200);
}

#[tokio::test]
async fn a_cursor_of_another_query_or_a_changed_one_is_refused() {
    let world = crowd(5).await;
    let page = world.get("/v1/threads?limit=2").await;
    let next = page.text("next");
    let thread = page.body["threads"][0]["id"].as_str().unwrap();
    let half = &next[..next.len() / 2];
    for path in [
        format!("/v1/threads?state=snoozed&cursor={next}"),
        format!("/v1/threads/{thread}/timeline?cursor={next}"),
        format!("/v1/threads?cursor={half}"),
        "/v1/threads?cursor=".to_owned(),
    ] {
        let refused = world.get(&path).await;
        assert_eq!((refused.status, refused.problem()), (400, "cursor-invalid"), "{path}");
    }
    assert_eq!(world.get(&format!("/v1/threads?limit=1&cursor={next}")).await.status, 200);
}

#[tokio::test]
async fn a_parameter_that_is_wrong_or_unknown_is_named() {
    let world = World::new().await;
    for (query, name) in [
        ("state=lost", "state"),
        ("state=done", "state"),
        ("unsure=maybe", "unsure"),
        ("assignee=a%23b", "assignee"),
        ("contact=me", "contact"),
        ("crm=500", "crm"),
        ("crm=Case:500", "crm"),
        ("crm=case:5&state=waiting", "state"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1&limit=2", "limit"),
        ("sort=asc", "sort"),
    ] {
        let refused = world.get(&format!("/v1/threads?{query}")).await;
        let found = &refused.body["errors"][0]["parameter"];
        assert_eq!((refused.status, found), (422, &json!(name)), "{query}");
    }
    let nothing = format!("/v1/threads/thr_{}", "0".repeat(32));
    assert_eq!(world.get(&nothing).await.status, 404);
    assert_eq!(world.get(&format!("{nothing}/timeline")).await.status, 404);
    assert_eq!(world.get("/v1/threads/thr_1").await.status, 404);
    assert_eq!(world.get(&format!("/v1/messages/msg_{}", "0".repeat(32))).await.status, 404);
}
