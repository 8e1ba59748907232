//! The addresses of people, and how they become a person's.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{InboundEvent, Kind, PersonName};
use domain::filing::identity::{Address, Claim, Claimed, Consent, account};
use domain::id::{ContactId, IdentityId, ThreadId};
use domain::time::Timestamp;

use crate::store::contacts::Contacts;
use crate::store::item::{Item, get_flag, get_moment, get_text, get_texts, moment, number, text};
use crate::store::keys;
use crate::store::patch::{Patch, key_item};
use crate::store::schema::{
    ALIASES, CLAIMED_AT, CLAIMED_CODE, CLAIMED_CONTACT, CLAIMED_THREAD, CONSENT, CONTACT, HOLDER,
    IDENTITIES, INBOUND, NAME, RECYCLED, VERSION,
};
use crate::store::transaction::Transaction;

/// The addresses that become a person's with an event, and what is known of the person by it.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// The addresses.
    pub claims: Vec<Claim>,
    /// The name that the person chose.
    pub name: Option<PersonName>,
    /// The account of ours that they wrote to, and when.
    pub inbound: Option<(String, Timestamp)>,
    /// The thread of another person that they showed a code of.
    pub claimed: Option<Claimed>,
}

impl Claims {
    pub(in crate::store) fn of(claims: Vec<Claim>, event: &InboundEvent) -> Self {
        let opens = matches!(&event.kind, Kind::Message(message) if message.opens_window);
        Self {
            claims,
            name: event.identity.as_ref().and_then(|it| it.name.clone()),
            inbound: opens.then(|| (account(&event.channel, &event.account), event.at)),
            claimed: None,
        }
    }

    /// Adds to the head the addresses that were not the person's before.
    pub(in crate::store) fn to_head(&self, head: Patch, contact: &ContactId) -> Patch {
        let new = self.claims.iter().filter(|it| it.from.as_ref() != Some(contact));
        match ids(new.map(|it| &it.id)) {
            Some(ids) => head.add(IDENTITIES, ids),
            None => head,
        }
    }
}

impl Contacts<'_> {
    /// The address as it is kept.
    pub async fn find_identity(self, id: &IdentityId) -> anyhow::Result<Option<Address>> {
        Ok(self.store.get(&keys::identity(id)).await?.as_ref().map(read_address))
    }
}

/// Adds the addresses that become a person's to a transaction, each as long as it is whose it was when it was read.
pub(in crate::store) fn add_claims(
    transaction: &mut Transaction,
    contact: &ContactId,
    claims: &Claims,
) {
    let mut taken: BTreeMap<&ContactId, Vec<&IdentityId>> = BTreeMap::new();
    for (n, claim) in claims.claims.iter().enumerate() {
        let patch = Patch::of(keys::identity(&claim.id))
            .if_is(CONTACT, claim.from.as_ref().map(|it| text(it.as_str())))
            .if_is(HOLDER, claim.held_by.as_ref().map(|it| text(it.as_str())));
        if let Some(from) = claim.from.as_ref().filter(|it| *it != contact) {
            // Consent, window and name were another person's: nothing of them stays.
            transaction.replace(patch, recycled(claim, contact));
            taken.entry(from).or_default().push(&claim.id);
            continue;
        }
        let patch = patch
            .set(CONTACT, text(contact.as_str()))
            .set_some(HOLDER, claim.holder.as_ref().map(|it| text(it.as_str())))
            .set_some(ALIASES, ids(&claim.aliases));
        // The first claim is the address that the event is from.
        transaction.patch(if n == 0 { seen(patch, claims) } else { patch });
    }
    for (from, ids) in taken {
        transaction.patch(without(from, ids));
    }
}

/// The head of a person who loses addresses.
fn without<'a>(contact: &ContactId, ids: impl IntoIterator<Item = &'a IdentityId>) -> Patch {
    let head = Patch::of(keys::contact(contact)).add(VERSION, number(1));
    // The head has the spelling that the address came in first.
    let spellings: Vec<_> = ids.into_iter().flat_map(IdentityId::spellings).collect();
    match self::ids(&spellings) {
        Some(set) => head.take_out(IDENTITIES, set),
        None => head,
    }
}

/// Sets on an address all that an event tells of the person who sent it.
pub(in crate::store) fn seen(patch: Patch, claims: &Claims) -> Patch {
    let patch = patch.set_some(NAME, claims.name.as_ref().map(|it| text(&*it.0)));
    let patch = match &claims.claimed {
        Some(claimed) => write_claimed(patch, claimed),
        None => patch,
    };
    match &claims.inbound {
        Some((account, at)) => patch.set(&format!("{INBOUND}{account}"), moment(*at)),
        None => patch,
    }
}

