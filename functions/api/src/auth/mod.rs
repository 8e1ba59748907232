//! The caller, and the things that they may do: the same code locally and on AWS.
//!
//! One answer for every credential that is not good: whether it never was, ran out or was taken back is in the log only.

mod jwt;

use std::collections::BTreeSet;

use aws::jwks::Jwks;
use aws::store::Store;
use domain::event::derived;
use domain::time::Timestamp;
use http::Method;

use crate::call::Request;
use crate::problem::ApiProblem;
use crate::routes::{Access, Route, SCOPES};

pub use jwt::Issuer;

/// How callers prove who they are. One way for the whole deployment.
pub enum Auth {
    /// Our own API tokens.
    Tokens,
    /// JWTs of the company's issuer.
    Jwt(Issuer, Jwks),
    /// The gateway has checked the caller and the route by IAM.
    Iam,
}

/// A proven caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The identity, for as long as its credentials are renewed: idempotency keys are its own.
    pub id: String,
    /// The name that people know it by: the author of what it corrects.
    pub name: String,
    scopes: BTreeSet<String>,
}

impl Caller {
    /// A caller with these scopes, called by its id.
    pub fn new(id: impl Into<String>, scopes: BTreeSet<String>) -> Self {
        let id = id.into();
        Self { name: id.clone(), id, scopes }
    }

    /// A caller of a route that is public.
    #[must_use]
    pub fn nobody() -> Self {
        Self::new("nobody", BTreeSet::new())
    }

    /// The name in the log: the id of a token, the digest of a subject, a principal. Some principals are named by a
    /// mail address, which no log holds.
    #[must_use]
    pub fn logged(&self) -> String {
        if self.id.contains('@') { derived("iam_", &[&self.id]) } else { self.id.clone() }
    }

    /// Whether a scope is among theirs.
    #[must_use]
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}

impl Auth {
    /// The caller of a request, or why nobody is proven.
    pub async fn caller(
        &self,
        request: &Request,
        route: &Route,
        store: &Store,
        now: Timestamp,
    ) -> Result<Found, ApiProblem> {
        match self {
            Self::Tokens => by_token(request, store, now).await,
            Self::Jwt(issuer, jwks) => by_jwt(request, issuer, jwks, now).await,
            Self::Iam => Ok(by_iam(request, route)),
        }
    }

    /// The credential that a caller without a good one is asked for.
    #[must_use]
    pub fn challenge(&self) -> &'static str {
        match self {
            Self::Tokens | Self::Jwt(..) => "Bearer realm=\"ariane\"",
            Self::Iam => "AWS4-HMAC-SHA256",
        }
    }
}

/// A caller, or why it is none: for the log only.
pub(crate) type Found = Result<Caller, &'static str>;

fn bearer(request: &Request) -> Result<&str, &'static str> {
    let header = request.header("authorization").map_err(|_| "no single authorization header")?;
    let (scheme, credential) = header.and_then(|it| it.split_once(' ')).ok_or("no credential")?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err("not a bearer credential");
    }
    Ok(credential.trim())
}

async fn by_token(request: &Request, store: &Store, now: Timestamp) -> Result<Found, ApiProblem> {
    let text = match bearer(request) {
        Ok(text) => text,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(token) = store.tokens().find_token(text).await? else {
        return Ok(Err("unknown token"));
    };
    Ok(match token.refusal(now) {
        Some(reason) => Err(reason),
        None => Ok(Caller { name: token.name, id: token.id, scopes: token.scopes }),
    })
}

async fn by_jwt(
    request: &Request,
    issuer: &Issuer,
    jwks: &Jwks,
    now: Timestamp,
) -> Result<Found, ApiProblem> {
    let unsigned = bearer(request).and_then(|text| Ok((text, jwt::header(text)?)));
    let (text, header) = match unsigned {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let keys = jwks.get(now).await?;
    if let Some(key) = jwt::key(&keys, &header) {
        return Ok(issuer.check(text, &header, &key, now));
    }
    // The issuer may have a new key since.
    let keys = jwks.get_newer(now).await?;
    Ok(match jwt::key(&keys, &header) {
        Some(key) => issuer.check(text, &header, &key, now),
        None => Err("no such key of the issuer"),
    })
}

/// The gateway lets nobody through whom IAM does not allow this very route: a scope is there the ARN of a route. Whoever may
/// read by it is shown all that it shows; whoever may write may not therefore read what another route shows.
fn by_iam(request: &Request, route: &Route) -> Found {
    let principal = request.iam.as_deref().ok_or("the gateway has checked nobody")?;
    let reads = route.method == Method::GET;
    let own =
        |it: &&'static str| route.access == Access::Scope(it) || (reads && it.ends_with(":read"));
    let scopes = SCOPES.into_iter().filter(own).map(str::to_owned);
    Ok(Caller::new(role(principal), scopes.collect()))
}

/// A principal without the name of its session, which changes with each.
fn role(arn: &str) -> &str {
    match arn.rsplit_once('/') {
        Some((role, _session)) if arn.contains(":assumed-role/") => role,
        Some(_) | None => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::{CONTACTS_READ, MESSAGES_READ, THREADS_READ, THREADS_WRITE, find};

    #[test]
    fn a_caller_keeps_its_name_from_session_to_session() {
        let session = |name: &str| format!("arn:aws:sts::123456789012:assumed-role/crm/{name}");
        assert_eq!(role(&session("a")), role(&session("b")));
        assert_eq!(
            role("arn:aws:iam::123456789012:user/crm"),
            "arn:aws:iam::123456789012:user/crm"
        );
    }

    #[test]
    fn a_caller_whom_the_gateway_did_not_check_is_nobody_with_iam() {
        let route = |method: &Method, path| find(method, path).unwrap().0;
        let read = route(&Method::GET, "/v1/threads");
        assert!(by_iam(&Request::default(), read).is_err());
        let iam = Some("arn:aws:iam::123456789012:user/crm".to_owned());
        let request = Request { iam, ..Request::default() };
        let may = |route| {
            let caller = by_iam(&request, route).unwrap();
            SCOPES.into_iter().filter(|it| caller.may(it)).collect::<Vec<_>>()
        };
        assert_eq!(may(read), [MESSAGES_READ, THREADS_READ, CONTACTS_READ]);
        assert_eq!(may(route(&Method::PATCH, "/v1/threads/thr_1")), [THREADS_WRITE]);
    }

    #[test]
    fn nobody_is_logged_by_a_mail_address() {
        let named = |id: &str| Caller::new(id, BTreeSet::new()).logged();
        assert_eq!(named("tok_1"), "tok_1");
        let federated = named("arn:aws:sts::123456789012:federated-user/ada@example.com");
        assert!(federated.starts_with("iam_") && !federated.contains("ada"));
    }

    #[test]
    fn only_one_bearer_credential_counts() {
        let with = |values: &[&str]| {
            let mut request = Request::default();
            for value in values {
                request.headers.append("authorization", value.parse().unwrap());
            }
            bearer(&request).map(str::to_owned)
        };
        assert_eq!(with(&["Bearer ari_1"]), Ok("ari_1".to_owned()));
        assert_eq!(with(&["bearer ari_1"]), Ok("ari_1".to_owned()));
        for none in [&[][..], &["Basic ari_1"], &["ari_1"], &["Bearer a", "Bearer b"]] {
            assert!(with(none).is_err());
        }
    }
}
