//! `GET /v1/threads` and `GET /v1/threads/{id}`.

use aws::store::views::ThreadView;
use aws::store::{Page, SortOrder, Window};
use domain::filing::{State, Wanted};
use domain::time::Timestamp;
use http::Method;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall, Query};
use crate::cursor;
use crate::ids;
use crate::problem::{ApiProblem, NOT_FOUND, Place};
use crate::route::{Access, AnswerDoc, CURSOR, Doc, IF_NONE_MATCH, In, LIMIT, Parameter, Route};
use crate::routes::THREADS_READ;
use crate::show::{Thread, ThreadList};
use crate::{tags, thread_patch};

/// A thread that waits, as the document shows one.
macro_rules! waiting {
    () => {
        r#"{
            "id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
            "contact_id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
            "opened_at": "2026-11-20T08:02:11.000Z",
            "subject": "Where is my order? (A-1234)",
            "state": "waiting",
            "unsure": false,
            "waiting_since": "2026-11-20T08:02:11.000Z",
            "last_message_at": "2026-11-20T08:02:11.000Z"
        }"#
    };
}

const fn filter(name: &'static str, description: &'static str, schema: &'static str) -> Parameter {
    Parameter { name, place: In::Query, required: false, description, schema }
}

/// `GET /v1/threads`.
pub(crate) const LIST: Route = Route {
    method: Method::GET,
    path: "/v1/threads",
    access: Access::Scope(THREADS_READ),
    handler: |api, call| Box::pin(list(api, call)),
    doc: Doc {
        id: "listThreads",
        tag: "threads",
        summary: "List threads by what is to be done, or a person's threads",
        description: "Waiting threads, longest waiting first; snoozed ones by when they come back; open ones by the day of their last message, longest silent first; closed ones by that day, last first. With `contact`, the person's threads, live ones first.",
        parameters: &[
            filter(
                "state",
                "`waiting` if nothing is asked for; with `unsure=true`, all. A snoozed thread whose time has come is among the waiting ones.",
                r#"{"type": "string", "enum": ["open", "waiting", "snoozed", "closed"]}"#,
            ),
            filter(
                "unsure",
                "Threads with, or without, a message that may belong elsewhere.",
                r#"{"type": "boolean"}"#,
            ),
            filter(
                "assignee",
                "Threads of this colleague; without it, those of nobody.",
                r#"{"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^#\\x00-\\x1f\\x7f-\\x9f]*$"}"#,
            ),
            filter(
                "contact",
                "All threads of this person. It goes with no other filter.",
                r##"{"$ref": "#/components/schemas/ContactId"}"##,
            ),
            filter(
                "crm",
                "The thread that is about this case, or the one that it went into: `case:500-17`. It goes with no other filter.",
                r#"{"type": "string", "pattern": "^[a-z0-9_-]{1,32}:[^#\\x00-\\x1f\\x7f-\\x9f]{1,128}$"}"#,
            ),
            LIMIT,
            CURSOR,
        ],
        answers: &[AnswerDoc {
            status: 200,
            description: "The threads.",
            headers: &[],
            schemas: &["ThreadList"],
            example: concat!(r#"{"threads": ["#, waiting!(), "]}"),
        }],
        ..Doc::EMPTY
    },
};

/// `GET /v1/threads/{id}`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/threads/{id}",
    access: Access::Scope(THREADS_READ),
    handler: |api, call| Box::pin(get(api, call)),
    doc: Doc {
        id: "getThread",
        tag: "threads",
        summary: "See a thread",
        description: "Whose turn it is, who takes care of it, and what it is about. What was said in it is its timeline.",
        parameters: &[IF_NONE_MATCH],
        answers: &[
            AnswerDoc {
                status: 200,
                description: "The thread.",
                headers: &[("ETag", "Changes with the thread.")],
                schemas: &["Thread"],
                example: waiting!(),
            },
            AnswerDoc {
                status: 304,
                description: "It is as `If-None-Match` says.",
                headers: &[("ETag", "The one that the caller has.")],
                schemas: &[],
                example: "",
            },
        ],
        ..Doc::EMPTY
    },
};

