//! Problems, as RFC 9457 tells them.

use domain::id::Channel;
use domain::outbound::{Failure, SendProblem};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::WayVerdict;
use crate::problem::{Kind, OWN, kind_of};

fn types(_: &mut SchemaGenerator) -> Schema {
    let sends = SendProblem::ALL.map(kind_of);
    let types: Vec<_> = OWN.iter().chain(&sends).map(Kind::uri).collect();
    json_schema!({ "type": "string", "enum": types })
}

fn sending_types(_: &mut SchemaGenerator) -> Schema {
    let types = SendProblem::ALL.map(|it| kind_of(it).uri());
    json_schema!({ "type": "string", "enum": types })
}

/// Something that keeps a request from being done, as RFC 9457 tells it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// The kind of problem. Stable, and relative to this API: it names the kind and need not be fetched.
    #[schemars(schema_with = "types")]
    pub(crate) r#type: String,
    /// The kind of problem in a few words, for people.
    pub(crate) title: &'static str,
    /// The HTTP status of the answer.
    #[schemars(range(min = 400, max = 599))]
    pub(crate) status: u16,
    /// Whether the same request may succeed later.
    pub(crate) retryable: bool,
    /// The name of the request, which the header `x-request-id` bears, too.
    pub(crate) request_id: String,
    /// The problem as it is this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// Every part of the request that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<PartError>,
    /// The ways that would work instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alternatives: Option<Alternatives>,
    /// The verdict on every way, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) plan: Vec<WayVerdict>,
}

/// A part of a request that is wrong. One of `pointer`, `parameter` and `header` says which.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct PartError {
    /// A JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    /// A query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    /// A header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<String>,
    /// The fault in it. It never repeats the value.
    pub(crate) detail: String,
}

/// Ways that would work instead.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Alternatives {
    /// Templates that are approved on the refused channel.
    templates: Vec<String>,
    /// Other channels that may be taken with the same content.
    channels: Vec<Channel>,
}

impl From<&domain::plan::Alternatives> for Alternatives {
    fn from(it: &domain::plan::Alternatives) -> Self {
        Self { templates: it.templates.clone(), channels: it.channels.clone() }
    }
}

/// The reason for which a message failed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(crate) struct SendFailure {
    /// The kind of problem, as answers tell it.
    #[schemars(schema_with = "sending_types")]
    r#type: String,
    /// The kind of problem in a few words, for people.
    title: &'static str,
    /// Whether the same message may arrive later.
    retryable: bool,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderWords>,
}

/// A platform's own words for a failure.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct ProviderWords {
    /// The platform's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The platform's explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The platform's trace id, for its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl From<&Failure> for SendFailure {
    fn from(failure: &Failure) -> Self {
        let kind = kind_of(failure.problem);
        let Failure { code, message, trace_id, .. } = failure.clone();
        let is_said = code.is_some() || message.is_some() || trace_id.is_some();
        Self {
            r#type: kind.uri(),
            title: kind.title,
            retryable: kind.retryable,
            provider: is_said.then_some(ProviderWords { code, message, trace_id }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_shows_the_platforms_own_words() {
        let failure =
            Failure { code: Some("131047".to_owned()), ..Failure::ours(SendProblem::WindowClosed) };
        let shown = json!(SendFailure::from(&failure));
        assert_eq!(shown["type"], "/problems/window-closed");
        assert_eq!(shown["provider"], json!({ "code": "131047" }));
        let ours = json!(SendFailure::from(&Failure::ours(SendProblem::Expired)));
        assert!(ours.get("provider").is_none());
    }
}
