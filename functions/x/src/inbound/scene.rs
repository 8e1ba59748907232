//! The things that the items of one webhook share: our account, what it tells of, the people named beside the items.

use std::borrow::Cow;

use domain::content::Raw;
use domain::event::{Identity, InboundEvent, Kind, PersonName, digest};
use domain::id::{AccountId, EventKey, IdentityId};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{CHANNEL, is_id};

/// The context of an item: our account, and what came beside it.
pub(super) struct ActivityContext<'a> {
    /// Our account's user id.
    account: AccountId,
    /// Whether X named it.
    is_named: bool,
    /// Whether it is one of our accounts.
    pub(super) is_ours: bool,
    /// X's word for what happened: the type of the event, or the name of the list.
    pub(super) kind: Cow<'a, str>,
    /// The delivery's id, where it has one.
    delivery: Option<Cow<'a, str>>,
    /// The envelope around an item, to be written again around what is kept.
    shape: Shape,
    /// People by their id, in an object.
    users: Fields<'a>,
    /// People in a list.
    included: Vec<&'a RawValue>,
    /// The list of the payload that its items stand in, if they do.
    list: Cow<'static, str>,
    /// The other things that came with the delivery, by kind.
    includes: Fields<'a>,
    /// When we got it: the time of what has none.
    pub(super) received: Timestamp,
}

/// The position of an item in its envelope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It is the payload of a delivery.
    Payload,
    /// It is in a list of the payload.
    PayloadList,
    /// It is a field of the old envelope.
    Field,
    /// It is in a list of the old envelope.
    List,
}

impl<'a> ActivityContext<'a> {
    /// A scene of an account; of the first of ours if none is named.
    pub(super) fn new(
        webhook: &Verified<'a>,
        account: Option<Cow<'a, str>>,
        kind: Cow<'a, str>,
        shape: Shape,
    ) -> Self {
        let account = account.filter(|it| is_id(it));
        let is_ours = account.as_ref().is_some_and(|it| webhook.is_ours(it));
        let is_named = account.is_some();
        let first = || webhook.accounts().first().cloned();
        let account = account.map(AccountId::new).or_else(first);
        Self {
            account: account.unwrap_or_else(|| AccountId::new("unknown")),
            is_named,
            is_ours,
            kind,
            delivery: None,
            shape,
            users: Fields::default(),
            included: Vec::new(),
            list: Cow::Borrowed(""),
            includes: Fields::default(),
            received: webhook.received(),
        }
    }

    /// The same with what came with the delivery.
    pub(super) fn including(self, includes: Fields<'a>) -> Self {
        Self { includes, ..self }
    }

