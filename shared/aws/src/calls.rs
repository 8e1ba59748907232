//! Calls to platforms: the only HTTP client that leaves for anywhere but AWS.
//!
//! Nothing here follows a redirect, uses a proxy of the environment, or goes to a host that the configuration does not
//! name. No error holds an address: some platforms want their token in the path.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context;
use domain::oauth1;
use domain::outbound::{Auth, Body, Call, Response};
use domain::secrets::Token;
use domain::time::Timestamp;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;

use crate::config::{new_id, now};
use crate::objects::Objects;

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
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("ariane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .build()
            .context("cannot make the HTTP client")?;
        Ok(Self { client, objects, limits })
    }

    /// Makes a call and reads its answer.
    pub async fn make(&self, call: Call, access: &Access<'_>) -> Result<Response, CallError> {
        let mut request = authorised(call.request, access)?;
        let (body, total) = match call.body {
            Body::Inline(bytes) => (bytes, self.limits.total),
            Body::Object { before, key, after } => {
                let object = self.objects.get(&key).await.map_err(CallError::File)?;
                ([before, object, after].concat(), self.limits.total_with_file)
            }
        };
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

/// The request, still without its body, with what authorises it. It is for one call: a signature is good once, and not for long.
fn authorised(mut parts: Parts, access: &Access<'_>) -> Result<reqwest::Request, CallError> {
    if access.token.is_incomplete() {
        return Err(CallError::Unusable("its account's token, or one of its keys, is empty"));
    }
    parts.uri = authorised_uri(&parts.uri, access)?;
    let request = http::Request::from_parts(parts, "");
    let mut request = reqwest::Request::try_from(request)
        .map_err(|_| CallError::Unusable("its address is not one"))?;
    let header = match (access.auth, access.token) {
        (Auth::PathToken, Token::Alone(_)) => return Ok(request),
        (Auth::Bearer | Auth::BearerOrOAuth1, Token::Alone(token)) => {
            format!("Bearer {}", token.expose_secret())
        }
        // Over the address as it is sent: `Url` may have written it in another way than the codec.
        (Auth::BearerOrOAuth1, Token::Keys(keys)) => {
            oauth1::authorization(keys, request.method(), request.url(), &new_id(""), now())
        }
        (Auth::Bearer | Auth::PathToken, Token::Keys(_)) => {
            return Err(CallError::Unusable(
                "its account has the keys of OAuth 1.0a, and its channel takes a token alone",
            ));
        }
    };
    request.headers_mut().insert(AUTHORIZATION, secret_header(&header)?);
    Ok(request)
}

/// The address with its token, if it goes where the configuration says.
fn authorised_uri(uri: &Uri, access: &Access<'_>) -> Result<Uri, CallError> {
    let base: Uri =
        access.base_url.parse().map_err(|_| CallError::Unusable("its base address is not one"))?;
    if uri.scheme() != base.scheme() || uri.authority() != base.authority() {
        return Err(CallError::Unusable("it goes to a host that the configuration does not name"));
    }
    if uri.scheme_str() != Some("https") && !is_loopback(uri) {
        return Err(CallError::Unusable("it is not encrypted"));
    }
    let (Auth::PathToken, Token::Alone(token)) = (access.auth, access.token) else {
        return Ok(uri.clone());
    };
    let text = uri.to_string().replace("{token}", token.expose_secret());
    text.parse().map_err(|_| CallError::Unusable("the token does not fit an address"))
}

/// Models of platforms are on loopback, without encryption.
fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(|it| matches!(it, "127.0.0.1" | "[::1]" | "localhost"))
}

fn secret_header(text: &str) -> Result<HeaderValue, CallError> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| CallError::Unusable("the token does not fit a header"))?;
    value.set_sensitive(true);
    Ok(value)
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

