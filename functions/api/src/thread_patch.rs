//! `PATCH /v1/threads/{id}`: a JSON merge patch of what people and programs of ours may change.

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Changed, MOST_CASES, ThreadChange};
use domain::filing::{Handling, MOST_ASSIGNEE, State};
use domain::id::ThreadId;
use domain::time::Timestamp;
use http::Method;
use http::header::ETAG;
use serde_json::Value;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::fields::{Errors, Fields};
use crate::ids;
use crate::problem::{ApiProblem, CONFLICT, NOT_FOUND, PRECONDITION_FAILED, Place, THREAD_MERGED};
use crate::route::{Access, AnswerDoc, BodyDoc, Doc, IF_MATCH, Route};
use crate::routes::{THREADS_READ, THREADS_WRITE};
use crate::show::{Thread, ThreadChanged};
use crate::tags::{self, Belief};
use crate::threads;

/// The longest subject, in characters.
pub(crate) const MOST_SUBJECT: usize = 200;
/// The most tags of a thread, and segments of a contact.
pub(crate) const MOST_TAGS: usize = 16;
/// The longest tag, in characters.
pub(crate) const MOST_TAG: usize = 50;
/// A kind of case, as a regular expression.
pub(crate) const CASE_KIND: &str = "^[a-z0-9_-]{1,32}$";
/// Text that can stand in a key, as a regular expression: no `#`, no control characters.
pub(crate) const PLAIN: &str = r"^[^#\x00-\x1f\x7f-\x9f]*$";
/// The longest id of a case, in characters.
pub(crate) const MOST_CASE: usize = 128;

/// `PATCH /v1/threads/{id}`.
pub(crate) const PATCH: Route = Route {
    method: Method::PATCH,
    path: "/v1/threads/{id}",
    access: Access::Scope(THREADS_WRITE),
    handler: |api, call| Box::pin(patch(api, call)),
    doc: Doc {
        id: "patchThread",
        tag: "threads",
        summary: "Change a thread",
        description: "Closes, snoozes, assigns, names or tags a thread, or says which cases of other systems it is about. The next message of the person opens a closed or snoozed thread again.",
        parameters: &[IF_MATCH],
        body: Some(BodyDoc {
            schema: "ThreadPatch",
            required: true,
            is_patch: true,
            examples: &[
                ("close", r#"{"state": "closed"}"#),
                (
                    "snooze",
                    r#"{
                        "state": "snoozed",
                        "snoozed_until": "2099-11-23T08:00:00Z",
                        "assignee": "ada@example.com"
                    }"#,
                ),
                ("confirm", r#"{"unsure": false}"#),
                (
                    "describe",
                    r#"{
                        "subject": "Late parcel A-1234",
                        "tags": ["delivery"],
                        "crm": {"case": "500-17", "opportunity": null}
                    }"#,
                ),
            ],
        }),
        answers: &[AnswerDoc {
            status: 200,
            description: "The thread as it is now. To a caller without `threads:read`, and with IAM: what the patch named of it, and its id.",
            headers: &[("ETag", "Changes with the thread.")],
            schemas: &["Thread", "ThreadChanged"],
            example: r#"{
                "id": "thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b",
                "contact_id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
                "opened_at": "2026-11-20T08:02:11.000Z",
                "subject": "Late parcel A-1234",
                "tags": ["delivery"],
                "crm": {"case": "500-17"},
                "state": "snoozed",
                "unsure": false,
                "assignee": "ada@example.com",
                "snoozed_until": "2099-11-23T08:00:00.000Z",
                "last_message_at": "2026-11-20T08:02:11.000Z"
            }"#,
        }],
        problems: &[CONFLICT, THREAD_MERGED, PRECONDITION_FAILED],
        ..Doc::EMPTY
    },
};

