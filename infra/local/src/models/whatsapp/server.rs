//! The model's HTTP side.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::error::GraphError;
use super::rules::{self, Address, Taken, World};
use super::{Graph, PHONE_NUMBER_ID, Sent, TEMPLATES, TOKEN};

/// Starts the model; it lives as long as the runtime.
pub(super) async fn start() -> anyhow::Result<Arc<Graph>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
    let port = listener.local_addr().context("cannot listen on loopback")?.port();
    let graph = Arc::new(Graph::new(format!("http://127.0.0.1:{port}/v25.0")));
    let router = Router::new()
        .route("/{version}/{number}/messages", post(messages))
        .route("/{version}/{number}/media", post(media))
        .with_state(Arc::clone(&graph));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(graph)
}

async fn messages(
    State(graph): State<Arc<Graph>>,
    Path((version, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(authorise(&version, &number, &headers).and_then(|()| take(&graph, &body)))
}

async fn media(
    State(graph): State<Arc<Graph>>,
    Path((version, number)): Path<(String, String)>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    let taken = match authorise(&version, &number, &headers) {
        Ok(()) => upload(&graph, form).await,
        Err(error) => Err(error),
    };
    answer(taken)
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
fn authorise(version: &str, number: &str, headers: &HeaderMap) -> Result<(), GraphError> {
    if !["v22.0", "v23.0", "v24.0", "v25.0", "v26.0"].contains(&version) {
        return Err(GraphError::new(100, format!("Unknown or expired version {version}")));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    if bearer.and_then(|it| it.strip_prefix("Bearer ")) != Some(TOKEN) {
        return Err(GraphError::new(190, "Invalid OAuth access token"));
    }
    if number != PHONE_NUMBER_ID {
        return Err(GraphError::no_such_object(number));
    }
    Ok(())
}

/// Takes a send or refuses it. What can only be known later, such as a closed window, comes as a `failed` status:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>.
fn take(graph: &Arc<Graph>, body: &[u8]) -> Result<Value, GraphError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|_| GraphError::new(100, "The body is not JSON"))?;
    let taken = {
        let state = graph.state();
        let world = World {
            templates: &TEMPLATES,
            messages: &state.messages,
            media: &state.media,
            country: "1",
        };
        rules::check(&body, &world)?
    };
    let Taken::Message(message) = taken else { return Ok(json!({ "success": true })) };
    let id = graph.fresh_id();
    let contact = match &message.to {
        Address::Phone(digits) => json!({ "input": body.get("to"), "wa_id": digits }),
        Address::User(user) => json!({ "input": user, "user_id": user }),
    };
    let mut entry = json!({ "id": id });
    if let (Some(entry), "template") = (entry.as_object_mut(), message.kind.as_str()) {
        entry.insert("message_status".to_owned(), json!("accepted"));
    }
    let sent = Sent {
        id,
        to: message.to,
        kind: message.kind,
        shown: message.shown,
        callback: message.callback,
        offers: message.offers,
        acknowledged: Vec::new(),
    };
    graph.state().sent.push(sent.clone());
    let graph = Arc::clone(graph);
    tokio::spawn(async move { graph.post_statuses(&sent).await });
    Ok(json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [entry] }))
}

/// Types and sizes: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types>.
const UPLOADS: [(&str, usize); 8] = [
    ("image/jpeg", 5 << 20),
    ("image/png", 5 << 20),
    ("video/mp4", 16 << 20),
    ("audio/ogg", 16 << 20),
    ("audio/mpeg", 16 << 20),
    ("image/webp", 500 << 10),
    ("application/pdf", 100 << 20),
    ("text/plain", 100 << 20),
];

async fn upload(graph: &Graph, mut form: Multipart) -> Result<Value, GraphError> {
    let broken = |_| GraphError::new(100, "The form cannot be read");
    let (mut product, mut mime, mut size) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "messaging_product" => product = Some(field.text().await.map_err(broken)?),
            "type" => mime = Some(field.text().await.map_err(broken)?),
            "file" => size = Some(field.bytes().await.map_err(broken)?.len()),
            other => return Err(GraphError::new(100, format!("Unexpected field {other}"))),
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(GraphError::new(100, "Param messaging_product must be one of {whatsapp}"));
    }
    let (Some(mime), Some(size)) = (mime, size) else {
        return Err(GraphError::new(131_008, "Parameters type and file are required"));
    };
    let base = mime.split(';').next().unwrap_or_default();
    match UPLOADS.iter().find(|it| it.0 == base) {
        Some((_, max)) if size <= *max && 0 < size => {}
        Some(_) => return Err(GraphError::new(131_053, "The file is empty or too large")),
        None => {
            return Err(GraphError::new(131_053, format!("Media type {base} is not supported")));
        }
    }
    let mut state = graph.state();
    state.next_id += 1;
    let id = format!("9000000{:08}", state.next_id);
    state.media.insert(id.clone());
    Ok(json!({ "id": id }))
}
