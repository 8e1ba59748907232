//! The identity of people. An address is known by its shape, never by the field it stands in: ids that are unique to our business
//! (BSUIDs) have been seen in the fields of phone numbers.

use std::borrow::Cow;

use domain::event::{Identity, InboundEvent, Kind, PersonName};
use domain::id::IdentityId;
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::{ChangeContext, printable};
use crate::CHANNEL;

/// The addresses of one person.
#[derive(Clone, Default)]
pub(super) struct Addresses<'a> {
    /// The id that is unique to our business and this person.
    user: Option<Cow<'a, str>>,
    /// The same for a group of businesses.
    parent: Option<Cow<'a, str>>,
    /// The phone number's digits.
    phone: Option<Cow<'a, str>>,
    /// An address of a shape that we do not know.
    other: Option<Cow<'a, str>>,
}

impl<'a> Addresses<'a> {
    /// The addresses in these fields.
    pub(super) fn of(fields: &Fields<'a>, names: &[&str]) -> Self {
        let mut found = Self::default();
        for address in names.iter().filter_map(|it| fields.text(it)) {
            let place = match shape(&address) {
                Shape::User => &mut found.user,
                Shape::Parent => &mut found.parent,
                Shape::Phone => &mut found.phone,
                Shape::Other => &mut found.other,
            };
            place.get_or_insert(address);
        }
        found
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.user.is_none() && self.parent.is_none() && self.phone.is_none() && self.other.is_none()
    }

    /// Whether both are surely the same person's.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let same = |a: &Option<Cow<'_, str>>, b: &Option<Cow<'_, str>>| a.is_some() && a == b;
        let differ = |a: &Option<Cow<'_, str>>, b: &Option<Cow<'_, str>>| {
            a.is_some() && b.is_some() && a != b
        };
        if differ(&self.user, &other.user) {
            return false;
        }
        same(&self.user, &other.user)
            || self.number().is_some() && self.number() == other.number()
            || same(&self.other, &other.other)
    }

    /// The phone number as it is compared.
    fn number(&self) -> Option<IdentityId> {
        self.phone.as_deref().map(number)
    }

    /// These and, where one is missing, that person's.
    pub(super) fn and(self, person: &Self) -> Self {
        let or = |a: Option<Cow<'a, str>>, b: &Option<Cow<'a, str>>| a.or_else(|| b.clone());
        Self {
            user: or(self.user, &person.user),
            parent: or(self.parent, &person.parent),
            phone: or(self.phone, &person.phone),
            other: self.other,
        }
    }

    /// The identity: the business's own id for the person if there is one, with the others as aliases; `None` without any.
    pub(super) fn identity(&self, name: Option<PersonName>) -> Option<Identity> {
        let own = |it: &Cow<'_, str>| IdentityId::scoped(&CHANNEL, "", it);
        let mut ids = [
            self.user.as_ref().map(own),
            self.number(),
            self.parent.as_ref().map(own),
            self.other.as_ref().map(own),
        ]
        .into_iter()
        .flatten();
        let id = ids.next()?;
        Some(Identity { id, aliases: ids.collect(), name })
    }
}

/// A phone number by its digits.
fn number(digits: &str) -> IdentityId {
    IdentityId::phone(&format!("+{}", digits.trim_start_matches('+')))
}

/// The one number of a card that a person shared of themselves: the one that the platform knows them by, else the one that
/// is written on it with its country.
pub(super) fn of_own_card(card: &Fields<'_>, phones: &[String]) -> Option<IdentityId> {
    let known = card.list("phones").into_iter().filter_map(|it| Fields::of(it)?.string("wa_id"));
    let known: Vec<_> = known.filter(|it| matches!(shape(it), Shape::Phone)).collect();
    let written = phones.iter().map(|it| it.replace([' ', '-', '(', ')', '.', '\u{a0}'], ""));
    let written: Vec<_> = written.filter(|it| is_phone(it)).collect();
    match (known.as_slice(), written.as_slice()) {
        ([one], _) | ([], [one]) => Some(number(one)),
        // Which of several is theirs is not for us to guess.
        _ => None,
    }
}

/// A person who is named beside the items.
pub(super) struct Person<'a> {
    pub(super) addresses: Addresses<'a>,
    name: Option<Cow<'a, str>>,
    /// The entry as it came.
    pub(super) raw: &'a str,
}

