//! `GET /v1/messages/{id}/content`: all that a message says, where its timeline holds an excerpt.
//!
//! Anything kept of it beside its words (codes that were shown, a platform's ids) is not shown: the content is read out of
//! the object, so there is no link to that. More than one answer may hold is read in parts.

use std::ops::Range;

use aws::store::views::Row;
use domain::content::Content;
use domain::event::{Kind, digest};
use http::Method;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Body};
use crate::ids::MessageRef;
use crate::message;
use crate::problem::{ApiProblem, GONE, RANGE_NOT_SATISFIABLE, RANGE_REQUIRED};
use crate::route::{Access, AnswerDoc, Doc, In, Parameter, Route};
use crate::routes::MESSAGES_READ;
use crate::show::AnyContent;

/// The most bytes of one answer: as base64 they stay under the 6 MB that Lambda gives back.
pub const MOST: usize = 4 * 1024 * 1024;

type Header = (&'static str, &'static str);
const DISPOSITION: Header = ("Content-Disposition", "An attachment.");
const NO_SNIFF: Header = ("X-Content-Type-Options", "`nosniff`.");
const RANGES: Header = ("Accept-Ranges", "`bytes`.");
const TAG: Header = ("ETag", "Changes with an edit: parts of two ETags do not go together.");
const PLACE: Header =
    ("Content-Range", "The place of the part, and the number of bytes of all of it.");

/// `GET /v1/messages/{id}/content`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/messages/{id}/content",
    access: Access::Scope(MESSAGES_READ),
    handler: |api, call| Box::pin(get(api, call)),
    doc: Doc {
        id: "getContent",
        tag: "messages",
        summary: "Read all that a message says",
        description: "A row that is an excerpt (`excerpt`) names this path (`whole`). The answer is a file: JSON of the form of `content`, whole. One answer holds at most 4 MiB; of more, ask for parts: `Range: bytes=0-`, then from where the last part ended.",
        parameters: &[Parameter {
            name: "Range",
            place: In::Header,
            required: false,
            description: "One range of bytes with a beginning; any other counts for nothing.",
            schema: r#"{"type": "string"}"#,
        }],
        answers: &[
            AnswerDoc {
                status: 200,
                description: "All of it.",
                headers: &[DISPOSITION, NO_SNIFF, RANGES, TAG],
                schemas: &["Content", "SendContent"],
                example: r#"{"type": "text", "text": "Dear all, three things about my order A-1234. First …"}"#,
            },
            AnswerDoc {
                status: 206,
                description: "A part of it: bytes, which are no JSON of their own.",
                headers: &[DISPOSITION, NO_SNIFF, RANGES, TAG, PLACE],
                schemas: &[],
                example: "",
            },
        ],
        problems: &[GONE, RANGE_REQUIRED, RANGE_NOT_SATISFIABLE],
        ..Doc::EMPTY
    },
};

/// Gives all that a message says.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let (id, row) = message::find(api, call).await?;
    if row.deleted {
        return Err(ApiProblem::because(GONE, "the message was taken back"));
    }
    let content = match &id {
        MessageRef::Ours(ours) => {
            api.store.sends().outgoing(ours).await?.map(|it| json!(it.content))
        }
        MessageRef::Theirs(..) => said(api, row).await?.map(|it| json!(AnyContent::from(it))),
    };
    let content = content.ok_or_else(|| {
        ApiProblem::because(GONE, "the whole of it ran out: what is left is in the message")
    })?;
    answer(call, &id, &content)
}

/// The content of a message, whole; `None` if that is not kept any more.
async fn said(api: &Api, row: Row) -> Result<Option<Content>, ApiProblem> {
    let Some(key) = &row.whole else { return Ok(row.content) };
    let Some(object) = api.objects.find(key).await? else { return Ok(None) };
    let kind = serde_json::from_slice(&object).map_err(anyhow::Error::new)?;
    Ok(match kind {
        Kind::Message(message) => Some(message.content),
        Kind::Edited { content, .. } => Some(content),
        Kind::Deleted { .. }
        | Kind::Reaction { .. }
        | Kind::Receipt(_)
        | Kind::IdentityChanged { .. }
        | Kind::ConsentChanged { .. }
        | Kind::TemplateChanged(_)
        | Kind::Notice { .. }
        | Kind::AccountChanged { .. }
        | Kind::Unknown { .. } => None,
    })
}