/// Lists threads by what is to be done with them, longest waiting first, or a person's threads, or the one that is about a case.
pub(crate) async fn list(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let query = &call.query;
    let bound: Vec<_> = ["threads"].into_iter().chain(asked(query)).collect();
    // A person's threads are found by their items, those of the inbox by their ids.
    let of_person = query.get("contact").is_some();
    let is_key =
        |key: &str| if of_person { ids::is_thread_key(key) } else { ids::thread(key).is_some() };
    let after = query.get("cursor").map(|it| cursor::read(&bound, it, is_key)).transpose()?;
    // Of what is done, the last is what one looks for; of all else, what was left longest.
    let is_done = query.get("state") == Some(State::Closed.name());
    let order = if is_done { SortOrder::Descending } else { SortOrder::Ascending };
    let window = Window { order, after, limit: query.limit()? };
    let page = match (query.get("contact"), query.get("crm")) {
        (None, None) => api.store.views().view_list(&wanted(query, call.now)?, &window).await?,
        (Some(contact), None) => {
            alone(query, "contact", &["state", "unsure", "assignee"])?;
            let contact = ids::contact(contact);
            let contact = contact.ok_or_else(|| wrong("contact", "must be the id of a contact"))?;
            api.store.views().view_contact(&contact, &window).await?
        }
        (_, Some(case)) => {
            alone(query, "crm", &["state", "unsure", "assignee", "contact"])?;
            let rule = "must be a kind and an id of it: case:500-17";
            let (kind, id) = case_of(case).ok_or_else(|| wrong("crm", rule))?;
            let found = api.store.threads().thread_of_case(kind, &id).await?;
            Page { rows: found.into_iter().collect(), next: None }
        }
    };
    let next = page.next.as_ref().map(|it| cursor::write(&bound, it));
    Ok(ApiAnswer::ok(ThreadList::of(&page, next, call.now)))
}

/// Refuses parameters that do not go with another.
fn alone(query: &Query, name: &str, others: &[&'static str]) -> Result<(), ApiProblem> {
    match others.iter().find(|it| query.get(it).is_some()) {
        Some(other) => Err(wrong(other, &format!("does not go with {name}"))),
        None => Ok(()),
    }
}

fn case_of(text: &str) -> Option<(&str, String)> {
    let (kind, id) = text.split_once(':')?;
    Some((thread_patch::case_kind(kind)?, thread_patch::case_id(id)?))
}

/// Shows one thread.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let missing = || ApiProblem::new(NOT_FOUND);
    let id = ids::thread(call.id()).ok_or_else(missing)?;
    let view = api.store.views().view_thread(&id).await?.ok_or_else(missing)?;
    Ok(tags::shown(call, etag(&view, call.now), Thread::of(&view, call.now)))
}

/// The versions of both items that a thread is made of, and whose turn it is: that changes by itself when a snooze ends.
pub(crate) fn etag(view: &ThreadView, now: Timestamp) -> String {
    let live = view.live.as_ref();
    let version = live.map(|it| it.version.to_string()).unwrap_or_default();
    let state = live.map_or("", |it| it.state_at(now).name());
    tags::of(&[view.id.as_str(), &view.version.to_string(), &version, state])
}

fn asked(query: &Query) -> impl Iterator<Item = &str> {
    let filters = ["state", "unsure", "assignee", "contact", "crm"].into_iter();
    filters.map(|it| query.get(it).unwrap_or("-"))
}

fn wanted(query: &Query, at: Timestamp) -> Result<Wanted, ApiProblem> {
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
    let assignee = query.get("assignee").map(str::to_owned);
    if assignee.as_ref().is_some_and(|it| thread_patch::assignee(it).is_none()) {
        return Err(wrong("assignee", "must be 1 to 64 bytes without # and control characters"));
    }
    Ok(Wanted { at, state, unsure, assignee })
}

fn wrong(parameter: &'static str, detail: &str) -> ApiProblem {
    ApiProblem::wrong(Place::Parameter(parameter), detail)
}
