//! People.

use domain::filing::identity::Address;
use domain::id::{AccountId, Channel, ContactId, IdentityId, ThreadId};
use domain::plan::Offer;
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::is_set;
use crate::ids::{self, IdentityName};

/// A person who writes to us.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Contact {
    /// The person's id.
    pub(crate) id: ContactId,
    /// The name that the person chose on a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The addresses that are the person's.
    pub(crate) identities: Vec<Identity>,
    /// The person's wishes about how to be written to.
    pub(crate) preferences: Preferences,
    /// Groups that we count the person to; more than 16 if people of many were made one.
    pub(crate) segments: Vec<String>,
}

/// A person's wishes about how to be written to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Preferences {
    /// Best first. A message that leaves the choice takes the first that may be taken; an answer in a thread stays on its channel.
    pub(crate) channels: Vec<Channel>,
    /// The language to write in, as a language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<String>,
}

/// The people of an address.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ContactList {
    /// The person of the address; empty if nobody wrote from it.
    pub(crate) contacts: Vec<Contact>,
}

/// An address of a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Identity {
    /// The name of the address in paths.
    id: IdentityName,
    /// The channel, or `tel` for a number that voice, SMS and WhatsApp share.
    space: String,
    /// The address as the platform writes it.
    address: String,
    /// The name that the person chose there.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Addresses that it came with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<IdentityName>,
    /// Whether it was another person's before.
    recycled: bool,
    /// The other person's thread that a code was shown for: nobody has confirmed yet that both are one.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<Claim>,
    /// The person's word on being written to here, by purpose.
    consents: Vec<Consent>,
    /// Our accounts that the person wrote to from here.
    seen: Vec<Seen>,
}

/// A thread of somebody else that an address showed a code of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Claim {
    /// The thread.
    thread_id: ThreadId,
    /// The person whose thread it is.
    contact_id: ContactId,
    /// When the code was shown.
    at: Timestamp,
}

/// The person's word on being written to for a purpose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Consent {
    /// `care`, `transactional`, `marketing`, or `all`.
    purpose: String,
    /// Whether the person allows it.
    granted: bool,
    /// When the person said so.
    at: Timestamp,
}

/// An account of ours that the person wrote to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Seen {
    /// The channel.
    channel: Channel,
    /// The account of ours.
    account: AccountId,
    /// When the person last wrote there, to within ten minutes.
    last_inbound_at: Timestamp,
    /// Until when free-form content may be sent; absent where there is no window.
    #[serde(skip_serializing_if = "Option::is_none")]
    window_until: Option<Timestamp>,
}

impl Identity {
    /// An address, with the windows that the deployment's channels have.
    pub(crate) fn of(id: &IdentityId, address: &Address, offers: &[Offer]) -> Self {
        let consents = address.consents.iter().map(|(purpose, it)| Consent {
            purpose: purpose.clone(),
            granted: it.granted,
            at: it.at,
        });
        let seen = address.inbound.iter().filter_map(|(ours, at)| {
            let (channel, account) = ours.split_once('#')?;
            let (channel, account) = (Channel::new(channel), AccountId::new(account));
            let offer = offers.iter().find(|it| it.channel == channel);
            let window_s = offer.and_then(|it| it.capabilities.window_s);
            let window_until = window_s.map(|it| at.plus_ms(it.saturating_mul(1000)));
            Some(Seen { channel, account, last_inbound_at: *at, window_until })
        });
        let claimed = address.claimed.as_ref().map(|it| Claim {
            thread_id: it.thread.clone(),
            contact_id: it.contact.clone(),
            at: it.at,
        });
        Self {
            id: ids::identity(id),
            space: id.space().to_owned(),
            address: id.address().to_owned(),
            name: address.name.as_ref().map(|it| it.0.clone()),
            aliases: address.aliases.iter().map(ids::identity).collect(),
            recycled: address.recycled,
            claimed,
            consents: consents.collect(),
            seen: seen.collect(),
        }
    }
}

/// A person's fields that a patch named, as they are now, for a caller who may not read people.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ContactChanged")]
pub(crate) struct Changed {
    /// The person's id.
    id: ContactId,
    /// The person's wishes that the patch named.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<ChangedPreferences>,
    /// Groups that we count the person to.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<String>>,
}

/// The wishes that a patch named.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ChangedPreferences {
    /// Best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<Channel>>,
    /// The language to write in, as a language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
}

impl Changed {
    /// The part of a person that a patch named. A field that was taken away is not shown, whatever stands in its place.
    pub(crate) fn of(contact: Contact, patch: &Value) -> Self {
        let wishes = patch.get("preferences").filter(|it| !it.is_null());
        let preferences = contact.preferences;
        let preferences = wishes.map(|wishes| ChangedPreferences {
            channels: Some(preferences.channels).filter(|_| is_set(wishes, "channels")),
            locale: preferences.locale.filter(|_| is_set(wishes, "locale")),
        });
        let segments = Some(contact.segments).filter(|_| is_set(patch, "segments"));
        Self { id: contact.id, preferences, segments }
    }
}
