//! The changes of a thread by people and programs of ours, and what messages do to it meanwhile.

use domain::content::Content;
use domain::event::Kind;
use domain::id::{IdentityId, ProviderId};
use serde_json::{Value, json};

use crate::world::{PHONE, Reply, World, ask, ask_at, event, now};

/// A person who waits, and the path of their thread.
async fn waiting() -> (World, String) {
    let world = World::new().await;
    world.hear("wamid.1", "Hello, where is my order A-12345?", now().plus_ms(-60_000)).await;
    let path = format!("/v1/threads/{}", world.thread().await);
    (world, path)
}

/// The number of threads in a list.
async fn listed(world: &World, query: &str, after_ms: i64) -> usize {
    let request = world.request("GET", &format!("/v1/threads?{query}"), None, None);
    let reply = world.at(now().plus_ms(after_ms), request).await;
    reply.body["threads"].as_array().unwrap().len()
}

fn tag(reply: &Reply) -> &str {
    reply.header("etag").unwrap()
}

#[tokio::test]
async fn a_thread_is_called_by_what_its_first_message_says_until_somebody_renames_it() {
    let (world, path) = waiting().await;
    assert_eq!(world.get(&path).await.text("subject"), "where is my order A-12345?");
    let renamed = world.patch(&path, &json!({ "subject": "Late parcel" }), None).await;
    assert_eq!((renamed.status, renamed.text("subject")), (200, "Late parcel".to_owned()));
    world.hear("wamid.2", "It is still not here, where is it?", now()).await;
    assert_eq!(world.get(&path).await.text("subject"), "Late parcel");
    let bare = world.patch(&path, &json!({ "subject": null }), None).await;
    assert_eq!(bare.body.get("subject"), None);
}

#[tokio::test]
async fn a_thread_is_not_called_by_what_was_edited_or_taken_back() {
    let (world, path) = waiting().await;
    let of = ProviderId::new("wamid.1");
    let edited =
        |n: u64, words: &str| Kind::Edited { of: of.clone(), n, content: Content::text(words) };
    let person = || Some(IdentityId::phone(PHONE));
    world.file(event(person(), "e2", now(), edited(2, "Where is my parcel?"))).await;
    assert_eq!(world.get(&path).await.text("subject"), "Where is my parcel?");
    world.file(event(person(), "e1", now(), edited(1, "Where is my lamp?"))).await;
    assert_eq!(world.get(&path).await.text("subject"), "Where is my parcel?");
    let seen = world.get(&path).await;
    world.file(event(person(), "d", now(), Kind::Deleted { of: of.clone() })).await;
    let bare = world.get(&path).await;
    assert_eq!(bare.body.get("subject"), None);
    assert_ne!(tag(&bare), tag(&seen));
    assert!(!format!("{:?}", world.cloud.items().await).contains("parcel"));

    let (world, path) = waiting().await;
    world.patch(&path, &json!({ "subject": "Late parcel" }), None).await;
    world.file(event(person(), "d", now(), Kind::Deleted { of })).await;
    assert_eq!(world.get(&path).await.text("subject"), "Late parcel", "a person of ours said so");
}

#[tokio::test]
async fn who_greets_first_names_the_thread_with_the_next_message() {
    let world = World::new().await;
    world.hear("wamid.1", "Bonjour", now().plus_ms(-60_000)).await;
    let path = format!("/v1/threads/{}", world.thread().await);
    let subject = async || world.get(&path).await.body.get("subject").cloned();
    assert_eq!(subject().await, None);
    world.hear("wamid.2", "🙂", now().plus_ms(-50_000)).await;
    assert_eq!(subject().await, None);
    let seen = world.get(&path).await;
    world.hear("wamid.3", "où est ma commande A-12345 ?", now().plus_ms(-40_000)).await;
    assert_eq!(subject().await, Some(json!("où est ma commande A-12345 ?")));
    assert_ne!(tag(&world.get(&path).await), tag(&seen));
    world.hear("wamid.4", "elle devait arriver lundi", now().plus_ms(-30_000)).await;
    assert_eq!(subject().await, Some(json!("où est ma commande A-12345 ?")));

    let person = || Some(IdentityId::phone(PHONE));
    let deleted = |of: &str| Kind::Deleted { of: ProviderId::new(of) };
    world.file(event(person(), "d", now(), deleted("wamid.3"))).await;
    assert_eq!(subject().await, None, "what was taken back is no name");
    world.hear("wamid.5", "je parle de la chaise rouge", now()).await;
    assert_eq!(subject().await, Some(json!("je parle de la chaise rouge")));
    let edited = |of: &str, words: &str| Kind::Edited {
        of: ProviderId::new(of),
        n: 1,
        content: Content::text(words),
    };
    let words = "je parle de la chaise bleue";
    world.file(event(person(), "e", now(), edited("wamid.5", words))).await;
    assert_eq!(subject().await, Some(json!(words)));
    assert_eq!(world.patch(&path, &json!({ "subject": null }), None).await.status, 200);
    world.hear("wamid.6", "et de la table ronde", now()).await;
    assert_eq!(subject().await, None, "a person of ours wants it so");
}

