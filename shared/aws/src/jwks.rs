//! The public keys of the company's issuer of JWTs, fetched from where it publishes them and kept for an hour.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::freshness::{Freshness, Trust};
use domain::time::Timestamp;
use reqwest::Url;
use serde_json::Value;

use crate::calls::client;
use crate::kept::Kept;

/// The time for which keys are used. Tokens that name keys at random must not become a flood of fetches, and a key that the
/// issuer took back does not outlive its silence by more than a day.
const KEYS: Freshness =
    Freshness { usual_ms: 3_600_000, doubted_ms: 60_000, most_ms: 24 * 3_600_000 };

/// The most of an answer that is read.
const MAX_ANSWER: usize = 256 * 1024;

/// The path under which an issuer says where its keys are.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The keys of one issuer.
#[derive(Debug)]
pub struct Jwks {
    client: reqwest::Client,
    source: Source,
    kept: Box<Kept<Value>>,
}

#[derive(Clone, Debug)]
enum Source {
    /// The keys are here.
    Keys(Url),
    /// The issuer says where the keys are.
    Issuer(String),
}

impl Jwks {
    /// The keys at an address.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        Self::new(Source::Keys(safe(url)?))
    }

    /// The keys of an issuer that says itself where they are.
    pub fn of(issuer: &str) -> anyhow::Result<Self> {
        safe(issuer)?;
        Self::new(Source::Issuer(issuer.to_owned()))
    }

    fn new(source: Source) -> anyhow::Result<Self> {
        let client = client()?
            .timeout(Duration::from_secs(4))
            .build()
            .context("cannot make the HTTP client")?;
        Ok(Self { client, source, kept: Box::new(Kept::new("the issuer's keys", KEYS)) })
    }

    /// The keys, at most an hour old. If the issuer does not answer, older ones do.
    pub async fn get(&self, now: Timestamp) -> anyhow::Result<Arc<Value>> {
        self.kept.get(Trust::Usual, now, self.fetch()).await
    }

    /// The keys as they are now, for a token that names one that [`Jwks::get`] does not hold; fetched once a minute at most.
    pub async fn get_newer(&self, now: Timestamp) -> anyhow::Result<Arc<Value>> {
        self.kept.get(Trust::Doubted, now, self.fetch()).await
    }

    async fn fetch(&self) -> anyhow::Result<Value> {
        let keys = match &self.source {
            Source::Keys(url) => url.clone(),
            Source::Issuer(issuer) => {
                let at = safe(&format!("{}{DISCOVERY}", issuer.trim_end_matches('/')))?;
                let configuration = self.json(at).await?;
                let names = configuration.get("issuer").and_then(Value::as_str);
                ensure!(names == Some(issuer), "the OpenID configuration is another issuer's");
                let keys = configuration.get("jwks_uri").and_then(Value::as_str);
                safe(keys.context("the OpenID configuration names no keys")?)?
            }
        };
        self.json(keys).await
    }

    async fn json(&self, url: Url) -> anyhow::Result<Value> {
        let mut answer = self.client.get(url).send().await.context("the issuer does not answer")?;
        ensure!(answer.status().is_success(), "the issuer answers {}", answer.status());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.context("the issuer's answer broke off")? {
            body.extend_from_slice(&chunk);
            ensure!(body.len() <= MAX_ANSWER, "the issuer's answer is too long");
        }
        serde_json::from_slice(&body).context("the issuer's answer is not JSON")
    }
}

/// An address that nobody on the way can answer for: HTTPS, or this very machine.
fn safe(url: &str) -> anyhow::Result<Url> {
    let url = Url::parse(url).context("the issuer's address is not one")?;
    let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    ensure!(url.scheme() == "https" || local, "the issuer's address is not https");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn issuer(answers: u64, status: u16) -> MockServer {
        let server = MockServer::start().await;
        let keys = json!({ "keys": [{ "kid": "1" }] });
        let answer = ResponseTemplate::new(status).set_body_json(keys);
        Mock::given(path("/keys")).respond_with(answer).expect(answers).mount(&server).await;
        server
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    #[tokio::test]
    async fn keys_are_fetched_once_an_hour_and_for_a_new_key_once_a_minute() {
        let server = issuer(3, 200).await;
        let jwks = Jwks::at(&format!("{}/keys", server.uri())).unwrap();
        for seconds in [0, 1, 3_000] {
            assert_eq!(jwks.get(at(seconds)).await.unwrap()["keys"][0]["kid"], "1");
        }
        for seconds in [3_000, 3_001, 3_059] {
            jwks.get_newer(at(seconds)).await.unwrap();
        }
        jwks.get(at(6_601)).await.unwrap();
        server.verify().await;
    }

    #[tokio::test]
    async fn keys_outlive_an_issuer_that_does_not_answer() {
        let server = issuer(1, 200).await;
        let jwks = Jwks::at(&format!("{}/keys", server.uri())).unwrap();
        jwks.get(at(0)).await.unwrap();
        server.reset().await;
        assert!(jwks.get(at(4_000)).await.is_ok());
        assert!(jwks.get(at(90_000)).await.is_err(), "not for ever");
        // Also one that never answered is asked once in a while, not by every request.
        let without = issuer(2, 503).await;
        let jwks = Jwks::at(&format!("{}/keys", without.uri())).unwrap();
        for seconds in [0, 0, 0, 1, 1] {
            assert!(jwks.get(at(seconds)).await.is_err());
        }
    }

    #[tokio::test]
    async fn an_issuer_says_where_its_keys_are_and_nobody_else_does() {
        let server = issuer(1, 200).await;
        let discovery = |issuer: &str| {
            let found = json!({ "issuer": issuer, "jwks_uri": format!("{}/keys", server.uri()) });
            let answer = ResponseTemplate::new(200).set_body_json(found);
            Mock::given(path(DISCOVERY)).respond_with(answer).up_to_n_times(1).mount(&server)
        };
        let jwks = Jwks::of(&server.uri()).unwrap();
        discovery("https://evil.example.com").await;
        assert!(jwks.get(at(0)).await.is_err());
        discovery(&server.uri()).await;
        assert!(jwks.get(at(1)).await.is_ok());
    }

    #[test]
    fn keys_are_not_fetched_in_the_clear() {
        assert!(Jwks::at("http://id.example.com/keys").is_err());
        assert!(Jwks::of("http://id.example.com").is_err());
        assert!(Jwks::of("https://id.example.com").is_ok());
    }
}
