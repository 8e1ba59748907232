//! Corrections of threads: `POST /v1/threads/{id}/merge`, `split` and `move`, the list of a person's corrections, and
//! `POST …/revert`.
//!
//! A correction that was stopped half-way is completed by the same request: with an `Idempotency-Key` its id is made of the
//! caller and the key.

use aws::new_id;
use aws::store::keys::Key;
use aws::store::schema::ALONE;
use aws::store::{Fresh, MOST_MOVED, Order, SortOrder, To, Window};
use domain::event::derived;
use domain::filing::Decider;
use domain::id::{CorrectionId, ThreadId};
use domain::outbound::SendProblem;
use http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Body};
use crate::contacts;
use crate::cursor;
use crate::fields::{Errors, Fields};
use crate::ids::{self, MessageRef};
use crate::problem::{
    ALREADY_REVERTED, ApiProblem, CONFLICT, CORRECTION_TOO_LARGE, Kind, NOT_FOUND, NOT_IN_THREAD,
    OTHER_CONTACT, SUPERSEDED, THREAD_MERGED,
};
use crate::refusals::{self, Named};
use crate::route::{Access, AnswerDoc, BodyDoc, CORRECTION_KEY, CURSOR, Doc, LIMIT, Route};
use crate::routes::{CONTACTS_READ, THREADS_READ, THREADS_WRITE};
use crate::show::{Correction, CorrectionList};

/// The longest reason, in characters.
pub(crate) const MOST_REASON: usize = 500;

/// The problems of a correction of threads.
const OF_THREADS: &[Kind] = &[
    CONFLICT,
    THREAD_MERGED,
    OTHER_CONTACT,
    NOT_IN_THREAD,
    ALREADY_REVERTED,
    SUPERSEDED,
    CORRECTION_TOO_LARGE,
];

/// `POST /v1/threads/{id}/merge`.
pub(crate) const MERGE: Route = Route {
    method: Method::POST,
    path: "/v1/threads/{id}/merge",
    access: Access::Scope(THREADS_WRITE),
    handler: |api, call| Box::pin(merge(api, call)),
    doc: Doc {
        id: "mergeThread",
        tag: "corrections",
        summary: "Let a thread go into another one",
        description: "Both must be of the same person. The timeline of the thread that takes the other in shows the messages of both.",
        parameters: &[CORRECTION_KEY],
        body: Some(BodyDoc::needed(
            "MergeRequest",
            &[(
                "merge",
                r#"{"into": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77", "reason": "both are about the lamp"}"#,
            )],
        )),
        answers: &[AnswerDoc::corrected(
            "The correction.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "merge",
                "source": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "target": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77",
                "author": "our help desk",
                "reason": "both are about the lamp",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done",
                "n_messages": 0
            }"#,
        )],
        problems: OF_THREADS,
        sending: &[SendProblem::IdempotencyMismatch],
    },
};

/// `POST /v1/threads/{id}/split`.
pub(crate) const SPLIT: Route = Route {
    method: Method::POST,
    path: "/v1/threads/{id}/split",
    access: Access::Scope(THREADS_WRITE),
    handler: |api, call| Box::pin(split(api, call)),
    doc: Doc {
        id: "splitThread",
        tag: "corrections",
        summary: "Make messages of a thread a thread of their own",
        description: "The new thread is of the same person.",
        parameters: &[CORRECTION_KEY],
        body: Some(BodyDoc::needed(
            "SplitRequest",
            &[(
                "split",
                r#"{"messages": ["msg_whatsapp_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"], "reason": "this one is about the sofa"}"#,
            )],
        )),
        answers: &[AnswerDoc::corrected(
            "The correction.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "split",
                "from": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "to": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77",
                "reason": "this one is about the sofa",
                "n_messages": 1,
                "author": "our help desk",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done"
            }"#,
        )],
        problems: OF_THREADS,
        sending: &[SendProblem::IdempotencyMismatch],
    },
};