#[tokio::test]
async fn a_greeting_that_is_edited_names_its_thread() {
    let world = World::new().await;
    world.hear("wamid.1", "Bonjour", now().plus_ms(-60_000)).await;
    let path = format!("/v1/threads/{}", world.thread().await);
    let content = Content::text("Bonjour, où est ma commande A-12345 ?");
    let edited = Kind::Edited { of: ProviderId::new("wamid.1"), n: 1, content };
    world.file(event(Some(IdentityId::phone(PHONE)), "e", now(), edited)).await;
    assert_eq!(world.get(&path).await.text("subject"), "où est ma commande A-12345 ?");
}

#[tokio::test]
async fn all_of_a_thread_is_changed_at_once_and_read_back() {
    let (world, path) = waiting().await;
    let all = json!({
        "subject": "Late parcel", "state": "open", "assignee": "ada@example.com",
        "tags": ["vip", "delivery"], "crm": { "case": "500-17", "opportunity": "é/7" },
    });
    let changed = world.patch(&path, &all, None).await;
    assert_eq!(changed.status, 200, "{:#}", changed.body);
    for (name, value) in all.as_object().unwrap() {
        let wanted = if name == "tags" { json!(["delivery", "vip"]) } else { value.clone() };
        assert_eq!(changed.body[name], wanted, "{name}");
    }
    let read = world.get(&path).await;
    assert_eq!((&read.body, tag(&read)), (&changed.body, tag(&changed)));
    let again = world.patch(&path, &all, None).await;
    assert_eq!((&again.body, tag(&again)), (&changed.body, tag(&changed)), "the same twice");
    let none = json!({ "tags": null, "crm": null, "assignee": null });
    let less = world.patch(&path, &none, None).await;
    for name in ["tags", "crm", "assignee"] {
        assert_eq!(less.body.get(name), None, "{name}");
    }
    assert_eq!(world.count("CRM#").await, 0);
}

#[tokio::test]
async fn a_change_of_what_was_changed_since_is_refused_and_changes_nothing() {
    let (world, path) = waiting().await;
    let seen = world.get(&path).await;
    world.hear("wamid.2", "My order A-12345 is broken, too!", now()).await;
    let lost = world.patch(&path, &json!({ "state": "closed" }), Some(tag(&seen))).await;
    assert_eq!((lost.status, lost.problem()), (412, "precondition-failed"));
    let seen = world.get(&path).await;
    assert_eq!(seen.text("state"), "waiting");
    let closed = world.patch(&path, &json!({ "state": "closed" }), Some(tag(&seen))).await;
    assert_eq!((closed.status, closed.text("state")), (200, "closed".to_owned()));
    // The answer was lost, the request comes again with the old tag.
    let again = world.patch(&path, &json!({ "state": "closed" }), Some(tag(&seen))).await;
    assert_eq!((again.status, again.body), (200, closed.body));
    let weak = format!("W/{}", tag(&seen));
    let weak = world.patch(&path, &json!({ "state": "open" }), Some(&weak)).await;
    assert_eq!(weak.status, 412);
    assert_eq!(world.patch(&path, &json!({ "state": "open" }), Some("*")).await.status, 200);
}

