//! Telegram's answers to a call, and what they mean for the message.
//!
//! Telegram has few codes and tells errors apart by English words; the table below is by those.

use std::time::Duration;

use domain::json::{Fields, envelope};
use domain::outbound::{Failure, Response, SendError, SendProblem};

use crate::address::is_whole;

/// The outcome of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done. The id of the message that it made, if it made one.
    Done(Option<String>),
    /// The group has become a supergroup, with this id; nothing was sent.
    Moved(String),
    /// The topic that it was to go to is not there any more; nothing was sent.
    PlaceGone(SendError),
    /// It was not done.
    Failed(SendError),
}

/// Reads an answer.
pub(crate) fn outcome(answer: &Response) -> Outcome {
    let body = envelope(&answer.body).unwrap_or_default();
    let is_ok = (200..300).contains(&answer.status);
    if is_ok && body.text("ok").is_none_or(|it| it == "true") {
        let id = body.object("result").string("message_id");
        return Outcome::Done(id.filter(|it| is_whole(it)));
    }
    let parameters = body.object("parameters");
    if let Some(chat) = parameters.string("migrate_to_chat_id").filter(|it| is_whole(it)) {
        return Outcome::Moved(chat);
    }
    let error = error(answer, &body, &parameters);
    let said = body.string("description").unwrap_or_default().to_lowercase();
    // <https://github.com/tdlib/telegram-bot-api>: what it says of a topic that was deleted or closed.
    if ["message thread not found", "topic_deleted", "topic_closed"]
        .iter()
        .any(|it| said.contains(it))
    {
        return Outcome::PlaceGone(error);
    }
    Outcome::Failed(error)
}

fn error(answer: &Response, body: &Fields<'_>, parameters: &Fields<'_>) -> SendError {
    let code = body.text("error_code").and_then(|it| it.parse().ok()).unwrap_or(answer.status);
    let words = body.string("description");
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let failure = |problem| Failure {
        problem,
        code: Some(code.to_string()),
        message: words.clone(),
        trace_id: None,
    };
    match code {
        429 => SendError::Retry {
            after_ms: wait(answer, parameters),
            at_most: None,
            failure: failure(SendProblem::RateLimited),
        },
        500.. => SendError::Retry {
            after_ms: answer.retry_after.map(milliseconds),
            at_most: None,
            failure: failure(SendProblem::ChannelUnavailable),
        },
        400 | 403 | 413 => by_words(code, &said, failure),
        // 401 and 404: the token is not one. 409: another program reads this bot's updates. The rest no bot should see.
        _ => SendError::Config(failure(SendProblem::ChannelMisconfigured)),
    }
}

