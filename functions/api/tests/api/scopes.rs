//! The view of a token with one scope alone: every route, and in each answer nothing that another scope opens.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use api::Auth;
use api::routes::{
    Access, CONTACTS_READ, CONTACTS_WRITE, MESSAGES_READ, MESSAGES_SEND, ROUTES, Route, SCOPES,
    THREADS_READ, THREADS_WRITE,
};
use domain::content::Content;
use domain::event::{Identity, Message, PersonName};
use domain::id::{Channel, IdentityId, ProviderId};
use serde_json::{Value, json};

use crate::world::{PHONE, Reply, World, ask, event, now, request};

/// The secrets that only a scope opens: words that stand nowhere but in its things.
const SECRETS: [(&str, &[&str]); 13] = [
    ("447700900111", &[CONTACTS_READ]),
    ("Ada Canary", &[CONTACTS_READ]),
    ("GB.canary", &[CONTACTS_READ]),
    ("segment-canary", &[CONTACTS_READ]),
    ("issuer-canary", &[CONTACTS_READ]),
    ("link-reason-canary", &[CONTACTS_READ]),
    ("subject-canary", &[THREADS_READ]),
    ("tag-canary", &[THREADS_READ]),
    ("case-canary", &[THREADS_READ]),
    ("assignee-canary", &[THREADS_READ]),
    ("merge-reason-canary", &[THREADS_READ]),
    ("words-canary", &[THREADS_READ, MESSAGES_READ]),
    ("ref-canary", &[MESSAGES_READ]),
];

/// A deployment in which every kind of thing has something to hide, and the ids of what is there.
struct Stage {
    world: World,
    ids: BTreeMap<&'static str, String>,
}

impl Stage {
    async fn set() -> Self {
        let world = World::new().await;
        let long_ago = now().plus_ms(-30 * 86_400_000);
        let said = |id: &str, words: &str| {
            Message::inbound(ProviderId::new(id), Content::text(words)).into()
        };
        let ada = Identity {
            id: IdentityId::phone(PHONE),
            aliases: vec![],
            name: Some(PersonName("Ada Canary".to_owned())),
        };
        for (id, words, at) in [
            ("m1", "Where is my order A-12345? words-canary", long_ago),
            ("m2", "Thank you, words-canary", long_ago.plus_ms(1_000)),
            (
                "m3",
                "Hello, I would like to book a hotel room in Lyon for two adults. words-canary",
                now().plus_ms(-60_000),
            ),
            ("m4", "With a view of the river, words-canary", now().plus_ms(-50_000)),
        ] {
            let event = event(Some(ada.id.clone()), id, at, said(id, words));
            world.file(domain::event::InboundEvent { identity: Some(ada.clone()), ..event }).await;
        }
        let other = IdentityId::scoped(&Channel::from_static("whatsapp"), "", "GB.canary");
        world.hear_from(other, "m5", "It is me again, words-canary", now().plus_ms(-40_000)).await;
        let found = world.get("/v1/contacts?address=whatsapp:%2B447700900111").await;
        let contact = found.body["contacts"][0]["id"].as_str().unwrap().to_owned();
        let threads = world.get(&format!("/v1/threads?contact={contact}")).await;
        let threads = threads.body["threads"].as_array().unwrap();
        let thread = |n: usize| threads[n]["id"].as_str().unwrap().to_owned();
        let mut stage = Self { world, ids: BTreeMap::new() };
        stage.ids.insert("contact", contact);
        stage.ids.insert("thread", thread(0));
        stage.ids.insert("other", thread(1));
        stage.furnish().await;
        stage
    }

    async fn furnish(&mut self) {
        let (thread, contact) =
            (self.at("/v1/threads/{thread}"), self.at("/v1/contacts/{contact}"));
        let change = json!({
            "subject": "subject-canary", "tags": ["tag-canary"], "crm": { "deal": "case-canary" },
            "assignee": "assignee-canary", "state": "waiting",
        });
        done(&self.world.patch(&thread, &change, None).await);
        let wants = json!({ "segments": ["segment-canary"], "preferences": { "locale": "fr-FR" } });
        done(&self.world.patch(&contact, &wants, None).await);
        let merge = json!({ "into": self.ids["thread"], "reason": "merge-reason-canary" });
        let merged = self.world.post(&self.at("/v1/threads/{other}/merge"), &merge, None).await;
        self.ids.insert("correction", done(&merged).text("id"));
        let proof = json!({ "type": "signed", "issuer": "issuer-canary", "id": "7" });
        let address = json!({ "channel": "whatsapp", "id": "GB.canary" });
        let link = json!({ "address": address, "proof": proof, "reason": "link-reason-canary" });
        let linked = self.world.post(&format!("{contact}/identities"), &link, None).await;
        self.ids.insert("identity", done(&linked).text("identity"));
        let body = json!({
            "to": { "thread_id": self.ids["thread"] }, "client_ref": "ref-canary",
            "content": { "type": "text", "text": "words-canary of ours" },
        });
        let sent = self.world.post("/v1/messages", &body, None).await;
        self.ids.insert("message", done(&sent).text("id"));
        let timeline = self.world.get(&format!("{thread}/timeline")).await;
        let first = timeline.body["messages"][0]["id"].as_str().unwrap().to_owned();
        self.ids.insert("first", first);
    }

