//! People: read, found, changed, linked and unlinked.

use domain::event::Kind;
use domain::id::IdentityId;
use serde_json::{Value, json};

use crate::world::{ACCOUNT, PHONE, World, event, now};

/// Somebody who wrote, and the path to them.
async fn person() -> (World, String) {
    let world = World::new().await;
    world.hear("wamid.1", "Where is my order?", now().plus_ms(-60_000)).await;
    let path = path(&world, PHONE).await;
    (world, path)
}

async fn path(world: &World, number: &str) -> String {
    let found = world.get(&format!("/v1/contacts?address=whatsapp:{}", encoded(number))).await;
    assert_eq!(found.status, 200, "{:#}", found.body);
    format!("/v1/contacts/{}", found.body["contacts"][0]["id"].as_str().unwrap())
}

fn encoded(number: &str) -> String {
    number.replace('+', "%2B").replace(' ', "%20")
}

#[tokio::test]
async fn a_person_is_shown_with_their_addresses_windows_and_consents() {
    let (world, path) = person().await;
    let kind = Kind::ConsentChanged {
        purpose: "marketing".to_owned(),
        granted: false,
        detail: "STOP".to_owned(),
    };
    world.file(event(Some(IdentityId::phone(PHONE)), "stop", now(), kind)).await;
    let shown = world.get(&path).await;
    let identity = &shown.body["identities"][0];
    assert_eq!((&identity["space"], &identity["address"]), (&json!("tel"), &json!(PHONE)));
    let consent = json!([{ "purpose": "marketing", "granted": false, "at": now() }]);
    assert_eq!(identity["consents"], consent);
    let last = now().plus_ms(-60_000);
    assert_eq!(
        identity["seen"],
        json!([{
            "channel": "whatsapp", "account": ACCOUNT, "last_inbound_at": last,
            "window_until": last.plus_ms(86_400_000),
        }])
    );
    let mut request = world.request("GET", &path, None, None);
    request.headers.insert("if-none-match", shown.header("etag").unwrap().parse().unwrap());
    assert_eq!(crate::world::ask(&world.api(), request).await.status, 304);
}

#[tokio::test]
async fn a_person_is_found_by_their_number_however_it_is_written() {
    let (world, path) = person().await;
    for number in ["+447700900111", "+44 7700 900111", "00447700900111"] {
        assert_eq!(self::path(&world, number).await, path, "{number}");
    }
    let nobody = world.get("/v1/contacts?address=sms:%2B33612345678").await;
    assert_eq!((nobody.status, &nobody.body["contacts"]), (200, &json!([])));
    for query in ["", "?address=447700900111", "?address=SMS:1", "?address=sms:", "?name=Ada"] {
        assert_eq!(world.get(&format!("/v1/contacts{query}")).await.status, 422, "{query}");
    }
    assert_eq!(world.get(&format!("/v1/contacts/con_{}", "0".repeat(32))).await.status, 404);
    assert_eq!(world.get("/v1/contacts/con_1").await.status, 404);
}

#[tokio::test]
async fn what_a_person_prefers_and_is_called_by_is_changed_field_by_field() {
    let (world, path) = person().await;
    let body = json!({
        "preferences": { "channels": ["email", "whatsapp"], "locale": "en-GB" }, "segments": ["vip"],
    });
    let changed = world.patch(&path, &body, None).await;
    assert_eq!(changed.status, 200, "{:#}", changed.body);
    assert_eq!(changed.body["preferences"], body["preferences"]);
    let again = world.patch(&path, &body, None).await;
    assert_eq!((&again.body, again.header("etag")), (&changed.body, changed.header("etag")));
    let less = json!({ "preferences": { "locale": null } });
    let less = world.patch(&path, &less, changed.header("etag")).await;
    assert_eq!(less.body["preferences"], json!({ "channels": ["email", "whatsapp"] }));
    assert_eq!(less.body["segments"], json!(["vip"]));
    let lost = world.patch(&path, &json!({ "segments": null }), changed.header("etag")).await;
    assert_eq!((lost.status, lost.problem()), (412, "precondition-failed"));
    let none = world.patch(&path, &json!({ "segments": null, "preferences": null }), None).await;
    assert_eq!(
        (&none.body["segments"], &none.body["preferences"]),
        (&json!([]), &json!({ "channels": [] }))
    );
}

#[tokio::test]
async fn of_two_who_change_a_person_that_both_have_seen_one_does() {
    let (world, path) = person().await;
    let seen = world.get(&path).await;
    let change = async |name: &str| {
        world.patch(&path, &json!({ "segments": [name] }), seen.header("etag")).await.status
    };
    let (one, two) = tokio::join!(change("a"), change("b"));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test]