/// The time to wait: Telegram says it in the body, a proxy before it in a header.
fn wait(answer: &Response, parameters: &Fields<'_>) -> Option<u64> {
    let in_body = parameters.text("retry_after").and_then(|it| it.parse().ok());
    let in_body = in_body.map(|seconds: u64| seconds.saturating_mul(1000));
    in_body.max(answer.retry_after.map(milliseconds))
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// The class of an error: how it is to be taken.
type Class = fn(Failure) -> SendError;

/// The words of a 400, 403 or 413, and what they mean. The first that fit count.
const WORDS: [(&str, Class, SendProblem); 20] = [
    ("blocked by the user", SendError::Policy, SendProblem::RecipientOptedOut),
    ("user is deactivated", SendError::Refused, SendProblem::RecipientUnreachable),
    ("can't initiate conversation", SendError::Policy, SendProblem::RecipientUnreachable),
    ("can't send messages to", SendError::Refused, SendProblem::RecipientUnreachable),
    ("bot was kicked", SendError::Policy, SendProblem::RecipientOptedOut),
    ("business_peer_usage_missing", SendError::Policy, SendProblem::WindowClosed),
    ("business_peer_invalid", SendError::Policy, SendProblem::WindowClosed),
    ("business connection", SendError::Config, SendProblem::ChannelMisconfigured),
    ("not enough rights", SendError::Config, SendProblem::ChannelMisconfigured),
    ("chat_write_forbidden", SendError::Config, SendProblem::ChannelMisconfigured),
    ("chat not found", SendError::Refused, SendProblem::AddressInvalid),
    ("user not found", SendError::Refused, SendProblem::AddressInvalid),
    ("peer_id_invalid", SendError::Refused, SendProblem::AddressInvalid),
    ("query is too old", SendError::Refused, SendProblem::Expired),
    ("file is too big", SendError::Refused, SendProblem::MediaTooLarge),
    ("entity too large", SendError::Refused, SendProblem::MediaTooLarge),
    ("wrong type of the web page content", SendError::Refused, SendProblem::MediaTypeUnsupported),
    ("get http url content", SendError::Refused, SendProblem::MediaNotReachable),
    ("wrong file identifier", SendError::Refused, SendProblem::MediaNotReachable),
    ("webpage_media_empty", SendError::Refused, SendProblem::MediaNotReachable),
];

fn by_words(code: u16, said: &str, failure: impl Fn(SendProblem) -> Failure) -> SendError {
    if let Some((_, class, problem)) = WORDS.iter().find(|(words, ..)| said.contains(words)) {
        return class(failure(*problem));
    }
    match code {
        403 => SendError::Policy(failure(SendProblem::RecipientUnreachable)),
        413 => SendError::Refused(failure(SendProblem::MediaTooLarge)),
        // "message text is empty", "can't parse entities", "message is too long", "message to be replied not found" …
        _ => SendError::Refused(failure(SendProblem::ContentUnsupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, body: &str) -> SendError {
        match outcome(&Response { status, retry_after: None, body: body.as_bytes().to_vec() }) {
            Outcome::Failed(error) => error,
            other @ (Outcome::Done(_) | Outcome::Moved(_) | Outcome::PlaceGone(_)) => {
                panic!("{other:?}")
            }
        }
    }

    fn said(code: u16, words: &str) -> SendError {
        let body = serde_json::json!({"ok": false, "error_code": code, "description": words});
        failed(code, &body.to_string())
    }

    #[test]
    fn every_error_of_the_table_has_its_class() {
        use SendProblem::{
            AddressInvalid, ChannelMisconfigured, ContentUnsupported, RecipientOptedOut,
            RecipientUnreachable, WindowClosed,
        };
        let table: [(u16, &str, Class, SendProblem); 12] = [
            (403, "Forbidden: bot was blocked by the user", SendError::Policy, RecipientOptedOut),
            (403, "Forbidden: user is deactivated", SendError::Refused, RecipientUnreachable),
            (
                403,
                "Forbidden: bot can't initiate conversation with a user",
                SendError::Policy,
                RecipientUnreachable,
            ),
            (403, "Forbidden: something new", SendError::Policy, RecipientUnreachable),
            (400, "Bad Request: chat not found", SendError::Refused, AddressInvalid),
            (400, "Bad Request: message text is empty", SendError::Refused, ContentUnsupported),
            (400, "Bad Request: can't parse entities: x", SendError::Refused, ContentUnsupported),
            (400, "Bad Request: message is too long", SendError::Refused, ContentUnsupported),
            (
                400,
                "Bad Request: message to be replied not found",
                SendError::Refused,
                ContentUnsupported,
            ),
            (400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", SendError::Policy, WindowClosed),
            (401, "Unauthorized", SendError::Config, ChannelMisconfigured),
            (404, "Not Found", SendError::Config, ChannelMisconfigured),
        ];
        for (code, words, class, problem) in table {
            let error = said(code, words);
            assert_eq!(error, class(error.failure().clone()), "{words}");
            assert_eq!(error.failure().problem, problem, "{words}");
            assert_eq!(error.failure().message.as_deref(), Some(words));
        }
    }

    #[test]
    fn a_limit_waits_as_long_as_telegram_says() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
        let SendError::Retry { after_ms, failure, .. } = failed(429, body) else {
            panic!("gives up")
        };
        assert_eq!((after_ms, failure.problem), (Some(7000), SendProblem::RateLimited));
        for status in [500, 502, 503] {
            let error = failed(status, "<html>");
            assert!(matches!(error, SendError::Retry { after_ms: None, .. }), "{error}");
        }
    }
}
