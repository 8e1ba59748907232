//! The things that the items of one change share: our account, the people named beside them, the time.

use std::borrow::Cow;

use domain::content::Raw;
use domain::event::{Identity, InboundEvent, Kind, digest};
use domain::id::{AccountId, EventKey, IdentityId};
use domain::json::Fields;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::value::RawValue;

use super::kept::Frame;
use super::people::{Addresses, Person};
use crate::CHANNEL;

/// The context of an item: the account, the people and the time around it.
pub(super) struct ChangeContext<'a> {
    /// Our phone number, or our WhatsApp Business Account where the item is about that.
    account: AccountId,
    /// Whether that is one of our accounts.
    pub(super) is_ours: bool,
    /// The digits of our phone number, as people see it.
    number: Option<Cow<'a, str>>,
    /// The people named beside the items.
    people: Vec<Person<'a>>,
    /// When the platform sent it, where it says so; else when we got it.
    pub(super) at: Timestamp,
    /// The former alone: it is the same when the webhook comes again.
    sent: Option<Timestamp>,
    /// The frame around its items.
    frame: Frame<'a>,
    /// The list that its items stand in.
    pub(super) list: Cow<'a, str>,
}

/// The fields that the address of a person of an item may stand in.
const ADDRESSES: [&str; 10] = [
    "from_user_id",
    "from",
    "to_user_id",
    "to",
    "user_id",
    "wa_id",
    "recipient_user_id",
    "recipient_id",
    "recipient_participant_user_id",
    "recipient_participant_id",
];

/// The longest that a phone number may be as people write it.
const LONGEST_NUMBER: usize = 32;

impl<'a> ChangeContext<'a> {
    /// The scene of what names no account: it is kept under the first of ours.
    pub(super) fn nowhere(webhook: &Verified<'a>) -> Self {
        let account = webhook.accounts().first().cloned();
        Self::new(webhook, account.unwrap_or_else(|| AccountId::new("unknown")), None)
    }

    /// The scene of what is about a WhatsApp Business Account.
    pub(super) fn of_entry(webhook: &Verified<'a>, entry: &Fields<'a>) -> Self {
        match entry.text("id") {
            Some(id) => Self::new(webhook, AccountId::new(id), entry.time("time")),
            None => Self { is_ours: false, ..Self::nowhere(webhook) },
        }
    }

    /// The scene of the items of a change: about a phone number where it names one.
    pub(super) fn of_value(
        webhook: &Verified<'a>,
        entry: &Fields<'a>,
        value: &Fields<'a>,
        frame: Frame<'a>,
    ) -> Self {
        let metadata = value.object("metadata");
        let Some(number) = metadata.text("phone_number_id") else {
            return Self { frame, ..Self::of_entry(webhook, entry) };
        };
        let named = [value.list("contacts"), value.object(STANDBY).list("contacts")].concat();
        let people = named.into_iter().filter_map(Person::of).collect();
        let scene = Self::new(webhook, AccountId::new(number), entry.time("time"));
        Self { people, frame, number: metadata.text("display_phone_number"), ..scene }
    }

    /// The same, for the items that stand in an object of the value.
    pub(super) fn within(mut self, within: &'static str) -> Self {
        self.frame = self.frame.within(within);
        self
    }

    fn new(webhook: &Verified<'a>, account: AccountId, sent: Option<Timestamp>) -> Self {
        let is_ours = webhook.is_ours(account.as_str());
        Self {
            account,
            is_ours,
            number: None,
            people: Vec::new(),
            at: sent.unwrap_or(webhook.received()),
            sent,
            frame: Frame::default(),
            list: Cow::Borrowed(""),
        }
    }

    /// The person whom an item is about: the addresses in these fields of it, and what is said of that person beside it.
    pub(super) fn identity(&self, item: &Fields<'_>, names: &[&str]) -> Option<Identity> {
        let addresses = Addresses::of(item, names);
        // An item without an address is about the one person who is named, if there is but one.
        let only = || if let [one] = self.people.as_slice() { Some(one) } else { None };
        match self.people.iter().find(|it| it.addresses.meets(&addresses)) {
            Some(person) => addresses.and(&person.addresses).identity(person.name()),
            None if addresses.is_empty() => only().and_then(|it| it.addresses.identity(it.name())),
            // A name is never a key: taking it from the only person there can merge nobody.
            None => addresses.identity(only().and_then(Person::name)),
        }
    }