async fn a_message_takes_the_channel_that_the_person_prefers() {
    let (world, path) = person().await;
    let contact = path.rsplit('/').next().unwrap();
    let mut sms = event(
        Some(IdentityId::phone(PHONE)),
        "sms.1",
        now(),
        domain::event::Message::inbound(
            domain::id::ProviderId::new("sms.1"),
            domain::content::Content::text("Where is my order?"),
        )
        .into(),
    );
    sms.channel = domain::id::Channel::from_static("telegram");
    world.file(sms).await;
    let ask = json!({
        "to": { "contact_id": contact }, "content": { "type": "text", "text": "It is on its way" },
    });
    let chosen = async || {
        world.post("/v1/messages/plan", &ask, None).await.body["chosen"]["channel"].clone()
    };
    assert_eq!(chosen().await, "telegram", "the last one");
    let prefer = json!({ "preferences": { "channels": ["email", "whatsapp"] } });
    world.patch(&path, &prefer, None).await;
    assert_eq!(chosen().await, "whatsapp");
}

#[tokio::test]
async fn a_head_stays_small_whatever_a_person_prefers() {
    let (world, path) = person().await;
    let segments: Vec<_> = (0..16).map(|n| format!("{n:050}")).collect();
    world.patch(&path, &json!({ "segments": segments }), None).await;
    let items = world.cloud.items().await;
    let head = items
        .iter()
        .find(|it| it["pk"].as_s().unwrap().starts_with("CON#") && it["sk"].as_s().unwrap() == "0");
    assert!(!format!("{head:?}").contains("segments"));
    assert_eq!(world.get(&path).await.body["segments"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn an_address_is_linked_to_a_person_and_taken_back() {
    let (world, path) = person().await;
    let other = "+33612345678";
    world.hear_from(IdentityId::phone(other), "wamid.9", "I want a sofa", now()).await;
    let left = self::path(&world, other).await;
    let body = json!({ "address": { "channel": "sms", "id": other }, "reason": "said so" });
    let identities = format!("{path}/identities");
    let linked = world.post(&identities, &body, Some("k1")).await;
    assert_eq!(linked.status, 201, "{:#}", linked.body);
    assert_eq!((linked.text("kind"), linked.text("author")), ("link".to_owned(), "all".to_owned()));
    let again = world.post(&identities, &body, Some("k1")).await;
    assert_eq!((again.status, again.body), (201, linked.body.clone()));
    let another = json!({ "address": { "channel": "sms", "id": PHONE } });
    let mismatch = world.post(&identities, &another, Some("k1")).await;
    assert_eq!((mismatch.status, mismatch.problem()), (422, "idempotency-mismatch"));
    let person = world.get(&path).await;
    assert_eq!(person.body["identities"].as_array().unwrap().len(), 2);
    assert_eq!(world.get(&left).await.body["id"], person.body["id"], "the one is the other");
    let twice = world.post(&identities, &body, None).await;
    assert_eq!((twice.status, twice.problem()), (409, "conflict"));
    assert_eq!(twice.body["errors"][0]["pointer"], "/address");

    let id = linked.text("identity");
    let mut request =
        world.request("DELETE", &format!("{identities}/{id}?reason=twins"), None, Some("k2"));
    let unlinked = crate::world::ask(&world.api(), request.clone()).await;
    assert_eq!((unlinked.status, unlinked.text("kind")), (201, "unlink".to_owned()));
    assert_eq!(unlinked.text("reason"), "twins");
    request.id = "again".to_owned();
    let again = crate::world::ask(&world.api(), request).await;
    assert_eq!((again.status, again.body), (201, unlinked.body));
    assert_eq!(self::path(&world, other).await, left);
    let gone = delete(&world, &format!("{identities}/{id}")).await;
    assert_eq!((gone.status, gone.problem()), (404, "not-found"));
    let own = person.body["identities"].as_array().unwrap();
    let own = own.iter().find(|it| it["address"] == PHONE).unwrap()["id"].as_str().unwrap();
    let refused = delete(&world, &format!("{identities}/{own}")).await;
    assert_eq!((refused.status, refused.problem()), (409, "not-linked"));
}

async fn delete(world: &World, path: &str) -> crate::world::Reply {
    crate::world::ask(&world.api(), world.request("DELETE", path, None, None)).await
}

#[tokio::test]
async fn a_link_that_is_wrong_is_refused_by_its_fields() {
    let (world, path) = person().await;
    let identities = format!("{path}/identities");
    let address = json!({ "channel": "sms", "id": "+33612345678" });
    for (body, pointer) in [
        (json!({}), "/address"),
        (json!({ "address": { "channel": "sms" } }), "/address/id"),
        (json!({ "address": address, "proof": "agent" }), "/proof"),
        (json!({ "address": address, "proof": { "type": "signed", "id": "1" } }), "/proof/issuer"),
        (json!({ "address": address, "reason": "" }), "/reason"),
    ] {
        let refused = world.post(&identities, &body, None).await;
        let found: &Value = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, found), (422, &json!(pointer)), "{body}");
    }
    let nobody = format!("/v1/contacts/con_{}/identities", "0".repeat(32));
    assert_eq!(world.post(&nobody, &json!({ "address": address }), None).await.status, 404);
}
