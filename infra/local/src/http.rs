//! HTTP without TLS, to loopback only: the local cloud and the platform models.

use std::time::Duration;

use anyhow::{Context, ensure};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// How long a call may take: a function's first start on a busy machine is slow.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Makes calls to this machine.
#[derive(Clone, Debug)]
pub struct Client {
    inner: hyper_util::client::legacy::Client<HttpConnector, Full<axum::body::Bytes>>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Makes a call.
    pub async fn send(&self, request: Request<Vec<u8>>) -> anyhow::Result<Answer> {
        let host = request.uri().host().unwrap_or_default();
        ensure!(
            matches!(host, "127.0.0.1" | "localhost"),
            "a call to {host} would leave this machine"
        );
        let what = format!("{} {}", request.method(), request.uri().path());
        let call = async {
            let response = self.inner.request(request.map(|body| Full::new(body.into()))).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            anyhow::Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        tokio::time::timeout(TIMEOUT, call)
            .await
            .with_context(|| format!("no answer to {what} in {TIMEOUT:?}"))?
            .with_context(|| format!("cannot call {what}"))
    }

    /// Gets an address.
    pub async fn get(&self, url: &str) -> anyhow::Result<Answer> {
        self.send(Request::get(url).body(Vec::new()).context("not an address")?).await
    }

    /// Sends a body with headers.
    pub async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).context("not an address or not a header")?).await
    }
}
