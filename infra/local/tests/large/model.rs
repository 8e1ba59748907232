//! A queue, a bucket and a secret store that take 20 ms a call, by a clock that stands still while anything can go on.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws::Sdk;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use serde_json::{Value, json};

/// The time that each call takes.
pub(crate) const CALL_MS: u64 = 20;

/// The turns of everything else after which nothing goes on but by a call that ends.
const TURNS: usize = 60;

/// The model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aws(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    secret: String,
    now_ms: u64,
    n_calls: u64,
    /// Calls under way: when each ends, and its number.
    under_way: BTreeSet<(u64, u64)>,
    wakers: BTreeMap<u64, Waker>,
    /// Groups of the batches under way.
    groups: HashSet<String>,
    arrived: Vec<String>,
    seen: HashSet<String>,
    objects: HashSet<String>,
    counts: Counts,
    fails_after: Option<usize>,
    refuses_every: Option<usize>,
    refused: HashSet<String>,
}

/// The calls that came, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) batches: usize,
    pub(crate) entries: usize,
    pub(crate) refused: usize,
    pub(crate) objects: usize,
    pub(crate) most_in_flight: usize,
}

impl Aws {
    pub(crate) fn new(secret: &Value) -> Self {
        let aws = Self::default();
        aws.inner().secret = secret.to_string();
        aws
    }

    /// Does work to its end, with the clock going on only when nothing else does.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            for _ in 0..TURNS {
                if let Poll::Ready(done) = poll_fn(|it| Poll::Ready(work.as_mut().poll(it))).await {
                    return done;
                }
                tokio::task::yield_now().await;
            }
            if !self.end_next() {
                // It pauses by the real clock.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.inner().now_ms
    }

    pub(crate) fn counts(&self) -> Counts {
        self.inner().counts
    }

    /// The ids of the messages in the queue, in its order.
    pub(crate) fn arrived(&self) -> Vec<String> {
        self.inner().arrived.clone()
    }

    /// From now on the queue takes so many batches, and then none.
    pub(crate) fn fail_after(&self, n_batches: usize) {
        self.inner().fails_after = Some(n_batches);
    }

    /// The queue refuses the first attempt of each so-manieth entry.
    pub(crate) fn refuse_every(&self, n_entries: usize) {
        self.inner().refuses_every = Some(n_entries);
    }

    /// The settings that our clients are made from.
    pub(crate) fn sdk(&self) -> Sdk {
        let credentials = Credentials::new("test", "test", None, None, "test");
        Sdk::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new("eu-west-1"))
            .endpoint_url("http://aws.test")
            .http_client(self.client())
            .retry_config(RetryConfig::disabled())
            .build()
    }

    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Ends the call that ends next. `false` if none is under way.
    fn end_next(&self) -> bool {
        let mut inner = self.inner();
        let Some((at, n)) = inner.under_way.pop_first() else { return false };
        inner.now_ms = at;
        if let Some(waker) = inner.wakers.remove(&n) {
            waker.wake();
        }
        true
    }

    fn begin(&self) -> UnderWay {
        let mut inner = self.inner();
        inner.n_calls += 1;
        let call = (inner.now_ms + CALL_MS, inner.n_calls);
        inner.under_way.insert(call);
        inner.counts.most_in_flight = inner.counts.most_in_flight.max(inner.under_way.len());
        UnderWay { aws: self.clone(), call }
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (aws, under_way) = (self.clone(), self.begin());
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let call = request.body().bytes().and_then(|it| serde_json::from_slice(it).ok());
        let call: Value = call.unwrap_or_default();
        let groups = groups(&call);
        for group in &groups {
            assert!(aws.inner().groups.insert(group.clone()), "two calls of a group at once");
        }
        HttpConnectorFuture::new(async move {
            under_way.await;
            let mut inner = aws.inner();
            for group in &groups {
                inner.groups.remove(group);
            }
            let (status, body) = match target.as_str() {
                "AmazonSQS.SendMessageBatch" => inner.batch(&call),
                "secretsmanager.GetSecretValue" => {
                    (200, json!({ "ARN": "s", "Name": "s", "SecretString": inner.secret }))
                }
                _ => {
                    inner.counts.objects += 1;
                    assert!(inner.objects.insert(request.uri().to_owned()), "stored twice");
                    (200, Value::Null)
                }
            };
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let status = u16::try_from(status).unwrap().try_into().unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}

impl Inner {
    fn batch(&mut self, call: &Value) -> (i32, Value) {
        self.counts.batches += 1;
        if let Some(left) = &mut self.fails_after {
            if *left == 0 {
                return (400, json!({ "__type": "com.amazonaws.sqs#RequestThrottled" }));
            }
            *left -= 1;
        }
        let entries = call["Entries"].as_array().unwrap();
        let size = |it: &Value| it["MessageBody"].as_str().unwrap().len();
        assert!((1..=10).contains(&entries.len()), "a batch has 1 to 10 entries");
        assert!(entries.iter().map(size).sum::<usize>() <= 1024 * 1024, "a batch has 1 MiB");
        let (mut took, mut refused) = (Vec::new(), Vec::new());
        for entry in entries {
            self.counts.entries += 1;
            let id = format!("{}{}", entry["MessageGroupId"], entry["MessageDeduplicationId"]);
            let n = self.counts.entries;
            let is_due = self.refuses_every.is_some_and(|it| n.is_multiple_of(it));
            if is_due && self.refused.insert(id.clone()) {
                self.counts.refused += 1;
                refused.push(
                    json!({ "Id": entry["Id"], "SenderFault": false, "Code": "InternalError" }),
                );
                continue;
            }
            took.push(json!({ "Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "" }));
            if self.seen.insert(id) {
                let event: Value =
                    serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
                self.arrived.push(event["key"].as_str().unwrap().to_owned());
            }
        }
        (200, json!({ "Successful": took, "Failed": refused }))
    }
}

fn groups(call: &Value) -> HashSet<String> {
    let entries = call["Entries"].as_array().into_iter().flatten();
    entries.map(|it| it["MessageGroupId"].as_str().unwrap().to_owned()).collect()
}

/// A call that ends when the clock gets there.
struct UnderWay {
    aws: Aws,
    call: (u64, u64),
}

impl Future for UnderWay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.aws.inner();
        if !inner.under_way.contains(&self.call) {
            return Poll::Ready(());
        }
        inner.wakers.insert(self.call.1, context.waker().clone());
        Poll::Pending
    }
}
