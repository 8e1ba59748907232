//! `GET /v1/messages/{id}`.

use aws::store::keys::Key;
use aws::store::views::{Row, is_expired};
use domain::sending::Outgoing;
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::ids::MessageRef;
use crate::problem::{ApiProblem, NOT_FOUND, failure};
use crate::show::{self, insert};

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
    let mut body = show::message(&row).ok_or_else(missing)?;
    if let MessageRef::Ours(id) = &id {
        let outgoing = api.store.sends().outgoing(id).await?.ok_or_else(missing)?;
        body.extend(sending(&outgoing));
    }
    Ok(ApiAnswer::ok(Value::Object(body)))
}

fn sending(outgoing: &Outgoing) -> serde_json::Map<String, Value> {
    let mut body = serde_json::Map::new();
    let legs = &outgoing.legs;
    insert(&mut body, "contact_id", Some(&outgoing.contact));
    insert(&mut body, "account", legs.last().map(|it| &it.account));
    insert(&mut body, "client_ref", outgoing.client_ref.as_ref());
    insert(&mut body, "expires_at", outgoing.expires_at);
    insert(&mut body, "retry_at", legs.iter().filter_map(|it| it.retry_at).min());
    insert(&mut body, "possible_duplicate", outgoing.possible_duplicate().then_some(true));
    insert(&mut body, "error", outgoing.failure().map(failure));
    let attempts = legs.iter().flat_map(|it| &it.attempts).map(|it| {
        let mut attempt = serde_json::Map::new();
        insert(&mut attempt, "n", Some(it.n));
        insert(&mut attempt, "at", Some(it.at));
        insert(&mut attempt, "result", Some(it.end));
        insert(&mut attempt, "error", it.failure.as_ref().map(failure));
        attempt
    });
    insert(&mut body, "attempts", Some(attempts.collect::<Vec<_>>()));
    let receipts = legs.iter().flat_map(|it| &it.receipts).map(|it| {
        let mut receipt = serde_json::Map::new();
        insert(&mut receipt, "status", Some(it.status));
        insert(&mut receipt, "at", Some(it.at));
        insert(&mut receipt, "error", it.error.as_ref().map(failure));
        receipt
    });
    insert(&mut body, "receipts", Some(receipts.collect::<Vec<_>>()));
    body.insert("content".to_owned(), json!(outgoing.content));
    body
}
