//! The meaning of the Graph API's errors for a send. A subcode says more than its code, so it is asked first.

use domain::json::{Fields, envelope};
use domain::outbound::{Failure, Response, SendContent, SendError, SendProblem};

/// The thing to do about an error.
#[derive(Clone, Copy)]
enum Class {
    /// Again later: how long to wait at least, and how often to try at most.
    Retry(Option<u64>, Option<u32>, SendProblem),
    /// Never this way.
    Refused(SendProblem),
    /// Not by the rules, now.
    Policy(SendProblem),
    /// Somebody must look at our set-up.
    Config(SendProblem),
}

/// The error of an answer that is not a success; `None` if it is one.
pub(crate) fn in_answer(answer: &Response, content: &SendContent) -> Option<SendError> {
    let body = envelope(&answer.body).unwrap_or_default();
    let error = body.object("error");
    if (200..300).contains(&answer.status) && body.raw("error").is_none() {
        return None;
    }
    let number = |name: &str| error.text(name).and_then(|it| it.parse::<u32>().ok());
    let (code, subcode) = (number("code"), number("error_subcode"));
    let class = by_status(answer.status)
        .or_else(|| (code == Some(100) && subcode == Some(33)).then_some(NO_SUCH_OBJECT))
        .or_else(|| subcode.and_then(by_number))
        .or_else(|| error.flag("is_transient").then_some(FAULT))
        .or_else(|| code.and_then(|it| by_code(it, content)))
        .unwrap_or_else(|| otherwise(answer.status, code));
    let wait = answer.retry_after.and_then(|it| u64::try_from(it.as_millis()).ok());
    Some(send_error(class, wait, failure(&error, code, subcode)))
}

fn failure(error: &Fields<'_>, code: Option<u32>, subcode: Option<u32>) -> Failure {
    let code = code.map(|code| match subcode {
        Some(subcode) => format!("{code}/{subcode}"),
        None => code.to_string(),
    });
    // What it says to whoever runs the account is the most exact, where it is there.
    let reasons = ["error_user_msg", "message", "error_user_title"];
    let details = error.object("error_data").string("details");
    Failure {
        code,
        message: details.or_else(|| reasons.iter().find_map(|it| error.string(it))),
        trace_id: error.string("fbtrace_id"),
        ..Failure::ours(SendProblem::ChannelUnavailable)
    }
}

fn send_error(class: Class, wait: Option<u64>, failure: Failure) -> SendError {
    let with = |problem: SendProblem| Failure { problem, ..failure };
    match class {
        Class::Retry(after_ms, at_most, problem) => {
            SendError::Retry { after_ms: wait.or(after_ms), at_most, failure: with(problem) }
        }
        Class::Refused(problem) => SendError::Refused(with(problem)),
        Class::Policy(problem) => SendError::Policy(with(problem)),
        Class::Config(problem) => SendError::Config(with(problem)),
    }
}

/// The platform is at fault; it may also be that the person blocked us, which it does not say.
const FAULT: Class = Class::Retry(None, Some(3), SendProblem::ChannelUnavailable);

/// 100/33: the account that we call is not there, or not for this token. That is no fault of what we send.
const NO_SUCH_OBJECT: Class = Class::Config(SendProblem::ChannelMisconfigured);

/// The meaning of an HTTP status that counts whatever the body says.
fn by_status(status: u16) -> Option<Class> {
    match status {
        429 => Some(Class::Retry(None, None, SendProblem::RateLimited)),
        500..=599 => Some(FAULT),
        _ => None,
    }
}

