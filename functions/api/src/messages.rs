//! `POST /v1/messages` and `POST /v1/messages/plan`.
//!
//! A message is accepted once: its id is made from the caller and their idempotency key, one conditional write stores it,
//! and 202 is answered only when it is stored and queued. The same request again completes what is missing.

use aws::new_id;
use aws::sending::{Draft, Named, NoDraft, Sent};
use domain::id::MessageId;
use domain::outbound::SendProblem;
use domain::sending::Outgoing;
use http::header::LOCATION;
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Body};
use crate::problem::{ApiProblem, Place};
use crate::request;
use crate::show::{self, fields, insert};

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
    let chosen = draft.plan.chosen();
    let chosen = chosen.map(|it| json!({ "channel": it.channel, "account": it.account }));
    let problem = problem(&draft).map(|it| it.body(&call.request.id));
    let mut body = fields(&[("plan", show::plan(&draft.plan))]);
    insert(&mut body, "chosen", chosen);
    insert(&mut body, "problem", problem);
    Ok(ApiAnswer::ok(Value::Object(body)))
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
        return Some(problem.with_alternatives(alternatives).with_plan(show::plan(&draft.plan)));
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
    let mut body = fields(&[
        ("id", json!(stored.id)),
        ("thread_id", json!(stored.thread)),
        ("contact_id", json!(stored.contact)),
        ("status", json!("accepted")),
        ("plan", show::route(stored)),
    ]);
    insert(&mut body, "client_ref", stored.client_ref.as_ref());
    let location = (LOCATION, format!("/v1/messages/{}", stored.id));
    Ok(ApiAnswer { status: 202, headers: vec![location], body: Body::Json(Value::Object(body)) })
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
