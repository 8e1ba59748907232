//! `GET /v1/threads/{id}/timeline`.

use aws::store::{SortOrder, Window};
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::cursor;
use crate::ids;
use crate::problem::{ApiProblem, NOT_FOUND, Place};
use crate::show::{self, fields, insert};

/// Shows what was said in a thread, and in the threads that were merged into it.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let missing = || ApiProblem::new(NOT_FOUND);
    let id = ids::thread(call.id()).ok_or_else(missing)?;
    let query = call.query(&["order", "limit", "cursor"])?;
    let (name, order) = match query.get("order") {
        None | Some("asc") => ("asc", SortOrder::Ascending),
        Some("desc") => ("desc", SortOrder::Descending),
        Some(_) => return Err(ApiProblem::wrong(Place::Parameter("order"), "must be asc or desc")),
    };
    let bound = ["timeline", id.as_str(), name];
    let after =
        query.get("cursor").map(|it| cursor::read(&bound, it, ids::is_message_key)).transpose()?;
    let window = Window { order, after, limit: query.limit()? };
    let thread = api.store.views().view_thread(&id).await?.ok_or_else(missing)?;
    let threads: Vec<_> = std::iter::once(id.clone()).chain(thread.sources).collect();
    let mut page = api.store.views().view_timeline(&threads, &window, call.now).await?;
    api.store.views().spell_out(&mut page.rows).await?;
    let messages: Vec<_> = page.rows.iter().filter_map(show::message).collect();
    let mut body = fields(&[("thread_id", json!(id)), ("messages", json!(messages))]);
    insert(&mut body, "next", page.next.as_ref().map(|it| cursor::write(&bound, it)));
    Ok(ApiAnswer::ok(Value::Object(body)))
}