/// Changes a thread.
pub(crate) async fn patch(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let id = ids::thread(call.id()).ok_or_else(|| ApiProblem::new(NOT_FOUND))?;
    let sent = call.json()?;
    let change = read(sent.clone(), call.now)?;
    let belief = Belief::of(call)?;
    let believed = |view: &_| belief.holds(&threads::etag(view, call.now));
    match api.store.threads().change_thread(&id, &change, &believed, call.now).await? {
        Changed::Done(view) => {
            let headers = vec![(ETAG, threads::etag(&view, call.now))];
            let thread = Thread::of(&view, call.now);
            let answer = if call.caller.may(THREADS_READ) {
                ApiAnswer::ok(thread)
            } else {
                ApiAnswer::ok(ThreadChanged::of(thread, &sent))
            };
            Ok(ApiAnswer { headers, ..answer })
        }
        Changed::NoThread => Err(ApiProblem::new(NOT_FOUND)),
        Changed::Merged(into) => Err(merged(&into)),
        Changed::Stale(_) => Err(tags::stale()),
        Changed::NotSnoozed => {
            Err(pointed("/snoozed_until", "goes with the state snoozed only: set that, too"))
        }
        Changed::TooManyCases => {
            Err(pointed("/crm", &format!("must hold at most {MOST_CASES} cases: take some away")))
        }
        Changed::Taken { kind, by } => Err(taken(&kind, &by)),
    }
}

/// The thread is part of another one.
pub(crate) fn merged(into: &ThreadId) -> ApiProblem {
    ApiProblem::because(THREAD_MERGED, format!("it is part of {into} by now: change that one"))
}

fn taken(kind: &str, by: &ThreadId) -> ApiProblem {
    let detail = format!("{by} is about this case: take it away there first, or merge the threads");
    ApiProblem::because(CONFLICT, "a case is about one thread")
        .at(Place::Pointer(format!("/crm/{kind}")), detail)
}

fn pointed(pointer: &str, detail: &str) -> ApiProblem {
    ApiProblem::wrong(Place::Pointer(pointer.to_owned()), detail)
}

fn read(body: Value, now: Timestamp) -> Result<ThreadChange, ApiProblem> {
    let errors = Errors::default();
    let change = Fields::of(body, &errors).map(|fields| change(fields, now));
    errors.or(change)
}

fn change(mut fields: Fields<'_>, now: Timestamp) -> ThreadChange {
    let states = State::ALL.map(|it| (it.name(), it));
    let subject = fields.nullable("subject", |it, name| it.line(name, MOST_SUBJECT));
    let tags = fields.nullable("tags", |it, name| it.lines(name, MOST_TAGS, MOST_TAG));
    let state = fields.word("state", &states);
    let until = fields.nullable("snoozed_until", |it, name| until(it, name, now));
    let rule = format!("must be 1 to {MOST_ASSIGNEE} bytes without # and control characters");
    let assignee = fields.nullable("assignee", |it, name| it.parsed(name, &rule, assignee));
    let confirm =
        fields.parsed_value("unsure", CONFIRM, |it| (*it == Value::Bool(false)).then_some(()));
    let (crm, only_crm) = match fields.nullable("crm", Fields::object) {
        None => (BTreeMap::new(), false),
        Some(None) => (BTreeMap::new(), true),
        Some(Some(crm)) => (cases(crm), false),
    };
    fields.end();
    let handling = Handling { state, until, assignee, confirm: confirm.is_some() };
    let tags = tags.map(|it| it.into_iter().flatten().collect::<BTreeSet<_>>());
    ThreadChange { subject, tags, crm, only_crm, handling }
}

const CONFIRM: &str =
    "must be false, which confirms its messages; where one belongs elsewhere, move it";

fn until(fields: &mut Fields<'_>, name: &str, now: Timestamp) -> Option<Timestamp> {
    let until = fields.time(name)?;
    if until <= now {
        fields.note(name, "must be in the future");
    }
    Some(until)
}

