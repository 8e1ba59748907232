//! Webhooks over HTTP.

use std::time::Duration;

use domain::event::InboundEvent;
use domain::freshness::Trust;
use domain::inbound::{Ack, Reply, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Handshake, Proof, Webhook, verify};
use http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{error, info, warn};

use super::reading::Unread;
use super::strangers::Asked;
use super::{MAX_BODY, Parked, Shell};

/// The time that the function needs to answer after it gave up: to say so, or to park the webhook first.
const TO_REFUSE: Duration = Duration::from_millis(500);
const TO_PARK: Duration = Duration::from_millis(1_500);

/// The wait for a secret that cannot be read, if the platform does not send again.
const SECRET_PAUSE: Duration = Duration::from_secs(1);

/// Answers one request. It never fails: an error would be answered by the gateway, with a message of its own.
pub async fn handle_request(
    shell: &Shell,
    request: Request,
    received: Timestamp,
) -> Response<Body> {
    let started = Instant::now();
    let Source::Http { proof, handshake, reply } = shell.inbound.source else {
        return answer(StatusCode::NOT_FOUND, Reply::EMPTY.content_type, String::new());
    };
    // Proofs are over the very bytes: the URI keeps the query as it was sent.
    let query = request.uri().query().unwrap_or_default();
    match *request.method() {
        Method::GET => answer_handshake(shell, handshake, query, received).await,
        Method::POST => {
            let (headers, address) = (request.headers(), shell.address.as_str());
            let webhook = Webhook { headers, address, query, body: request.body() };
            let ours = request.lambda_context_ref().map(|it| remaining(it.deadline, received));
            let until = started + patience(&shell.inbound.ack, ours);
            take_in(shell, &proof, reply, webhook, received, until).await
        }
        _ => answer(StatusCode::METHOD_NOT_ALLOWED, Reply::EMPTY.content_type, String::new()),
    }
}

/// The time that a webhook may take until it is queued: until the platform's deadline, and the function's own where that is
/// sooner, less what an answer needs then. A platform that does not send again leaves us time to park.
#[must_use]
pub fn patience(ack: &Ack, ours: Option<Duration>) -> Duration {
    let deadline = Duration::from_millis(ack.deadline_ms);
    let needed = if ack.resends { TO_REFUSE } else { TO_PARK };
    ours.map_or(deadline, |it| it.min(deadline)).saturating_sub(needed)
}

/// The time left until a deadline in milliseconds since 1970.
fn remaining(deadline_ms: u64, now: Timestamp) -> Duration {
    let now_ms = u64::try_from(now.ms()).unwrap_or_default();
    Duration::from_millis(deadline_ms.saturating_sub(now_ms))
}

async fn answer_handshake(
    shell: &Shell,
    handshake: Option<Handshake>,
    query: &str,
    received: Timestamp,
) -> Response<Body> {
    let channel = &shell.inbound.channel;
    // A MAC by an old secret is a wrong answer, and nothing tells us so: the platform only stops to send.
    let trusts = match handshake {
        Some(Handshake::SignedEcho { .. }) => &[Trust::Doubted][..],
        Some(Handshake::EchoIfToken { .. }) => &[Trust::Usual, Trust::Doubted],
        None => &[],
    };
    for trust in trusts {
        let Ok(secrets) = shell.secrets.get(*trust, received).await else {
            shell.strangers.note(channel, Asked::Undecided, received);
            return answer(
                StatusCode::SERVICE_UNAVAILABLE,
                Reply::EMPTY.content_type,
                String::new(),
            );
        };
        if let Some(reply) = handshake.and_then(|it| it.answer(&secrets, query)) {
            shell.strangers.note(channel, Asked::AnsweredHandshake, received);
            return answer(StatusCode::OK, reply.content_type, reply.body);
        }
    }
    shell.strangers.note(channel, Asked::RefusedHandshake, received);
    answer(StatusCode::FORBIDDEN, Reply::EMPTY.content_type, String::new())
}

