//! Meta's error codes, as what the sender does about them. One table serves an HTTP answer and a failed status: the same
//! code comes by either way. Only the code decides: titles and texts change.
//!
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>

use domain::json::{Fields, envelope};
use domain::outbound::{Failure, Response, SendError, SendProblem};

/// The least wait for a person who was sent too much. The platform asks for 4ⁿ seconds; later attempts wait longer anyway.
const PAIR_WAIT_MS: u64 = 4_000;

/// The meaning of one error to the sender.
#[derive(Clone, Copy)]
enum Class {
    /// Not now; give up after so many attempts, where the code may hide a permanent error.
    Retry(SendProblem, Option<u32>),
    /// Never this way.
    Refused(SendProblem),
    /// Rules forbid it now.
    Policy(SendProblem),
    /// Our own set-up is wrong.
    Config(SendProblem),
}

/// The reason for which a call failed.
pub(crate) fn in_answer(answer: &Response) -> SendError {
    let body = envelope(&answer.body).unwrap_or_default();
    let error = body.object("error");
    let failure = |problem| failure(&error, problem);
    let code = code(&error);
    let by_status = match answer.status {
        429 => Class::Retry(SendProblem::RateLimited, None),
        500.. => Class::Retry(SendProblem::ChannelUnavailable, None),
        401 | 403 => Class::Config(SendProblem::ChannelMisconfigured),
        _ => Class::Refused(SendProblem::PolicyRejected),
    };
    let class = match code.and_then(|it| classify(it, &error)).unwrap_or(by_status) {
        Class::Refused(_) | Class::Policy(_) | Class::Config(_) if error.flag("is_transient") => {
            Class::Retry(SendProblem::ChannelUnavailable, None)
        }
        class @ (Class::Retry(..) | Class::Refused(_) | Class::Policy(_) | Class::Config(_)) => {
            class
        }
    };
    match class {
        Class::Retry(problem, at_most) => {
            let asked = answer.retry_after.and_then(|it| u64::try_from(it.as_millis()).ok());
            let least = (code == Some(131_056)).then_some(PAIR_WAIT_MS);
            SendError::Retry { after_ms: asked.max(least), at_most, failure: failure(problem) }
        }
        Class::Refused(problem) => SendError::Refused(failure(problem)),
        Class::Policy(problem) => SendError::Policy(failure(problem)),
        Class::Config(problem) => SendError::Config(failure(problem)),
    }
}

