//! A model of Telegram's Bot API with one bot and one customer: it takes calls, and posts updates with the secret token
//! again until they are answered with 2xx.

mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::time::Timestamp;
use http::Method;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use self::rules::{BotError, Taken};
use crate::http::Client;
use crate::models::{CUSTOMER, Known, Platform, Work};

/// Our bot's id: the account.
pub const BOT: i64 = 7_000_000_001;
const TOKEN: &str = "7000000001:a-model-of-a-token";
/// The secret that every update carries: 1 to 256 of `A-Za-z0-9_-`.
const SECRET_TOKEN: &str = "a-model-of-a-secret-token";
/// The customer's id, and that of the chat with the bot.
pub const ADA: i64 = 5_000_000_001;
/// The chat with the direct messages of our channel, in which each person has a topic by their own id.
pub const DIRECT: i64 = -1_001_000_000_031;
/// The number of messages a second that one chat takes before it asks to wait. Telegram names one, and lets short bursts pass.
const BURST: usize = 20;

/// The model.
pub struct BotApi {
    world: Mutex<World>,
    client: Client,
    base_url: String,
}

/// The state that the model keeps.
#[derive(Default)]
struct World {
    webhook_url: String,
    last_update: i64,
    /// Messages of the one chat, in either direction.
    messages: HashSet<i64>,
    /// The topics of the one chat.
    topics: HashSet<i64>,
    /// Taps that wait for an answer.
    taps: HashSet<String>,
    is_blocked: bool,
    sent_at: Vec<Timestamp>,
    shown: Vec<String>,
    buttons: Vec<Button>,
}

/// A button under a message of ours.
struct Button {
    message: i64,
    title: String,
    data: String,
}

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: "telegram",
    start: || Box::pin(async { Ok(BotApi::start().await? as Arc<dyn Platform>) }),
};

impl BotApi {
    /// Starts the model on a port that the system gives; it lives as long as the runtime.
    pub async fn start() -> anyhow::Result<Arc<Self>> {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
        let port = listener.local_addr().context("cannot listen on loopback")?.port();
        let base_url = format!("http://127.0.0.1:{port}/bot{{token}}");
        let model = Arc::new(Self { world: Mutex::default(), client: Client::new(), base_url });
        let router =
            Router::new().route("/{bot}/{method}", post(call)).with_state(Arc::clone(&model));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(model)
    }

    /// The customer taps the latest button of this title; the answer is the status that our webhook gave.
    pub async fn customer_taps(&self, title: &str) -> anyhow::Result<u16> {
        let found = {
            let world = self.world();
            let button = world.buttons.iter().rfind(|it| it.title == title);
            button.map(|it| (it.message, it.data.clone()))
        };
        let (message, data) = found.with_context(|| format!("there is no button {title:?}"))?;
        let id = format!("4382{:06}", self.fresh());
        self.world().taps.insert(id.clone());
        let message = json!({ "message_id": message, "from": bot(), "chat": chat(), "date": aws::now().secs() });
        let tap = json!({ "id": id, "from": ada(), "message": message, "chat_instance": "-77", "data": data });
        self.post("callback_query", &tap).await
    }

