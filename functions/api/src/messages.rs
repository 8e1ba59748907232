//! `POST /v1/messages` and `POST /v1/messages/plan`.
//!
//! A message is accepted once: its id is made from the caller and their idempotency key, one conditional write stores it,
//! and 202 is answered only when it is stored and queued. The same request again completes what is missing.

use aws::new_id;
use aws::sending::{Draft, Named, NoDraft, Sent};
use domain::id::MessageId;
use domain::outbound::SendProblem;
use domain::sending::Outgoing;
use http::Method;
use http::header::LOCATION;
use serde_json::json;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Body};
use crate::problem::{ApiProblem, Place};
use crate::request;
use crate::route::{Access, AnswerDoc, BodyDoc, Doc, In, Parameter, Route};
use crate::routes::MESSAGES_SEND;
use crate::show::{Accepted, ChosenWay, SendPlan, WayVerdict};

/// The problems that planning a message finds.
const PLANNED: &[SendProblem] = &[
    SendProblem::WindowClosed,
    SendProblem::TemplateNotApproved,
    SendProblem::TemplateParameterInvalid,
    SendProblem::RecipientOptedOut,
    SendProblem::RecipientUnreachable,
    SendProblem::AddressInvalid,
    SendProblem::ChannelMisconfigured,
    SendProblem::MediaTooLarge,
    SendProblem::MediaTypeUnsupported,
    SendProblem::Expired,
    SendProblem::NoChannelLeft,
    SendProblem::IdentityUnverified,
    SendProblem::ThreadClosed,
    SendProblem::ContentUnsupported,
    SendProblem::IdempotencyMismatch,
];

/// The key of a send.
const SEND_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: In::Header,
    required: false,
    description: "Makes a repeated request the same request, for this caller and as long as the message is kept. Without it every request is another message.",
    schema: r#"{"type": "string", "minLength": 1, "maxLength": 255}"#,
};

/// `POST /v1/messages`.
pub(crate) const ACCEPT: Route = Route {
    method: Method::POST,
    path: "/v1/messages",
    access: Access::Scope(MESSAGES_SEND),
    handler: |api, call| Box::pin(accept(api, call)),
    doc: Doc {
        id: "sendMessage",
        tag: "messages",
        summary: "Send a message",
        description: "Plans the message, stores it and queues it. What became of it is read at the `Location` of the answer.",
        parameters: &[SEND_KEY],
        body: Some(BodyDoc::needed(
            "MessageRequest",
            &[
                (
                    "text",
                    r#"{
                        "to": {"thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b"},
                        "content": {"type": "text", "text": "Your parcel arrives tomorrow."},
                        "client_ref": "crm-889"
                    }"#,
                ),
                (
                    "template",
                    r#"{
                        "to": {"address": {"channel": "whatsapp", "id": "+447700900111"}},
                        "account": "700800900100200",
                        "purpose": "transactional",
                        "content": {
                            "type": "template",
                            "template": {
                                "name": "delivery_delay",
                                "locale": "fr",
                                "variables": {"order": "A-1234", "eta": "2026-11-24"}
                            }
                        },
                        "expires_at": "2099-11-22T18:00:00Z"
                    }"#,
                ),
                (
                    "choices",
                    r#"{
                        "to": {"contact_id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c"},
                        "channel": "whatsapp",
                        "content": {
                            "type": "choices",
                            "text": "Which order?",
                            "options": [{"id": "a", "title": "A-1234"}, {"id": "b", "title": "A-1235"}]
                        }
                    }"#,
                ),
                (
                    "media",
                    r#"{
                        "to": {"thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b"},
                        "content": {
                            "type": "media",
                            "kind": "document",
                            "source": {"url": "https://files.example.com/invoice.pdf"},
                            "filename": "invoice.pdf"
                        },
                        "reply_to": "msg_whatsapp_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                    }"#,
                ),
                (
                    "location",
                    r#"{
                        "to": {"thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b"},
                        "author": "human",
                        "content": {
                            "type": "location",
                            "latitude": 48.8584,
                            "longitude": 2.2945,
                            "name": "Our shop"
                        }
                    }"#,
                ),
            ],
        )),
        answers: &[AnswerDoc {
            status: 202,
            description: "Stored and queued. The same Idempotency-Key with the same body is answered the same and sends nothing again.",
            headers: &[("Location", "The path to see what becomes of it at.")],
            schemas: &["Accepted"],
            example: r#"{
                "id": "msg_5b1f0c9a7d3e4f21b6a8c0d2e4f60718",
                "thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "contact_id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
                "status": "accepted",
                "client_ref": "crm-889",
                "plan": [
                    {"channel": "whatsapp", "account": "700800900100200", "verdict": "ok"},
                    {
                        "channel": "telegram",
                        "account": "17",
                        "verdict": "content-unsupported",
                        "detail": "it has no templates"
                    }
                ]
            }"#,
        }],
        sending: PLANNED,
        ..Doc::EMPTY
    },
};

