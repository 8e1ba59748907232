//! Problems as RFC 9457 tells them: a stable type, words, and pointers to the fields to change.

use domain::outbound::SendProblem;
use domain::plan::Alternatives;

use crate::show;

/// A kind of problem: what is always the same about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The last part of its type.
    pub slug: &'static str,
    /// The problem in a few words, for people.
    pub title: &'static str,
    /// The HTTP status that it is answered with.
    pub status: u16,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl Kind {
    /// The type of such problems: relative, as it names this API, wherever it is deployed.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("/problems/{}", self.slug)
    }
}

const fn kind(status: u16, slug: &'static str, title: &'static str) -> Kind {
    Kind { slug, title, status, retryable: false }
}

/// The body is not JSON.
pub const REQUEST_MALFORMED: Kind = kind(400, "request-malformed", "The request cannot be read");
/// A field is missing, unknown or wrong.
pub const REQUEST_INVALID: Kind =
    kind(422, "request-invalid", "A field of the request is not valid");
/// A cursor is not one that this query gave out.
pub const CURSOR_INVALID: Kind = kind(400, "cursor-invalid", "The cursor is not of this query");
/// Nobody proved who is calling.
pub const UNAUTHENTICATED: Kind =
    kind(401, "unauthenticated", "The caller is not proven by a valid credential");
/// The caller may not do this.
pub const FORBIDDEN: Kind = kind(403, "forbidden", "The credential lacks the scope of this route");
/// There is nothing under this path.
pub const NOT_FOUND: Kind = kind(404, "not-found", "There is nothing here");
/// The thing was changed since the caller read it.
pub const PRECONDITION_FAILED: Kind =
    kind(412, "precondition-failed", "The thing is not as the request believes");
/// Something else has what the request wants.
pub const CONFLICT: Kind = kind(409, "conflict", "Something else has what the request wants");
/// The thread is part of another one.
pub const THREAD_MERGED: Kind = kind(409, "thread-merged", "The thread is part of another one");
/// A thing that the request names belongs to somebody else.
pub const OTHER_CONTACT: Kind = kind(422, "other-contact", "It is another person's");
/// A message is not where the request believes.
pub const NOT_IN_THREAD: Kind = kind(409, "not-in-thread", "The message is in another thread");
/// The address did not become the person's by a link.
pub const NOT_LINKED: Kind = kind(409, "not-linked", "The address was not linked to this person");
/// The correction was taken back before.
pub const ALREADY_REVERTED: Kind =
    kind(409, "already-reverted", "The correction was taken back before");
/// The result of the correction was corrected since.
pub const SUPERSEDED: Kind =
    kind(409, "superseded", "What the correction made was corrected since");
/// One correction cannot hold all of it.
pub const CORRECTION_TOO_LARGE: Kind =
    kind(422, "correction-too-large", "One correction cannot hold all of it");
/// The path is there, the method is not.
pub const METHOD_NOT_ALLOWED: Kind =
    kind(405, "method-not-allowed", "The path does not have this method");
/// The body is over the cap.
pub const BODY_TOO_LARGE: Kind = kind(413, "body-too-large", "The body is too large");
/// It was there, and is not kept any more.
pub const GONE: Kind = kind(410, "gone", "It is not kept any more");
/// One answer cannot hold all of it.
pub const RANGE_REQUIRED: Kind =
    kind(422, "range-required", "The content is too large for one answer");
/// It ends before the part that is asked for.
pub const RANGE_NOT_SATISFIABLE: Kind =
    kind(416, "range-not-satisfiable", "The content has no such part");
/// The body is not said to be JSON.
pub const CONTENT_TYPE_UNSUPPORTED: Kind =
    kind(415, "content-type-unsupported", "The body must be application/json");
/// Something that we rest on does not work now.
pub const UNAVAILABLE: Kind =
    Kind { retryable: true, ..kind(503, "unavailable", "The service does not work right now") };

/// The kinds that are the API's own.
pub const OWN: [Kind; 22] = [
    REQUEST_MALFORMED,
    REQUEST_INVALID,
    CURSOR_INVALID,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    PRECONDITION_FAILED,
    CONFLICT,
    THREAD_MERGED,
    OTHER_CONTACT,
    NOT_IN_THREAD,
    NOT_LINKED,
    ALREADY_REVERTED,
    SUPERSEDED,
    CORRECTION_TOO_LARGE,
    GONE,
    RANGE_REQUIRED,
    RANGE_NOT_SATISFIABLE,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    CONTENT_TYPE_UNSUPPORTED,
    UNAVAILABLE,
];