/// A name that can stand in a key.
pub(crate) fn assignee(text: &str) -> Option<String> {
    let is_plain = !text.contains('#') && !text.chars().any(char::is_control);
    // This stands for nobody.
    let fits = (1..=MOST_ASSIGNEE).contains(&text.len()) && text != "-";
    (fits && is_plain).then(|| text.to_owned())
}

/// The cases of a patch: an id for each kind, or nothing to take it away.
fn cases(mut fields: Fields<'_>) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for name in fields.names() {
        if case_kind(&name).is_none() {
            continue;
        }
        let rule = format!("must be 1 to {MOST_CASE} characters without # and control characters");
        let id = fields.nullable(&name, |it, name| it.parsed(name, &rule, case_id));
        found.extend(id.map(|id| (name, id)));
    }
    for name in fields.names() {
        fields.note(&name, "is no kind of case: 1 to 32 of a-z, 0-9, _ and -");
    }
    found
}

/// A kind of case that can stand in a key.
pub(crate) fn case_kind(text: &str) -> Option<&str> {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(&it);
    ((1..=32).contains(&text.len()) && text.bytes().all(plain)).then_some(text)
}

/// The id of a case that can stand in a key.
pub(crate) fn case_id(text: &str) -> Option<String> {
    let is_plain = !text.contains('#') && !text.chars().any(char::is_control);
    (is_plain && (1..=MOST_CASE).contains(&text.chars().count())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: &Value) -> Vec<String> {
        let Err(problem) = read(body.clone(), Timestamp::from_secs(1_795_000_000)) else {
            return vec![];
        };
        let body = json!(problem.body("r"));
        let errors = body["errors"].as_array().unwrap();
        errors.iter().map(|it| it["pointer"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_field_of_a_patch_is_checked_and_none_is_ignored() {
        let long = "x".repeat(201);
        for (body, pointer) in [
            (json!([]), ""),
            (json!({ "subject": "" }), "/subject"),
            (json!({ "subject": long }), "/subject"),
            (json!({ "subject": "two\nlines" }), "/subject"),
            (json!({ "state": "done" }), "/state"),
            (json!({ "state": null }), "/state"),
            (json!({ "snoozed_until": "tomorrow" }), "/snoozed_until"),
            (json!({ "snoozed_until": "2026-11-01T00:00:00Z" }), "/snoozed_until"),
            (json!({ "assignee": "a#b" }), "/assignee"),
            (json!({ "assignee": "-" }), "/assignee"),
            (json!({ "assignee": "é".repeat(33) }), "/assignee"),
            (json!({ "tags": "vip" }), "/tags"),
            (json!({ "tags": ["vip", 1] }), "/tags/1"),
            (json!({ "tags": ["vip", "vip"] }), "/tags/1"),
            (json!({ "tags": vec!["x"; 17] }), "/tags"),
            (json!({ "unsure": true }), "/unsure"),
            (json!({ "crm": { "Case": "1" } }), "/crm/Case"),
            (json!({ "crm": { "case": "a#1" } }), "/crm/case"),
            (json!({ "crm": "500" }), "/crm"),
            (json!({ "owner": "ada" }), "/owner"),
        ] {
            assert_eq!(pointers(&body), [pointer], "{body}");
        }
        assert_eq!(pointers(&json!({})), [""; 0]);
    }

    #[test]
    fn null_takes_away_and_what_is_not_named_stays() {
        let now = Timestamp::from_secs(1_795_000_000);
        let body = json!({ "subject": null, "tags": null, "crm": { "case": null, "deal": "7" } });
        let change = read(body, now).unwrap();
        assert_eq!((change.subject, change.tags), (Some(None), Some(BTreeSet::new())));
        assert_eq!(change.crm["case"], None);
        assert_eq!((change.crm["deal"].as_deref(), change.only_crm), (Some("7"), false));
        assert!(change.handling.is_empty());
        assert!(read(json!({ "crm": null }), now).unwrap().only_crm);
    }
}
