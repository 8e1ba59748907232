//! `GET /v1/messages/{id}`.

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::ids::MessageRef;
use crate::problem::{ApiProblem, NOT_FOUND};
use crate::route::{Access, AnswerDoc, Doc, Route};
use crate::routes::MESSAGES_READ;
use crate::show::{Message, TimelineMessage};
use aws::store::keys::Key;
use aws::store::views::{Row, is_expired};
use http::Method;

/// `GET /v1/messages/{id}`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/messages/{id}",
    access: Access::Scope(MESSAGES_READ),
    handler: |api, call| Box::pin(get(api, call)),
    doc: Doc {
        id: "getMessage",
        tag: "messages",
        summary: "See a message and what became of it",
        description: "A message of the person's, or one of ours: then with every attempt to send it and every receipt of the platform.",
        answers: &[AnswerDoc {
            status: 200,
            description: "The message.",
            headers: &[],
            schemas: &["Message"],
            example: r#"{
                "id": "msg_5b1f0c9a7d3e4f21b6a8c0d2e4f60718",
                "at": "2026-11-20T08:05:00.000Z",
                "direction": "out",
                "visibility": "private",
                "thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "channel": "whatsapp",
                "content": {"type": "text", "text": "It arrives tomorrow."},
                "status": "failed",
                "author": "automation",
                "contact_id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
                "account": "700800900100200",
                "client_ref": "crm-889",
                "error": {
                    "type": "/problems/window-closed",
                    "title": "Customer service window is closed",
                    "retryable": false,
                    "provider": {"code": "131047", "message": "Re-engagement message"}
                },
                "attempts": [{
                    "n": 1,
                    "at": "2026-11-20T08:05:01.000Z",
                    "result": "failed",
                    "error": {
                        "type": "/problems/window-closed",
                        "title": "Customer service window is closed",
                        "retryable": false,
                        "provider": {"code": "131047"}
                    }
                }],
                "receipts": []
            }"#,
        }],
        ..Doc::EMPTY
    },
};

/// The message that a path names.
pub(crate) async fn find(api: &Api, call: &ApiCall<'_>) -> Result<(MessageRef, Row), ApiProblem> {
    let missing = || ApiProblem::new(NOT_FOUND);
    let id = MessageRef::parse(call.id()).ok_or_else(missing)?;
    let item = api.store.get(&Key::alone(id.key())).await?.filter(|it| !is_expired(it, call.now));
    // A pointer, a tombstone or an early edit is no message: only what is in a thread is.
    let row = item.and_then(|it| Row::of(&it)).filter(|it| it.thread.is_some());
    Ok((id, row.ok_or_else(missing)?))
}

/// Shows a message and, if it is ours, what became of it.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let missing = || ApiProblem::new(NOT_FOUND);
    let (id, row) = find(api, call).await?;
    let said = TimelineMessage::of(&row).ok_or_else(missing)?;
    let message = match &id {
        MessageRef::Ours(id) => {
            let outgoing = api.store.sends().outgoing(id).await?.ok_or_else(missing)?;
            Message::ours(said, &outgoing)
        }
        MessageRef::Theirs(..) => Message::theirs(said),
    };
    Ok(ApiAnswer::ok(message))
}
