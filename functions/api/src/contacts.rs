//! `GET /v1/contacts`, `GET /v1/contacts/{id}` and `PATCH /v1/contacts/{id}`.

use aws::store::{ContactProfile, ProfileChange};
use domain::filing::identity::Address;
use domain::id::{AccountId, Channel, ContactId, IdentityId};
use http::Method;
use http::header::ETAG;
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::fields::{Errors, Fields};
use crate::ids;
use crate::problem::{ApiProblem, NOT_FOUND, PRECONDITION_FAILED, Place};
use crate::request::{MAX_ADDRESS, MAX_NAME, written_as};
use crate::route::{
    Access, AnswerDoc, BodyDoc, Doc, IF_MATCH, IF_NONE_MATCH, In, Parameter, Route,
};
use crate::routes::{CONTACTS_READ, CONTACTS_WRITE};
use crate::show::{Contact, ContactChanged, ContactList, Identity, Preferences};
use crate::tags::{self, Belief};
use crate::thread_patch::{MOST_TAG, MOST_TAGS};

/// The most channels that somebody may prefer.
pub(crate) const MOST_CHANNELS: usize = 16;

/// A person, as the document shows one.
macro_rules! ada {
    () => {
        r#"{
            "id": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
            "name": "Ada",
            "identities": [{
                "id": "idn_5b1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d",
                "space": "tel",
                "address": "+447700900111",
                "recycled": false,
                "name": "Ada",
                "consents": [{"purpose": "marketing", "granted": false, "at": "2026-11-01T08:00:00.000Z"}],
                "seen": [{
                    "channel": "whatsapp",
                    "account": "700800900100200",
                    "last_inbound_at": "2026-11-20T08:02:11.000Z",
                    "window_until": "2026-11-21T08:02:11.000Z"
                }]
            }],
            "preferences": {"channels": ["whatsapp", "sms"], "locale": "en-GB"},
            "segments": ["vip"]
        }"#
    };
}

/// `GET /v1/contacts`.
pub(crate) const FIND: Route = Route {
    method: Method::GET,
    path: "/v1/contacts",
    access: Access::Scope(CONTACTS_READ),
    handler: |api, call| Box::pin(list(api, call)),
    doc: Doc {
        id: "findContacts",
        tag: "contacts",
        summary: "Find a person by an address",
        description: "A phone number is one person on every channel that knows people by numbers.",
        parameters: &[
            Parameter {
                name: "address",
                place: In::Query,
                required: true,
                description: "A channel and an address of it: `whatsapp:+447700900111`, `email:ada@example.com`. A number may have its spaces and its `00`.",
                schema: r#"{"type": "string", "pattern": "^[a-z-]{1,32}:.{1,320}$"}"#,
            },
            Parameter {
                name: "account",
                place: In::Query,
                required: false,
                description: "Our account there, where the platform knows people by another id on each account of ours.",
                schema: r#"{"type": "string", "minLength": 1, "maxLength": 128}"#,
            },
        ],
        answers: &[AnswerDoc {
            status: 200,
            description: "The person, or nobody.",
            headers: &[],
            schemas: &["ContactList"],
            example: concat!(r#"{"contacts": ["#, ada!(), "]}"),
        }],
        ..Doc::EMPTY
    },
};

/// `GET /v1/contacts/{id}`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/contacts/{id}",
    access: Access::Scope(CONTACTS_READ),
    handler: |api, call| Box::pin(get(api, call)),
    doc: Doc {
        id: "getContact",
        tag: "contacts",
        summary: "See a person",
        description: "A person's addresses, what they allowed and what they prefer. One who was made one with another is that other.",
        parameters: &[IF_NONE_MATCH],
        answers: &[
            AnswerDoc {
                status: 200,
                description: "The person.",
                headers: &[("ETag", "Changes with what is shown.")],
                schemas: &["Contact"],
                example: ada!(),
            },
            AnswerDoc {
                status: 304,
                description: "They are as `If-None-Match` says.",
                headers: &[("ETag", "The one that the caller has.")],
                schemas: &[],
                example: "",
            },
        ],
        ..Doc::EMPTY
    },
};

