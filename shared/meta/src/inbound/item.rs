//! One item of a webhook, wherever in its envelope it stands.

use std::borrow::Cow;

use domain::content::Raw;
use domain::event::{Identity, InboundEvent, Kind, PersonName, digest};
use domain::id::{AccountId, EventKey, IdentityId};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

use super::Family;

/// One item: our account, its time, its own text.
pub struct Item<'a> {
    family: &'a Family,
    account: AccountId,
    /// The entry's own `id` and `time`, as text: what a replay needs beside the item.
    head: String,
    /// The list of the entry that it stands in.
    list: Cow<'static, str>,
    json: Cow<'a, str>,
    /// When the platform says that it happened, or that it sent it.
    time: Option<Timestamp>,
    received: Timestamp,
}

impl<'a> Item<'a> {
    /// An item of an entry.
    pub(super) fn of(
        family: &'a Family,
        webhook: &Verified<'_>,
        entry: &Fields<'_>,
        (list, json): (Cow<'static, str>, Cow<'a, str>),
    ) -> Self {
        let mut head = String::new();
        for name in ["id", "time"] {
            if let Some(value) = entry.raw(name) {
                head.extend(["\"", name, "\":", value.get(), ","]);
            }
        }
        Self {
            family,
            account: account(webhook, entry),
            head,
            list,
            json,
            time: entry.time("time"),
            received: webhook.received(),
        }
    }

    /// The same item, read as an entry of another list.
    pub(super) fn moved(&self, list: &'static str, json: &'a RawValue) -> Self {
        Self {
            family: self.family,
            account: self.account.clone(),
            head: self.head.clone(),
            list: Cow::Borrowed(list),
            json: Cow::Borrowed(json.get()),
            time: self.time,
            received: self.received,
        }
    }

    /// The same item, where it has a time of its own.
    pub(super) fn at_time(mut self, time: Option<Timestamp>) -> Self {
        self.time = time.or(self.time);
        self
    }

    /// The channel that it came by.
    pub(super) fn family(&self) -> &'a Family {
        self.family
    }

    /// The one of our accounts that it came to.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When it happened, as far as anybody says.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.time.unwrap_or(self.received)
    }

    /// Whether the platform says when it happened.
    pub(super) fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// A person by the id that the platform gave our account for them.
    #[must_use]
    pub fn person(&self, address: &str, name: Option<String>) -> Identity {
        let id = IdentityId::scoped(&self.family.channel, self.account.as_str(), address);
        Identity { id, aliases: Vec::new(), name: name.map(PersonName) }
    }

    /// A fact that it holds.
    pub fn event(
        &self,
        key: impl Into<String>,
        identity: Option<Identity>,
        kind: impl Into<Kind>,
    ) -> InboundEvent {
        InboundEvent {
            key: EventKey::new(key),
            channel: self.family.channel.clone(),
            account: self.account.clone(),
            identity,
            at: self.at(),
            kind: kind.into(),
            content_ref: None,
        }
    }

    /// The smallest webhook that holds this item alone: reading it again gives the same event.
    #[must_use]
    pub fn kept(&self) -> Raw {
        self.kept_as(&self.json)
    }

    /// The smallest webhook that holds a part of this item.
    pub(super) fn kept_as(&self, json: &str) -> Raw {
        let Self { family, head, list, .. } = self;
        Raw(format!(r#"{{"object":"{}","entry":[{{{head}"{list}":[{json}]}}]}}"#, family.object))
    }

    /// The item as it came, for later.
    #[must_use]
    pub fn unknown(&self, what: &str) -> InboundEvent {
        self.unknown_as(what, self.kept())
    }

    /// A part of the item as it came, for later.
    pub(super) fn unknown_as(&self, what: &str, raw: Raw) -> InboundEvent {
        let what = printable(what);
        self.event(key_of(&what, &raw), None, Kind::Unknown { what, raw })
    }

    /// Something about our own account. It must name no person: the account's item outlives them.
    pub(super) fn account_changed(&self, what: &str) -> InboundEvent {
        let (what, raw) = (printable(what), self.kept());
        self.event(key_of(&what, &raw), None, Kind::AccountChanged { what, raw })
    }
}

/// A whole entry as it came: no account of ours can be read in it.
pub(super) fn unread_entry(
    family: &Family,
    webhook: &Verified<'_>,
    object: Option<&RawValue>,
    (what, entry): (&str, &RawValue),
) -> InboundEvent {
    let object = object.map_or_else(|| format!("\"{}\"", family.object), |it| it.get().to_owned());
    let raw = Raw(format!(r#"{{"object":{object},"entry":[{}]}}"#, entry.get()));
    let entry = Fields::of(entry).unwrap_or_default();
    let what = printable(what);
    InboundEvent {
        key: EventKey::new(key_of(&what, &raw)),
        channel: family.channel.clone(),
        account: account(webhook, &entry),
        identity: None,
        at: entry.time("time").unwrap_or(webhook.received()),
        kind: Kind::Unknown { what, raw },
        content_ref: None,
    }
}

/// Whether a name of a list may be copied into what is kept of each of its items.
pub(super) fn is_plain(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// The key of what has no id: its own text tells it apart.
fn key_of(what: &str, raw: &Raw) -> String {
    format!("{what}:{}", digest(&[&raw.0]))
}

/// The account that an entry names; the first of ours if it names none.
fn account(webhook: &Verified<'_>, entry: &Fields<'_>) -> AccountId {
    let id = entry.text("id").filter(|it| {
        it.len() <= 64 && it.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    match (id, webhook.accounts()) {
        (Some(id), _) => AccountId::new(id),
        (None, [first, ..]) => first.clone(),
        (None, []) => AccountId::new("unknown"),
    }
}

/// A platform's word if it is one: such words are printed, and a person's must not be.
#[must_use]
pub fn printable(word: &str) -> String {
    let is_word = !word.is_empty()
        && word.len() <= 64
        && word.bytes().all(|it| it.is_ascii_alphanumeric() || b" _-.:".contains(&it))
        && word.bytes().filter(u8::is_ascii_digit).count() < 7;
    if is_word { word.to_owned() } else { "(not a word)".to_owned() }
}