    /// The entry that came with the delivery under this key.
    pub(super) fn included(&self, list: &str, key: &str, value: &str) -> Option<Fields<'a>> {
        let entries = self.includes.list(list).into_iter().take(MAX_INCLUDED);
        let mut entries = entries.filter_map(Fields::of);
        entries.find(|it| it.text(key).is_some_and(|it| it == value))
    }

    /// The same with the delivery's id.
    pub(super) fn delivered(self, delivery: Option<Cow<'a, str>>) -> Self {
        Self { delivery: delivery.filter(|it| it.len() <= MAX_DELIVERY), ..self }
    }

    /// The same with the people who are named beside the items.
    pub(super) fn with_people(self, users: Fields<'a>, included: Vec<&'a RawValue>) -> Self {
        Self { users, included, ..self }
    }

    /// The same with its items in a list of the payload.
    pub(super) fn in_list(&self, list: Cow<'static, str>) -> Self {
        Self {
            list,
            includes: self.includes.clone(),
            account: self.account.clone(),
            kind: self.kind.clone(),
            delivery: self.delivery.clone(),
            shape: Shape::PayloadList,
            users: self.users.clone(),
            included: self.included.clone(),
            ..*self
        }
    }

    /// The words about an item that is not our account's.
    pub(super) fn why_not_ours(&self) -> &'static str {
        if self.is_named { "another account" } else { "no account" }
    }

    /// Whether this is our account's user.
    pub(super) fn is_us(&self, user: &str) -> bool {
        self.account.as_str() == user
    }

    pub(super) fn person(&self, id: &str) -> Identity {
        let name = self.name(id).map(PersonName);
        Identity { id: IdentityId::scoped(&CHANNEL, "", id), aliases: Vec::new(), name }
    }

    /// The name that a person chose.
    fn name(&self, id: &str) -> Option<String> {
        let included = || {
            let people = self.included.iter().filter_map(|it| Fields::of(it)).map(unwrapped);
            people.into_iter().find(|it| it.text("id").is_some_and(|it| it == id))
        };
        let user = unwrapped(self.users.object(id));
        let user = if user.is_empty() { included()? } else { user };
        let mut name = user.string("name").or_else(|| user.string("username"))?;
        name.truncate(name.floor_char_boundary(MAX_NAME));
        Some(name)
    }

    /// An event of this scene.
    pub(super) fn event(
        &self,
        key: impl Into<String>,
        identity: Option<Identity>,
        at: Timestamp,
        kind: impl Into<Kind>,
    ) -> InboundEvent {
        InboundEvent {
            key: EventKey::new(key),
            channel: CHANNEL,
            account: self.account.clone(),
            identity,
            at,
            kind: kind.into(),
            content_ref: None,
        }
    }

    /// An item, kept as it came.
    pub(super) fn unknown(&self, what: &str, raw: &RawValue) -> InboundEvent {
        let kind = Kind::Unknown { what: printable(what).to_owned(), raw: self.raw(raw, None) };
        self.event(self.key_of(raw), None, self.received, kind)
    }

    /// A webhook that holds nothing.
    pub(super) fn empty(&self) -> InboundEvent {
        let account = self.account_field("for_user_id");
        let raw = Raw(format!("{{{}}}", account.trim_end_matches(',')));
        let kind = Kind::Unknown { what: "nothing".to_owned(), raw };
        self.event("nothing", None, self.received, kind)
    }

    /// Our account as a field with a comma behind it, if it was named.
    fn account_field(&self, name: &str) -> String {
        if self.is_named { format!("\"{name}\":\"{}\",", self.account) } else { String::new() }
    }

    /// The key of what has no id of its own.
    pub(super) fn key_of(&self, raw: &RawValue) -> String {
        let kind = printable(&self.kind);
        match (&self.delivery, self.shape) {
            (Some(id), Shape::Payload) => format!("{kind}:{id}"),
            _ => format!("{kind}:{}", digest(&[&canonical(raw)])),
        }
    }

    /// A webhook that holds this item alone, with no more of its envelope than it takes to read it again.
    pub(super) fn raw(&self, item: &RawValue, person: Option<&str>) -> Raw {
        let kind = Value::from(self.kind.as_ref());
        let name = person.and_then(|id| Some((Value::from(id), Value::from(self.name(id)?))));
        let (payload, list) = match self.shape {
            Shape::Payload => (item.to_string(), None),
            Shape::PayloadList => (format!("{{\"{}\":[{item}]}}", self.list), None),
            Shape::Field => (String::new(), Some(item.to_string())),
            Shape::List => (String::new(), Some(format!("[{item}]"))),
        };
        if let Some(list) = list {
            let users = name.map(|(id, name)| format!(",\"users\":{{{id}:{{\"name\":{name}}}}}"));
            let users = users.unwrap_or_default();
            let account = self.account_field("for_user_id");
            return Raw(format!("{{{account}{kind}:{list}{users}}}"));
        }
        let delivery =
            self.delivery.as_deref().map(|it| format!("\"event_uuid\":{},", Value::from(it)));
        let delivery = delivery.unwrap_or_default();
        let includes = name.map(|(id, name)| {
            format!(",\"includes\":{{\"users\":[{{\"id\":{id},\"name\":{name}}}]}}")
        });
        let includes = includes.unwrap_or_default();
        let account = self.account_field("user_id");
        let account = account.trim_end_matches(',');
        Raw(format!(
            "{{\"data\":{{{delivery}\"filter\":{{{account}}},\"event_type\":{kind},\"payload\":{payload}{includes}}}}}"
        ))
    }
}

/// The length at which a person's name is cut, in bytes. X's have 50 characters at most.
const MAX_NAME: usize = 200;

/// The longest id of a delivery. X's have 20 characters.
const MAX_DELIVERY: usize = 64;

/// The number of things beside a delivery that are looked through for one key.
const MAX_INCLUDED: usize = 64;

/// A text of a value that spaces and the order of fields do not change.
fn canonical(raw: &RawValue) -> String {
    serde_json::from_str::<Value>(raw.get()).map_or_else(|_| raw.to_string(), |it| it.to_string())
}

/// An object of the newer API, whose fields are in some places under `data`.
fn unwrapped(object: Fields<'_>) -> Fields<'_> {
    let inner = object.object("data");
    if inner.is_empty() { object } else { inner }
}

/// A platform's word if it is one: such words are printed, and free text must not be.
pub(super) fn printable(word: &str) -> &str {
    let is_word = (1..=64).contains(&word.len())
        && word.bytes().all(|it| it.is_ascii_lowercase() || b"._ ".contains(&it));
    if is_word { word } else { "not a word" }
}

/// A field that is an id.
pub(super) fn id<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, str>> {
    fields.text(name).filter(|it| is_id(it))
}
