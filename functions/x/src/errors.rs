//! X's answers to a call, and what they mean for the message.

use std::time::Duration;

use domain::json::{Fields, envelope};
use domain::outbound::{Failure, Response, SendError, SendProblem};

/// The yield of an answer, to go on with: the id of what was made, if it can be read.
pub(crate) fn outcome(answer: &Response, id: &str) -> Result<Option<String>, SendError> {
    let body = envelope(&answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        return Ok(body.object("data").string(id).filter(|it| crate::is_id(it)));
    }
    Err(error(answer, &body))
}

/// X's limits are per a quarter of an hour. Where it does not say when the next one begins, waiting for a whole one is safe.
const WINDOW_MS: u64 = 15 * 60 * 1000;

fn error(answer: &Response, body: &Fields<'_>) -> SendError {
    let first = body.list("errors").first().and_then(|it| Fields::of(it)).unwrap_or_default();
    let says = |names: [&str; 3]| {
        names.into_iter().find_map(|name| body.string(name).or_else(|| first.string(name)))
    };
    let words = says(["detail", "message", "title"]);
    let kind = says(["type", "reason", "title"]).unwrap_or_default();
    let said = format!("{kind} {}", words.as_deref().unwrap_or_default()).to_lowercase();
    let failure = |problem| Failure {
        problem,
        code: Some(answer.status.to_string()),
        message: words.clone(),
        trace_id: None,
    };
    let wait = answer.retry_after.map(milliseconds);
    match answer.status {
        // The month's posts are used up: nothing that waiting for a window would change.
        429 if said.contains("usage-capped") => {
            SendError::Config(failure(SendProblem::ChannelMisconfigured))
        }
        429 => SendError::Retry {
            after_ms: Some(wait.unwrap_or(WINDOW_MS)),
            at_most: None,
            failure: failure(SendProblem::RateLimited),
        },
        500.. => SendError::Retry {
            after_ms: wait,
            at_most: None,
            failure: failure(SendProblem::ChannelUnavailable),
        },
        403 => forbidden(&said, failure),
        400 if said.contains("participant_id") => {
            SendError::Refused(failure(SendProblem::AddressInvalid))
        }
        400 | 422 => SendError::Refused(failure(SendProblem::ContentUnsupported)),
        404 | 410 => SendError::Refused(failure(SendProblem::AddressInvalid)),
        413 => SendError::Refused(failure(SendProblem::MediaTooLarge)),
        415 => SendError::Refused(failure(SendProblem::MediaTypeUnsupported)),
        // 401: the token. 402: no credits are left, or the spending cap is reached. The rest no program should see.
        _ => SendError::Config(failure(SendProblem::ChannelMisconfigured)),
    }
}

/// The marks of a 403 that is our own fault: the app, its token, or what that token may do.
const OURS: [&str; 6] = [
    "oauth",
    "scope",
    "client-forbidden",
    "client-not-enrolled",
    "unsupported-authentication",
    "suspended",
];

/// The marks of a 403 that is a matter of the content.
const CONTENT: [&str; 2] = ["duplicate content", "reply to this conversation"];

fn forbidden(said: &str, failure: impl Fn(SendProblem) -> Failure) -> SendError {
    let has = |words: &[&str]| words.iter().any(|it| said.contains(it));
    if has(&OURS) {
        SendError::Config(failure(SendProblem::ChannelMisconfigured))
    } else if has(&CONTENT) {
        SendError::Policy(failure(SendProblem::PolicyRejected))
    } else {
        // They take no messages from us: by their settings, because they blocked us or do not follow us.
        SendError::Policy(failure(SendProblem::RecipientUnreachable))
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, body: &serde_json::Value) -> SendError {
        let body = body.to_string().into_bytes();
        outcome(&Response { status, retry_after: None, body }, "id").unwrap_err()
    }

    #[test]
    fn every_error_of_the_table_has_its_class() {
        use SendProblem::{
            AddressInvalid, ChannelMisconfigured, ContentUnsupported, PolicyRejected,
            RecipientUnreachable,
        };
        type Class = fn(Failure) -> SendError;
        let table: [(u16, &str, Class, SendProblem); 9] = [
            (401, "Unauthorized", SendError::Config, ChannelMisconfigured),
            (402, "No credits are left", SendError::Config, ChannelMisconfigured),
            (
                403,
                "You do not have permission to DM one or more participants.",
                SendError::Policy,
                RecipientUnreachable,
            ),
            (
                403,
                "Your client is not permitted: OAuth scope dm.write is missing",
                SendError::Config,
                ChannelMisconfigured,
            ),
            (
                403,
                "You are not allowed to create a Tweet with duplicate content.",
                SendError::Policy,
                PolicyRejected,
            ),
            (400, "text must not be empty", SendError::Refused, ContentUnsupported),
            (
                400,
                "The `participant_id` query parameter value [x] is not valid",
                SendError::Refused,
                AddressInvalid,
            ),
            (404, "Could not find user", SendError::Refused, AddressInvalid),
            (302, "", SendError::Config, ChannelMisconfigured),
        ];
        for (status, detail, class, problem) in table {
            let error = failed(status, &serde_json::json!({"title": "T", "detail": detail}));
            assert_eq!(error, class(error.failure().clone()), "{detail}");
            assert_eq!(error.failure().problem, problem, "{detail}");
        }
    }

    #[test]
    fn a_limit_waits_for_the_next_window_and_a_used_up_month_does_not_wait() {
        let limit = failed(429, &serde_json::json!({"title": "Too Many Requests"}));
        assert!(matches!(limit, SendError::Retry { after_ms: Some(900_000), .. }), "{limit}");
        let cap = serde_json::json!({"type": "https://api.x.com/2/problems/usage-capped"});
        assert!(matches!(failed(429, &cap), SendError::Config(_)));
        assert!(matches!(failed(503, &cap), SendError::Retry { after_ms: None, .. }));
    }
}