impl<'a> Person<'a> {
    /// The person of an entry of `contacts`; `None` if it is not an object, or larger than the platform writes one: what is
    /// said of a person is copied into each of their events.
    pub(super) fn of(raw: &'a RawValue) -> Option<Self> {
        const LARGEST: usize = 1024;
        let fields = Fields::of(raw).filter(|_| raw.get().len() <= LARGEST)?;
        let addresses = Addresses::of(&fields, &["user_id", "wa_id", "parent_user_id"]);
        let profile = fields.object("profile");
        let name = profile.text("name").or_else(|| profile.text("username"));
        Some(Self { addresses, name, raw: raw.get() })
    }

    /// The name that the person chose.
    pub(super) fn name(&self) -> Option<PersonName> {
        self.name.as_deref().map(|it| PersonName(it.to_owned()))
    }
}

enum Shape {
    User,
    Parent,
    Phone,
    Other,
}

fn shape(address: &str) -> Shape {
    let digits = address.strip_prefix('+').unwrap_or(address);
    let is_phone = (6..=15).contains(&digits.len())
        && digits.bytes().all(|it| it.is_ascii_digit())
        && !digits.starts_with('0');
    let is_id =
        |it: &str| (1..=128).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric());
    match address.split_once('.') {
        Some((country, id))
            if country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase()) =>
        {
            match id.strip_prefix("ENT.") {
                Some(id) if is_id(id) => Shape::Parent,
                None if is_id(id) => Shape::User,
                Some(_) | None => Shape::Other,
            }
        }
        Some(_) | None if is_phone => Shape::Phone,
        Some(_) | None => Shape::Other,
    }
}

/// Whether `outbound` may address a message to this.
pub(crate) fn is_user_id(address: &str) -> bool {
    matches!(shape(address), Shape::User | Shape::Parent)
}

/// Whether this is a phone number in E.164.
pub(crate) fn is_phone(address: &str) -> bool {
    address.starts_with('+') && matches!(shape(address), Shape::Phone)
}

/// An entry of `user_preferences`: the person allowed or stopped marketing.
pub(super) fn preference(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    let identity = scene.identity(item, &["user_id", "wa_id"])?;
    let (category, value) = (item.text("category")?, item.text("value")?);
    let granted = match value.as_ref() {
        "stop" => false,
        "resume" | "signup" => true,
        _ => return None,
    };
    let purpose =
        if category == "marketing_messages" { "marketing".into() } else { printable(&category) };
    let at = item.time("timestamp").unwrap_or(scene.at);
    let key = format!("{}:{category}:{value}:{}", identity.id.address(), at.ms());
    let kind = Kind::ConsentChanged {
        purpose: purpose.into_owned(),
        granted,
        // The platform's own sentence may name the person.
        detail: value.into_owned(),
    };
    Some(scene.event(key, Some(identity), at, kind))
}

/// An entry of `user_id_update`: the platform's word that two ids are one person's.
pub(super) fn new_user_id(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    _: &RawValue,
) -> Option<InboundEvent> {
    let ids = item.object("user_id");
    let (previous, current) = (ids.text("previous")?, ids.text("current")?);
    let at = item.time("timestamp").unwrap_or(scene.at);
    let now = Addresses::of(&ids, &["current"]).and(&Addresses::of(item, &["wa_id"]));
    let mut identity = now.identity(None)?;
    // The name beside it, by the phone number.
    identity.name = scene.identity(item, &["wa_id"]).and_then(|it| it.name);
    let kind = Kind::IdentityChanged {
        previous: Addresses::of(&ids, &["previous"]).identity(None).map(|it| it.id),
        reason: "user_id_update".to_owned(),
    };
    Some(scene.event(format!("{previous}:{current}:{}", at.ms()), Some(identity), at, kind))
}

/// A `system` message: the person's number or id changed.
pub(super) fn system(scene: &ChangeContext<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let (id, system) = (item.text("id")?, item.object("system"));
    let reason = system.text("type")?;
    let before = Addresses::of(item, &["from_user_id", "from"])
        .and(&Addresses::of(&system, &["previous_user_id", "previous_parent_user_id", "customer"]));
    let previous = || {
        // The id that the platform calls the previous one is surer than the number that the message came from.
        let named = Addresses::of(&system, &["previous_user_id", "customer"]).identity(None);
        named.or_else(|| before.identity(None)).map(|it| it.id)
    };
    let (now, previous) = match reason.as_ref() {
        "user_changed_number" | "customer_changed_number" | "user_changed_user_id" => {
            let now = Addresses::of(&system, &["user_id", "wa_id", "new_wa_id", "parent_user_id"]);
            (now, previous())
        }
        "customer_identity_changed" => (before, None),
        _ => return None,
    };
    let kind = Kind::IdentityChanged { previous, reason: reason.into_owned() };
    let at = item.time("timestamp").unwrap_or(scene.at);
    Some(scene.event(id, Some(now.identity(None)?), at, kind))
}