/// Numbers that mean one thing, whether they come as the code or as the subcode.
fn by_number(number: u32) -> Option<Class> {
    use Class::{Config, Policy, Refused, Retry};
    use SendProblem as P;
    Some(match number {
        // The window is closed: on Messenger, on Instagram, in the words of the news permission; or the comment cannot be
        // answered in private any more.
        2_018_278 | 2_534_022 | 2_018_065 | 2_534_025 => Policy(P::WindowClosed),
        // Another tool holds the conversation.
        2_018_300 | 2_534_037 => Policy(P::PolicyRejected),
        // The person stopped this topic.
        1_893_015 => Policy(P::RecipientOptedOut),
        // An automated question flow of the Page is running: it ends in minutes.
        2_018_321 => Retry(Some(120_000), None, P::ChannelUnavailable),
        // A warning that we are bothersome: slower.
        2_018_338 => Retry(Some(60_000), None, P::RateLimited),
        2_018_354 | 2_534_040 => Retry(None, None, P::RateLimited),
        // The person cannot receive, blocked us, or left.
        2_018_108 | 1_545_041 | 551 => Refused(P::RecipientUnreachable),
        2_018_001 | 2_534_014 => Refused(P::AddressInvalid),
        // The file could not be fetched: seen to pass.
        2_018_008 => Retry(None, Some(2), P::MediaNotReachable),
        2_018_294 => Refused(P::MediaNotReachable),
        2_018_047 => Refused(P::MediaTypeUnsupported),
        2_018_109 => Refused(P::MediaTooLarge),
        2_534_015 | 2_534_068 => Refused(P::ContentUnsupported),
        1_893_043 => Refused(P::TemplateParameterInvalid),
        // The Page is restricted for a time.
        1_893_063 | 2022 => Config(P::PolicyRejected),
        // The Instagram account is blocked, not linked, not eligible, or its owner took the permission back.
        2_534_029 | 2_534_077 | 2_534_041 | 2_534_013 | 36_103 | 2_018_028 => {
            Config(P::ChannelMisconfigured)
        }
        _ => return None,
    })
}

fn by_code(code: u32, content: &SendContent) -> Option<Class> {
    use Class::{Config, Policy, Refused, Retry};
    use SendProblem as P;
    if let Some(class) = by_number(code) {
        return Some(class);
    }
    Some(match code {
        1 | 2 => FAULT,
        4 | 17 | 32 | 613 | 80_002 | 80_006 => Retry(None, None, P::RateLimited),
        100 if matches!(content, SendContent::Template { .. }) => Policy(P::TemplateNotApproved),
        // A parameter that the platform does not take, or the message that it is about was deleted.
        100 | 9_000_001 => Refused(P::ContentUnsupported),
        368 => Config(P::PolicyRejected),
        // The token, a permission, the app.
        0 | 3 | 10 | 102 | 190 | 200..=299 => Config(P::ChannelMisconfigured),
        _ => return None,
    })
}

