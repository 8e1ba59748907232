//! A bucket: objects by key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_smithy_types::retry::RetryConfig;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::put;

use crate::Steps;

/// Every object of one test. All bucket names share them, as keys say enough.
#[derive(Clone)]
pub struct Bucket {
    endpoint: String,
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    broken: Arc<Mutex<bool>>,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let (listener, endpoint) = super::listen().await;
        let bucket = Self { endpoint, objects: Arc::default(), broken: Arc::default() };
        let one =
            put(store).get(fetch).delete(remove).layer(axum::extract::DefaultBodyLimit::disable());
        let router = Router::new().route("/{bucket}/{*key}", one).with_state(bucket.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        bucket
    }

    /// The keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    /// An object.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.lock().unwrap().get(key).cloned()
    }

    /// Puts an object there, as somebody else would.
    pub fn put(&self, key: &str, body: &[u8]) {
        self.objects.lock().unwrap().insert(key.to_owned(), body.to_vec());
    }

    /// Takes an object away, as a lifecycle does.
    pub fn remove(&self, key: &str) {
        self.objects.lock().unwrap().remove(key);
    }

    /// Makes every call fail from now on, or work again.
    pub fn set_broken(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }

    pub(crate) fn client(&self, steps: &Steps) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(super::credentials())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .request_checksum_calculation(
                aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired,
            )
            .interceptor(steps.interceptor());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    fn is_broken(&self) -> bool {
        *self.broken.lock().unwrap()
    }
}

async fn store(
    State(bucket): State<Bucket>,
    Path((_, key)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    if bucket.is_broken() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    bucket.put(&key, &body);
    StatusCode::OK
}

async fn fetch(
    State(bucket): State<Bucket>,
    Path((_, key)): Path<(String, String)>,
) -> (StatusCode, Vec<u8>) {
    match bucket.object(&key) {
        Some(body) if !bucket.is_broken() => (StatusCode::OK, body),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
        None => (StatusCode::NOT_FOUND, Vec::new()),
    }
}

async fn remove(
    State(bucket): State<Bucket>,
    Path((_, key)): Path<(String, String)>,
) -> StatusCode {
    bucket.remove(&key);
    StatusCode::NO_CONTENT
}