#[tokio::test]
async fn of_two_agents_who_saw_the_same_thread_one_changes_it() {
    let (world, path) = waiting().await;
    let seen = world.get(&path).await;
    let take = async |name: &str| {
        world.patch(&path, &json!({ "assignee": name, "subject": name }), Some(tag(&seen))).await
    };
    let (ada, bob) = tokio::join!(take("ada"), take("bob"));
    let mut statuses = [ada.status, bob.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let thread = world.get(&path).await;
    assert_eq!(thread.text("assignee"), thread.text("subject"));
}

#[tokio::test]
async fn two_programs_that_change_different_fields_at_once_both_do() {
    let (world, path) = waiting().await;
    let (tags, case) = (json!({ "tags": ["vip"] }), json!({ "crm": { "case": "7" } }));
    let (one, two) = tokio::join!(world.patch(&path, &tags, None), world.patch(&path, &case, None));
    assert_eq!((one.status, two.status), (200, 200));
    let thread = world.get(&path).await;
    assert_eq!(
        (&thread.body["tags"], &thread.body["crm"]),
        (&json!(["vip"]), &json!({ "case": "7" }))
    );
}

#[tokio::test]
async fn a_closed_thread_opens_again_with_the_next_message_and_not_with_one_that_comes_again() {
    let (world, path) = waiting().await;
    let closed = world.patch(&path, &json!({ "state": "closed" }), None).await;
    assert_eq!(closed.text("state"), "closed");
    assert_eq!(listed(&world, "state=waiting", 0).await, 0);
    world.hear("wamid.1", "Hello, where is my order A-12345?", now().plus_ms(-60_000)).await;
    assert_eq!(world.get(&path).await.text("state"), "closed");
    world.hear("wamid.2", "Order A-12345 is still not here", now().plus_ms(60_000)).await;
    assert_eq!(world.get(&path).await.text("state"), "waiting");
    assert_eq!(listed(&world, "state=waiting", 0).await, 1);
}

#[tokio::test]
async fn a_snoozed_thread_is_among_the_waiting_again_when_its_time_has_come() {
    let (world, path) = waiting().await;
    let until = now().plus_ms(3_600_000);
    let snooze = json!({ "state": "snoozed", "snoozed_until": until, "assignee": "ada" });
    let snoozed = world.patch(&path, &snooze, None).await;
    assert_eq!((snoozed.status, snoozed.text("state")), (200, "snoozed".to_owned()));
    assert_eq!(
        (&snoozed.body["snoozed_until"], snoozed.body.get("waiting_since")),
        (&json!(until), None)
    );
    for (after_ms, waiting, put_off) in [(0, 0, 1), (3_599_999, 0, 1), (3_600_000, 1, 0)] {
        assert_eq!(listed(&world, "assignee=ada", after_ms).await, waiting, "after {after_ms}");
        assert_eq!(listed(&world, "assignee=ada&state=snoozed", after_ms).await, put_off);
    }
    let later = ask_at(&world.api(), world.request("GET", &path, None, None), until).await;
    assert_eq!(
        (later.text("state"), &later.body["waiting_since"]),
        ("waiting".to_owned(), &json!(until))
    );
    assert_ne!(tag(&later), tag(&snoozed), "what is shown has changed");
    let forever = world.patch(&path, &json!({ "snoozed_until": null }), None).await;
    assert_eq!(
        (forever.text("state"), forever.body.get("snoozed_until")),
        ("snoozed".to_owned(), None)
    );
    assert_eq!(listed(&world, "assignee=ada&state=snoozed", 400 * 86_400_000).await, 1);
    world.hear("wamid.2", "Order A-12345 is still not here", now().plus_ms(60_000)).await;
    assert_eq!(world.get(&path).await.text("state"), "waiting");
}

#[tokio::test]
async fn a_page_of_the_inbox_ends_the_same_with_threads_that_came_back() {
    let world = World::new().await;
    for person in 0..6 {
        let identity = IdentityId::phone(&format!("+4477009{person:05}"));
        let at = now().plus_ms(-1_000_000 + person * 1_000);
        world.hear_from(identity, &format!("wamid.{person}"), "Where is my order?", at).await;
    }
    let inbox = world.get("/v1/threads").await;
    let ids: Vec<_> =
        inbox.body["threads"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    for (n, id) in ids.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
        let until = now().plus_ms(1_000 + i64::try_from(n).unwrap());
        let snooze = json!({ "state": "snoozed", "snoozed_until": until });
        world.patch(&format!("/v1/threads/{}", id.as_str().unwrap()), &snooze, None).await;
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/threads?limit=1{cursor}");
        let request = world.request("GET", &path, None, None);
        let page = world.at(now().plus_ms(10_000), request).await;
        found.extend(page.body["threads"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        let Some(next) = page.body["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let order = [1, 3, 5, 0, 2, 4].map(|n| ids[n].clone());
    assert_eq!(found, order, "those that came back wait since they did");
}

#[tokio::test]
async fn a_time_to_come_back_needs_a_snoozed_thread() {
    let (world, path) = waiting().await;
    let until = json!({ "snoozed_until": now().plus_ms(1_000) });
    let refused = world.patch(&path, &until, None).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/snoozed_until"))
    );
}

#[tokio::test]
async fn what_was_confirmed_stays_so_when_a_message_comes_again_and_a_new_doubt_marks_it_anew() {
    let world = World::new().await;
    let doubtful = "Any news of order A-12345?";
    world.hear("wamid.1", "Where is my order A-12345?", now().plus_ms(-90_000)).await;
    let path = format!("/v1/threads/{}", world.thread().await);
    let mark = async |id: &str, at: i64| {
        world.unsure(id, doubtful, now().plus_ms(at)).await;
        world.get(&path).await.body["unsure"] == json!(true)
    };
    assert!(mark("wamid.2", -60_000).await);
    assert_eq!(listed(&world, "unsure=true", 0).await, 1);
    let sure = world.patch(&path, &json!({ "unsure": false }), None).await;
    assert_eq!((sure.status, &sure.body["unsure"]), (200, &json!(false)));
    assert_eq!(listed(&world, "unsure=true", 0).await, 0);
    assert!(!mark("wamid.2", -60_000).await, "it was confirmed");
    assert!(mark("wamid.3", -30_000).await, "it was said before the confirmation and came after");
}

#[tokio::test]
async fn a_case_is_about_one_thread_and_finds_it() {
    let (world, path) = waiting().await;
    let case = json!({ "crm": { "case": "500:17" } });
    assert_eq!(world.patch(&path, &case, None).await.status, 200);
    let found = world.get("/v1/threads?crm=case:500:17").await;
    let id = found.body["threads"][0]["id"].as_str().unwrap().to_owned();
    assert!(path.ends_with(&id));
    let stranger = IdentityId::phone("+33612345678");
    world.hear_from(stranger, "wamid.9", "I want a sofa", now()).await;
    let other =
        world.get("/v1/threads").await.body["threads"][1]["id"].as_str().unwrap().to_owned();
    let other = format!("/v1/threads/{other}");
    let refused = world.patch(&other, &json!({ "tags": ["x"], "crm": case["crm"] }), None).await;
    assert_eq!((refused.status, refused.problem()), (409, "conflict"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/crm/case");
    assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains(&id));
    assert_eq!(world.get(&other).await.body.get("tags"), None, "nothing of it was done");
    let moved = json!({ "crm": { "case": "500-18" } });
    assert_eq!(world.patch(&path, &moved, None).await.status, 200);
    assert_eq!(world.patch(&other, &case, None).await.status, 200);
    assert_eq!(world.count("CRM#").await, 2);
    let nothing = world.get("/v1/threads?crm=deal:1").await;
    assert_eq!(nothing.body["threads"], json!([]));
    let many: Value =
        (0..9).map(|n| (format!("k{n}"), json!("1"))).collect::<serde_json::Map<_, _>>().into();
    let refused = world.patch(&other, &json!({ "crm": many }), None).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/crm")));
}

#[tokio::test]
async fn a_merge_patch_may_say_that_it_is_one_and_no_other_route_takes_it() {
    let (world, path) = waiting().await;
    let body = json!({ "tags": ["vip"] });
    for (method, path, status) in [("PATCH", path.as_str(), 200), ("POST", "/v1/messages", 415)] {
        let mut request = world.request(method, path, Some(&body), None);
        request.headers.insert("content-type", "application/merge-patch+json".parse().unwrap());
        assert_eq!(ask(&world.api(), request).await.status, status);
    }
}

#[tokio::test]
async fn a_thread_that_does_not_exist_cannot_be_changed() {
    let (world, _) = waiting().await;
    let nothing = format!("/v1/threads/thr_{}", "0".repeat(32));
    assert_eq!(world.patch(&nothing, &json!({ "state": "open" }), None).await.status, 404);
}
