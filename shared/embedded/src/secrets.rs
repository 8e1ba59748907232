//! A secret store: texts by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::config::{BehaviorVersion, Region};
use aws_smithy_types::retry::RetryConfig;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};

/// The secrets of one test, and the number of times that they were read.
#[derive(Clone)]
pub struct Secrets {
    endpoint: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    texts: BTreeMap<String, String>,
    n_reads: usize,
    is_broken: bool,
}

impl Secrets {
    pub(crate) async fn start() -> Self {
        let (listener, endpoint) = super::listen().await;
        let secrets = Self { endpoint, inner: Arc::default() };
        let router = Router::new().route("/", post(read)).with_state(secrets.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        secrets
    }

    /// Fills in a secret.
    pub fn put(&self, name: &str, secret: &Value) {
        self.inner.lock().unwrap().texts.insert(name.to_owned(), secret.to_string());
    }

    /// The number of times that any of them was asked for.
    #[must_use]
    pub fn n_reads(&self) -> usize {
        self.inner.lock().unwrap().n_reads
    }

    /// Makes every call fail from now on, or work again.
    pub fn set_broken(&self, is_broken: bool) {
        self.inner.lock().unwrap().is_broken = is_broken;
    }

    pub(crate) fn client(&self) -> aws_sdk_secretsmanager::Client {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(super::credentials())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled());
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }
}

async fn read(State(secrets): State<Secrets>, body: String) -> (StatusCode, String) {
    let mut inner = secrets.inner.lock().unwrap();
    inner.n_reads += 1;
    let call: Value = serde_json::from_str(&body).unwrap();
    let name = call["SecretId"].as_str().unwrap();
    match inner.texts.get(name) {
        Some(_) if inner.is_broken => {
            let error = json!({ "__type": "InternalServiceError", "message": "broken" });
            (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
        Some(text) => {
            let found = json!({ "ARN": name, "Name": name, "SecretString": text });
            (StatusCode::OK, found.to_string())
        }
        None => {
            let error = json!({ "__type": "ResourceNotFoundException", "message": "not there" });
            (StatusCode::BAD_REQUEST, error.to_string())
        }
    }
}