/// The last code that was shown counts.
pub(in crate::store) fn write_claimed(patch: Patch, claimed: &Claimed) -> Patch {
    patch
        .if_below(CLAIMED_AT, moment(claimed.at.plus_ms(1)))
        .set(CLAIMED_THREAD, text(claimed.thread.as_str()))
        .set(CLAIMED_CONTACT, text(claimed.contact.as_str()))
        .set(CLAIMED_CODE, text(&*claimed.code))
        .set(CLAIMED_AT, moment(claimed.at))
}

/// Takes a claim from an address.
pub(in crate::store) fn remove_claimed(patch: Patch) -> Patch {
    let names = [CLAIMED_THREAD, CLAIMED_CONTACT, CLAIMED_CODE, CLAIMED_AT];
    names.into_iter().fold(patch, Patch::remove)
}

/// Only if the person was not seen later.
pub(in crate::store) fn if_seen_before(patch: Patch, account: &str, at: Timestamp) -> Patch {
    patch.if_below(&format!("{INBOUND}{account}"), moment(at))
}

/// Writes what a person allowed or forbade, if they did not say otherwise later.
pub(in crate::store) fn write_consent(
    id: &IdentityId,
    purpose: &str,
    consent: Consent,
    detail: &str,
) -> Patch {
    let (said, at) = (format!("{CONSENT}{purpose}"), format!("{CONSENT}{purpose}:at"));
    Patch::of(keys::identity(id))
        .if_below(&at, moment(consent.at.plus_ms(1)))
        .set(&said, AttributeValue::Bool(consent.granted))
        .set(&at, moment(consent.at))
        .set(&format!("{CONSENT}{purpose}:detail"), text(detail))
}

/// A number that a person gave up: nothing of it stays, and it is nobody's.
pub(in crate::store) fn release(
    transaction: &mut Transaction,
    id: &IdentityId,
    contact: &ContactId,
) {
    let condition = Patch::of(keys::identity(id)).if_is(CONTACT, Some(text(contact.as_str())));
    transaction.remove_if(condition);
    transaction.patch(without(contact, [id]));
}

fn recycled(claim: &Claim, contact: &ContactId) -> Item {
    let mut item: Item = key_item(&keys::identity(&claim.id));
    item.insert(CONTACT.to_owned(), text(contact.as_str()));
    item.insert(RECYCLED.to_owned(), AttributeValue::Bool(true));
    item.extend(claim.holder.as_ref().map(|it| (HOLDER.to_owned(), text(it.as_str()))));
    item
}

pub(in crate::store) fn read_address(item: &Item) -> Address {
    let mut address = Address {
        contact: get_text(item, CONTACT).map(ContactId::new),
        holder: get_text(item, HOLDER).map(IdentityId::from_stored),
        aliases: get_texts(item, ALIASES).map(IdentityId::from_stored).collect(),
        name: get_text(item, NAME).map(|it| PersonName(it.to_owned())),
        recycled: get_flag(item, RECYCLED),
        claimed: read_claimed(item),
        ..Address::default()
    };
    for (name, value) in item {
        if let Some(account) = name.strip_prefix(INBOUND) {
            address.inbound.extend(get_moment(item, name).map(|at| (account.to_owned(), at)));
        } else if let (Some(purpose), Ok(granted)) = (name.strip_prefix(CONSENT), value.as_bool()) {
            let at = get_moment(item, &format!("{name}:at")).unwrap_or_default();
            address.consents.insert(purpose.to_owned(), Consent { granted: *granted, at });
        }
    }
    address
}

fn read_claimed(item: &Item) -> Option<Claimed> {
    Some(Claimed {
        thread: ThreadId::new(get_text(item, CLAIMED_THREAD)?),
        contact: ContactId::new(get_text(item, CLAIMED_CONTACT)?),
        code: get_text(item, CLAIMED_CODE)?.to_owned(),
        at: get_moment(item, CLAIMED_AT)?,
    })
}

/// A set of addresses. The table has no empty sets.
pub(in crate::store) fn ids<'a>(
    ids: impl IntoIterator<Item = &'a IdentityId>,
) -> Option<AttributeValue> {
    let ids: Vec<_> = ids.into_iter().map(|it| it.as_str().to_owned()).collect();
    (!ids.is_empty()).then_some(AttributeValue::Ss(ids))
}
