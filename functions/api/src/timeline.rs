//! `GET /v1/threads/{id}/timeline`.

use aws::store::{SortOrder, Window};
use http::Method;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::cursor;
use crate::ids;
use crate::problem::{ApiProblem, NOT_FOUND, Place};
use crate::route::{Access, AnswerDoc, CURSOR, Doc, In, LIMIT, Parameter, Route};
use crate::routes::THREADS_READ;
use crate::show::{Timeline, TimelineMessage};

/// `GET /v1/threads/{id}/timeline`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/threads/{id}/timeline",
    access: Access::Scope(THREADS_READ),
    handler: |api, call| Box::pin(get(api, call)),
    doc: Doc {
        id: "getTimeline",
        tag: "threads",
        summary: "See what was said in a thread",
        description: "Messages of every channel in the order of the platforms' clocks, those of threads that were merged into it included.",
        parameters: &[
            Parameter {
                name: "order",
                place: In::Query,
                required: false,
                description: "Oldest or newest first.",
                schema: r#"{"type": "string", "enum": ["asc", "desc"], "default": "asc"}"#,
            },
            LIMIT,
            CURSOR,
        ],
        answers: &[AnswerDoc {
            status: 200,
            description: "The messages.",
            headers: &[],
            schemas: &["Timeline"],
            example: r#"{
                "thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "messages": [
                    {
                        "id": "msg_whatsapp_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                        "at": "2026-11-20T08:02:11.000Z",
                        "direction": "in",
                        "visibility": "private",
                        "thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                        "channel": "whatsapp",
                        "content": {"type": "text", "text": "Where is my order A-1234?"},
                        "confidence": 0.97,
                        "evidence": [{"name": "own_id", "words": "same order number A-1234"}]
                    },
                    {
                        "id": "msg_5b1f0c9a7d3e4f21b6a8c0d2e4f60718",
                        "at": "2026-11-20T08:05:00.000Z",
                        "direction": "out",
                        "visibility": "private",
                        "thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                        "channel": "whatsapp",
                        "content": {"type": "text", "text": "It arrives tomorrow."},
                        "status": "read",
                        "author": "automation"
                    }
                ]
            }"#,
        }],
        ..Doc::EMPTY
    },
};

/// Shows what was said in a thread, and in the threads that were merged into it.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let missing = || ApiProblem::new(NOT_FOUND);
    let id = ids::thread(call.id()).ok_or_else(missing)?;
    let query = &call.query;
    let (name, order) = match query.get("order") {
        None | Some("asc") => ("asc", SortOrder::Ascending),
        Some("desc") => ("desc", SortOrder::Descending),
        Some(_) => return Err(ApiProblem::wrong(Place::Parameter("order"), "must be asc or desc")),
    };
    let of = id.clone();
    let bound = ["timeline", of.as_str(), name];
    let after =
        query.get("cursor").map(|it| cursor::read(&bound, it, ids::is_message_key)).transpose()?;
    let window = Window { order, after, limit: query.limit()? };
    let thread = api.store.views().view_thread(&id).await?.ok_or_else(missing)?;
    let threads: Vec<_> = std::iter::once(id.clone()).chain(thread.sources).collect();
    let mut page = api.store.views().view_timeline(&threads, &window, call.now).await?;
    api.store.views().spell_out(&mut page.rows).await?;
    let messages = page.rows.iter().filter_map(TimelineMessage::of).collect();
    let next = page.next.as_ref().map(|it| cursor::write(&bound, it));
    Ok(ApiAnswer::ok(Timeline { thread_id: id, messages, next }))
}
