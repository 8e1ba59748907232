//! A route: its method, its path, its callers, its work, and what the OpenAPI document says of it.

use std::future::Future;
use std::pin::Pin;

use domain::outbound::SendProblem;
use http::Method;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::problem::{ApiProblem, Kind};

/// The work of a route.
pub type Handler = for<'a> fn(&'a Api, &'a ApiCall<'a>) -> Work<'a>;

/// The work of a route.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<ApiAnswer, ApiProblem>> + Send + 'a>>;

/// One route.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; `{name}` stands for one whole segment.
    pub path: &'static str,
    /// The callers that may take it.
    pub access: Access,
    /// The work that it does.
    pub handler: Handler,
    /// The words about it in the document.
    pub doc: Doc,
}

impl Route {
    /// The name of it for the gateway and the log.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The callers that may take a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: it tells nothing that is not published.
    Public,
    /// Anybody with this scope.
    Scope(&'static str),
}

/// The words about a route in the document.
pub struct Doc {
    /// The name of it in generated clients.
    pub id: &'static str,
    /// The group that it is in: one of [`crate::openapi::TAGS`].
    pub tag: &'static str,
    /// Its work in a few words.
    pub summary: &'static str,
    /// Its work in full.
    pub description: &'static str,
    /// The parameters that do not stand in its path.
    pub parameters: &'static [Parameter],
    /// The body that it takes.
    pub body: Option<BodyDoc>,
    /// Its answers when nothing is wrong.
    pub answers: &'static [AnswerDoc],
    /// The problems that it answers with, beside those that every route of its form has.
    pub problems: &'static [Kind],
    /// The problems of sending that it answers with.
    pub sending: &'static [SendProblem],
}

impl Doc {
    /// Nothing but a name: the rest is filled in.
    pub(crate) const EMPTY: Self = Self {
        id: "",
        tag: "",
        summary: "",
        description: "",
        parameters: &[],
        body: None,
        answers: &[],
        problems: &[],
        sending: &[],
    };
}

/// The place of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum In {
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter of a route.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its place.
    pub place: In,
    /// Whether the route cannot do without it.
    pub required: bool,
    /// Its meaning.
    pub description: &'static str,
    /// Its values, as a JSON schema.
    pub schema: &'static str,
}

/// The body that a route takes.
pub struct BodyDoc {
    /// The name of its schema.
    pub schema: &'static str,
    /// Whether the route cannot do without it.
    pub required: bool,
    /// Whether it is a merge patch.
    pub is_patch: bool,
    /// Names and values that a test sends. A moment in them is far away, so that they do not age.
    pub examples: &'static [(&'static str, &'static str)],
}

/// An answer of a route when nothing is wrong.
pub struct AnswerDoc {
    /// Its HTTP status.
    pub status: u16,
    /// Its meaning.
    pub description: &'static str,
    /// Its headers, and their meanings.
    pub headers: &'static [(&'static str, &'static str)],
    /// The names of the schemas of which its body has one; none if it has no body of JSON.
    pub schemas: &'static [&'static str],
    /// A body that the route may give.
    pub example: &'static str,
}

impl BodyDoc {
    /// A body that the route cannot do without.
    pub(crate) const fn needed(
        schema: &'static str,
        examples: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { schema, required: true, is_patch: false, examples }
    }
}

impl AnswerDoc {
    /// The answer to a correction that was made.
    pub(crate) const fn corrected(description: &'static str, example: &'static str) -> Self {
        Self { status: 201, description, headers: &[], schemas: &["Correction"], example }
    }
}

/// A page's length.
pub(crate) const LIMIT: Parameter = Parameter {
    name: "limit",
    place: In::Query,
    required: false,
    description: "The number of entries at the most.",
    schema: r#"{"type": "integer", "minimum": 1, "maximum": 100, "default": 25}"#,
};

/// A page's beginning.
pub(crate) const CURSOR: Parameter = Parameter {
    name: "cursor",
    place: In::Query,
    required: false,
    description: "`next` of the page before, of the same query.",
    schema: r#"{"type": "string", "minLength": 1}"#,
};

/// The version that a change is meant for.
pub(crate) const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: In::Header,
    required: false,
    description: "The `ETag` of what the change is meant for. Without it the last word counts, field by field. A change that is made already is answered as made, whatever this says.",
    schema: r#"{"type": "string"}"#,
};

/// The version that a reader has.
pub(crate) const IF_NONE_MATCH: Parameter = Parameter {
    name: "If-None-Match",
    place: In::Header,
    required: false,
    description: "The `ETag` of what the caller has: if it is still that, the answer is 304 without a body.",
    schema: r#"{"type": "string"}"#,
};

/// The key of a correction.
pub(crate) const CORRECTION_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: In::Header,
    required: false,
    description: "Makes a repeated request the same correction: it completes what is missing and gets the same answer. Another correction under the same key is refused.",
    schema: r#"{"type": "string", "minLength": 1, "maxLength": 255}"#,
};