/// `PATCH /v1/contacts/{id}`.
pub(crate) const PATCH: Route = Route {
    method: Method::PATCH,
    path: "/v1/contacts/{id}",
    access: Access::Scope(CONTACTS_WRITE),
    handler: |api, call| Box::pin(patch(api, call)),
    doc: Doc {
        id: "patchContact",
        tag: "contacts",
        summary: "Change what a person prefers and what we call them by",
        description: "Channels, best first, the language, and the groups that we count the person to.",
        parameters: &[IF_MATCH],
        body: Some(BodyDoc {
            schema: "ContactPatch",
            required: true,
            is_patch: true,
            examples: &[
                (
                    "prefer",
                    r#"{
                        "preferences": {"channels": ["email", "whatsapp"], "locale": "en-GB"},
                        "segments": ["vip"]
                    }"#,
                ),
                ("forget", r#"{"preferences": null}"#),
            ],
        }),
        answers: &[AnswerDoc {
            status: 200,
            description: "The person as they are now. To a caller without `contacts:read`, and with IAM: what the patch named of them, and their id.",
            headers: &[("ETag", "Changes with what is shown.")],
            schemas: &["Contact", "ContactChanged"],
            example: ada!(),
        }],
        problems: &[PRECONDITION_FAILED],
        ..Doc::EMPTY
    },
};

/// A person as the table knows them.
struct Person {
    id: ContactId,
    addresses: Vec<(IdentityId, Address)>,
    profile: ContactProfile,
}

/// Finds the person of an address.
pub(crate) async fn list(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let query = &call.query;
    let rule = "must be a channel and an address of it: whatsapp:+447700900111";
    let wrong = || ApiProblem::wrong(Place::Parameter("address"), rule);
    let (channel, id) = query.get("address").and_then(|it| it.split_once(':')).ok_or_else(wrong)?;
    let channel = ids::channel(channel).ok_or_else(wrong)?;
    if id.is_empty() || MAX_ADDRESS < id.chars().count() {
        return Err(wrong());
    }
    let account = query.get("account");
    if account.is_some_and(|it| !(1..=MAX_NAME).contains(&it.chars().count())) {
        let rule = format!("must be text of 1 to {MAX_NAME} characters");
        return Err(ApiProblem::wrong(Place::Parameter("account"), rule));
    }
    let identity = written_as(&channel, id, account.map(AccountId::new).as_ref());
    let known = api.store.contacts().find_identity(&identity).await?;
    let mut contacts = Vec::new();
    if let Some(contact) = known.and_then(|it| it.contact) {
        contacts.extend(person(api, &contact).await?.map(|it| shown(api, &it)));
    }
    Ok(ApiAnswer::ok(ContactList { contacts }))
}

/// Shows a person.
pub(crate) async fn get(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let id = asked(call)?;
    let person = person(api, &id).await?.ok_or_else(|| ApiProblem::new(NOT_FOUND))?;
    let body = shown(api, &person);
    Ok(tags::shown(call, tag(&body), body))
}

/// Changes what a person wants of us and what we call them by.
pub(crate) async fn patch(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let id = asked(call)?;
    let sent = call.json()?;
    let change = read(sent.clone())?;
    let belief = Belief::of(call)?;
    let mut person = person(api, &id).await?.ok_or_else(|| ApiProblem::new(NOT_FOUND))?;
    // A change that is made already is made, whatever the caller believes: a repeated request gets the same answer.
    if person.profile.with(&change) != person.profile {
        if !belief.holds(&tag(&shown(api, &person))) {
            return Err(tags::stale());
        }
        let read = (!belief.is_any()).then_some(&person.profile);
        let changed = api.store.contacts().change_profile(&person.id, &change, read).await?;
        person.profile = changed.ok_or_else(tags::stale)?;
    }
    let contact = shown(api, &person);
    let headers = vec![(ETAG, tag(&contact))];
    let answer = if call.caller.may(CONTACTS_READ) {
        ApiAnswer::ok(contact)
    } else {
        ApiAnswer::ok(ContactChanged::of(contact, &sent))
    };
    Ok(ApiAnswer { headers, ..answer })
}

/// The contact that a path names.
pub(crate) fn asked(call: &ApiCall<'_>) -> Result<ContactId, ApiProblem> {
    ids::contact(call.id()).ok_or_else(|| ApiProblem::new(NOT_FOUND))
}