async fn take_in(
    shell: &Shell,
    proof: &Proof,
    reply: Reply,
    webhook: Webhook<'_>,
    received: Timestamp,
    until: Instant,
) -> Response<Body> {
    let channel = &shell.inbound.channel;
    let refused = |status, asked| {
        shell.strangers.note(channel, asked, received);
        answer(status, reply.content_type, String::new())
    };
    if MAX_BODY < webhook.body.len() {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, Asked::TooLarge);
    }
    let read = |secrets: &WebhookSecrets| {
        let verified = verify(proof, secrets, &webhook, received).map_err(Unread::Unproven)?;
        Ok(shell.inbound.read(&verified)?)
    };
    let kept = match read_until_known(shell, received, until, read).await {
        // Nothing can be proven or refused: whoever it is must come again.
        Err(_) => return refused(StatusCode::SERVICE_UNAVAILABLE, Asked::Undecided),
        Ok(Err(Unread::Unproven(why))) => {
            return refused(StatusCode::UNAUTHORIZED, Asked::Unproven(why));
        }
        Ok(Err(Unread::Malformed(reason))) => {
            shell.park(&Parked::new(channel, &webhook, received, reason)).await
        }
        Ok(Ok(events)) => queue_or_park(shell, events, &webhook, received, until).await,
    };
    shell.strangers.tell_rest(channel);
    match kept {
        Ok(()) => answer(StatusCode::OK, reply.content_type, reply.body.to_owned()),
        Err(error) => {
            error!(%channel, error = crate::logs::reason(&error), "could not keep a webhook: the platform must send it again");
            answer(StatusCode::SERVICE_UNAVAILABLE, reply.content_type, String::new())
        }
    }
}

/// Reads a webhook. A secret that is not known is asked for again where the platform does not send again.
async fn read_until_known(
    shell: &Shell,
    received: Timestamp,
    until: Instant,
    read: impl Fn(&WebhookSecrets) -> Result<Vec<InboundEvent>, Unread>,
) -> anyhow::Result<Result<Vec<InboundEvent>, Unread>> {
    let began = Instant::now();
    loop {
        let waited_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let found = shell.read(received.plus_ms(waited_ms), &read).await;
        let is_last = shell.inbound.ack.resends || until < Instant::now() + SECRET_PAUSE;
        if found.is_ok() || is_last {
            return found;
        }
        sleep(SECRET_PAUSE).await;
    }
}

async fn queue_or_park(
    shell: &Shell,
    events: Vec<InboundEvent>,
    webhook: &Webhook<'_>,
    received: Timestamp,
    until: Instant,
) -> anyhow::Result<()> {
    let channel = &shell.inbound.channel;
    let n_events = events.len();
    let queued = timeout_at(until, queue_until_done(shell, events, received)).await;
    match queued {
        Ok(Ok(())) => {
            info!(%channel, n_events, "queued a webhook");
            Ok(())
        }
        Ok(Err(error)) if shell.inbound.ack.resends => Err(error),
        Err(_) if shell.inbound.ack.resends => {
            anyhow::bail!("the queue did not take {n_events} events before the deadline")
        }
        Ok(Err(_)) | Err(_) => {
            let reason = "the queue did not take it before the platform's deadline".to_owned();
            shell.park(&Parked::new(channel, webhook, received, reason)).await
        }
    }
}

/// Queues, again and again where the platform will not send again: the caller's patience ends it.
async fn queue_until_done(
    shell: &Shell,
    events: Vec<InboundEvent>,
    received: Timestamp,
) -> anyhow::Result<()> {
    if shell.inbound.ack.resends {
        return shell.queue_all(events, received).await;
    }
    while let Err(error) = shell.queue_all(events.clone(), received).await {
        warn!(channel = %shell.inbound.channel, error = crate::logs::reason(&error), "the queue refused a webhook, trying again");
        sleep(Duration::from_millis(250)).await;
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
