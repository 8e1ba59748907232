//! The model's HTTP side.

use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::rules::{self, GraphError, Taken};
use super::{Product, SendApi, Sent, TOKEN, World};
use crate::http::Client;

/// The largest file: <https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api>.
const LARGEST: usize = 25 << 20;

pub(super) async fn start(product: Product) -> anyhow::Result<Arc<SendApi>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
    let port = listener.local_addr().context("cannot listen on loopback")?.port();
    let base_url = format!("http://127.0.0.1:{port}/v25.0");
    let model =
        SendApi { product, world: Mutex::new(World::default()), client: Client::new(), base_url };
    let model = Arc::new(model);
    let router = Router::new()
        .route("/{version}/{node}/messages", post(messages))
        .route("/{version}/{node}/message_attachments", post(attachments))
        .layer(DefaultBodyLimit::max(LARGEST + (1 << 20)))
        .with_state(Arc::clone(&model));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(model)
}

async fn messages(
    State(model): State<Arc<SendApi>>,
    Path((version, node)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(authorise(&model, (&version, &node), &headers).and_then(|()| take(&model, &body)))
}

async fn attachments(
    State(model): State<Arc<SendApi>>,
    Path((version, node)): Path<(String, String)>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    answer(match authorise(&model, (&version, &node), &headers) {
        Ok(()) => upload(&model, form).await,
        Err(error) => Err(error),
    })
}

fn answer(result: Result<Value, GraphError>) -> Response {
    let (status, body) = match result {
        Ok(body) => (200, body),
        Err(error) => (error.status(), error.body()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Versions end two years after they came: <https://developers.facebook.com/docs/graph-api/changelog>.
fn authorise(
    model: &SendApi,
    (version, node): (&str, &str),
    headers: &HeaderMap,
) -> Result<(), GraphError> {
    if !["v22.0", "v23.0", "v24.0", "v25.0", "v26.0"].contains(&version) {
        return Err(GraphError::new(2635, None, "You are calling a deprecated version of the API"));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    if bearer.and_then(|it| it.strip_prefix("Bearer ")) != Some(TOKEN) {
        return Err(GraphError::new(190, Some(467), "Invalid OAuth access token."));
    }
    if !model.product.nodes.contains(&node) {
        return Err(GraphError::new(
            100,
            Some(33),
            "Unsupported post request. Object does not exist",
        ));
    }
    Ok(())
}

/// Takes a call or refuses it. What the platform refuses, it refuses at once: there is no later failure.
fn take(model: &Arc<SendApi>, body: &[u8]) -> Result<Value, GraphError> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| GraphError::from("the body is not JSON".to_owned()))?;
    let taken = rules::check(&model.product, &body, &mut model.world(), aws::now())?;
    let Taken::Message { shown, metadata, right } = taken else {
        return Ok(json!({ "recipient_id": model.product.person }));
    };
    let sent = Sent { id: model.fresh_mid(), shown, metadata, right };
    model.world().sent.push(sent.clone());
    let answer = json!({ "recipient_id": model.product.person, "message_id": sent.id });
    let model = Arc::clone(model);
    tokio::spawn(async move { model.post_receipts(&sent).await });
    Ok(answer)
}

async fn upload(model: &SendApi, mut form: Multipart) -> Result<Value, GraphError> {
    let broken = |_| GraphError::from("the form cannot be read".to_owned());
    let (mut message, mut platform, mut size) = (Value::Null, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "message" => {
                let text = field.text().await.map_err(broken)?;
                message = serde_json::from_str(&text).unwrap_or_default();
            }
            "platform" => platform = Some(field.text().await.map_err(broken)?),
            "filedata" => size = Some(field.bytes().await.map_err(broken)?.len()),
            other => return Err(GraphError::from(format!("unexpected field {other}"))),
        }
    }
    rules::check_upload(&message)?;
    if platform.as_deref() != model.product.upload_platform {
        return Err(GraphError::from("platform is of another product".to_owned()));
    }
    match size {
        Some(1..=LARGEST) => {}
        Some(_) => {
            return Err(GraphError::new(100, Some(2_018_109), "The file is empty or too large"));
        }
        None => return Err(GraphError::new(100, Some(2_018_008), "There is no file")),
    }
    let id = format!("9000{:012}", model.fresh());
    model.world().media.insert(id.clone());
    Ok(json!({ "attachment_id": id }))
}