/// A person, as they are at this moment; one who was made one with another is that other.
async fn person(api: &Api, id: &ContactId) -> Result<Option<Person>, ApiProblem> {
    let Some(id) = api.store.contacts().who_is(id).await? else { return Ok(None) };
    let Some(addresses) = api.store.contacts().addresses(&id).await? else { return Ok(None) };
    let profile = api.store.contacts().profile(&id).await?;
    Ok(Some(Person { id, addresses, profile }))
}

fn shown(api: &Api, person: &Person) -> Contact {
    let identities = person.addresses.iter().map(|(id, it)| Identity::of(id, it, &api.offers));
    let name = person.addresses.iter().find_map(|(_, it)| it.name.as_ref());
    let profile = &person.profile;
    let preferences =
        Preferences { channels: profile.channels.clone(), locale: profile.locale.clone() };
    Contact {
        id: person.id.clone(),
        name: name.map(|it| it.0.clone()),
        identities: identities.collect(),
        preferences,
        segments: profile.segments.iter().cloned().collect(),
    }
}

/// All that is shown makes the tag: a person is spread over many items.
fn tag(contact: &Contact) -> String {
    tags::of(&[&json!(contact).to_string()])
}

fn read(body: Value) -> Result<ProfileChange, ApiProblem> {
    let errors = Errors::default();
    let change = Fields::of(body, &errors).map(change);
    errors.or(change)
}

fn change(mut fields: Fields<'_>) -> ProfileChange {
    let segments = fields.nullable("segments", |it, name| it.lines(name, MOST_TAGS, MOST_TAG));
    let preferences = fields.nullable("preferences", Fields::object);
    fields.end();
    let (channels, locale) = match preferences {
        None => (None, None),
        Some(None) => (Some(Vec::new()), Some(None)),
        Some(Some(mut fields)) => {
            let channels = fields.nullable("channels", channels);
            let rule = "must be a language tag: fr, en-GB";
            let locale = fields.nullable("locale", |it, name| it.parsed(name, rule, ids::locale));
            fields.end();
            (channels.map(Option::unwrap_or_default), locale)
        }
    };
    let segments = segments.map(|it| it.into_iter().flatten().collect());
    ProfileChange { channels, locale, segments }
}

/// Channels, best first.
fn channels(fields: &mut Fields<'_>, name: &str) -> Option<Vec<Channel>> {
    fields.each(name, 0..=MOST_CHANNELS, "must be the name of a channel", ids::channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(body: &Value) -> Vec<String> {
        let Err(problem) = read(body.clone()) else { return vec![] };
        let body = json!(problem.body("r"));
        let errors = body["errors"].as_array().unwrap();
        errors.iter().map(|it| it["pointer"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_field_of_a_contact_patch_is_checked_and_none_is_ignored() {
        for (body, pointer) in [
            (json!("x"), ""),
            (json!({ "segments": [""] }), "/segments/0"),
            (json!({ "segments": { "vip": true } }), "/segments"),
            (json!({ "segments": ["vip", "new", "vip"] }), "/segments/2"),
            (json!({ "preferences": [] }), "/preferences"),
            (json!({ "preferences": { "channels": ["SMS"] } }), "/preferences/channels/0"),
            (json!({ "preferences": { "channels": ["sms", "sms"] } }), "/preferences/channels/1"),
            (json!({ "preferences": { "locale": "français" } }), "/preferences/locale"),
            (json!({ "preferences": { "hours": "9-17" } }), "/preferences/hours"),
            (json!({ "name": "Ada" }), "/name"),
        ] {
            assert_eq!(pointers(&body), [pointer], "{body}");
        }
        assert_eq!(pointers(&json!({})), [""; 0]);
    }

    #[test]
    fn null_takes_away_and_what_is_not_named_stays() {
        let change = read(json!({ "preferences": { "locale": null } })).unwrap();
        assert_eq!((change.locale, change.channels, change.segments), (Some(None), None, None));
        let change = read(json!({ "preferences": null, "segments": null })).unwrap();
        assert_eq!((change.channels.unwrap().len(), change.segments.unwrap().len()), (0, 0));
    }
}