/// rustls on ring with the roots of the web: without a given configuration the client would look for a provider and panic.
pub fn tls() -> anyhow::Result<rustls::ClientConfig> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("ring lacks a protocol version")?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use domain::secrets::OAuth1Keys;

    use super::*;

    fn wait(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, Timestamp::parse("1994-11-06T08:49:00Z").unwrap())
    }

    fn access<'a>(auth: Auth, token: &'a Token, base_url: &'a str) -> Access<'a> {
        Access { auth, token, base_url }
    }

    fn alone(token: &str) -> Token {
        Token::Alone(token.into())
    }

    fn keys(token_secret: &str) -> Token {
        Token::Keys(OAuth1Keys {
            consumer_key: "hush-1".into(),
            consumer_secret: "hush-2".into(),
            token: "hush-3".into(),
            token_secret: token_secret.into(),
        })
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

    #[test]
    fn a_call_goes_only_to_the_host_that_the_configuration_names() {
        let token = alone("hush");
        let base = "https://graph.facebook.com";
        let go = |uri: &str, base: &str| {
            authorised_uri(&uri.parse().unwrap(), &access(Auth::Bearer, &token, base)).is_ok()
        };
        assert!(go("https://graph.facebook.com/v25.0/7008/messages", base));
        for elsewhere in [
            "https://graph.facebook.com.evil.example/v25.0",
            "https://graph.facebook.com:8443/v25.0",
            "http://graph.facebook.com/v25.0",
            "https://graph.facebook.com@169.254.169.254/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(!go(elsewhere, base), "{elsewhere}");
        }
        assert!(!go("http://graph.example/v25.0", "http://graph.example"), "not encrypted");
        assert!(go("http://127.0.0.1:9000/v25.0", "http://127.0.0.1:9000"), "a model");
    }

    #[test]
    fn a_token_in_the_path_is_put_in_by_the_shell_alone() {
        let token = alone("123:hush");
        let access = access(Auth::PathToken, &token, "https://api.telegram.org");
        let uri = "https://api.telegram.org/bot{token}/sendMessage".parse().unwrap();
        let uri = authorised_uri(&uri, &access).unwrap();
        assert_eq!(uri.path(), "/bot123:hush/sendMessage");
        assert!(!format!("{access:?}").contains("hush"));
    }

    /// The `Authorization` header of a call, or why there is none.
    fn header(auth: Auth, token: &Token) -> Result<Option<HeaderValue>, CallError> {
        let request = http::Request::post("https://api.x.com/2/tweets").body(()).unwrap();
        let request = authorised(request.into_parts().0, &access(auth, token, "https://api.x.com"));
        let shown = format!("{request:?}");
        assert!(!shown.contains("hush"), "{shown}");
        Ok(request?.headers().get(AUTHORIZATION).cloned())
    }

    #[test]
    fn a_channel_takes_the_tokens_that_its_auth_says_and_no_header_of_them_prints() {
        let begins = |auth, token: &Token, with: &str| {
            let header = header(auth, token).unwrap().unwrap();
            assert!(header.is_sensitive() && header.to_str().unwrap().starts_with(with));
        };
        begins(Auth::Bearer, &alone("hush"), "Bearer hush");
        begins(Auth::BearerOrOAuth1, &alone("hush"), "Bearer hush");
        begins(Auth::BearerOrOAuth1, &keys("hush-4"), "OAuth oauth_consumer_key=\"hush-1\", ");
        assert_eq!(header(Auth::PathToken, &alone("hush")).unwrap(), None);
        for auth in [Auth::Bearer, Auth::PathToken] {
            let error = header(auth, &keys("hush-4")).unwrap_err().to_string();
            assert!(error.contains("keys of OAuth 1.0a"), "{error}");
        }
    }

    #[test]
    fn an_empty_token_or_key_makes_no_call() {
        for (auth, token) in [
            (Auth::Bearer, alone("")),
            (Auth::PathToken, alone("")),
            (Auth::BearerOrOAuth1, keys("")),
        ] {
            let error = header(auth, &token).unwrap_err().to_string();
            assert!(error.contains("is empty"), "{error}");
        }
    }
}