/// The failure of a message after it was taken, from a status's `errors`: the first one says what it means, all of them why.
pub(crate) fn in_status(errors: &[Fields<'_>]) -> Option<Failure> {
    let (first, more) = errors.split_first()?;
    let failure = of_entry(first);
    let mut reasons: Vec<_> = failure.message.iter().cloned().collect();
    for reason in more.iter().take(MOST_REASONS).filter_map(reason) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let message = (!reasons.is_empty()).then(|| reasons.join("; "));
    Some(Failure { message, ..failure })
}

/// The number of errors beyond the first that are told of. The platform sends one.
const MOST_REASONS: usize = 4;

fn of_entry(error: &Fields<'_>) -> Failure {
    let class = code(error).and_then(|it| classify(it, error));
    let problem = match class {
        Some(
            Class::Retry(problem, _)
            | Class::Refused(problem)
            | Class::Policy(problem)
            | Class::Config(problem),
        ) => problem,
        None => SendProblem::RecipientUnreachable,
    };
    failure(error, problem)
}

fn code(error: &Fields<'_>) -> Option<u32> {
    error.text("code")?.parse().ok()
}

fn failure(error: &Fields<'_>, problem: SendProblem) -> Failure {
    let code = code(error).map(|code| match subcode(error) {
        Some(subcode) => format!("{code}/{subcode}"),
        None => code.to_string(),
    });
    Failure { problem, code, message: reason(error), trace_id: error.string("fbtrace_id") }
}

/// The platform's words, the most exact first. They have been seen in each of these places alone.
fn reason(error: &Fields<'_>) -> Option<String> {
    let data = error.object("error_data");
    let details = data.string("details");
    // Template calls have the details as a plain text there.
    let details = details.or_else(|| error.string("error_data").filter(|_| data.is_empty()));
    let plain = ["details", "error_user_msg", "message", "title", "error_user_title"];
    details.or_else(|| plain.iter().find_map(|it| error.string(it)))
}

fn subcode(error: &Fields<'_>) -> Option<u32> {
    error.text("error_subcode")?.parse().ok()
}

/// The table; `None` for a code that is not in it.
#[rustfmt::skip]
#[expect(clippy::match_same_arms, reason = "a row per reason, as the platform's own table has them")]
fn classify(code: u32, error: &Fields<'_>) -> Option<Class> {
    use Class::{Config, Policy, Refused, Retry};
    use SendProblem as P;
    Some(match code {
        // Rates.
        4 | 80_007 | 130_429 | 131_056 => Retry(P::RateLimited, None),
        // Trouble of theirs.
        2 | 131_016 | 131_057 | 133_004 => Retry(P::ChannelUnavailable, None),
        // Trouble of theirs, or a bad request that they did not recognise.
        1 => Retry(P::ChannelUnavailable, Some(2)),
        131_000 | 135_000 => Retry(P::ChannelUnavailable, Some(3)),
        // They could not fetch our file: transient unless they say that they do not take such files.
        131_053 if speaks_of_type(error) => Refused(P::MediaTypeUnsupported),
        131_053 => Retry(P::MediaNotReachable, Some(3)),
        131_014 | 131_052 | 131_060 => Refused(P::MediaNotReachable),
        // The window is closed: only a template may go.
        131_047 => Policy(P::WindowClosed),
        // They hold it back for this person: not again within a day, other channels are free.
        131_049 | 130_472 => Policy(P::PolicyRejected),
        131_050 => Policy(P::RecipientOptedOut),
        // The person.
        131_026 | 131_030 | 130_403 | 137_000 => Refused(P::RecipientUnreachable),
        131_021 | 131_062 => Refused(P::AddressInvalid),
        // The template: not approved, paused, disabled, or its flow is.
        132_001 | 132_015 | 132_016 | 132_068 | 132_069 => Policy(P::TemplateNotApproved),
        132_000 | 132_005 | 132_008 | 132_012 | 132_018 => Refused(P::TemplateParameterInvalid),
        132_007 | 131_063 | 131_064 => Policy(P::PolicyRejected),
        // No such number, or not for this token: that is no fault of what we send. It comes as a subcode.
        100 if subcode(error) == Some(33) => Config(P::ChannelMisconfigured),
        // The request.
        100 | 131_008 | 131_009 | 131_051 => Refused(P::ContentUnsupported),
        131_020 | 131_041 | 131_059 | 131_201..=131_215 => Refused(P::RecipientUnreachable),
        // Token and permissions; 33 is a number that was deleted.
        0 | 3 | 10 | 33 | 190 | 200..=299 | 131_005 => Config(P::ChannelMisconfigured),
        // The account: locked, unpaid, not registered, without an approved name.
        131_031 | 131_037 | 131_042 | 131_045 | 133_010 | 133_016 => Config(P::ChannelMisconfigured),
        // The account: restricted for policy, for the country, for spam.
        368 | 130_497 | 131_048 => Config(P::PolicyRejected),
        _ => return None,
    })
}

fn speaks_of_type(error: &Fields<'_>) -> bool {
    let details = error.object("error_data").text("details").unwrap_or_default().to_lowercase();
    ["mime", "type", "unsupported", "not supported"].iter().any(|it| details.contains(it))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16, error: &str) -> SendError {
        let body = format!("{{\"error\":{error}}}").into_bytes();
        in_answer(&Response { status, retry_after: None, body })
    }

    fn classes(codes: &[u32]) -> Vec<&'static str> {
        let class = |code: &u32| match answer(400, &format!("{{\"code\":{code}}}")) {
            SendError::Retry { .. } => "retry",
            SendError::Refused(_) => "refused",
            SendError::Policy(_) => "policy",
            SendError::Config(_) => "config",
        };
        let mut classes: Vec<_> = codes.iter().map(class).collect();
        classes.dedup();
        classes
    }

    #[test]
    fn every_code_of_the_table_has_its_class() {
        let retried = [
            1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_057, 133_004, 135_000, 131_056, 131_053,
        ];
        assert_eq!(classes(&retried), ["retry"]);
        assert_eq!(
            classes(&[131_047, 131_049, 130_472, 131_050, 132_001, 132_015, 132_016, 132_007]),
            ["policy"]
        );
        let refused = [
            131_026, 131_021, 131_030, 130_403, 137_000, 131_062, 132_000, 132_012, 100, 131_008,
            131_009, 131_051,
        ];
        assert_eq!(classes(&refused), ["refused"]);
        let config = [
            0, 3, 10, 33, 190, 200, 299, 131_005, 368, 131_031, 130_497, 131_042, 131_045, 133_010,
            131_037, 131_048, 133_016,
        ];
        assert_eq!(classes(&config), ["config"]);
    }

    #[test]
    fn a_code_that_may_hide_a_bad_request_is_not_retried_for_ever() {
        for (code, most) in [(1, 2), (131_000, 3), (135_000, 3), (131_053, 3)] {
            let error = answer(500, &format!("{{\"code\":{code}}}"));
            assert!(
                matches!(error, SendError::Retry { at_most: Some(it), .. } if it == most),
                "{code}"
            );
        }
    }

    #[test]
    fn too_much_for_one_person_waits_four_seconds_at_least() {
        let wait = |retry_after| {
            let body = br#"{"error":{"code":131056}}"#.to_vec();
            match in_answer(&Response { status: 400, retry_after, body }) {
                SendError::Retry { after_ms, .. } => after_ms,
                error @ (SendError::Refused(_) | SendError::Policy(_) | SendError::Config(_)) => {
                    panic!("{error}")
                }
            }
        };
        assert_eq!(wait(None), Some(4_000));
        assert_eq!(wait(Some(Duration::from_secs(1))), Some(4_000));
        assert_eq!(wait(Some(Duration::from_mins(1))), Some(60_000));
    }

    #[test]
    fn what_the_platform_calls_transient_is_retried_and_what_nobody_knows_goes_by_its_status() {
        assert!(matches!(
            answer(400, r#"{"code":100,"is_transient":true}"#),
            SendError::Retry { .. }
        ));
        for (status, error) in [(503, r#"{"code":99999}"#), (500, "7"), (429, "{}")] {
            assert!(
                matches!(answer(status, error), SendError::Retry { at_most: None, .. }),
                "{status}"
            );
        }
        assert!(matches!(answer(401, "{}"), SendError::Config(_)));
        assert!(matches!(answer(404, r#"{"code":99999}"#), SendError::Refused(_)));
    }

    #[test]
    fn a_file_is_refused_only_if_its_type_is_the_reason() {
        let details = |it: &str| {
            answer(400, &format!(r#"{{"code":131053,"error_data":{{"details":"{it}"}}}}"#))
        };
        assert_eq!(
            details("Unsupported MIME type.").failure().problem,
            SendProblem::MediaTypeUnsupported
        );
        assert_eq!(details("Download failed.").failure().problem, SendProblem::MediaNotReachable);
    }

    #[test]
    fn the_same_code_means_the_same_in_a_status() {
        let raw = r#"{"code":131047,"title":"Re-engagement message","error_data":{"details":"More than 24 hours"}}"#;
        let failure = failed(&[raw]).unwrap();
        assert_eq!(&failure, answer(400, raw).failure());
        assert_eq!(failure.message.as_deref(), Some("More than 24 hours"));
        assert_eq!(failed(&["{}"]).unwrap().problem, SendProblem::RecipientUnreachable);
        assert_eq!(failed(&[]), None);
    }

    fn failed(errors: &[&str]) -> Option<Failure> {
        let errors: Vec<_> = errors.iter().map(|it| envelope(it.as_bytes()).unwrap()).collect();
        in_status(&errors)
    }

    #[test]
    fn the_reason_is_read_wherever_it_stands() {
        for raw in [
            r#"{"code":131014,"title":"why"}"#,
            r#"{"code":131014,"title":"t","details":"why"}"#,
            r#"{"code":131014,"title":"t","message":"why"}"#,
            r#"{"code":131014,"message":"m","error_data":"why"}"#,
            r#"{"code":131014,"message":"m","error_data":{"details":"why"}}"#,
            r#"{"code":131014,"error_data":{},"error_user_msg":"why","message":"m"}"#,
        ] {
            assert_eq!(failed(&[raw]).unwrap().message.as_deref(), Some("why"), "{raw}");
            assert_eq!(answer(400, raw).failure().message.as_deref(), Some("why"), "{raw}");
        }
        let two = [r#"{"code":1,"title":"a"}"#, r#"{"code":2,"title":"b"}"#, r#"{"title":"a"}"#];
        assert_eq!(failed(&two).unwrap().message.as_deref(), Some("a; b"));
    }

    #[test]
    fn a_number_that_is_not_ours_is_a_fault_of_our_set_up() {
        let gone = answer(400, r#"{"code":100,"error_subcode":33}"#);
        assert!(matches!(gone, SendError::Config(_)), "{gone}");
        assert_eq!(gone.failure().code.as_deref(), Some("100/33"));
        assert!(matches!(answer(400, r#"{"code":100,"error_subcode":7}"#), SendError::Refused(_)));
    }
}
