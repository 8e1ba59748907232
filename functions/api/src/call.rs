//! One request as the routes see it, and its answer. What Lambda and the gateway make of HTTP stays in `edge`.

use domain::time::Timestamp;
use http::header::{HeaderMap, HeaderName};
use serde::Serialize;
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::fields::{self, NO_NUL};
use crate::problem::{ApiProblem, CONTENT_TYPE_UNSUPPORTED, FieldError, Place};
use crate::route::{In, Parameter};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The header that makes a request the same request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Its method.
    pub method: http::Method,
    /// Its path, still encoded.
    pub path: String,
    /// Its query, still encoded, without the `?`.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// The principal that the gateway has checked, if it did.
    pub iam: Option<String>,
    /// The route that the gateway took it for, and checked the principal for: `GET /v1/threads/{id}`.
    pub route_key: Option<String>,
    /// The name of it in answers and logs.
    pub id: String,
}

impl Request {
    /// The value of a header that must not be given twice.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>, ApiProblem> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => match value.to_str() {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(ApiProblem::wrong(Place::Header(name), "must be plain text")),
            },
            (Some(_), Some(_)) => Err(ApiProblem::wrong(Place::Header(name), "is given twice")),
        }
    }
}

/// A request that may be done.
pub struct ApiCall<'a> {
    /// The request.
    pub request: &'a Request,
    /// The segments of its path that the route names, in order.
    pub segments: Vec<&'a str>,
    /// The parameters of its query.
    pub query: Query,
    /// The caller, proven.
    pub caller: Caller,
    /// This moment.
    pub now: Timestamp,
}

impl ApiCall<'_> {
    /// The first named segment of the path.
    #[must_use]
    pub fn id(&self) -> &str {
        self.segments.first().copied().unwrap_or_default()
    }

    /// The second named segment of the path.
    #[must_use]
    pub fn second(&self) -> &str {
        self.segments.get(1).copied().unwrap_or_default()
    }

    /// The key that makes a request the same request, if there is one.
    pub fn idempotency_key(&self) -> Result<Option<&str>, ApiProblem> {
        let Some(key) = self.request.header(IDEMPOTENCY_KEY)? else { return Ok(None) };
        if (1..=255).contains(&key.len()) {
            return Ok(Some(key));
        }
        let rule = "must be text of 1 to 255 characters";
        Err(ApiProblem::wrong(Place::Header(IDEMPOTENCY_KEY), rule))
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, ApiProblem> {
        let given = self.request.header("content-type")?.unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        let is_patch = self.request.method == http::Method::PATCH;
        let is_merge = is_patch && media_type.eq_ignore_ascii_case("application/merge-patch+json");
        if !is_merge && !media_type.eq_ignore_ascii_case("application/json") {
            return Err(ApiProblem::new(CONTENT_TYPE_UNSUPPORTED));
        }
        fields::json(&self.request.body)
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub struct Query(Vec<(&'static str, String)>);

/// The number of entries of a page if the caller does not say.
const PAGE: usize = 25;
/// The number of entries of a page at the most.
const MAX_PAGE: usize = 100;

impl Query {
    /// The parameters of a query; each may be given once, and none but these.
    pub(crate) fn read(text: &str, known: &[Parameter]) -> Result<Self, ApiProblem> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        let mut errors = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let is_named = |it: &&Parameter| it.place == In::Query && it.name == name;
            let Some(known) = known.iter().find(is_named).map(|it| it.name) else {
                // A name is as long as its writer likes; an answer is not.
                let name = name.chars().take(64).collect();
                let detail = "is not a parameter of this route".to_owned();
                errors.push(FieldError { place: Place::UnknownParameter(name), detail });
                continue;
            };
            let is_twice = found.iter().any(|it| it.0 == known);
            let wrong =
                is_twice.then_some("is given twice").or(value.contains('\0').then_some(NO_NUL));
            errors.extend(
                wrong
                    .map(|it| FieldError { place: Place::Parameter(known), detail: it.to_owned() }),
            );
            found.push((known, value.into_owned()));
        }
        if errors.is_empty() { Ok(Self(found)) } else { Err(ApiProblem::invalid(errors)) }
    }

    /// One parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// `limit`.
    pub fn limit(&self) -> Result<usize, ApiProblem> {
        let Some(text) = self.get("limit") else { return Ok(PAGE) };
        let limit = text.parse().ok().filter(|it| (1..=MAX_PAGE).contains(it));
        let rule = format!("must be a number from 1 to {MAX_PAGE}");
        limit.ok_or_else(|| ApiProblem::wrong(Place::Parameter("limit"), rule))
    }
}

/// The answer of a route when nothing is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// JSON that is text already.
    Text(&'static str),
    /// JSON, or a part of it, that may be large.
    Bytes(Vec<u8>),
}

impl ApiAnswer {
    /// 200 with a body.
    pub(crate) fn ok(body: impl Serialize) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Json(json!(body)) }
    }
}
