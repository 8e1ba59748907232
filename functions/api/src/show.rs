//! The table's things as people and programs read them, in JSON.

use aws::store::views::{Row, ThreadView};
use domain::content::Content;
use domain::filing::identity::Address;
use domain::filing::{Correction, CorrectionKind, NEVER, State};
use domain::id::{AccountId, Channel, IdentityId};
use domain::plan::{Offer, Plan, Verdict};
use domain::sending::Outgoing;
use domain::threading::Evidence;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::ids::{self, MessageRef};

/// A verdict for every way, best first.
pub(crate) fn plan(plan: &Plan) -> Value {
    let ways = plan.ways.iter();
    ways.map(|it| way(&it.way.channel, it.way.account.as_ref(), &it.verdict)).collect()
}

/// The same of a message that is stored: the ways that it takes stand where they stood in its plan.
pub(crate) fn route(message: &Outgoing) -> Value {
    let passed = message.passed.iter();
    let mut ways: Vec<_> =
        passed.map(|it| way(&it.channel, it.account.as_ref(), &it.verdict)).collect();
    for leg in &message.legs {
        let shown = way(&leg.channel, Some(&leg.account), &leg.verdict);
        ways.insert(leg.rank.min(ways.len()), shown);
    }
    Value::Array(ways)
}

fn way(channel: &Channel, account: Option<&AccountId>, verdict: &Verdict) -> Value {
    let mut way = fields(&[("channel", json!(channel))]);
    insert(&mut way, "account", account);
    insert(&mut way, "template", verdict.template.as_ref());
    match &verdict.refusal {
        None => insert(&mut way, "verdict", Some("ok")),
        Some(refusal) => {
            insert(&mut way, "verdict", Some(refusal.problem.slug()));
            insert(&mut way, "detail", Some(&refusal.detail));
        }
    }
    Value::Object(way)
}

/// A thread as it is at a moment.
pub(crate) fn thread(view: &ThreadView, now: Timestamp) -> Value {
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
    insert(&mut body, "tags", Some(&view.tags).filter(|it| !it.is_empty()));
    insert(&mut body, "crm", Some(&view.crm).filter(|it| !it.is_empty()));
    if let Some(live) = &view.live {
        let state = live.state_at(now);
        insert(&mut body, "state", Some(state.name()));
        insert(&mut body, "unsure", Some(live.unsure));
        insert(&mut body, "assignee", live.assignee.as_ref());
        insert(&mut body, "waiting_since", live.since.filter(|_| state == State::Waiting));
        let until = live.since.filter(|it| state == State::Snoozed && *it != NEVER);
        insert(&mut body, "snoozed_until", until);
        let last = live.profile.last_at();
        insert(&mut body, "last_message_at", Some(last).filter(|it| *it != Timestamp::default()));
    }
    Value::Object(body)
}

/// An address of a person.
pub(crate) fn identity(id: &IdentityId, address: &Address, offers: &[Offer]) -> Value {
    let mut body = fields(&[
        ("id", json!(ids::identity(id))),
        ("space", json!(id.space())),
        ("address", json!(id.address())),
        ("recycled", json!(address.recycled)),
    ]);
    insert(&mut body, "name", address.name.as_ref().map(|it| &it.0));
    let aliases: Vec<_> = address.aliases.iter().map(ids::identity).collect();
    insert(&mut body, "aliases", Some(aliases).filter(|it| !it.is_empty()));
    let claimed = address
        .claimed
        .as_ref()
        .map(|it| json!({ "thread_id": it.thread, "contact_id": it.contact, "at": it.at }));
    insert(&mut body, "claimed", claimed);
    let consents = address
        .consents
        .iter()
        .map(|(purpose, it)| json!({ "purpose": purpose, "granted": it.granted, "at": it.at }));
    insert(&mut body, "consents", Some(consents.collect::<Vec<_>>()));
    let seen = address.inbound.iter().filter_map(|(ours, at)| {
        let (channel, account) = ours.split_once('#')?;
        let mut seen = fields(&[
            ("channel", json!(channel)),
            ("account", json!(account)),
            ("last_inbound_at", json!(at)),
        ]);
        let offer = offers.iter().find(|it| it.channel == Channel::new(channel));
        let window_s = offer.and_then(|it| it.capabilities.window_s);
        let until = window_s.map(|it| at.plus_ms(it.saturating_mul(1000)));
        insert(&mut seen, "window_until", until);
        Some(seen)
    });
    insert(&mut body, "seen", Some(seen.collect::<Vec<_>>()));
    Value::Object(body)
}

pub(crate) fn correction(correction: &Correction) -> Value {
    let mut body = json!(correction);
    let identity = match &correction.kind {
        CorrectionKind::Link { identity, .. } | CorrectionKind::Unlink { identity, .. } => identity,
        CorrectionKind::Merge { .. }
        | CorrectionKind::Split { .. }
        | CorrectionKind::Move { .. } => {
            return body;
        }
    };
    // An address is named as paths name it.
    if let Some(fields) = body.as_object_mut() {
        fields.insert("identity".to_owned(), json!(ids::identity(identity)));
    }
    body
}

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
    // Of what was taken back there is no more to read.
    let is_excerpt = row.whole.is_some() && !row.deleted;
    insert(&mut body, "whole", is_excerpt.then(|| format!("/v1/messages/{id}/content")));
    let quoted = row.reply_to.as_deref().and_then(MessageRef::from_key);
    insert(&mut body, "reply_to", quoted.map(|it| it.id()));
    insert(&mut body, "quote", row.quote.as_ref());
    insert(&mut body, "referral", row.referral.as_ref());
    for (name, is_so) in [("excerpt", is_excerpt), ("edited", row.edited), ("deleted", row.deleted)]
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

/// The content of a message, as JSON.
pub(crate) fn content(content: &Content) -> Value {
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

/// The change of a thing by a merge patch, for a caller who may write it and not read it: its id, and what the patch named.
pub(crate) fn changed(whole: &Value, sent: &Value) -> Value {
    let mut shown = named(whole, sent).unwrap_or_else(|| json!({}));
    if let Some(fields) = shown.as_object_mut() {
        insert(fields, "id", whole.get("id"));
    }
    shown
}

fn named(whole: &Value, sent: &Value) -> Option<Value> {
    match (whole, sent) {
        // What was taken away is not shown, whatever stands in its place.
        (_, Value::Null) => None,
        (Value::Object(whole), Value::Object(sent)) => {
            let kept =
                whole.iter().filter_map(|(name, it)| Some((name, named(it, sent.get(name)?)?)));
            Some(Value::Object(kept.map(|(name, it)| (name.clone(), it)).collect()))
        }
        _ => Some(whole.clone()),
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
