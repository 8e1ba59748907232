//! Queues as SQS has them: FIFO order in groups, deduplication for five minutes, delays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_smithy_types::retry::RetryConfig;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};

use crate::Steps;

/// Every queue of one test: a queue exists by being named.
#[derive(Clone)]
pub struct Queues {
    endpoint: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<String, Vec<Queued>>,
    seen: std::collections::BTreeSet<(String, String, String)>,
    refuse: u32,
    refuse_entries: u32,
    n_calls: usize,
}

/// One entry of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The group within which the order is kept; empty in a standard queue.
    pub group_id: String,
    /// The id that a repeated entry is known by; empty in a standard queue.
    pub deduplication_id: String,
    /// The entry itself.
    pub body: String,
    /// The time that it is kept back, in seconds.
    pub delay_s: u64,
}

impl Queues {
    pub(crate) async fn start() -> Self {
        let (listener, endpoint) = super::listen().await;
        let queues = Self { endpoint, inner: Arc::default() };
        let router = Router::new().route("/", post(answer)).with_state(queues.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        queues
    }

    /// The address of a queue, as functions are configured with it.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.endpoint)
    }

    /// Takes every entry of a queue, in order.
    #[must_use]
    pub fn take(&self, name: &str) -> Vec<Queued> {
        self.inner.lock().unwrap().entries.remove(name).unwrap_or_default()
    }

    /// Makes the next calls fail as an overloaded queue does.
    pub fn refuse(&self, calls: u32) {
        self.inner.lock().unwrap().refuse = calls;
    }

    /// Makes the next batches come back with so many of their entries refused, one a batch, as an overloaded queue does.
    pub fn refuse_entries(&self, entries: u32) {
        self.inner.lock().unwrap().refuse_entries = entries;
    }

    /// The number of calls that came.
    #[must_use]
    pub fn n_calls(&self) -> usize {
        self.inner.lock().unwrap().n_calls
    }

    /// Forgets the entries that were seen, as SQS does after five minutes.
    pub fn forget(&self) {
        self.inner.lock().unwrap().seen.clear();
    }

    pub(crate) fn client(&self, steps: &Steps) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(super::credentials())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .interceptor(steps.interceptor());
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    fn refuses_an_entry(&self) -> bool {
        let mut inner = self.inner.lock().unwrap();
        let refuses = 0 < inner.refuse_entries;
        inner.refuse_entries = inner.refuse_entries.saturating_sub(1);
        refuses
    }

    fn put(&self, url: &Value, entry: &Value) -> Value {
        let name = url.as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default().to_owned();
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let queued = Queued {
            group_id: text("MessageGroupId"),
            deduplication_id: text("MessageDeduplicationId"),
            body: text("MessageBody"),
            delay_s: entry["DelaySeconds"].as_u64().unwrap_or(0),
        };
        assert!(
            name.strip_suffix(".fifo").is_none() || !queued.group_id.is_empty(),
            "a FIFO entry needs a group"
        );
        let mut inner = self.inner.lock().unwrap();
        // Deduplication is per group, as the template sets it.
        let fact = (name.clone(), queued.group_id.clone(), queued.deduplication_id.clone());
        if queued.deduplication_id.is_empty() || inner.seen.insert(fact) {
            inner.entries.entry(name).or_default().push(queued);
        }
        json!({ "Id": entry["Id"], "MessageId": "00000000-0000-0000-0000-000000000000", "MD5OfMessageBody": "" })
    }
}

async fn answer(
    State(queues): State<Queues>,
    headers: HeaderMap,
    body: Bytes,
) -> (axum::http::StatusCode, String) {
    let refused = {
        let mut inner = queues.inner.lock().unwrap();
        inner.n_calls += 1;
        let refused = 0 < inner.refuse;
        inner.refuse = inner.refuse.saturating_sub(1);
        refused
    };
    if refused {
        let error =
            json!({ "__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down" });
        return (axum::http::StatusCode::BAD_REQUEST, error.to_string());
    }
    let call: Value = serde_json::from_slice(&body).unwrap();
    let reply = match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSQS.SendMessage" => queues.put(&call["QueueUrl"], &call),
        "AmazonSQS.SendMessageBatch" => {
            let entries = call["Entries"].as_array().unwrap();
            assert!((1..=10).contains(&entries.len()), "a batch has 1 to 10 entries");
            let n_refused = usize::from(queues.refuses_an_entry());
            let (refused, taken) = entries.split_at(n_refused);
            let done: Vec<_> = taken.iter().map(|it| queues.put(&call["QueueUrl"], it)).collect();
            let refusal = |it: &Value| json!({ "Id": it["Id"], "SenderFault": false, "Code": "InternalError" });
            json!({ "Successful": done, "Failed": refused.iter().map(refusal).collect::<Vec<_>>() })
        }
        other => panic!("the queues do not model {other}"),
    };
    (axum::http::StatusCode::OK, reply.to_string())
}

/// An entry as Lambda hands it over: its name, the group that it is in, if it is in one, and its body.
#[must_use]
pub fn queued(name: &str, group: Option<&str>, body: &str) -> SqsMessage {
    let mut entry = SqsMessage::default();
    entry.message_id = Some(name.to_owned());
    entry.body = Some(body.to_owned());
    let group = group.map(|it| ("MessageGroupId".to_owned(), it.to_owned()));
    entry.attributes.extend(group);
    entry
}
