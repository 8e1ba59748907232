//! Lambda's Runtime API: hands a bootstrap so many webhooks and hears its answers.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use bench::Subject;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::callgrind;
use crate::services::Services;

struct Runtime {
    events: Vec<String>,
    asked: AtomicUsize,
    refused: AtomicUsize,
    done: Notify,
}

/// Instructions from exec until the bootstrap asks for the event after the n-th.
pub(crate) async fn instructions(
    services: &Services,
    bootstrap: &Path,
    subject: &Subject,
    n: usize,
) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(callgrind::ARGUMENTS).arg(bootstrap);
    let child = run(command, services, subject, n).await?;
    stop(&child)?;
    let output = child.wait_with_output().await?;
    callgrind::collected(&String::from_utf8_lossy(&output.stderr))
}

/// The most memory that the bootstrap held until it asks for the event after the n-th, in bytes.
pub(crate) async fn memory(
    services: &Services,
    bootstrap: &Path,
    subject: &Subject,
    n: usize,
) -> anyhow::Result<u64> {
    let mut child = run(Command::new(bootstrap), services, subject, n).await?;
    let id = child.id().context("the bootstrap ended by itself")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    child.kill().await?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

async fn run(
    mut command: Command,
    services: &Services,
    subject: &Subject,
    n: usize,
) -> anyhow::Result<Child> {
    let events =
        (0..n).map(|it| event(subject, it)).collect::<Option<_>>().context("no webhook")?;
    let runtime = Arc::new(Runtime {
        events,
        asked: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        done: Notify::new(),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/{*error}", post(failure))
        .with_state(runtime.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", subject.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_ENDPOINT_URL", &services.secrets)
        .env("AWS_ENDPOINT_URL_SQS", &services.queues)
        .env("AWS_CA_BUNDLE", &services.roots)
        .env("INBOUND_QUEUE_URL", format!("{}/0/inbound.fifo", services.queues))
        .env("WEBHOOK_SECRET", "secret")
        .env("BUCKET_NAME", "bucket")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().context("cannot start the bootstrap")?;
    tokio::time::timeout(Duration::from_mins(2), runtime.done.notified())
        .await
        .with_context(|| format!("the bootstrap did not ask for event {}", n + 1))?;
    server.abort();
    ensure!(runtime.refused.load(Ordering::SeqCst) == 0, "the bootstrap did not answer 200");
    Ok(child)
}

fn stop(child: &Child) -> anyhow::Result<()> {
    let id = child.id().context("the bootstrap ended by itself")?;
    let status = std::process::Command::new("kill").args(["-TERM", &id.to_string()]).status()?;
    ensure!(status.success(), "cannot stop the bootstrap");
    Ok(())
}

async fn next(State(runtime): State<Arc<Runtime>>) -> (HeaderMap, String) {
    let n = runtime.asked.fetch_add(1, Ordering::SeqCst);
    let Some(event) = runtime.events.get(n) else {
        runtime.done.notify_one();
        return std::future::pending().await;
    };
    let mut headers = HeaderMap::new();
    let deadline = aws::now().plus_ms(60_000).ms().to_string();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", format!("00000000-0000-0000-0000-{n:012}")),
        ("lambda-runtime-deadline-ms", deadline),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:0:function:bench".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    (headers, event.clone())
}

async fn response(State(runtime): State<Arc<Runtime>>, body: String) -> StatusCode {
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    if answer.get("statusCode").and_then(Value::as_u64) != Some(200) {
        runtime.refused.fetch_add(1, Ordering::SeqCst);
    }
    StatusCode::ACCEPTED
}

async fn failure(State(runtime): State<Arc<Runtime>>) -> StatusCode {
    runtime.refused.fetch_add(1, Ordering::SeqCst);
    StatusCode::ACCEPTED
}

/// The n-th webhook as an HTTP API hands it over.
fn event(subject: &Subject, n: usize) -> Option<String> {
    let (body, (header, value)) = subject.request(n)?;
    let path = format!("/webhooks/{}", subject.name);
    let event = json!({
        "version": "2.0", "routeKey": format!("POST {path}"), "rawPath": path, "rawQueryString": "",
        "headers": { "content-type": "application/json", "host": "hooks.example.com", header: value },
        "requestContext": {
            "accountId": "0", "apiId": "bench", "domainName": "hooks.example.com", "domainPrefix": "hooks",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench" },
            "requestId": "1", "routeKey": format!("POST {path}"), "stage": "$default",
            "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_000_000_000_u64,
        },
        "body": body, "isBase64Encoded": false,
    });
    Some(event.to_string())
}
