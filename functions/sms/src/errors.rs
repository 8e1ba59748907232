//! Twilio's error codes, and what they mean for a message: <https://www.twilio.com/docs/api/errors>.

use std::time::Duration;

use domain::json::envelope;
use domain::outbound::{Failure, Response, SendError, SendProblem};

/// The class of an error: how it is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Again after so many milliseconds, if a time is given, and so often at most.
    Retry(Option<u64>, Option<u32>),
    Refused,
    Policy,
    Config,
}

const DAY_MS: u64 = 24 * 3_600_000;
const HOUR_MS: u64 = 3_600_000;

/// The meaning of a code; `None` for one that is not known.
fn meaning(code: u32) -> Option<(Class, SendProblem)> {
    use Class::{Config, Policy, Refused, Retry};
    use SendProblem as P;
    Some(match code {
        20_429 | 21_611 | 30_001 | 30_017 | 30_022 | 63_017 | 63_018 => {
            (Retry(None, None), P::RateLimited)
        }
        // A cap of the day.
        30_023 | 30_027 | 63_038 => (Retry(Some(DAY_MS), None), P::RateLimited),
        30_410 | 63_009 | 63_010 | 63_012 => (Retry(None, None), P::ChannelUnavailable),
        30_008 => (Retry(None, Some(2)), P::ChannelUnavailable),
        30_003 | 63_036 => (Retry(Some(HOUR_MS), Some(2)), P::RecipientUnreachable),
        21_211 | 21_614 | 21_910 | 63_003 | 63_024 => (Refused, P::AddressInvalid),
        21_612 | 30_005 | 30_006 => (Refused, P::RecipientUnreachable),
        21_602 | 21_617 | 21_623 | 63_005 | 63_006 | 63_021 => (Refused, P::ContentUnsupported),
        21_620 => (Refused, P::MediaNotReachable),
        30_011 => (Refused, P::MediaTypeUnsupported),
        30_019 | 63_034 => (Refused, P::MediaTooLarge),
        21_654 | 21_655 => (Refused, P::TemplateNotApproved),
        21_656 | 63_027 | 63_028 => (Refused, P::TemplateParameterInvalid),
        21_610 | 30_004 | 63_032 | 63_033 => (Policy, P::RecipientOptedOut),
        63_016 => (Policy, P::WindowClosed),
        63_041 => (Policy, P::TemplateNotApproved),
        30_007 | 30_034 | 63_013 | 63_014 | 63_026 => (Policy, P::PolicyRejected),
        20_003 | 20_005 | 21_408 | 21_472 | 21_601 | 21_606 | 21_609 | 21_701 | 21_703 | 21_704
        | 30_002 | 30_018 | 30_024 | 30_032 | 63_001 | 63_002 | 63_007 | 63_008 | 63_035 => {
            (Config, P::ChannelMisconfigured)
        }
        _ => return None,
    })
}

/// The problem that a code of a status means.
pub(crate) fn problem(code: &str) -> SendProblem {
    let known = code.parse().ok().and_then(meaning);
    known.map_or(SendProblem::RecipientUnreachable, |it| it.1)
}

/// The error that an answer is; `None` if it is none.
pub(crate) fn error(answer: &Response) -> Option<SendError> {
    if (200..300).contains(&answer.status) {
        return None;
    }
    let body = envelope(&answer.body).unwrap_or_default();
    let code = body.string("code");
    let (class, problem) = match (code.as_ref().and_then(|it| it.parse().ok()), answer.status) {
        (Some(code), _) if meaning(code).is_some() => meaning(code)?,
        (_, 429) => (Class::Retry(None, None), SendProblem::RateLimited),
        (_, 500..) => (Class::Retry(None, None), SendProblem::ChannelUnavailable),
        (_, 401 | 403 | 404) => (Class::Config, SendProblem::ChannelMisconfigured),
        _ => (Class::Refused, SendProblem::ContentUnsupported),
    };
    let message = body.string("message");
    let failure = Failure { problem, code, message, trace_id: None };
    Some(match class {
        Class::Retry(after_ms, at_most) => {
            let asked = answer.retry_after.map(milliseconds);
            SendError::Retry { after_ms: asked.max(after_ms), at_most, failure }
        }
        Class::Refused => SendError::Refused(failure),
        Class::Policy => SendError::Policy(failure),
        Class::Config => SendError::Config(failure),
    })
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> SendError {
        let answer = Response { status, retry_after: None, body: body.as_bytes().to_vec() };
        error(&answer).unwrap()
    }

    fn code(status: u16, code: u32) -> SendError {
        said(status, &format!(r#"{{"code":{code},"message":"m","status":{status}}}"#))
    }

    #[test]
    fn who_opted_out_is_not_written_to_again() {
        let SendError::Policy(failure) = code(400, 21_610) else { panic!() };
        assert_eq!(failure.problem, SendProblem::RecipientOptedOut);
        assert_eq!(failure.code.as_deref(), Some("21610"));
        assert_eq!(problem("21610"), SendProblem::RecipientOptedOut);
    }

    #[test]
    fn every_class_is_taken_as_its_own() {
        assert!(matches!(code(429, 20_429), SendError::Retry { after_ms: None, .. }));
        let day = code(400, 30_023);
        assert!(matches!(day, SendError::Retry { after_ms: Some(DAY_MS), .. }), "{day}");
        assert!(matches!(code(400, 30_008), SendError::Retry { at_most: Some(2), .. }));
        for (number, expected) in [
            (21_211, SendProblem::AddressInvalid),
            (21_617, SendProblem::ContentUnsupported),
            (21_620, SendProblem::MediaNotReachable),
        ] {
            let SendError::Refused(failure) = code(400, number) else { panic!("{number}") };
            assert_eq!(failure.problem, expected);
        }
        assert!(matches!(code(401, 20_003), SendError::Config(_)));
        assert!(matches!(code(400, 30_007), SendError::Policy(_)));
    }

    #[test]
    fn a_code_that_is_not_known_goes_by_its_status() {
        assert!(matches!(code(400, 99_999), SendError::Refused(_)));
        assert!(matches!(said(503, "<html>"), SendError::Retry { .. }));
        assert!(matches!(said(404, ""), SendError::Config(_)));
        assert_eq!(problem("x"), SendProblem::RecipientUnreachable);
    }
}
