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
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Body};
use crate::contacts;
use crate::cursor;
use crate::fields::{Errors, Fields};
use crate::ids::{self, MessageRef};
use crate::problem::{ApiProblem, NOT_FOUND};
use crate::refusals::{self, Named};
use crate::routes::CONTACTS_READ;
use crate::show::{self, fields, insert};

/// The longest reason, in characters.
pub(crate) const MOST_REASON: usize = 500;

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
    let query = call.query(&["limit", "cursor"])?;
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
    let found: Vec<_> = shown.map(show::correction).collect();
    let mut body = fields(&[("corrections", json!(found))]);
    insert(&mut body, "next", page.next.as_ref().map(|it| cursor::write(&bound, it)));
    Ok(ApiAnswer::ok(Value::Object(body)))
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
    let body = Body::Json(show::correction(correction));
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
    call.query(&[])?;
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
    let texts = fields.lines(name, MOST_MOVED, 200)?;
    if texts.is_empty() {
        fields.note(name, format!("must name 1 to {MOST_MOVED} messages"));
    }
    let mut found: Vec<MessageRef> = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        match MessageRef::parse(text).filter(|it| !found.contains(it)) {
            Some(message) => found.push(message),
            None => fields.note_in(name, n, "must be the id of a message, given once"),
        }
    }
    Some(found)
}