    /// A path with the ids that its names stand for.
    fn at(&self, path: &str) -> String {
        let named =
            |path: String, (name, id): (&&str, &String)| path.replace(&format!("{{{name}}}"), id);
        self.ids.iter().fold(path.to_owned(), named)
    }

    /// A good request of a route that says nothing which is hidden here.
    fn good(&self, route: &Route) -> (String, Option<Value>) {
        let whole = format!("{} {}", route.method, route.path);
        let text = json!({ "type": "text", "text": "hello" });
        let to = json!({ "to": { "thread_id": self.ids["thread"] }, "content": text });
        let (path, body) = match &*whole {
            "POST /v1/messages" | "POST /v1/messages/plan" => (route.path, Some(to)),
            "GET /v1/contacts" => ("/v1/contacts?address=whatsapp:GB.canary", None),
            "PATCH /v1/threads/{id}" | "PATCH /v1/contacts/{id}" => (route.path, Some(json!({}))),
            "POST /v1/threads/{id}/merge" => {
                let fresh = json!({ "into": self.ids["thread"] });
                return (self.at("/v1/threads/{fresh}/merge"), Some(fresh));
            }
            "POST /v1/threads/{id}/split" => {
                (route.path, Some(json!({ "messages": [self.ids["first"]] })))
            }
            "POST /v1/threads/{id}/move" => (
                route.path,
                Some(json!({ "messages": [self.ids["first"]], "to": self.ids["fresh"] })),
            ),
            "POST /v1/contacts/{id}/identities" => {
                (route.path, Some(json!({ "address": { "channel": "sms", "id": "+33612345678" } })))
            }
            _ => (route.path, None),
        };
        let id = match route.path.split('/').nth(2) {
            Some("threads") => "{thread}",
            Some("contacts") => "{contact}",
            _ => "{message}",
        };
        (self.at(&path.replace("{id}", id)), body)
    }

    /// A thread of the person that nobody has corrected, and somebody who can be linked.
    async fn freshen(&mut self) {
        let open = json!({
            "to": { "contact_id": self.ids["contact"] }, "content": { "type": "text", "text": "hello" },
        });
        let sent = self.world.post("/v1/messages", &open, None).await;
        self.ids.insert("fresh", done(&sent).text("thread_id"));
        let stranger = IdentityId::phone("+33612345678");
        self.world.hear_from(stranger, "m6", "Good morning", now().plus_ms(-30_000)).await;
    }
}

fn done(reply: &Reply) -> &Reply {
    assert!(reply.status < 300, "{:#}", reply.body);
    reply
}

/// The words in an answer that none of these scopes opens.
fn leaks(reply: &Reply, scopes: &[&str]) -> Vec<&'static str> {
    let text = format!("{reply:?}");
    let hidden = SECRETS.iter().filter(|(_, by)| !by.iter().any(|it| scopes.contains(it)));
    hidden.map(|(word, _)| *word).filter(|it| text.contains(it)).collect()
}

