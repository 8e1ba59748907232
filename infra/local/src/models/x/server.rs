//! The model's HTTP side.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rules::{self, XProblem};
use super::{ADA, NORTHWIND, XApi};

/// The number of direct messages that a user may send in a quarter of an hour:
/// <https://docs.x.com/x-api/fundamentals/rate-limits>.
pub(super) const DIRECT_LIMIT: usize = 15;

/// The time that a limit lasts.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Starts the model.
pub(super) async fn start() -> anyhow::Result<Arc<XApi>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
    let port = listener.local_addr().context("cannot listen on loopback")?.port();
    let model = Arc::new(XApi::new(format!("http://127.0.0.1:{port}")));
    let router = Router::new()
        .route("/2/dm_conversations/with/{person}/messages", post(direct))
        .route("/2/tweets", post(tweet))
        .route("/2/media/upload", post(media))
        .route_layer(from_fn_with_state(Arc::clone(&model), let_in))
        .with_state(Arc::clone(&model));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(model)
}

/// Nothing of a call is read before it is known who makes it.
async fn let_in(State(model): State<Arc<XApi>>, request: Request, next: Next) -> Response {
    let known = model.authorise(request.method(), request.uri(), request.headers(), aws::now());
    match known {
        Ok(()) => next.run(request).await,
        Err(problem) => answer(401, Err(problem)),
    }
}

async fn direct(
    State(model): State<Arc<XApi>>,
    Path(person): Path<String>,
    body: Bytes,
) -> Response {
    let taken = json_of(&body).and_then(|body| model.take_direct(&person, &body));
    if let Ok((id, text)) = &taken {
        let (model, id, text) = (Arc::clone(&model), id.clone(), text.clone());
        tokio::spawn(async move { model.tell_of(&id, &text).await });
    }
    let conversation = format!("{NORTHWIND}-{person}");
    answer(
        201,
        taken.map(|(id, _)| json!({ "dm_conversation_id": conversation, "dm_event_id": id })),
    )
}

async fn tweet(State(model): State<Arc<XApi>>, body: Bytes) -> Response {
    let taken = json_of(&body).and_then(|body| model.take_post(&body));
    answer(201, taken.map(|(id, text)| json!({ "id": id, "text": text })))
}

async fn media(State(model): State<Arc<XApi>>, form: Multipart) -> Response {
    answer(200, upload(&model, form).await)
}

fn answer(status: u16, taken: Result<Value, XProblem>) -> Response {
    let (status, body, reset) = match taken {
        Ok(data) => (status, json!({ "data": data }), None),
        Err(problem) => (problem.status, problem.body(), problem.reset),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    if let Some(Ok(reset)) = reset.map(|it| it.to_string().parse()) {
        response.headers_mut().insert("x-rate-limit-reset", reset);
    }
    response
}

fn json_of(body: &[u8]) -> Result<Value, XProblem> {
    serde_json::from_slice(body).map_err(|_| XProblem::from("the body is not JSON".to_owned()))
}

/// In one call only pictures of at most 5 MB: <https://docs.x.com/x-api/media/quickstart/best-practices>.
async fn upload(model: &XApi, mut form: Multipart) -> Result<Value, XProblem> {
    let broken = |_| XProblem::from("the form cannot be read".to_owned());
    let (mut category, mut file) = (None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        match part.name().unwrap_or_default() {
            "media_category" => category = Some(part.text().await.map_err(broken)?),
            "media" => {
                let mime = part.content_type().unwrap_or_default().to_owned();
                file = Some((mime, part.bytes().await.map_err(broken)?.len()));
            }
            other => return Err(format!("{other} is not expected").into()),
        }
    }
    let category = category.filter(|it| ["dm_image", "tweet_image"].contains(&it.as_str()));
    let (Some(category), Some((mime, size))) = (category, file) else {
        return Err("media and media_category are required".to_owned().into());
    };
    if !["image/jpeg", "image/png", "image/webp"].contains(&mime.as_str()) {
        return Err(format!("media type {mime} is not supported").into());
    }
    if !(1..=5_000_000).contains(&size) {
        return Err(XProblem::new(413, "The file is empty or too large"));
    }
    let id = model.fresh();
    model.world().uploads.push((id.clone(), category));
    Ok(json!({ "id": id, "media_key": format!("3_{id}"), "expires_after_secs": 86_400 }))
}

impl XApi {
    /// Takes a direct message or refuses it; its id, and what the customer sees.
    pub(super) fn take_direct(&self, to: &str, body: &Value) -> Result<(String, String), XProblem> {
        let text = rules::direct(to, body, &self.world())?;
        self.note_direct()?;
        self.world().shown.push(text.clone());
        Ok((self.fresh(), text))
    }

    /// Takes a post or refuses it.
    pub(super) fn take_post(&self, body: &Value) -> Result<(String, String), XProblem> {
        let text = rules::post(body, &self.world())?;
        self.world().shown.push(text.clone());
        Ok((self.fresh(), text))
    }

    fn note_direct(&self) -> Result<(), XProblem> {
        let now = aws::now();
        let mut world = self.world();
        world.direct_at.retain(|it| now.since(*it) < WINDOW_MS);
        if DIRECT_LIMIT <= world.direct_at.len() {
            let reset = world.direct_at.first().map(|it| it.plus_ms(WINDOW_MS).secs());
            return Err(XProblem { reset, ..XProblem::new(429, "Too Many Requests") });
        }
        world.direct_at.push(now);
        Ok(())
    }

    /// X tells of what we sent as of what anybody sends, and that it was read.
    async fn tell_of(&self, id: &str, text: &str) -> anyhow::Result<()> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.post_direct("dm.sent", id, NORTHWIND, ADA, text).await?;
        let read = json!({
            "created_timestamp": aws::now().ms().to_string(), "sender_id": ADA,
            "target": { "recipient_id": NORTHWIND }, "last_read_event_id": id,
        });
        self.post("dm.read", &json!({ "direct_message_mark_read_events": [read] }), None).await?;
        Ok(())
    }
}
