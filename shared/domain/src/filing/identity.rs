//! The identity of a person, from the addresses that an event names.
//!
//! Phone numbers are shared by every channel that has them and they are recycled, so an id that the platform made for a
//! person (WhatsApp's BSUID) *holds* the number that it comes with. A number that nobody holds joins its contact; one that
//! another id holds has gone to another person. Two known people are never made one here: only a person does that.

use std::collections::BTreeMap;

use crate::event::{Identity, PersonName};
use crate::id::{AccountId, Channel, ContactId, IdentityId, ThreadId};
use crate::time::Timestamp;

/// The record that is kept of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The owner. An address whose owner only told us a preference has none yet.
    pub contact: Option<ContactId>,
    /// The platform's id that came with this number last.
    pub holder: Option<IdentityId>,
    /// The other addresses that it came with.
    pub aliases: Vec<IdentityId>,
    /// The name that the person chose.
    pub name: Option<PersonName>,
    /// When the person last wrote, by channel and account of ours (see [`account`]), to within ten minutes.
    pub inbound: BTreeMap<String, Timestamp>,
    /// The consents of the person, by purpose.
    pub consents: BTreeMap<String, Consent>,
    /// Whether it was another person's before.
    pub recycled: bool,
    /// The thread of another person that a code was shown for.
    pub claimed: Option<Claimed>,
}

/// The claim of somebody who showed the code of another person's thread: to be that person. It lets their messages into the one
/// thread and nowhere else, until somebody confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The thread.
    pub thread: ThreadId,
    /// The person that it was with.
    pub contact: ContactId,
    /// The SHA-256 of the code.
    pub code: String,
    /// When it was shown.
    pub at: Timestamp,
}

/// The word of a person on one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Whether it is allowed.
    pub granted: bool,
    /// When they said so.
    pub at: Timestamp,
}

impl Address {
    /// When the person last wrote to this account of ours by this address.
    #[must_use]
    pub fn last_inbound(&self, channel: &Channel, ours: &AccountId) -> Option<Timestamp> {
        self.inbound.get(&account(channel, ours)).copied()
    }

    /// Whether a message moves the window far enough to be worth a write.
    #[must_use]
    pub fn window_moves(&self, channel: &Channel, ours: &AccountId, at: Timestamp) -> bool {
        self.last_inbound(channel, ours).is_none_or(|it| WINDOW_STEP_MS < at.since(it))
    }
}

/// By how much the last inbound time may be behind.
pub const WINDOW_STEP_MS: i64 = 10 * 60 * 1000;

/// One of our accounts, as [`Address::inbound`] names it.
#[must_use]
pub fn account(channel: &Channel, ours: &AccountId) -> String {
    format!("{channel}#{ours}")
}

/// The person that an event is about, and what has to be written before that is so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The person; `None` for one that we do not know.
    pub contact: Option<ContactId>,
    /// The addresses that become theirs.
    pub claims: Vec<Claim>,
}

/// An address that becomes a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub id: IdentityId,
    /// The owner when it was read: the claim fails if it is another's by then.
    pub from: Option<ContactId>,
    /// The platform's id that it comes with, for a number.
    pub holder: Option<IdentityId>,
    /// The holder at the time it was read.
    pub held_by: Option<IdentityId>,
    /// Every address that it came with.
    pub aliases: Vec<IdentityId>,
}

/// An alias, and what is kept of it.
pub type Alias<'a> = (&'a IdentityId, Option<&'a Address>);

/// Whether an event names an alias that its identity was not seen with: only then are aliases read.
#[must_use]
pub fn names_news(identity: &Identity, own: Option<&Address>) -> bool {
    own.is_none_or(|own| {
        own.contact.is_none() || identity.aliases.iter().any(|it| !own.aliases.contains(it))
    })
}