    /// Whether a phone number is ours, in whichever spelling of its country.
    pub(super) fn is_our_number(&self, number: &str) -> bool {
        let phone = |it: &str| {
            let digits: String = it.chars().filter(char::is_ascii_digit).collect();
            let is_number = it.len() <= LONGEST_NUMBER
                && !digits.is_empty()
                && !it.contains(char::is_alphabetic);
            is_number.then(|| IdentityId::phone(&format!("+{digits}")))
        };
        let ours = self.number.as_deref().and_then(phone);
        ours.is_some() && ours == phone(number)
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

    /// A part of the webhook as it came, and a webhook that holds it alone.
    pub(super) fn unknown(&self, what: &str, raw: &RawValue, kept: Raw) -> InboundEvent {
        let key = self.key_of(what, raw);
        let kind = Kind::Unknown { what: printable(what).into_owned(), raw: kept };
        self.event(key, None, self.at, kind)
    }

    /// The smallest webhook that holds an item of the list, and whoever is named beside it.
    pub(super) fn kept(&self, raw: &RawValue) -> Raw {
        let item = Fields::of(raw).map(flat).unwrap_or_default();
        let is_own = item.text("from").is_some_and(|it| self.is_our_number(&it));
        let frame = if is_own { self.frame } else { self.frame.of_another() };
        frame.item(&self.list, raw, &self.beside(raw))
    }

    /// The same without anybody: what is about our account outlives the people it came with.
    pub(super) fn kept_alone(&self, raw: &RawValue) -> Raw {
        self.frame.of_another().item(&self.list, raw, &[])
    }

    /// The smallest webhook that holds a change with this value.
    pub(super) fn kept_value(&self, value: &RawValue) -> Raw {
        self.frame.value(value.get())
    }

    /// The people named beside an item who may be meant by it. Whoever is named alone may be; where others were named too, an
    /// empty entry goes on saying so.
    fn beside(&self, raw: &RawValue) -> Vec<&'a str> {
        const MOST: usize = 8;
        if let [one] = self.people.as_slice() {
            return vec![one.raw];
        }
        let item = Fields::of(raw).map(flat).unwrap_or_default();
        let addresses = ADDRESSES.map(|it| Addresses::of(&item, &[it]));
        let is_meant = |it: &&Person<'_>| addresses.iter().any(|at| it.addresses.meets(at));
        let mut found: Vec<_> =
            self.people.iter().filter(is_meant).map(|it| it.raw).take(MOST).collect();
        if found.len() == 1 {
            found.push("{}");
        }
        found
    }

    /// The key of what has no id: its time and its text tell it apart.
    pub(super) fn key_of(&self, what: &str, raw: &RawValue) -> String {
        let sent = self.sent.map(|it| format!("{}:", it.ms())).unwrap_or_default();
        format!("{what}:{sent}{}", digest(&[raw.get()]))
    }
}

/// The object of a value that holds the lists while another program has the conversation.
pub(super) const STANDBY: &str = "standby";

/// An item with what stands one level deeper in some of another program's: its message, its status.
pub(super) fn flat(item: Fields<'_>) -> Fields<'_> {
    let message = item.object("message");
    if item.raw("type").is_none() && !message.is_empty() {
        return message.and(item);
    }
    let status = item.object("status");
    if status.is_empty() { item } else { status.and(item) }
}

/// A platform's word if it is one: such words are printed, and free text must not be.
pub(super) fn printable(word: &str) -> Cow<'_, str> {
    let is_word = word.len() <= 64
        && word.bytes().all(|it| it.is_ascii_alphanumeric() || b" _-.:".contains(&it))
        && word.bytes().filter(u8::is_ascii_digit).count() < 7;
    if is_word { Cow::Borrowed(word) } else { Cow::Borrowed("(not a word)") }
}
