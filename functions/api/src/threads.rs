//! `GET /v1/threads` and `GET /v1/threads/{id}`.

use aws::table::views::{InboxQuery, Order, Page, ThreadView, Window};
use domain::event::digest;
use domain::filing::State;
use domain::time::Timestamp;
use http::header::{ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{Answer, Body, Call, Query};
use crate::cursor;
use crate::ids;
use crate::problem::{NOT_FOUND, Place, Problem};
use crate::show::{self, fields, insert};

/// What may be asked of the list.
const PARAMETERS: [&str; 6] = ["state", "unsure", "assignee", "contact", "limit", "cursor"];

/// Lists the inbox, longest waiting first, or a person's threads.
pub(crate) async fn list(api: &Api, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = call.query(&PARAMETERS)?;
    let bound: Vec<_> = ["threads"].into_iter().chain(asked(&query)).collect();
    let after = query.get("cursor").map(|it| cursor::read(&bound, it)).transpose()?;
    let window = Window { order: Order::Ascending, after, limit: query.limit()? };
    let page = match query.get("contact") {
        None => api.table.view_inbox(&inbox(&query, call.now)?, &window).await?,
        Some(contact) => {
            for other in ["state", "unsure", "assignee"] {
                if query.get(other).is_some() {
                    return Err(wrong(other, "does not go with contact"));
                }
            }
            let contact = ids::contact(contact);
            let contact = contact.ok_or_else(|| wrong("contact", "must be the id of a contact"))?;
            api.table.view_contact(&contact, &window).await?
        }
    };
    Ok(Answer::ok(shown(&page, &bound)))
}

/// Shows one thread.
pub(crate) async fn get(api: &Api, call: &Call<'_>) -> Result<Answer, Problem> {
    let missing = || Problem::new(NOT_FOUND);
    call.query(&[])?;
    let id = ids::thread(call.id()).ok_or_else(missing)?;
    let view = api.table.view_thread(&id).await?.ok_or_else(missing)?;
    let tag = etag(&view);
    let headers = vec![(ETAG, tag.clone())];
    let known = call.request.headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let is_known = known.is_some_and(|it| it.split(',').any(|it| it.trim() == tag));
    if is_known {
        return Ok(Answer { status: 304, headers, body: Body::Empty });
    }
    Ok(Answer { headers, ..Answer::ok(show::thread(&view)) })
}

/// The versions of both items that a thread is made of.
fn etag(view: &ThreadView) -> String {
    let live = view.live.as_ref().map(|it| it.version.to_string()).unwrap_or_default();
    let mut digest = digest(&[view.id.as_str(), &view.version.to_string(), &live]);
    digest.truncate(16);
    format!("\"{digest}\"")
}

fn asked(query: &Query) -> impl Iterator<Item = &str> {
    ["state", "unsure", "assignee", "contact"].into_iter().map(|it| query.get(it).unwrap_or("-"))
}

fn inbox(query: &Query, at: Timestamp) -> Result<InboxQuery, Problem> {
    let unsure = match query.get("unsure") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(wrong("unsure", "must be true or false")),
    };
    let state = match query.get("state") {
        // What waits for us is what one looks for.
        None => Some(State::Waiting).filter(|_| unsure != Some(true)),
        Some(name) => {
            let rule = "must be one of: open, waiting, snoozed, closed";
            Some(State::parse(name).ok_or_else(|| wrong("state", rule))?)
        }
    };
    if matches!(state, Some(State::Open | State::Closed)) && unsure != Some(true) {
        return Err(wrong("state", "only waiting, snoozed and unsure threads are listed"));
    }
    let assignee = query.get("assignee").map(str::to_owned);
    if assignee.as_ref().is_some_and(|it| it.is_empty() || 128 < it.len() || it.contains('#')) {
        return Err(wrong("assignee", "must be 1 to 128 characters without #"));
    }
    Ok(InboxQuery { at, state, unsure, assignee })
}

fn shown(page: &Page<ThreadView>, bound: &[&str]) -> Value {
    let threads: Vec<_> = page.rows.iter().map(show::thread).collect();
    let mut body = fields(&[("threads", json!(threads))]);
    insert(&mut body, "next", page.next.as_ref().map(|it| cursor::write(bound, it)));
    Value::Object(body)
}

fn wrong(parameter: &'static str, detail: &str) -> Problem {
    Problem::wrong(Place::Parameter(parameter), detail)
}