/// Calls every route with its own scope alone, and looks at what it shows.
async fn walk(make: impl AsyncFn(&Stage, &Route, &'static str) -> Reply) {
    for scope in SCOPES {
        for route in ROUTES.iter().filter(|it| it.access == Access::Scope(scope)) {
            let mut stage = Stage::set().await;
            stage.freshen().await;
            let reply = make(&stage, route, scope).await;
            let what = format!("{} {} with {scope}", route.method, route.path);
            assert!(reply.status < 300, "{what}: {:#}", reply.body);
            assert_eq!(leaks(&reply, &[scope]), [""; 0], "{what} shows {:#}", reply.body);
        }
    }
}

async fn by_token(stage: &Stage, route: &Route, scope: &'static str) -> Reply {
    let token = stage.world.token(&[scope], None).await;
    let (path, body) = stage.good(route);
    let mut request = request(route.method.as_str(), &path, Some(token.reveal()));
    if let Some(body) = body {
        request.headers.append("content-type", "application/json".parse().unwrap());
        request.body = body.to_string().into_bytes();
    }
    ask(&stage.world.api(), request).await
}

#[tokio::test]
async fn a_token_of_one_scope_is_shown_nothing_of_another() {
    walk(by_token).await;
}

#[tokio::test]
async fn a_write_answers_what_it_changed_and_the_whole_to_whom_may_read() {
    let stage = Stage::set().await;
    let cases = [
        (
            "/v1/threads/{thread}",
            [THREADS_WRITE, THREADS_READ],
            json!({ "state": "closed", "crm": { "deal": null, "case": "9" }, "subject": null }),
            json!({ "id": stage.ids["thread"], "state": "closed", "crm": { "case": "9" } }),
        ),
        (
            "/v1/contacts/{contact}",
            [CONTACTS_WRITE, CONTACTS_READ],
            json!({ "preferences": { "channels": ["sms"] }, "segments": null }),
            json!({ "id": stage.ids["contact"], "preferences": { "channels": ["sms"] } }),
        ),
    ];
    for (path, scopes, body, shown) in cases {
        let mut tags = Vec::new();
        for scopes in [&scopes[..1], &scopes[..]] {
            let token = stage.world.token(scopes, None).await;
            let mut request = request("PATCH", &stage.at(path), Some(token.reveal()));
            request.headers.append("content-type", "application/json".parse().unwrap());
            request.body = body.to_string().into_bytes();
            let reply = ask(&stage.world.api(), request).await;
            assert_eq!(reply.status, 200, "{:#}", reply.body);
            tags.push(reply.header("etag").unwrap().to_owned());
            if scopes.len() == 1 {
                assert_eq!(reply.body, shown);
            } else {
                assert_eq!(reply.body, stage.world.get(&stage.at(path)).await.body);
            }
        }
        assert_eq!(tags[0], tags[1], "{path}");
    }
}

#[tokio::test]
async fn links_are_listed_to_whom_may_read_people() {
    let stage = Stage::set().await;
    let path = stage.at("/v1/contacts/{contact}/corrections");
    for (scopes, kinds) in [
        (&[THREADS_READ][..], &["merge"][..]),
        (&[THREADS_READ, CONTACTS_READ], &["link", "merge"]),
    ] {
        let token = stage.world.token(scopes, None).await;
        let listed = ask(&stage.world.api(), request("GET", &path, Some(token.reveal()))).await;
        let listed = listed.body["corrections"].as_array().unwrap();
        let mut found: Vec<_> = listed.iter().map(|it| it["kind"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, kinds);
    }
}

#[tokio::test]
async fn the_walk_sees_every_word_that_is_hidden() {
    let stage = Stage::set().await;
    let mut shown = String::new();
    for path in [
        "/v1/threads/{thread}",
        "/v1/threads/{thread}/timeline",
        "/v1/contacts/{contact}",
        "/v1/contacts/{contact}/corrections",
        "/v1/messages/{message}",
    ] {
        let reply = stage.world.get(&stage.at(path)).await;
        write!(shown, "{reply:?}").unwrap();
    }
    let hidden: Vec<_> = SECRETS.iter().filter(|it| !shown.contains(it.0)).collect();
    assert!(hidden.is_empty(), "{hidden:?} is shown to nobody, so that its absence proves nothing");
    let send = [MESSAGES_SEND];
    assert_eq!(leaks(&stage.world.get(&stage.at("/v1/messages/{message}")).await, &send).len(), 2);
}

/// With IAM the gateway lets somebody take one route; that is no leave to read what another shows.
#[tokio::test]
async fn whoever_iam_lets_write_is_shown_what_they_changed() {
    let stage = Stage::set().await;
    let api = api::Api { auth: Auth::Iam, ..stage.world.api() };
    for (path, key) in [
        ("/v1/threads/{thread}", "PATCH /v1/threads/{id}"),
        ("/v1/contacts/{contact}", "PATCH /v1/contacts/{id}"),
    ] {
        let mut patch = request("PATCH", &stage.at(path), None);
        patch.iam = Some("arn:aws:iam::123456789012:user/crm".to_owned());
        patch.route_key = Some(key.to_owned());
        patch.headers.append("content-type", "application/json".parse().unwrap());
        patch.body = b"{}".to_vec();
        let reply = ask(&api, patch).await;
        assert_eq!(reply.status, 200, "{:#}", reply.body);
        assert_eq!(leaks(&reply, &[]), [""; 0], "{:#}", reply.body);
    }
}
