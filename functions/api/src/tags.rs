//! Entity tags: what a caller has seen, and what it believes that it changes.
//!
//! `If-Match` is honoured and not asked for. A tool that shows a thread to a person sends it, so that nobody closes what
//! they have not read; a program that only adds a tag or a case need not, as a merge patch touches what it names alone.

use domain::event::digest;
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use serde::Serialize;

use crate::call::{ApiAnswer, ApiCall, Body};
use crate::problem::{ApiProblem, PRECONDITION_FAILED};

/// A tag of these parts.
#[must_use]
pub(crate) fn of(parts: &[&str]) -> String {
    let mut digest = digest(parts);
    digest.truncate(16);
    format!("\"{digest}\"")
}

/// The answer to a read: nothing, if the caller has it.
#[must_use]
pub(crate) fn shown(call: &ApiCall<'_>, tag: String, body: impl Serialize) -> ApiAnswer {
    let known = call.request.headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let is_known = known.is_some_and(|it| it.split(',').any(|it| it.trim() == tag));
    let headers = vec![(ETAG, tag)];
    if is_known {
        return ApiAnswer { status: 304, headers, body: Body::Empty };
    }
    ApiAnswer { headers, ..ApiAnswer::ok(body) }
}

/// The belief of a caller about the thing that it changes.
pub(crate) struct Belief<'a>(Option<&'a str>);

impl<'a> Belief<'a> {
    /// The belief that the request states.
    pub(crate) fn of(call: &'a ApiCall<'_>) -> Result<Self, ApiProblem> {
        Ok(Self(call.request.header(IF_MATCH.as_str())?))
    }

    /// Whether nothing is said, so that the last word counts.
    #[must_use]
    pub(crate) fn is_any(&self) -> bool {
        self.0.is_none_or(|it| it.trim() == "*")
    }

    /// Whether a thing of this tag is what the caller believes it to be.
    #[must_use]
    pub(crate) fn holds(&self, tag: &str) -> bool {
        self.is_any() || self.0.is_some_and(|it| it.split(',').any(|it| it.trim() == tag))
    }
}

/// The thing is not as the caller believes.
pub(crate) fn stale() -> ApiProblem {
    ApiProblem::because(
        PRECONDITION_FAILED,
        "read it again, and send its ETag if the change is still right",
    )
}