/// Decides whom an event is about. `aliases` are those that it names; they may be left out when they are no news.
#[must_use]
pub fn resolve(identity: &Identity, own: Option<&Address>, aliases: &[Alias<'_>]) -> Resolution {
    if !names_news(identity, own) {
        return Resolution { contact: own.and_then(|it| it.contact.clone()), claims: Vec::new() };
    }
    let known = own.and_then(|it| it.contact.clone());
    // A number that is free of other holders says who this is; one that another id holds says who this is not.
    let contact = known.or_else(|| {
        let free = aliases.iter().filter_map(|(_, kept)| *kept);
        free.filter(|it| !is_held_by_another(identity, it)).find_map(|it| it.contact.clone())
    });
    Resolution { claims: claims(identity, own, aliases, contact.as_ref()), contact }
}

/// Decides what it means that the platform says: this identity is who `previous` was. Where both are known as different
/// people nothing follows.
#[must_use]
pub fn succeed(
    identity: &Identity,
    own: Option<&Address>,
    aliases: &[Alias<'_>],
    previous: Option<&Address>,
) -> Resolution {
    let Some(contact) = previous.and_then(|it| it.contact.clone()) else {
        return Resolution::default();
    };
    if own.and_then(|it| it.contact.as_ref()).is_some_and(|it| *it != contact) {
        return Resolution::default();
    }
    Resolution { claims: claims(identity, own, aliases, Some(&contact)), contact: Some(contact) }
}

/// The numbers that a person gave up by moving to others: they will be somebody else's.
#[must_use]
pub fn given_up(
    identity: &Identity,
    previous: &IdentityId,
    kept: Option<&Address>,
) -> Vec<IdentityId> {
    let now: Vec<_> = std::iter::once(&identity.id).chain(&identity.aliases).collect();
    // Without a new number we do not know that the old one is gone.
    if !now.iter().any(|it| it.is_phone()) {
        return Vec::new();
    }
    let before = std::iter::once(previous).chain(kept.iter().flat_map(|it| &it.aliases));
    before.filter(|it| it.is_phone() && !now.contains(it)).cloned().collect()
}

fn claims(
    identity: &Identity,
    own: Option<&Address>,
    aliases: &[Alias<'_>],
    contact: Option<&ContactId>,
) -> Vec<Claim> {
    let mut named = own.map(|it| it.aliases.clone()).unwrap_or_default();
    named.extend(
        identity.aliases.iter().filter(|it| !named.contains(it)).cloned().collect::<Vec<_>>(),
    );
    let is_known = own.is_some_and(|it| it.contact.is_some() && it.aliases == named);
    let first = Claim {
        id: identity.id.clone(),
        from: own.and_then(|it| it.contact.clone()),
        holder: own.and_then(|it| it.holder.clone()),
        held_by: own.and_then(|it| it.holder.clone()),
        aliases: named,
    };
    let others = aliases.iter().filter_map(|(id, kept)| {
        let (from, held_by) =
            kept.map_or((None, None), |it| (it.contact.as_ref(), it.holder.as_ref()));
        let is_ours = from.is_none() || from == contact;
        // A number of another contact that no id holds stays there: that they are one person is for a person to say.
        let moves = is_ours || held_by.is_some_and(|it| *it != identity.id);
        let is_settled = from.is_some() && from == contact && held_by == Some(&identity.id);
        (moves && !is_settled).then(|| Claim {
            id: (*id).clone(),
            from: from.cloned(),
            holder: Some(identity.id.clone()),
            held_by: held_by.cloned(),
            aliases: kept.map(|it| it.aliases.clone()).unwrap_or_default(),
        })
    });
    std::iter::once(first).filter(|_| !is_known).chain(others).collect()
}

fn is_held_by_another(identity: &Identity, address: &Address) -> bool {
    address.holder.as_ref().is_some_and(|it| *it != identity.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHATSAPP: Channel = Channel::from_static("whatsapp");

    fn bsuid(name: &str) -> IdentityId {
        IdentityId::scoped(&WHATSAPP, "", name)
    }

    fn phone() -> IdentityId {
        IdentityId::phone("+447700900111")
    }

    fn identity(id: IdentityId, aliases: &[IdentityId]) -> Identity {
        Identity { id, aliases: aliases.to_vec(), name: None }
    }

    fn address(contact: &str, holder: Option<IdentityId>, aliases: &[IdentityId]) -> Address {
        Address {
            contact: Some(ContactId::new(contact)),
            holder,
            aliases: aliases.to_vec(),
            ..Address::default()
        }
    }

    fn contact(resolution: &Resolution) -> Option<&str> {
        resolution.contact.as_ref().map(ContactId::as_str)
    }

    fn claimed(resolution: &Resolution) -> Vec<(IdentityId, Option<&str>)> {
        resolution
            .claims
            .iter()
            .map(|it| (it.id.clone(), it.from.as_ref().map(ContactId::as_str)))
            .collect()
    }

    #[test]
    fn an_unknown_person_claims_every_address_they_come_with() {
        let it = resolve(&identity(bsuid("GB.1"), &[phone()]), None, &[(&phone(), None)]);
        assert_eq!(contact(&it), None);
        assert_eq!(claimed(&it), [(bsuid("GB.1"), None), (phone(), None)]);
        assert_eq!(it.claims[1].holder, Some(bsuid("GB.1")));
    }

    #[test]
    fn a_known_person_claims_nothing() {
        let own = address("con_1", None, &[phone()]);
        let it = resolve(&identity(bsuid("GB.1"), &[phone()]), Some(&own), &[]);
        assert_eq!((contact(&it), it.claims.len()), (Some("con_1"), 0));
    }

    #[test]
    fn a_whatsapp_message_from_a_number_that_called_is_the_same_person() {
        let called = address("con_1", None, &[]);
        let it = resolve(&identity(bsuid("GB.1"), &[phone()]), None, &[(&phone(), Some(&called))]);
        assert_eq!(contact(&it), Some("con_1"));
        assert_eq!(claimed(&it), [(bsuid("GB.1"), None), (phone(), Some("con_1"))]);
    }

    #[test]
    fn a_new_id_on_a_number_that_another_id_holds_is_another_person_and_takes_the_number() {
        let held = address("con_1", Some(bsuid("GB.1")), &[]);
        let it = resolve(&identity(bsuid("GB.2"), &[phone()]), None, &[(&phone(), Some(&held))]);
        assert_eq!(contact(&it), None);
        assert_eq!(claimed(&it), [(bsuid("GB.2"), None), (phone(), Some("con_1"))]);
    }

    #[test]
    fn a_number_that_is_another_contact_s_own_is_not_taken_from_them() {
        let own = address("con_1", None, &[]);
        let other = address("con_2", None, &[]);
        let it =
            resolve(&identity(bsuid("GB.1"), &[phone()]), Some(&own), &[(&phone(), Some(&other))]);
        assert_eq!(contact(&it), Some("con_1"));
        assert_eq!(claimed(&it), [(bsuid("GB.1"), Some("con_1"))]);
        assert_eq!(it.claims[0].aliases, [phone()], "it is remembered, so that it is asked once");
    }

    #[test]
    fn an_address_that_only_told_a_preference_is_nobody_s_yet() {
        let own = Address::default();
        let it = resolve(&identity(phone(), &[]), Some(&own), &[]);
        assert_eq!((contact(&it), claimed(&it)), (None, vec![(phone(), None)]));
    }

    #[test]
    fn a_successor_by_the_platform_s_word_is_the_same_person_and_takes_the_number_along() {
        let (old, held) =
            (address("con_1", None, &[phone()]), address("con_1", Some(bsuid("GB.1")), &[]));
        let new = identity(bsuid("GB.2"), &[phone()]);
        let it = succeed(&new, None, &[(&phone(), Some(&held))], Some(&old));
        assert_eq!(contact(&it), Some("con_1"));
        assert_eq!(claimed(&it), [(bsuid("GB.2"), None), (phone(), Some("con_1"))]);
        assert_eq!(it.claims[1].holder, Some(bsuid("GB.2")));
    }

    #[test]
    fn two_known_people_are_never_made_one() {
        let (old, new) = (address("con_1", None, &[]), address("con_2", None, &[]));
        let it = succeed(&identity(bsuid("GB.2"), &[]), Some(&new), &[], Some(&old));
        assert_eq!(it, Resolution::default());
        assert_eq!(succeed(&identity(bsuid("GB.2"), &[]), None, &[], None), Resolution::default());
    }

    #[test]
    fn who_moves_to_another_number_gives_up_the_old_one() {
        let new = IdentityId::phone("+447700900222");
        let old = address("con_1", None, &[phone()]);
        let moved = identity(bsuid("GB.2"), &[new]);
        assert_eq!(given_up(&moved, &bsuid("GB.1"), Some(&old)), [phone()]);
        assert_eq!(given_up(&moved, &phone(), None), [phone()]);
        let same = identity(bsuid("GB.2"), &[phone()]);
        assert_eq!(given_up(&same, &bsuid("GB.1"), Some(&old)), [] as [IdentityId; 0]);
        let hidden = identity(bsuid("GB.2"), &[]);
        assert_eq!(given_up(&hidden, &bsuid("GB.1"), Some(&old)), [] as [IdentityId; 0]);
    }

    #[test]
    fn the_window_is_written_when_it_moves_by_more_than_ten_minutes() {
        let (ours, at) = (AccountId::new("7008"), Timestamp::from_secs(100_000));
        let mut own = Address::default();
        assert!(own.window_moves(&WHATSAPP, &ours, at));
        own.inbound.insert(account(&WHATSAPP, &ours), at);
        assert!(!own.window_moves(&WHATSAPP, &ours, at.plus_ms(WINDOW_STEP_MS)));
        assert!(own.window_moves(&WHATSAPP, &ours, at.plus_ms(WINDOW_STEP_MS + 1)));
    }
}