/// The meaning of any other error: one that says nothing we know.
fn otherwise(status: u16, code: Option<u32>) -> Class {
    match (status, code) {
        (408, _) => FAULT,
        // An address that is not the Graph API, or a token that is none.
        (300..=399 | 401 | 403 | 404 | 405, None) => {
            Class::Config(SendProblem::ChannelMisconfigured)
        }
        _ => Class::Refused(SendProblem::ContentUnsupported),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::id::ProviderId;

    use super::*;

    fn error(status: u16, code: u32, subcode: u32, content: &SendContent) -> SendError {
        let body = format!(
            r#"{{"error":{{"message":"m","type":"OAuthException","code":{code},"error_subcode":{subcode},"fbtrace_id":"T"}}}}"#
        );
        let answer = Response { status, retry_after: None, body: body.into_bytes() };
        in_answer(&answer, content).unwrap()
    }

    fn text() -> SendContent {
        SendContent::Text { text: "t".to_owned() }
    }

    #[test]
    fn every_error_of_the_table_has_its_class() {
        use SendProblem as P;
        let class = |code, subcode| match error(400, code, subcode, &text()) {
            SendError::Retry { failure, .. } => ("retry", failure.problem),
            SendError::Refused(failure) => ("refused", failure.problem),
            SendError::Policy(failure) => ("policy", failure.problem),
            SendError::Config(failure) => ("config", failure.problem),
        };
        for (code, subcode, expected) in [
            (1, 99, ("retry", P::ChannelUnavailable)),
            (2, 0, ("retry", P::ChannelUnavailable)),
            (4, 0, ("retry", P::RateLimited)),
            (4, 2_018_354, ("retry", P::RateLimited)),
            (17, 0, ("retry", P::RateLimited)),
            (32, 0, ("retry", P::RateLimited)),
            (613, 0, ("retry", P::RateLimited)),
            (613, 2_534_040, ("retry", P::RateLimited)),
            (613, 2_018_338, ("retry", P::RateLimited)),
            (80_002, 0, ("retry", P::RateLimited)),
            (80_006, 0, ("retry", P::RateLimited)),
            (10, 2_018_278, ("policy", P::WindowClosed)),
            (10, 2_534_022, ("policy", P::WindowClosed)),
            (10, 2_018_065, ("policy", P::WindowClosed)),
            (10, 1_893_015, ("policy", P::RecipientOptedOut)),
            (10, 2_018_108, ("refused", P::RecipientUnreachable)),
            (551, 0, ("refused", P::RecipientUnreachable)),
            (551, 1_545_041, ("refused", P::RecipientUnreachable)),
            (200, 1_545_041, ("refused", P::RecipientUnreachable)),
            (10, 1_893_063, ("config", P::PolicyRejected)),
            (2022, 0, ("config", P::PolicyRejected)),
            (10, 2_018_300, ("policy", P::PolicyRejected)),
            (100, 2_534_037, ("policy", P::PolicyRejected)),
            (10, 2_018_321, ("retry", P::ChannelUnavailable)),
            (100, 0, ("refused", P::ContentUnsupported)),
            (100, 2_018_001, ("refused", P::AddressInvalid)),
            (100, 2_534_014, ("refused", P::AddressInvalid)),
            (100, 2_018_008, ("retry", P::MediaNotReachable)),
            (100, 2_018_047, ("refused", P::MediaTypeUnsupported)),
            (100, 2_018_109, ("refused", P::MediaTooLarge)),
            (100, 2_018_294, ("refused", P::MediaNotReachable)),
            (100, 2_534_015, ("refused", P::ContentUnsupported)),
            (100, 2_534_025, ("policy", P::WindowClosed)),
            (100, 2_534_029, ("config", P::ChannelMisconfigured)),
            (10, 2_534_077, ("config", P::ChannelMisconfigured)),
            (200, 2_534_041, ("config", P::ChannelMisconfigured)),
            (100, 2_534_013, ("config", P::ChannelMisconfigured)),
            (36_103, 0, ("config", P::ChannelMisconfigured)),
            (100, 2_534_068, ("refused", P::ContentUnsupported)),
            (100, 1_893_043, ("refused", P::TemplateParameterInvalid)),
            (190, 463, ("config", P::ChannelMisconfigured)),
            (200, 0, ("config", P::ChannelMisconfigured)),
            (200, 2_018_028, ("config", P::ChannelMisconfigured)),
            (10, 0, ("config", P::ChannelMisconfigured)),
            (9_000_001, 0, ("refused", P::ContentUnsupported)),
            (4_242, 0, ("refused", P::ContentUnsupported)),
        ] {
            assert_eq!(class(code, subcode), expected, "{code}/{subcode}");
        }
    }

    #[test]
    fn a_template_that_is_not_found_is_not_approved() {
        let template = domain::outbound::TemplateUse {
            name: "n".to_owned(),
            locale: "en".to_owned(),
            variables: std::collections::BTreeMap::new(),
            components: None,
        };
        let error = error(400, 100, 0, &SendContent::Template { template });
        assert_eq!(error.failure().problem, SendProblem::TemplateNotApproved);
    }

    #[test]
    fn the_platform_s_own_wait_is_longer_than_ours() {
        let answer = |retry_after| Response {
            status: 400,
            retry_after,
            body: br#"{"error":{"code":613,"error_subcode":2018338}}"#.to_vec(),
        };
        let of = SendContent::MarkRead { of: ProviderId::new("m"), typing: false };
        let wait = |answer: &Response| match in_answer(answer, &of) {
            Some(SendError::Retry { after_ms, .. }) => after_ms,
            _ => None,
        };
        assert_eq!(wait(&answer(None)), Some(60_000));
        assert_eq!(wait(&answer(Some(Duration::from_secs(90)))), Some(90_000));
    }

    #[test]
    fn a_success_that_holds_an_error_is_none() {
        let answer = |body: &str| Response {
            status: 200,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        };
        assert!(in_answer(&answer(r#"{"message_id":"m"}"#), &text()).is_none());
        assert!(in_answer(&answer(r#"{"error":{"code":2}}"#), &text()).is_some());
    }

    #[test]
    fn the_platform_s_words_are_kept_and_never_printed() {
        let error = error(400, 10, 2_018_278, &text());
        let failure = error.failure();
        assert_eq!(failure.code.as_deref(), Some("10/2018278"));
        assert_eq!(failure.message.as_deref(), Some("m"));
        assert_eq!(failure.trace_id.as_deref(), Some("T"));
        assert_eq!(error.to_string(), "forbidden: window-closed (code 10/2018278)");
    }
}