/// The kind of a message that cannot be sent.
#[must_use]
pub fn kind_of(problem: SendProblem) -> Kind {
    let (status, retryable, title) = match problem {
        SendProblem::WindowClosed => (422, false, "Customer service window is closed"),
        SendProblem::TemplateNotApproved => (422, false, "The template is not approved"),
        SendProblem::TemplateParameterInvalid => {
            (422, false, "The variables do not fit the template")
        }
        SendProblem::RecipientOptedOut => (422, false, "The recipient does not want this"),
        SendProblem::RecipientUnreachable => {
            (422, false, "The recipient cannot be reached this way")
        }
        SendProblem::AddressInvalid => (422, false, "The address is not one"),
        SendProblem::ChannelMisconfigured => (422, false, "The channel is not set up for this"),
        SendProblem::ChannelUnavailable => (503, true, "The channel does not work right now"),
        SendProblem::RateLimited => (429, true, "The channel takes no more for now"),
        SendProblem::MediaTooLarge => (422, false, "The file is too large"),
        SendProblem::MediaTypeUnsupported => (422, false, "The channel does not take such files"),
        SendProblem::MediaNotReachable => (422, false, "The file could not be fetched"),
        SendProblem::PolicyRejected => (422, false, "The platform's policy forbids it"),
        SendProblem::Expired => (422, false, "The message's time ran out"),
        SendProblem::NoChannelLeft => (422, false, "No channel is left to try"),
        SendProblem::IdentityUnverified => (422, false, "The address is not confirmed"),
        SendProblem::ThreadClosed => (422, false, "The thread is closed"),
        SendProblem::IdempotencyMismatch => (422, false, "The key was used with another body"),
        SendProblem::ContentUnsupported => (422, false, "The content does not fit the channel"),
        SendProblem::Unconfirmed => (422, false, "It is not known whether the message arrived"),
    };
    Kind { slug: problem.slug(), title, status, retryable }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The place of it: a JSON pointer into the body, or the name of a query parameter or header.
    pub place: Place,
    /// The fault in it, in words that never repeat the value.
    pub detail: String,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer into the body.
    Pointer(String),
    /// A query parameter.
    Parameter(&'static str),
    /// A query parameter that no route has, as the caller wrote it.
    UnknownParameter(String),
    /// A header.
    Header(&'static str),
}

/// The reason for which a request is not done.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiProblem {
    /// The kind of problem, which gives its type, title and status.
    pub kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    alternatives: Option<Box<show::Alternatives>>,
    plan: Vec<show::WayVerdict>,
}

impl ApiProblem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), alternatives: None, plan: Vec::new() }
    }

    /// A problem of this kind, and what it is this time.
    pub fn because(kind: Kind, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(kind) }
    }

    /// A message that cannot be sent, and why.
    pub fn send(problem: SendProblem, detail: impl Into<String>) -> Self {
        Self::because(kind_of(problem), detail)
    }

    /// Fields that are wrong.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(REQUEST_INVALID) }
    }

    /// One part of the request that is wrong.
    pub fn wrong(place: Place, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { place, detail: detail.into() }])
    }

    /// The same problem, with the part of the request that it lies in and what to do about it.
    #[must_use]
    pub fn at(mut self, place: Place, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { place, detail: detail.into() });
        self
    }

    /// The same problem with what would work instead.
    #[must_use]
    pub(crate) fn with_alternatives(mut self, alternatives: &Alternatives) -> Self {
        self.alternatives = Some(Box::new(alternatives.into()));
        self
    }

    /// The same problem with the verdict on each way.
    #[must_use]
    pub(crate) fn with_plan(mut self, plan: Vec<show::WayVerdict>) -> Self {
        self.plan = plan;
        self
    }

    /// The problem as the answer to a request tells it.
    #[must_use]
    pub(crate) fn body(&self, request_id: &str) -> show::Problem {
        let Kind { title, status, retryable, .. } = self.kind;
        show::Problem {
            r#type: self.kind.uri(),
            title,
            status,
            retryable,
            request_id: request_id.to_owned(),
            detail: self.detail.clone(),
            errors: self.errors.iter().map(FieldError::body).collect(),
            alternatives: self.alternatives.as_deref().cloned(),
            plan: self.plan.clone(),
        }
    }
}

impl FieldError {
    fn body(&self) -> show::PartError {
        let detail = self.detail.clone();
        let bare = show::PartError { detail, ..show::PartError::default() };
        match &self.place {
            Place::Pointer(pointer) => show::PartError { pointer: Some(pointer.clone()), ..bare },
            Place::Parameter(name) => {
                show::PartError { parameter: Some((*name).to_owned()), ..bare }
            }
            Place::UnknownParameter(name) => {
                show::PartError { parameter: Some(name.clone()), ..bare }
            }
            Place::Header(name) => show::PartError { header: Some((*name).to_owned()), ..bare },
        }
    }
}

impl From<anyhow::Error> for ApiProblem {
    /// A fault of ours: the log gets the chain, the caller only that it may try again.
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = aws::logs::reason(&error), "a request failed");
        Self::new(UNAVAILABLE)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_has_a_stable_type_and_points_to_each_field() {
        let place = Place::Pointer("/content/text".to_owned());
        let body = json!(ApiProblem::wrong(place, "is required").body("req_1"));
        assert_eq!(body["type"], "/problems/request-invalid");
        assert_eq!((&body["status"], &body["retryable"]), (&json!(422), &json!(false)));
        assert_eq!(
            body["errors"][0],
            json!({ "pointer": "/content/text", "detail": "is required" })
        );
    }

    #[test]
    fn a_fault_of_ours_tells_the_caller_nothing_but_to_try_again() {
        let problem = ApiProblem::from(anyhow::anyhow!("the table ariane-prod is gone"));
        let body = json!(problem.body("req_1"));
        assert_eq!((&body["status"], &body["retryable"]), (&json!(503), &json!(true)));
        assert!(!body.to_string().contains("ariane-prod"));
    }

    #[test]
    fn no_two_kinds_share_a_slug() {
        let mut slugs: Vec<_> = OWN.iter().map(|it| it.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), OWN.len());
    }
}
