//! What people and programs read of the table's things, as JSON.

use aws::table::views::{Row, ThreadView};
use domain::content::Content;
use domain::filing::State;
use domain::plan::Plan;
use domain::threading::Evidence;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::ids::MessageRef;

/// A verdict for every way, best first.
pub(crate) fn plan(plan: &Plan) -> Value {
    let verdicts = plan.verdicts.iter().map(|it| {
        let mut verdict = fields(&[("channel", json!(it.way.channel))]);
        insert(&mut verdict, "account", it.way.account.as_ref());
        insert(&mut verdict, "template", it.template.as_ref());
        match &it.refusal {
            None => insert(&mut verdict, "verdict", Some("ok")),
            Some(refusal) => {
                insert(&mut verdict, "verdict", Some(refusal.problem.slug()));
                insert(&mut verdict, "detail", Some(&refusal.detail));
            }
        }
        Value::Object(verdict)
    });
    verdicts.collect()
}

/// A thread.
pub(crate) fn thread(view: &ThreadView) -> Value {
    let mut body = fields(&[
        ("id", json!(view.id)),
        ("contact_id", json!(view.contact)),
        ("opened_at", json!(view.opened)),
    ]);
    insert(&mut body, "subject", view.subject.as_ref());
    insert(&mut body, "merged_into", view.merged_into.as_ref());
    if !view.sources.is_empty() {
        insert(&mut body, "sources", Some(&view.sources));
    }
    if let Some(live) = &view.live {
        insert(&mut body, "state", Some(live.state.name()));
        insert(&mut body, "unsure", Some(live.unsure));
        insert(&mut body, "assignee", live.assignee.as_ref());
        let waits = matches!(live.state, State::Waiting | State::Snoozed);
        insert(&mut body, "waiting_since", live.since.filter(|_| waits));
        let last = live.profile.last_at();
        insert(&mut body, "last_message_at", Some(last).filter(|it| *it != Timestamp::default()));
    }
    Value::Object(body)
}

/// A message.
pub(crate) fn message(row: &Row) -> Option<Map<String, Value>> {
    let id = MessageRef::from_key(&row.key)?.id();
    let mut body = fields(&[
        ("id", json!(id)),
        ("at", json!(row.at)),
        ("direction", json!(row.direction.name())),
        ("visibility", json!(row.visibility)),
    ]);
    insert(&mut body, "thread_id", row.thread.as_ref());
    insert(&mut body, "channel", row.channel.as_ref());
    insert(&mut body, "content", row.content.as_ref().map(content));
    insert(&mut body, "status", row.status.map(domain::status::Status::name));
    insert(&mut body, "author", row.author.as_ref());
    let quoted = row.reply_to.as_deref().and_then(MessageRef::from_key);
    insert(&mut body, "reply_to", quoted.map(|it| it.id()));
    for (name, is_so) in
        [("excerpt", row.excerpt), ("edited", row.edited), ("deleted", row.deleted)]
    {
        insert(&mut body, name, is_so.then_some(true));
    }
    insert(&mut body, "confidence", row.confidence.map(rounded));
    // "3 min ago" is told from when the message came, so that it reads the same whenever it is read.
    let evidence: Vec<_> = row.evidence.iter().map(|it| evidence(it, row.at)).collect();
    insert(&mut body, "evidence", Some(evidence).filter(|it| !it.is_empty()));
    Some(body)
}

fn evidence(evidence: &Evidence, at: Timestamp) -> Value {
    json!({ "name": evidence.name(), "words": evidence.words(at) })
}

/// A float of the table as people write it: 0.93 and not 0.93000001.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

fn content(content: &Content) -> Value {
    match content {
        // What could not be read is kept for a later parser, not for callers.
        Content::Unsupported { kind, .. } => json!({ "type": "unsupported", "kind": kind }),
        Content::Text { .. }
        | Content::Media { .. }
        | Content::Location { .. }
        | Content::Contacts { .. }
        | Content::Choice { .. }
        | Content::Form { .. }
        | Content::Order { .. }
        | Content::Email { .. }
        | Content::CallReport(_)
        | Content::Template { .. } => json!(content),
    }
}

/// An object of these fields.
pub(crate) fn fields(given: &[(&str, Value)]) -> Map<String, Value> {
    given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// Sets a field that has a value.
pub(crate) fn insert(
    body: &mut Map<String, Value>,
    name: &str,
    value: Option<impl serde::Serialize>,
) {
    if let Some(value) = value {
        body.insert(name.to_owned(), json!(value));
    }
}