/// The content as a file: whoever opens the answer in a browser runs nothing of it.
fn answer(call: &ApiCall<'_>, id: &MessageRef, content: &Value) -> Result<ApiAnswer, ApiProblem> {
    let mut bytes = content.to_string().into_bytes();
    let total = bytes.len();
    let name = format!("attachment; filename=\"{}.json\"", id.id());
    let mut headers = vec![
        (CONTENT_DISPOSITION, name),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (ETAG, format!("\"{}\"", short(&bytes))),
    ];
    let mut status = 200;
    if let Some(part) = part(call.request.header(RANGE.as_str())?, total)? {
        status = 206;
        headers.push((CONTENT_RANGE, format!("bytes {}-{}/{total}", part.start, part.end - 1)));
        bytes.truncate(part.end);
        bytes.drain(..part.start);
    }
    Ok(ApiAnswer { status, headers, body: Body::Bytes(bytes) })
}

fn short(bytes: &[u8]) -> String {
    let mut digest = digest(&[&String::from_utf8_lossy(bytes)]);
    digest.truncate(16);
    digest
}

/// The bytes that are asked for, at most as many as one answer holds; `None` for all of them. A range that is not one of bytes
/// from somewhere on counts for nothing, as RFC 9110 has it.
fn part(asked: Option<&str>, total: usize) -> Result<Option<Range<usize>>, ApiProblem> {
    let Some((first, last)) = asked.and_then(bounds) else {
        if total <= MOST {
            return Ok(None);
        }
        let rule =
            format!("it has {total} bytes: ask for parts, as by Range: bytes=0-{}", MOST - 1);
        return Err(ApiProblem::because(RANGE_REQUIRED, rule));
    };
    if total <= first {
        return Err(ApiProblem::because(RANGE_NOT_SATISFIABLE, format!("it has {total} bytes")));
    }
    let end = last.saturating_add(1).min(total).min(first.saturating_add(MOST));
    Ok(Some(first..end))
}

/// The first and the last byte of a range.
fn bounds(asked: &str) -> Option<(usize, usize)> {
    let (first, last) = asked.trim().strip_prefix("bytes=")?.split_once('-')?;
    let last = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    let first = first.parse().ok()?;
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: Option<&str>, total: usize) -> Result<Option<Range<usize>>, &'static str> {
        part(range, total).map_err(|it| it.kind.slug)
    }

    #[test]
    fn what_fits_is_given_whole_and_more_in_parts_that_fit() {
        assert_eq!(asked(None, MOST), Ok(None));
        assert_eq!(asked(None, MOST + 1), Err("range-required"));
        assert_eq!(asked(Some("bytes=0-"), MOST + 1), Ok(Some(0..MOST)));
        assert_eq!(asked(Some(&format!("bytes={MOST}-")), MOST + 1), Ok(Some(MOST..MOST + 1)));
        assert_eq!(asked(Some("bytes=2-4"), 10), Ok(Some(2..5)));
        assert_eq!(asked(Some("bytes=2-99"), 10), Ok(Some(2..10)));
        assert_eq!(asked(Some("bytes=10-"), 10), Err("range-not-satisfiable"));
    }

    #[test]
    fn a_range_that_is_none_counts_for_nothing() {
        for none in [
            "",
            "bytes",
            "bytes=",
            "bytes=-5",
            "bytes=4-2",
            "lines=1-2",
            "bytes=0-1,3-4",
            "bytes=x-",
        ] {
            assert_eq!(asked(Some(none), 10), Ok(None), "{none}");
        }
    }
}
