//! Webhooks over HTTP.

use std::time::Duration;

use domain::event::InboundEvent;
use domain::inbound::{Reply, Source};
use domain::time::Timestamp;
use domain::webhook::{Handshake, Proof, Webhook, verify};
use http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use tracing::{error, info, warn};

use super::{MAX_BODY, Parked, Shell};
use crate::logs::{Metric, count};

/// Answers one request. It never fails: an error would be answered by the gateway, with a message of its own.
pub async fn handle_request(
    shell: &Shell,
    request: Request,
    received: Timestamp,
) -> Response<Body> {
    let Source::Http { proof, handshake, reply } = shell.inbound.source else {
        return answer(StatusCode::NOT_FOUND, Reply::EMPTY.content_type, String::new());
    };
    // Proofs are over the very bytes: the URI keeps the query as it was sent.
    let query = request.uri().query().unwrap_or_default();
    match *request.method() {
        Method::GET => answer_handshake(shell, handshake, query),
        Method::POST => {
            let webhook = Webhook { headers: request.headers(), query, body: request.body() };
            take_in(shell, &proof, reply, webhook, received).await
        }
        _ => answer(StatusCode::METHOD_NOT_ALLOWED, Reply::EMPTY.content_type, String::new()),
    }
}

fn answer_handshake(shell: &Shell, handshake: Option<Handshake>, query: &str) -> Response<Body> {
    let channel = &shell.inbound.channel;
    let Some(reply) = handshake.and_then(|it| it.answer(&shell.secrets, query)) else {
        warn!(%channel, "refused a handshake");
        return answer(StatusCode::FORBIDDEN, Reply::EMPTY.content_type, String::new());
    };
    info!(%channel, "answered a handshake");
    answer(StatusCode::OK, reply.content_type, reply.body)
}

async fn take_in(
    shell: &Shell,
    proof: &Proof,
    reply: Reply,
    webhook: Webhook<'_>,
    received: Timestamp,
) -> Response<Body> {
    let channel = &shell.inbound.channel;
    if MAX_BODY < webhook.body.len() {
        warn!(%channel, bytes = webhook.body.len(), "refused a webhook over the size cap");
        return answer(StatusCode::PAYLOAD_TOO_LARGE, reply.content_type, String::new());
    }
    let verified = match verify(proof, &shell.secrets, &webhook, received) {
        Ok(verified) => verified,
        Err(unverified) => {
            warn!(%channel, reason = %unverified, "refused an unproven webhook");
            count(Metric::SignatureFailure, 1);
            return answer(StatusCode::UNAUTHORIZED, reply.content_type, String::new());
        }
    };
    let kept = match (shell.inbound.parse)(&verified) {
        Ok(events) => queue_or_park(shell, events, &webhook, received).await,
        Err(malformed) => {
            shell.park(&Parked::new(channel, &webhook, received, malformed.to_string())).await
        }
    };
    match kept {
        Ok(()) => answer(StatusCode::OK, reply.content_type, reply.body.to_owned()),
        Err(error) => {
            error!(%channel, error = format!("{error:#}"), "could not keep a webhook: the platform must send it again");
            answer(StatusCode::SERVICE_UNAVAILABLE, reply.content_type, String::new())
        }
    }
}

async fn queue_or_park(
    shell: &Shell,
    events: Vec<InboundEvent>,
    webhook: &Webhook<'_>,
    received: Timestamp,
) -> anyhow::Result<()> {
    let channel = &shell.inbound.channel;
    let n_events = events.len();
    let patience = shell.patience();
    let queued = tokio::time::timeout(patience, queue_until_done(shell, events)).await;
    match queued {
        Ok(Ok(())) => {
            info!(%channel, n_events, "queued a webhook");
            Ok(())
        }
        Ok(Err(error)) if shell.inbound.ack.resends => Err(error),
        Err(_) if shell.inbound.ack.resends => {
            anyhow::bail!("the queue took longer than {patience:?}")
        }
        Ok(Err(_)) | Err(_) => {
            let reason = "the queue did not take it before the platform's deadline".to_owned();
            shell.park(&Parked::new(channel, webhook, received, reason)).await
        }
    }
}

/// Queues, again and again where the platform will not send again: the caller's patience ends it.
async fn queue_until_done(shell: &Shell, events: Vec<InboundEvent>) -> anyhow::Result<()> {
    if shell.inbound.ack.resends {
        return shell.queue_all(events).await;
    }
    while let Err(error) = shell.queue_all(events.clone()).await {
        warn!(channel = %shell.inbound.channel, error = format!("{error:#}"), "the queue refused a webhook, trying again");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
