//! JWTs of the company's issuer. Pure: the keys and the time are arguments.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::digest;
use domain::time::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Caller;
use crate::routes::SCOPES;

/// How far the issuer's clock and ours may be apart, in seconds.
const LEEWAY_S: i64 = 60;

/// The issuer whose tokens are believed.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The one value of `iss`.
    pub issuer: String,
    /// The value that must be among `aud`, or be `client_id` in an access token of Cognito, which has no `aud`.
    pub audience: String,
    /// The prefix of our scopes in its tokens; nothing, if they are called as here.
    pub scope_prefix: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    aud: Option<Words>,
    client_id: Option<String>,
    /// Cognito's word for what the token is for.
    token_use: Option<String>,
    /// Keycloak's.
    typ: Option<String>,
    scope: Option<Words>,
    scp: Option<Words>,
    /// The application that asked for the token, as access tokens name it, and as Entra named it before.
    azp: Option<String>,
    appid: Option<String>,
    /// Entra's, of an application that acts for itself.
    roles: Option<Words>,
    /// Auth0's.
    permissions: Option<Words>,
    /// Keycloak's roles of each client.
    #[serde(default)]
    resource_access: BTreeMap<String, ClientRoles>,
}

/// A list with some issuers and one text with others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Text(String),
}

#[derive(Deserialize)]
struct ClientRoles {
    #[serde(default)]
    roles: Vec<String>,
}

/// The header of a token, unproven: which key to check it with.
pub(super) fn header(token: &str) -> Result<Header, &'static str> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| "not a JWT")?;
    // Never a shared secret: the issuer's public keys would be one that everybody knows.
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err("signed by an algorithm that is not believed");
    }
    if header.kid.is_none() {
        return Err("it names no key");
    }
    // RFC 7515, 4.1.11: what a token says must be understood and is not, makes it invalid. Nothing of the kind is known here.
    if header.crit.is_some() {
        return Err("it rests on rules that are not known");
    }
    Ok(header)
}

/// The issuer's key that a token names.
pub(super) fn key(keys: &Value, header: &Header) -> Option<Jwk> {
    let listed = keys.get("keys")?.as_array()?;
    // A set may hold keys of kinds that are not known here: they are passed over, not a reason to refuse the others.
    let known = listed.iter().filter_map(|it| serde_json::from_value(it.clone()).ok()).collect();
    let set = JwkSet { keys: known };
    let key = set.find(header.kid.as_deref()?)?;
    let signs = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    signs.then(|| key.clone())
}

impl Issuer {
    /// The caller whom a token proves.
    pub(super) fn check(
        &self,
        token: &str,
        header: &Header,
        key: &Jwk,
        now: Timestamp,
    ) -> Result<Caller, &'static str> {
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The audience is checked below, where Cognito puts it too; and times, against the clock that is an argument.
        rules.validate_aud = false;
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let key = DecodingKey::from_jwk(key).map_err(|_| "the issuer's key cannot be used")?;
        let proven = jsonwebtoken::decode::<Claims>(token, &key, &rules);
        let claims = proven.map_err(|_| "not proven by the issuer")?.claims;
        if !claims.is_access() {
            return Err("not an access token");
        }
        if !claims.is_for(&self.audience) {
            return Err("for another audience");
        }
        if seconds(claims.exp).saturating_add(LEEWAY_S) <= now.secs() {
            return Err("expired");
        }
        if claims.nbf.is_some_and(|it| now.secs().saturating_add(LEEWAY_S) < seconds(it)) {
            return Err("not yet valid");
        }
        if claims.sub.is_empty() {
            return Err("it names nobody");
        }
        // The subject may be a mail address: what is kept and logged is a digest.
        let id = format!("jwt_{}", digest(&[&self.issuer, &claims.sub]));
        Ok(Caller::new(id, claims.scopes(self)))
    }
}

impl Claims {
    /// Proof of who somebody is, or the right to ask for more tokens, is no right to call: where the issuer says so, it counts.
    fn is_access(&self) -> bool {
        self.token_use.as_deref().is_none_or(|it| it == "access")
            && self.typ.as_deref().is_none_or(|it| it == "Bearer")
    }

    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Some(Words::Text(it)) => it == audience,
            Some(Words::List(list)) => list.iter().any(|it| it == audience),
            // Only Cognito is known to leave it out, and says `access` there.
            None => self.token_use.is_some() && self.client_id.as_deref() == Some(audience),
        }
    }

    /// The rights of the application for whoever uses it. Only where that names nothing of ours, what the person or the application
    /// may do itself: both together would let an application do more than it was consented to.
    fn scopes(&self, issuer: &Issuer) -> BTreeSet<String> {
        let ours = |word: &str| {
            let scope = word.strip_prefix(&issuer.scope_prefix)?;
            SCOPES.contains(&scope).then(|| scope.to_owned())
        };
        let of = |claims: [&Option<Words>; 2]| {
            let words = claims.into_iter().flatten().flat_map(Words::list);
            words.filter_map(ours).collect::<BTreeSet<_>>()
        };
        let consented = of([&self.scope, &self.scp]);
        if !consented.is_empty() {
            return consented;
        }
        let client = self.resource_access.get(&issuer.audience);
        let roles = client.into_iter().flat_map(|it| &it.roles).filter_map(|it| ours(it));
        // Entra puts a person's roles into the proof of who they are, too: that names no application.
        let is_granted = self.scp.is_some() || self.azp.is_some() || self.appid.is_some();
        let own = if is_granted { &self.roles } else { &None };
        of([own, &self.permissions]).into_iter().chain(roles).collect()
    }
}

