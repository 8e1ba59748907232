//! Proofs by a JWT that platform and we share the key of.

use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

use super::{Webhook, any_fits};
use crate::jwt::{self, KeyForm};
use crate::secrets::WebhookSecrets;
use crate::time::Timestamp;

/// How far the platform's clock and ours may be apart, in seconds.
const LEEWAY_S: i64 = 60;

/// A JWT by HMAC-SHA256 in a header. It says when it was made; one that is old, or of tomorrow, proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct JwtProof {
    /// The header.
    pub header: &'static str,
    /// The text before the JWT in it.
    pub prefix: &'static str,
    /// The form in which a key is kept.
    pub key: KeyForm,
    /// The claim that holds the SHA-256 of the body in hex; without one only the sender is proven.
    pub digest: Option<&'static str>,
    /// Whether it must name us as its audience: by the name that the secret says.
    pub addressed: bool,
    /// The age at which it is too old, in seconds.
    pub within_s: i64,
}

impl JwtProof {
    pub(super) fn proves(
        &self,
        shown: &[u8],
        keys: &[&SecretString],
        secrets: &WebhookSecrets,
        body: &[u8],
        received: Timestamp,
    ) -> bool {
        let token = shown.strip_prefix(self.prefix.as_bytes());
        let Some(token) = token.and_then(|it| std::str::from_utf8(it).ok()) else { return false };
        let fits = |secret: &SecretString| {
            jwt::verify(token, self.key, secret).is_some_and(|claims| {
                self.is_of_now(&claims, received)
                    && self.is_for(&claims, secrets.audience.as_deref())
                    && self.is_of(&claims, body)
            })
        };
        any_fits(keys, fits)
    }

    fn is_of_now(&self, claims: &Value, received: Timestamp) -> bool {
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        let now = received.ms().div_euclid(1000);
        let is_young = |made: i64| (-LEEWAY_S..=self.within_s).contains(&now.saturating_sub(made));
        let is_over = |name: &str| {
            claims.get(name).is_some()
                && seconds(name).is_none_or(|it| it < now.saturating_sub(LEEWAY_S))
        };
        let is_early = claims.get("nbf").is_some()
            && seconds("nbf").is_none_or(|it| now.saturating_add(LEEWAY_S) < it);
        seconds("iat").is_some_and(is_young) && !is_over("exp") && !is_early
    }

    fn is_for(&self, claims: &Value, audience: Option<&str>) -> bool {
        let Some(audience) = audience.filter(|it| !it.is_empty()) else { return !self.addressed };
        match claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|it| it == audience),
            Some(one) => one == audience,
            None => !self.addressed,
        }
    }

    fn is_of(&self, claims: &Value, body: &[u8]) -> bool {
        let Some(name) = self.digest else { return true };
        let said = claims.get(name).and_then(Value::as_str).unwrap_or_default();
        bool::from(said.as_bytes().ct_eq(hex::encode(digest(&SHA256, body)).as_bytes()))
    }

    /// A JWT that proves a webhook.
    pub(super) fn make(
        &self,
        secret: &SecretString,
        audience: Option<&str>,
        webhook: &Webhook<'_>,
        at: Timestamp,
    ) -> String {
        let made = at.ms().div_euclid(1000);
        let mut claims = Map::from_iter([("iat".to_owned(), json!(made))]);
        if let (Some(audience), true) = (audience, self.addressed) {
            claims.insert("aud".to_owned(), json!(audience));
        }
        if let Some(name) = self.digest {
            claims.insert(name.to_owned(), json!(hex::encode(digest(&SHA256, webhook.body))));
        }
        let token = jwt::by_key(&claims.into(), self.key, secret).unwrap_or_default();
        format!("{}{token}", self.prefix)
    }
}