    /// The titles of the buttons that the customer was shown, oldest first.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        self.world().buttons.iter().map(|it| it.title.clone()).collect()
    }

    /// The customer blocks the bot, or lets it write again.
    pub async fn customer_blocks(&self, is_blocked: bool) -> anyhow::Result<u16> {
        self.world().is_blocked = is_blocked;
        let status = |blocked: bool| {
            let status = if blocked { "kicked" } else { "member" };
            json!({ "user": bot(), "status": status })
        };
        let change = json!({
            "chat": chat(), "from": ada(), "date": aws::now().secs(),
            "old_chat_member": status(!is_blocked), "new_chat_member": status(is_blocked),
        });
        self.post("my_chat_member", &change).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that was not used yet.
    fn fresh(&self) -> i64 {
        let mut world = self.world();
        world.last_update += 1;
        world.last_update
    }

    /// A new message of the chat.
    fn fresh_message(&self) -> i64 {
        let id = self.fresh();
        self.world().messages.insert(id);
        id
    }

    /// Posts an update until it is answered with 2xx; the real platform goes on for a day, the model for a minute.
    async fn post(&self, kind: &str, item: &Value) -> anyhow::Result<u16> {
        let update = json!({ "update_id": 900_000_000 + self.fresh(), kind: item });
        let url = self.world().webhook_url.clone();
        let headers = [
            ("content-type", "application/json"),
            ("x-telegram-bot-api-secret-token", SECRET_TOKEN),
        ];
        let mut pause = Duration::from_millis(250);
        loop {
            let body = update.to_string().into_bytes();
            let status = self.client.call(Method::POST, &url, &headers, body).await?.status;
            if (200..300).contains(&status) || Duration::from_secs(30) < pause {
                return Ok(status);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Takes a call or refuses it.
    fn take(&self, method: &str, body: &Value) -> Result<Value, BotError> {
        let taken = rules::check(method, body, &self.world())?;
        let Taken::Message { chat, shown, buttons } = taken else { return Ok(json!(true)) };
        self.note_sending()?;
        let id = self.fresh_message();
        self.world().shown.push(shown);
        let buttons = buttons.into_iter().map(|(title, data)| Button { message: id, title, data });
        self.world().buttons.extend(buttons);
        Ok(
            json!({ "message_id": id, "from": bot(), "chat": { "id": chat, "type": "private" }, "date": aws::now().secs() }),
        )
    }

    /// <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>
    fn note_sending(&self) -> Result<(), BotError> {
        let now = aws::now();
        let mut world = self.world();
        world.sent_at.retain(|it| now.since(*it) < 1000);
        if BURST <= world.sent_at.len() {
            let description = "Too Many Requests: retry after 1";
            return Err(BotError { retry_after: Some(1), ..BotError::new(429, description) });
        }
        world.sent_at.push(now);
        Ok(())
    }
}

async fn call(
    State(model): State<Arc<BotApi>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    let taken = match bot.strip_prefix("bot") {
        Some(TOKEN) => read(request).await.and_then(|body| model.take(&method, &body)),
        Some(_) => Err(BotError::new(401, "Unauthorized")),
        None => Err(BotError::new(404, "Not Found")),
    };
    let (status, body) = match taken {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(error) => (error.code, error.body()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// The fields of a call: JSON, or a form whose fields are text and whose file becomes `true`.
async fn read(request: Request) -> Result<Value, BotError> {
    let broken = || BotError::from("the request cannot be read".to_owned());
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if kind == Some("application/json") {
        let bytes = Bytes::from_request(request, &()).await.map_err(|_| broken())?;
        return serde_json::from_slice(&bytes).map_err(|_| broken());
    }
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let mut fields = Map::new();
    while let Some(part) = form.next_field().await.map_err(|_| broken())? {
        let name = part.name().unwrap_or_default().to_owned();
        let value = if part.file_name().is_some() {
            let size = part.bytes().await.map_err(|_| broken())?.len();
            if !(1..=50_000_000).contains(&size) {
                return Err(BotError::new(413, "Request Entity Too Large"));
            }
            json!(true)
        } else {
            let text = part.text().await.map_err(|_| broken())?;
            // In a form, numbers and objects are written as text.
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

fn ada() -> Value {
    json!({ "id": ADA, "is_bot": false, "first_name": CUSTOMER, "username": "ada_l", "language_code": "en" })
}

fn chat() -> Value {
    json!({ "id": ADA, "type": "private", "first_name": CUSTOMER, "username": "ada_l" })
}

fn bot() -> Value {
    json!({ "id": BOT, "is_bot": true, "first_name": "Northwind", "username": "northwind_bot" })
}

impl Platform for BotApi {
    fn channel(&self) -> &'static str {
        KNOWN.channel
    }

    fn webhook_secret(&self) -> Value {
        json!({ "signing": [SECRET_TOKEN], "accounts": [BOT.to_string()] })
    }

    fn sending_secret(&self) -> Value {
        json!([{ "id": BOT.to_string(), "token": TOKEN, "base_url": self.base_url }])
    }

    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()> {
        Box::pin(async move {
            // `setWebhook` makes no handshake: the first update shows whether the address works.
            ensure!(webhook_url.starts_with("http"), "not an address: {webhook_url}");
            webhook_url.clone_into(&mut self.world().webhook_url);
            Ok(())
        })
    }

    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16> {
        Box::pin(async move {
            let id = self.fresh_message();
            let message = json!({ "message_id": id, "from": ada(), "chat": chat(), "date": aws::now().secs(), "text": text });
            self.post("message", &message).await
        })
    }

    fn customer_saw(&self) -> Vec<String> {
        self.world().shown.clone()
    }
}