impl Words {
    fn list(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::List(list) => Box::new(list.iter().map(String::as_str)),
            Self::Text(text) => Box::new(text.split_ascii_whitespace()),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float that does not fit becomes the nearest that does"
)]
fn seconds(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;
    use serde_json::json;

    use super::*;

    /// A P-256 key made for these tests.
    const KEY: &[u8] = include_bytes!("../../tests/data/issuer-key.der");
    const JWKS: &str = include_str!("../../tests/data/issuer-jwks.json");

    fn now() -> Timestamp {
        Timestamp::from_secs(1_795_000_000)
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example.com", "aud": ["ariane", "other"], "sub": "agent@example.com",
            "exp": now().secs() + 300, "nbf": now().secs() - 5, "scope": "threads:read messages:send",
        })
    }

    fn sign(claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("test".to_owned());
        let key = EncodingKey::from_ec_der(KEY);
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    fn check(token: &str) -> Result<Caller, &'static str> {
        let issuer = Issuer {
            issuer: "https://id.example.com".to_owned(),
            audience: "ariane".to_owned(),
            scope_prefix: String::new(),
        };
        let header = header(token)?;
        let keys = serde_json::from_str(JWKS).unwrap();
        let key = key(&keys, &header).ok_or("no key")?;
        issuer.check(token, &header, &key, now())
    }

    fn with(name: &str, value: Value) -> Result<Caller, &'static str> {
        let mut claims = claims();
        claims[name] = value;
        check(&sign(&claims))
    }

    #[test]
    fn a_token_of_the_issuer_proves_its_caller_and_scopes() {
        let caller = check(&sign(&claims())).unwrap();
        assert!(caller.may("threads:read") && caller.may("messages:send"));
        assert!(!caller.may("messages:read"));
        assert!(!caller.id.contains("agent@example.com"));
        let listed = with("scp", json!(["messages:read"])).unwrap();
        assert!(listed.may("messages:read") && listed.may("threads:read"));
    }

    #[test]
    fn another_issuer_audience_or_time_is_refused() {
        assert!(with("iss", json!("https://evil.example.com")).is_err());
        assert!(with("aud", json!("other")).is_err());
        assert_eq!(with("exp", json!(now().secs() - 61)), Err("expired"));
        assert!(with("exp", json!(now().secs() - 59)).is_ok());
        assert_eq!(with("nbf", json!(now().secs() + 61)), Err("not yet valid"));
        assert_eq!(with("sub", json!("")), Err("it names nobody"));
        for required in ["iss", "aud", "sub", "exp"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(required);
            assert!(check(&sign(&claims)).is_err(), "{required}");
        }
    }

    #[test]
    fn a_changed_token_and_one_signed_by_a_shared_secret_are_refused() {
        let token = sign(&claims());
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let swapped: String = signature.chars().rev().collect();
        assert!(check(&format!("{rest}.{swapped}")).is_err());
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("test".to_owned());
        let secret = EncodingKey::from_secret(JWKS.as_bytes());
        let forged = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
        assert!(check(&forged).is_err());
        // {"alg":"none","kid":"test"}
        let body = token.split('.').nth(1).unwrap();
        assert!(check(&format!("eyJhbGciOiJub25lIiwia2lkIjoidGVzdCJ9.{body}.")).is_err());
    }

    #[test]
    fn a_token_that_rests_on_rules_which_are_not_known_is_refused() {
        let key = EncodingKey::from_ec_der(KEY);
        for crit in [&["b64"][..], &["exp"], &[]] {
            let crit = Some(crit.iter().map(|it| (*it).to_owned()).collect());
            let kid = Some("test".to_owned());
            let header = Header { crit, kid, ..Header::new(Algorithm::ES256) };
            let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
            assert_eq!(check(&token), Err("it rests on rules that are not known"));
        }
    }

    #[test]
    fn a_key_that_is_not_known_here_does_not_hide_the_others() {
        let mut keys: Value = serde_json::from_str(JWKS).unwrap();
        keys["keys"].as_array_mut().unwrap().insert(0, json!({ "kty": "new", "kid": "x" }));
        let header = header(&sign(&claims())).unwrap();
        assert!(key(&keys, &header).is_some());
        assert!(key(&json!({ "keys": [] }), &header).is_none());
    }
}