/// `POST /v1/threads/{id}/move`.
pub(crate) const MOVE: Route = Route {
    method: Method::POST,
    path: "/v1/threads/{id}/move",
    access: Access::Scope(THREADS_WRITE),
    handler: |api, call| Box::pin(move_messages(api, call)),
    doc: Doc {
        id: "moveMessages",
        tag: "corrections",
        summary: "Move messages of a thread to another one of the same person",
        description: "What was said stays as it was said: only the thread that shows it changes.",
        parameters: &[CORRECTION_KEY],
        body: Some(BodyDoc::needed(
            "MoveRequest",
            &[(
                "move",
                r#"{"messages": ["msg_whatsapp_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"], "to": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77"}"#,
            )],
        )),
        answers: &[AnswerDoc::corrected(
            "The correction.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "move",
                "from": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "to": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77",
                "reason": "it asks about the sofa",
                "n_messages": 1,
                "author": "our help desk",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done"
            }"#,
        )],
        problems: OF_THREADS,
        sending: &[SendProblem::IdempotencyMismatch],
    },
};

/// `GET /v1/contacts/{id}/corrections`.
pub(crate) const LIST: Route = Route {
    method: Method::GET,
    path: "/v1/contacts/{id}/corrections",
    access: Access::Scope(THREADS_READ),
    handler: |api, call| Box::pin(list(api, call)),
    doc: Doc {
        id: "listCorrections",
        tag: "corrections",
        summary: "List the corrections of a person's threads",
        description: "The last first. Links and unlinks, which say who is who, are listed to callers who have `contacts:read`, too.",
        parameters: &[LIMIT, CURSOR],
        answers: &[AnswerDoc {
            status: 200,
            description: "The corrections.",
            headers: &[],
            schemas: &["CorrectionList"],
            example: r#"{"corrections": [{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "merge",
                "source": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "target": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77",
                "author": "our help desk",
                "reason": "both are about the lamp",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done",
                "n_messages": 0
            }]}"#,
        }],
        ..Doc::EMPTY
    },
};