/// `POST /v1/messages/plan`.
pub(crate) const PLAN: Route = Route {
    method: Method::POST,
    path: "/v1/messages/plan",
    access: Access::Scope(MESSAGES_SEND),
    handler: |api, call| Box::pin(plan(api, call)),
    doc: Doc {
        id: "planMessage",
        tag: "messages",
        summary: "See how a message would go, without sending it",
        description: "Judges every way that the message could take. What would keep it from being sent is told in `problem`.",
        body: Some(BodyDoc::needed(
            "MessageRequest",
            &[(
                "text",
                r#"{
                    "to": {"thread_id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b"},
                    "content": {"type": "text", "text": "Your parcel arrives tomorrow."},
                    "client_ref": "crm-889"
                }"#,
            )],
        )),
        answers: &[AnswerDoc {
            status: 200,
            description: "A verdict for every way, best first.",
            headers: &[],
            schemas: &["Plan"],
            example: r#"{
                "plan": [{"channel": "whatsapp", "account": "700800900100200", "verdict": "ok"}],
                "chosen": {"channel": "whatsapp", "account": "700800900100200"}
            }"#,
        }],
        sending: &[SendProblem::ThreadClosed, SendProblem::ChannelMisconfigured],
        ..Doc::EMPTY
    },
};

/// `POST /v1/messages`.
pub(crate) async fn accept(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let request = request::read(call.json()?)?;
    let (id, is_keyed) = match call.idempotency_key()? {
        Some(key) => (derived(&call.caller.id, key), true),
        None => (MessageId::new(new_id("msg_")), false),
    };
    // What was promised stays promised, also when it could not be planned any more.
    if is_keyed && let Some(stored) = api.store.sends().outgoing(&id).await? {
        if stored.hash != request.hash {
            return Err(mismatch());
        }
        return queue_and_answer(api, &stored).await;
    }
    let client_ref = request.client_ref.clone();
    let named = Named { id, hash: request.hash.clone(), client_ref };
    let quoted = request.quoted();
    let order = request.order(quoted.as_ref());
    match api.sending().send(&order, &named, call.now).await.map_err(undrafted)? {
        Sent::Accepted(stored) => queue_and_answer(api, &stored).await,
        Sent::Mismatch => Err(mismatch()),
        Sent::Refused(draft) => Err(problem(&draft).unwrap_or_else(needs_account)),
    }
}

/// `POST /v1/messages/plan`.
pub(crate) async fn plan(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let request = request::read(call.json()?)?;
    let quoted = request.quoted();
    let draft = api.sending().draft(&request.order(quoted.as_ref()), call.now).await;
    let draft = draft.map_err(undrafted)?;
    Ok(ApiAnswer::ok(SendPlan {
        plan: WayVerdict::all(&draft.plan),
        chosen: draft.plan.chosen().map(ChosenWay::from),
        problem: problem(&draft).map(|it| it.body(&call.request.id)),
    }))
}

/// The problem for a send of which nothing is planned.
fn undrafted(error: NoDraft) -> ApiProblem {
    let at = |pointer: &str| Place::Pointer(pointer.to_owned());
    match error {
        NoDraft::Thread => ApiProblem::wrong(at("/to/thread_id"), error.to_string()),
        NoDraft::Contact => ApiProblem::wrong(at("/to/contact_id"), error.to_string()),
        NoDraft::Quoted | NoDraft::QuotedUnsent | NoDraft::QuotedElsewhere => {
            ApiProblem::wrong(at("/reply_to"), error.to_string())
        }
        NoDraft::Closed => {
            ApiProblem::send(SendProblem::ThreadClosed, "it was closed; open it again first")
        }
        NoDraft::NoSender => {
            let rule = "must be one that this deployment names in SendingAccounts";
            ApiProblem::send(SendProblem::ChannelMisconfigured, "the account is none that sends")
                .at(at("/account"), rule)
        }
        NoDraft::Unread(error) => error.into(),
    }
}

/// The problem of a draft that cannot be sent.
fn problem(draft: &Draft) -> Option<ApiProblem> {
    if let Some((refusal, alternatives)) = &draft.plan.refusal {
        let problem = ApiProblem::send(refusal.problem, &*refusal.detail);
        return Some(
            problem.with_alternatives(alternatives).with_plan(WayVerdict::all(&draft.plan)),
        );
    }
    draft.way().is_none().then(needs_account)
}

fn needs_account() -> ApiProblem {
    let place = Place::Pointer("/account".to_owned());
    ApiProblem::wrong(
        place,
        "is required: the person has not yet written to an account of ours there",
    )
}

/// Queues what is stored, and promises it.
async fn queue_and_answer(api: &Api, stored: &Outgoing) -> Result<ApiAnswer, ApiProblem> {
    api.queue.put_first(stored).await?;
    let headers = vec![(LOCATION, format!("/v1/messages/{}", stored.id))];
    Ok(ApiAnswer { status: 202, headers, body: Body::Json(json!(Accepted::from(stored))) })
}

fn mismatch() -> ApiProblem {
    ApiProblem::send(SendProblem::IdempotencyMismatch, "take another key for another message")
}

/// The id of the message that a caller's key means. Another caller's same key means another message.
fn derived(caller: &str, key: &str) -> MessageId {
    MessageId::new(domain::event::derived("msg_", &["message", caller, key]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_the_same_message_to_one_caller_and_another_to_another() {
        assert_eq!(derived("tok_1", "k"), derived("tok_1", "k"));
        assert_ne!(derived("tok_1", "k"), derived("tok_2", "k"));
        assert_ne!(derived("tok_1", "k"), derived("tok_1", "l"));
        assert!(crate::ids::MessageRef::parse(derived("tok_1", "k").as_str()).is_some());
    }
}
