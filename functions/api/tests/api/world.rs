//! A deployment for one test: a table, queues, a person who wrote, and callers.

use api::call::{Body, Request};
use api::routes::{self, SCOPES};
use api::{Api, Auth};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::store::tokens::NewToken;
use aws::store::{Fresh, Rules, Store};
use domain::content::Content;
use domain::event::{InboundEvent, Kind, Message};
use domain::id::{AccountId, IdentityId, ProviderId};
use domain::time::Timestamp;
use embedded::events::{by_us, known_by, told};
use embedded::tables::{rules, table};
use embedded::{Cloud, Process};
use serde_json::Value;

use crate::openapi;

/// The queue of what is to be sent.
pub(crate) const QUEUE: &str = "outbound.fifo";
/// Our number.
pub(crate) const ACCOUNT: &str = "7008";
/// Theirs.
pub(crate) const PHONE: &str = "+447700900111";

/// This moment, in every test.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_secs(1_795_000_000)
}

/// One deployment.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    token: String,
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
}

impl Reply {
    /// The slug of a problem.
    pub(crate) fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|it| it.strip_prefix("/problems/")).unwrap_or_default()
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {:#}", self.body)).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

impl World {
    /// A deployment with a caller who may do everything.
    pub(crate) async fn new() -> Self {
        let cloud = Cloud::start().await;
        let scopes = SCOPES.map(str::to_owned).into();
        let token =
            table(&cloud.process()).tokens().make_token("all", scopes, None, now()).await.unwrap();
        Self { cloud, token: token.reveal().to_owned() }
    }

    pub(crate) fn table(&self) -> Store {
        table(&self.cloud.process())
    }

    pub(crate) fn api(&self) -> Api {
        api(&self.cloud, self.cloud.process())
    }

    /// A token of these scopes.
    pub(crate) async fn token(&self, scopes: &[&str], expires_at: Option<Timestamp>) -> NewToken {
        let scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
        self.table().tokens().make_token("some", scopes, expires_at, now()).await.unwrap()
    }

    /// The person says something.
    pub(crate) async fn hear(&self, id: &str, words: &str, at: Timestamp) {
        self.hear_from(IdentityId::phone(PHONE), id, words, at).await;
    }

    pub(crate) async fn hear_from(
        &self,
        identity: IdentityId,
        id: &str,
        words: &str,
        at: Timestamp,
    ) {
        let kind = Message::inbound(ProviderId::new(id), Content::text(words)).into();
        self.file(event(Some(identity), id, at, kind)).await;
    }

    /// The person says something, and nothing is sure enough.
    pub(crate) async fn unsure(&self, id: &str, words: &str, at: Timestamp) {
        let kind = Message::inbound(ProviderId::new(id), Content::text(words)).into();
        let said = event(Some(IdentityId::phone(PHONE)), id, at, kind);
        let rules = Rules { unsure_below: 2.0, ..rules() };
        self.table().filing().file(&said, &Fresh::ids(), &rules).await.unwrap();
    }

    pub(crate) async fn file(&self, event: InboundEvent) {
        self.table().filing().file(&event, &Fresh::ids(), &rules()).await.unwrap();
    }

    /// A GET by the caller who may do everything.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        ask(&self.api(), self.request("GET", path, None, None)).await
    }

    /// A POST by the caller who may do everything.
    pub(crate) async fn post(&self, path: &str, body: &Value, key: Option<&str>) -> Reply {
        ask(&self.api(), self.request("POST", path, Some(body), key)).await
    }

    /// A PATCH by the caller who may do everything.
    pub(crate) async fn patch(&self, path: &str, body: &Value, if_match: Option<&str>) -> Reply {
        let mut request = self.request("PATCH", path, Some(body), None);
        if let Some(tag) = if_match {
            request.headers.insert("if-match", tag.parse().unwrap());
        }
        ask(&self.api(), request).await
    }

    /// A request of the caller who may do everything, at another moment.
    pub(crate) async fn at(&self, at: Timestamp, request: Request) -> Reply {
        ask_at(&self.api(), request, at).await
    }

    /// A request of the caller who may do everything.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Request {
        let mut request = request(method, path, Some(&self.token));
        if let Some(body) = body {
            request.headers.append("content-type", "application/json".parse().unwrap());
            request.body = body.to_string().into_bytes();
        }
        if let Some(key) = key {
            request.headers.append("idempotency-key", key.parse().unwrap());
        }
        request
    }

    /// The only thread, by what its person said.
    pub(crate) async fn thread(&self) -> String {
        let found = self.get("/v1/threads").await;
        found.body["threads"][0]["id"].as_str().expect("a thread that waits").to_owned()
    }

    /// The number of items with a key that begins so.
    pub(crate) async fn count(&self, prefix: &str) -> usize {
        let items = self.cloud.items().await;
        items.iter().filter(|it| it["pk"].as_s().unwrap().starts_with(prefix)).count()
    }
}

/// A request without a body.
pub(crate) fn request(method: &str, path: &str, token: Option<&str>) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = Request {
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        id: "req_test".to_owned(),
        ..Request::default()
    };
    if let Some(token) = token {
        request.headers.append("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

/// Makes a call, and checks its answer against the document.
pub(crate) async fn ask(api: &Api, request: Request) -> Reply {
    ask_at(api, request, now()).await
}

/// Makes a call at some moment, and checks its answer against the document.
pub(crate) async fn ask_at(api: &Api, request: Request, at: Timestamp) -> Reply {
    let (answer, media_type) = api.answer(&request, at).await;
    let body = match &answer.body {
        Body::Empty => None,
        Body::Json(value) => Some(value.clone()),
        Body::Text(text) => Some(serde_json::from_str(text).unwrap()),
        // A part is no JSON of its own.
        Body::Bytes(bytes) if answer.status == 206 => {
            Some(Value::String(String::from_utf8_lossy(bytes).into_owned()))
        }
        Body::Bytes(bytes) => Some(serde_json::from_slice(bytes).unwrap()),
    };
    if let Ok((route, _)) = routes::find(&request.method, &request.path) {
        openapi::check_answer(request.method.as_str(), route.path, &answer, body.as_ref());
    }
    assert_eq!(media_type == "application/problem+json", 400 <= answer.status);
    let headers =
        answer.headers.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    Reply { status: answer.status, body: body.unwrap_or_default(), headers }
}

/// The API in one process.
pub(crate) fn api(cloud: &Cloud, process: Process) -> Api {
    let names: Vec<_> = channels::ALL.iter().map(|it| it.name).collect();
    Api {
        store: table(&process),
        queue: Queue::over(process.queues, cloud.queues.url(QUEUE)),
        objects: Objects::over(process.bucket, "bucket".to_owned()),
        auth: Auth::Tokens,
        offers: channels::offers(channels::ALL, &names.join(",")).unwrap(),
        accounts: domain::plan::Senders::default(),
        rules: rules(),
    }
}

/// Something that WhatsApp tells us.
pub(crate) fn event(
    identity: Option<IdentityId>,
    key: &str,
    at: Timestamp,
    kind: Kind,
) -> InboundEvent {
    InboundEvent { account: AccountId::new(ACCOUNT), ..told(identity.map(known_by), key, at, kind) }
}

/// Something that a colleague wrote in another tool.
pub(crate) fn echo(id: &str, words: &str) -> Kind {
    by_us(Message::inbound(ProviderId::new(id), Content::text(words))).into()
}
