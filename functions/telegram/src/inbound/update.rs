//! One update: what its events have in common.

use std::borrow::Cow;

use domain::content::Raw;
use domain::event::{Identity, InboundEvent, Kind, digest};
use domain::id::{AccountId, EventKey, IdentityId};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

use crate::CHANNEL;
use crate::address::is_whole;

/// The field that numbers updates.
pub(super) const ID: &str = "update_id";

/// An update and where it stands.
pub(super) struct Update<'a> {
    /// The bot that it came to.
    account: AccountId,
    /// Whether our secret names one bot: Telegram does not say which one a webhook is for.
    pub(super) has_one_bot: bool,
    /// Its number; absent if it cannot be read.
    id: Option<Cow<'a, str>>,
    /// The number as it came: a text's leading zeros are no JSON number.
    raw_id: Option<&'a RawValue>,
    /// The name of the field that says what happened.
    pub(super) kind: &'a str,
    /// That field as it came.
    raw: &'a str,
    /// When we got it: the time of what has none.
    pub(super) received: Timestamp,
}

impl<'a> Update<'a> {
    /// The update whose field `kind` is `raw`.
    pub(super) fn new(
        webhook: &Verified<'a>,
        fields: &Fields<'a>,
        kind: &'a str,
        raw: &'a RawValue,
    ) -> Self {
        Self { kind, raw: raw.get(), ..Self::empty(webhook, fields) }
    }

    /// An update that says nothing.
    pub(super) fn empty(webhook: &Verified<'a>, fields: &Fields<'a>) -> Self {
        let account = webhook.accounts().first().cloned();
        let id = whole(fields, ID);
        Self {
            account: account.unwrap_or_else(|| AccountId::new("unknown")),
            has_one_bot: webhook.accounts().len() == 1,
            raw_id: fields.raw(ID).filter(|_| id.is_some()),
            id,
            kind: "",
            raw: "",
            received: webhook.received(),
        }
    }

    /// Whether this is the id of the bot that the update came to.
    pub(super) fn is_us(&self, user: &str) -> bool {
        self.account.as_str() == user
    }

    /// The identity of an address. People have one id for all bots, but a person lets each bot write to them for itself.
    pub(super) fn address(&self, address: &str) -> IdentityId {
        IdentityId::scoped(&CHANNEL, self.account.as_str(), address)
    }

    /// The event of this update.
    pub(super) fn event(
        &self,
        identity: Option<Identity>,
        at: Timestamp,
        kind: impl Into<Kind>,
    ) -> InboundEvent {
        self.part(None, identity, at, kind)
    }

    /// One of several events of this update.
    pub(super) fn part(
        &self,
        part: Option<&str>,
        identity: Option<Identity>,
        at: Timestamp,
        kind: impl Into<Kind>,
    ) -> InboundEvent {
        let name = self.kind;
        let key = match (self.id.as_deref(), part) {
            (Some(id), Some(part)) => format!("{id}:{name}:{part}"),
            (Some(id), None) => format!("{id}:{name}"),
            // A part tells itself apart without the others; an update without a number does by its text.
            (None, Some(part)) => format!("{name}:{part}"),
            (None, None) => format!("{name}:{}", digest(&[&canonical(self.raw)])),
        };
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

    /// This update, kept as it came.
    pub(super) fn unknown(&self, what: &str) -> InboundEvent {
        let what = printable(what).to_owned();
        self.event(None, self.received, Kind::Unknown { what, raw: self.raw() })
    }

    /// A webhook that holds this update and no other field.
    pub(super) fn raw(&self) -> Raw {
        self.raw_with(self.raw)
    }

    /// The same with another value in its place: one item of several.
    pub(super) fn raw_with(&self, value: &str) -> Raw {
        let id = self.raw_id.map(|id| format!("\"{ID}\":{}", id.get()));
        let name = serde_json::Value::from(self.kind);
        let item = (!value.is_empty()).then(|| format!("{name}:{value}"));
        let fields: Vec<_> = id.into_iter().chain(item).collect();
        Raw(format!("{{{}}}", fields.join(",")))
    }
}

/// A text of a value that spaces and the order of fields do not change.
pub(super) fn canonical(raw: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(raw);
    value.map_or_else(|_| raw.to_owned(), |it| it.to_string())
}

/// A field that is a whole number.
pub(super) fn whole<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, str>> {
    fields.text(name).filter(|it| is_whole(it))
}

/// A platform's word if it is one: such words are printed, and free text must not be.
pub(super) fn printable(word: &str) -> &str {
    let is_word = (1..=64).contains(&word.len())
        && word.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it == b' ');
    if is_word { word } else { "not a word" }
}
