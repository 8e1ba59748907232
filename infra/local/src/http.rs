//! HTTP without TLS, to loopback only: the local cloud and the platform models.

use std::time::Duration;

use anyhow::{Context, ensure};
use http::{Method, Request};
use reqwest::redirect::Policy;
use serde_json::Value;

/// The time that a call may take: a function's first start on a busy machine is slow.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Makes calls to this machine.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
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
    /// A client, which follows no redirect and uses no proxy.
    #[must_use]
    pub fn new() -> Self {
        let tls = aws::calls::tls();
        let client =
            reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT);
        #[expect(clippy::expect_used, reason = "it depends on nothing but what it is built from")]
        let inner = client.tls_backend_preconfigured(tls.expect("TLS")).build().expect("a client");
        Self { inner }
    }

    /// Makes a call.
    pub async fn send(&self, request: Request<Vec<u8>>) -> anyhow::Result<HttpAnswer> {
        let host = request.uri().host().unwrap_or_default();
        ensure!(
            matches!(host, "127.0.0.1" | "localhost"),
            "a call to {host} would leave this machine"
        );
        let what = format!("{} {}", request.method(), request.uri().path());
        let call = async {
            let response = self.inner.execute(request.try_into()?).await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(HttpAnswer { status, headers, body })
        };
        call.await.with_context(|| format!("cannot call {what}"))
    }

    /// Gets an address.
    pub async fn get(&self, url: &str) -> anyhow::Result<HttpAnswer> {
        self.send(Request::get(url).body(Vec::new()).context("not an address")?).await
    }

    /// Sends a body with headers.
    pub async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<HttpAnswer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).context("not an address or not a header")?).await
    }
}