/// `POST /v1/contacts/{id}/corrections/{correction}/revert`.
pub(crate) const REVERT: Route = Route {
    method: Method::POST,
    path: "/v1/contacts/{id}/corrections/{correction}/revert",
    access: Access::Scope(THREADS_WRITE),
    handler: |api, call| Box::pin(revert(api, call)),
    doc: Doc {
        id: "revertCorrection",
        tag: "corrections",
        summary: "Take a correction back",
        description: "A later correction that stands on it has to be taken back first. A link is taken back by unlinking the address.",
        parameters: &[CORRECTION_KEY],
        body: Some(BodyDoc {
            schema: "RevertRequest",
            required: false,
            is_patch: false,
            examples: &[("revert", r#"{"reason": "they are two lamps"}"#)],
        }),
        answers: &[AnswerDoc::corrected(
            "The correction that takes it back.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "merge",
                "source": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "target": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77",
                "reason": "they are two lamps",
                "author": "our help desk",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done",
                "n_messages": 0,
                "reverts": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a80"
            }"#,
        )],
        problems: OF_THREADS,
        sending: &[SendProblem::IdempotencyMismatch],
    },
};

/// The request for a correction.
struct Wish {
    /// The other thread.
    thread: Option<ThreadId>,
    messages: Vec<MessageRef>,
    reason: Option<String>,
}

/// Lets a thread go into another one.
pub(crate) async fn merge(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let source = thread(call)?;
    let wish = read(call, Some("into"), false)?;
    let into = wish.thread.unwrap_or_else(|| source.clone());
    let order = order(call, wish.reason)?;
    let named = Named { path: &source, other: Some(("/into", &into)), messages: &[] };
    let made = api.store.corrections().merge(&order, &source, &into).await;
    made.map_err(|it| refusals::problem(it, &named)).map(|it| created(&it))
}

/// Makes messages of a thread a thread of their own.
pub(crate) async fn split(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let to = |_| To::New(Fresh::ids().thread);
    transfer(api, call, None, to).await
}

/// Moves messages of a thread to another one of the same person.
pub(crate) async fn move_messages(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    transfer(api, call, Some("to"), To::Thread).await
}

async fn transfer(
    api: &Api,
    call: &ApiCall<'_>,
    other: Option<&'static str>,
    to: impl Fn(ThreadId) -> To,
) -> Result<ApiAnswer, ApiProblem> {
    let from = thread(call)?;
    let wish = read(call, other, true)?;
    let other = wish.thread.clone();
    let to = to(wish.thread.unwrap_or_else(|| from.clone()));
    let keys = wish.messages.iter().map(|it| Key { pk: it.key(), sk: ALONE.to_owned() });
    let keys: Vec<_> = keys.collect();
    let order = order(call, wish.reason)?;
    let named = Named { path: &from, other: other.as_ref().map(|it| ("/to", it)), messages: &keys };
    let made = api.store.corrections().move_messages(&order, &from, &to, &keys, &api.rules).await;
    made.map_err(|it| refusals::problem(it, &named)).map(|it| created(&it))
}

/// Lists the corrections of a person's threads, the last first.
pub(crate) async fn list(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let contact = contacts::asked(call)?;
    let query = &call.query;
    let bound = ["corrections", contact.as_str()];
    let is_key = |key: &str| ids::correction(key).is_some();
    let after = query.get("cursor").map(|it| cursor::read(&bound, it, is_key)).transpose()?;
    let window = Window { order: SortOrder::Descending, after, limit: query.limit()? };
    if api.store.contacts().who_is(&contact).await?.is_none() {
        return Err(ApiProblem::new(NOT_FOUND));
    }
    let page = api.store.corrections().view_corrections(&contact, &window).await?;
    // Who is who, and what proves it, is for those who may read people.
    let reads_people = call.caller.may(CONTACTS_READ);
    let shown = page.rows.iter().filter(|it| reads_people || it.kind.threads().is_some());
    let corrections = shown.map(Correction::of).collect();
    let next = page.next.as_ref().map(|it| cursor::write(&bound, it));
    Ok(ApiAnswer::ok(CorrectionList { corrections, next }))
}

/// Takes a correction back.
pub(crate) async fn revert(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let contact = contacts::asked(call)?;
    let of = ids::correction(call.second()).ok_or_else(|| ApiProblem::new(NOT_FOUND))?;
    let reason = if call.request.body.is_empty() { None } else { reason(call.json()?)? };
    let order = order(call, reason)?;
    let made = api.store.corrections().revert(&order, &contact, &of, &api.rules).await;
    made.map_err(refusals::of_revert).map(|it| created(&it))
}

/// The order of a correction: its author, its moment, its reason, its id.
pub(crate) fn order(call: &ApiCall<'_>, reason: Option<String>) -> Result<Order, ApiProblem> {
    let id = match call.idempotency_key()? {
        Some(key) => derived("cor_", &["correction", &call.caller.id, key]),
        None => new_id("cor_"),
    };
    let (id, author) = (CorrectionId::new(id), call.caller.name.clone());
    Ok(Order { id, author, decider: Decider::Person, reason, at: call.now })
}

/// The answer to a correction that was made.
pub(crate) fn created(correction: &domain::filing::Correction) -> ApiAnswer {
    let body = Body::Json(json!(Correction::of(correction)));
    ApiAnswer { status: 201, headers: Vec::new(), body }
}

/// The reason of a correction, as its author gives it.
pub(crate) fn reason_of(fields: &mut Fields<'_>) -> Option<String> {
    fields.text("reason", MOST_REASON)
}

fn reason(body: Value) -> Result<Option<String>, ApiProblem> {
    let errors = Errors::default();
    let reason = Fields::of(body, &errors).map(|mut fields| {
        let reason = reason_of(&mut fields);
        fields.end();
        reason
    });
    errors.or(reason)
}

fn thread(call: &ApiCall<'_>) -> Result<ThreadId, ApiProblem> {
    ids::thread(call.id()).ok_or_else(|| ApiProblem::new(NOT_FOUND))
}

/// Reads a body that may name another thread, and messages.
fn read(call: &ApiCall<'_>, other: Option<&str>, names_messages: bool) -> Result<Wish, ApiProblem> {
    let errors = Errors::default();
    let wish = Fields::of(call.json()?, &errors).map(|mut fields| {
        let rule = "must be the id of a thread";
        let thread =
            other.and_then(|it| fields.need(it, |it, name| it.parsed(name, rule, ids::thread)));
        let named = names_messages.then(|| fields.need("messages", messages)).flatten();
        let reason = reason_of(&mut fields);
        fields.end();
        Wish { thread, messages: named.unwrap_or_default(), reason }
    });
    errors.or(wish)
}

/// The messages to move, each once.
fn messages(fields: &mut Fields<'_>, name: &str) -> Option<Vec<MessageRef>> {
    fields.each(name, 1..=MOST_MOVED, "must be the id of a message", MessageRef::parse)
}
