//! Calls to platforms: the only HTTP client that leaves for anywhere but AWS.
//!
//! Nothing here follows a redirect, uses a proxy of the environment, or goes to a host that the configuration does not
//! name. No error holds an address: some platforms want their token in the path.

mod authorise;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context;
use domain::outbound::{Auth, Body, Call, Response};
use domain::secrets::Token;
use domain::time::Timestamp;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use reqwest::redirect::Policy;

use crate::config::now;
use crate::objects::Objects;

pub use authorise::Role;

/// The most of an answer that is read. No useful answer is longer.
const MAX_ANSWER: usize = 256 * 1024;

/// The longest wait that a platform may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// The longest times that a call may take. Both are below the time that the function itself has.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To be connected.
    pub connect: Duration,
    /// In all.
    pub total: Duration,
    /// In all, when a file is carried.
    pub total_with_file: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
            total_with_file: Duration::from_secs(30),
        }
    }
}

/// Makes calls to platforms.
#[derive(Clone, Debug)]
pub struct Calls {
    client: reqwest::Client,
    objects: Objects,
    limits: Limits,
    /// The role that calls to services of AWS are signed with.
    role: Option<Arc<Role>>,
}

/// The right to make a call, and the host that it may go to.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The way in which a call is authorised.
    pub auth: Auth,
    /// The secret that authorises it.
    pub token: &'a Token,
    /// The address of the platform's API: a call to any other host is not made.
    pub base_url: &'a str,
}

/// The reason why a call has no answer. The point is whether the platform may have got it.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The platform surely did not get it: no connection was made.
    #[error("not connected: {0}")]
    Unsent(String),
    /// The platform may have got it: the call left, and its answer did not come.
    #[error("no answer: {0}")]
    InDoubt(String),
    /// The file that it carries cannot be read; nothing was sent.
    #[error("cannot read the file to send")]
    File(#[source] anyhow::Error),
    /// It cannot be made at all as it is; nothing was sent.
    #[error("cannot make the call: {0}")]
    Unusable(&'static str),
}

impl Calls {
    /// A client that carries files from this bucket.
    pub fn new(objects: Objects, limits: Limits) -> anyhow::Result<Self> {
        let client = client()?
            .user_agent(concat!("ariane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .build()
            .context("cannot make the HTTP client")?;
        Ok(Self { client, objects, limits, role: None })
    }

    /// The same, with the role that calls to services of AWS are signed with.
    #[must_use]
    pub fn by(self, role: Option<Role>) -> Self {
        Self { role: role.map(Arc::new), ..self }
    }

    /// Makes a call and reads its answer.
    pub async fn make(&self, call: Call, access: &Access<'_>) -> Result<Response, CallError> {
        let mut request = authorise::authorised(call.request, access)?;
        let (body, total) = match call.body {
            Body::Inline(bytes) => (bytes, self.limits.total),
            Body::Object { before, key, after } => {
                let object = self.objects.get(&key).await.map_err(CallError::File)?;
                ([before, object, after].concat(), self.limits.total_with_file)
            }
        };
        if let Auth::SigV4 { service } = access.auth {
            let role = self.role.as_deref();
            let role = role.ok_or(CallError::Unusable("no role is there to sign it with"))?;
            role.sign(&mut request, &body, service, now()).await?;
        }
        *request.body_mut() = Some(body.into());
        *request.timeout_mut() = Some(total);
        read(self.client.execute(request).await.map_err(no_answer)?).await
    }
}

/// Reads an answer up to the cap. Once its head came, a broken body leaves us in doubt.
async fn read(mut answer: reqwest::Response) -> Result<Response, CallError> {
    let status = answer.status().as_u16();
    let mut retry_after = retry_after(answer.headers(), now());
    if status == 429 {
        retry_after = retry_after.or_else(|| until_reset(answer.headers(), now()));
    }
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER {
        let Some(chunk) = answer.chunk().await.map_err(no_answer)? else { break };
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_ANSWER);
    Ok(Response { status, retry_after, body })
}

/// Only an error of the connection itself says that nothing was sent.
fn no_answer(error: reqwest::Error) -> CallError {
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let mut text = error.without_url().to_string();
    if timeout {
        text.push_str(" (too late)");
    }
    if connect { CallError::Unsent(text) } else { CallError::InDoubt(text) }
}

/// The wait that `Retry-After` asks for: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
        until.saturating_sub(Duration::from_millis(u64::try_from(now.ms()).unwrap_or(0)))
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// The time that a limit still holds, if a platform says when the next one begins, in seconds since 1970.
fn until_reset(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let seconds = headers.get("x-rate-limit-reset")?.to_str().ok()?.trim().parse().ok()?;
    let wait = u64::try_from(Timestamp::from_secs(seconds).since(now)).unwrap_or(0);
    Some(Duration::from_millis(wait).min(MAX_RETRY_AFTER))
}

/// A client that goes nowhere by itself: it follows no redirect, and takes no proxy from the environment.
pub(crate) fn client() -> anyhow::Result<reqwest::ClientBuilder> {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls()?);
    Ok(builder.redirect(Policy::none()).no_proxy().referer(false))
}

/// rustls on ring with the roots of the web: without a given configuration the client would look for a provider and panic.
pub fn tls() -> anyhow::Result<rustls::ClientConfig> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("ring lacks a protocol version")?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wait(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, Timestamp::parse("1994-11-06T08:49:00Z").unwrap())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(37)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:48:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("99999999999"), Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn a_limit_that_ends_at_a_moment_is_waited_for() {
        let now = Timestamp::from_secs(1_795_000_000);
        let wait = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-rate-limit-reset", HeaderValue::from_static(value));
            until_reset(&headers, now)
        };
        assert_eq!(wait("1795000090"), Some(Duration::from_secs(90)));
        assert_eq!(wait("1794999999"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(until_reset(&HeaderMap::new(), now), None);
    }
}
