//! The names of one person on one platform: its id for them, and their number. A channel may take any of them for an address,
//! so what the person forbade by one of them holds for all.
//!
//! A number that another id holds by now, or that was given up, is a name of somebody else: nothing is sent there for the
//! person who had it, and neither inherits what the other forbade.

use std::collections::BTreeMap;

use super::identity::{Address, Consent};
use crate::id::IdentityId;

/// An address, and the record that is kept of it.
pub type Kept = (IdentityId, Address);

/// An address and the other names that its channel may take for it. `kept` holds the person's addresses and what is kept of
/// their aliases, whosever those are.
#[must_use]
pub fn known_by(identity: &IdentityId, kept: &[Kept]) -> Vec<IdentityId> {
    let own = find(identity, kept).map(|it| it.aliases.as_slice()).unwrap_or_default();
    let names = own.iter().filter(|it| *it != identity && is_name(identity, it, kept));
    std::iter::once(identity).chain(names).cloned().collect()
}

/// Whether two addresses are names of one person on one platform.
#[must_use]
pub fn is_one(one: &IdentityId, other: &IdentityId, kept: &[Kept]) -> bool {
    one == other || is_name(one, other, kept) || is_name(other, one, kept)
}

/// The purposes that a person forbade by an address, or by another name of it: the last word on each purpose counts.
#[must_use]
pub fn forbidden(identity: &IdentityId, kept: &[Kept]) -> Vec<String> {
    let mut last: BTreeMap<&str, Consent> = BTreeMap::new();
    for (_, address) in kept.iter().filter(|(id, _)| is_one(id, identity, kept)) {
        for (purpose, consent) in &address.consents {
            let kept = last.entry(purpose).or_insert(*consent);
            if kept.at < consent.at {
                *kept = *consent;
            }
        }
    }
    let denied = last.into_iter().filter(|(_, it)| !it.granted);
    denied.map(|(purpose, _)| purpose.to_owned()).collect()
}

/// Whether an address came with this alias and has it still.
fn is_name(of: &IdentityId, alias: &IdentityId, kept: &[Kept]) -> bool {
    let (Some(own), Some(other)) = (find(of, kept), find(alias, kept)) else { return false };
    let is_theirs = own.contact.is_some() && own.contact == other.contact;
    match &other.holder {
        Some(holder) if holder == of => true,
        Some(_) => is_theirs && own.aliases.contains(alias),
        None => own.aliases.contains(alias),
    }
}

fn find<'a>(identity: &IdentityId, kept: &'a [Kept]) -> Option<&'a Address> {
    kept.iter().find(|(id, _)| id == identity).map(|(_, address)| address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Channel, ContactId};
    use crate::time::Timestamp;

    fn bsuid(name: &str) -> IdentityId {
        IdentityId::scoped(&Channel::from_static("whatsapp"), "", name)
    }

    fn phone() -> IdentityId {
        IdentityId::phone("+447700900111")
    }

    fn said(purpose: &str, granted: bool, at: i64) -> (String, Consent) {
        (purpose.to_owned(), Consent { granted, at: Timestamp::from_secs(at) })
    }

    fn user(contact: &str, said: Option<(String, Consent)>) -> Address {
        let (contact, consents) = (Some(ContactId::new(contact)), said.into_iter().collect());
        Address { contact, aliases: vec![phone()], consents, ..Address::default() }
    }

    fn number(contact: &str, holder: Option<&str>, said: Option<(String, Consent)>) -> Kept {
        let (contact, consents) = (Some(ContactId::new(contact)), said.into_iter().collect());
        let holder = holder.map(bsuid);
        (phone(), Address { contact, holder, consents, ..Address::default() })
    }

    const ADA: &str = "con_ada";
    const BOB: &str = "con_bob";

    #[test]
    fn what_is_said_by_one_name_holds_for_the_other_and_the_last_word_counts() {
        let kept = [
            (bsuid("GB.1"), user(ADA, Some(said("all", true, 3)))),
            number(ADA, Some("GB.1"), Some(said("all", false, 5))),
        ];
        assert_eq!(forbidden(&bsuid("GB.1"), &kept), ["all"]);
        assert_eq!(forbidden(&phone(), &kept), ["all"]);
        assert_eq!(known_by(&bsuid("GB.1"), &kept), [bsuid("GB.1"), phone()]);
        let later = [
            (bsuid("GB.1"), user(ADA, Some(said("all", true, 9)))),
            number(ADA, Some("GB.1"), Some(said("all", false, 5))),
        ];
        assert_eq!(forbidden(&phone(), &later), [""; 0]);
        assert_eq!(forbidden(&IdentityId::phone("+33"), &kept), [""; 0], "a stranger");
    }

    #[test]
    fn a_number_that_nobody_holds_is_a_name_also_where_it_is_another_contacts() {
        let said = Some(said("care", false, 5));
        let kept = [(bsuid("GB.1"), user(ADA, None)), number(BOB, None, said)];
        assert_eq!(forbidden(&bsuid("GB.1"), &kept), ["care"], "the platform may take the number");
        assert_eq!(known_by(&bsuid("GB.1"), &kept), [bsuid("GB.1"), phone()]);
    }

    #[test]
    fn a_number_that_went_to_somebody_else_is_a_name_of_theirs_alone() {
        let kept = [
            (bsuid("GB.1"), user(ADA, Some(said("marketing", false, 3)))),
            number(BOB, Some("GB.2"), Some(said("all", false, 5))),
            (bsuid("GB.2"), user(BOB, None)),
        ];
        assert_eq!(forbidden(&bsuid("GB.1"), &kept), ["marketing"], "not the new owner's word");
        assert_eq!(forbidden(&bsuid("GB.2"), &kept), ["all"], "not the old owner's word");
        assert_eq!(forbidden(&phone(), &kept), ["all"]);
        assert_eq!(known_by(&bsuid("GB.1"), &kept), [bsuid("GB.1")], "nothing is sent there");
        assert_eq!(known_by(&bsuid("GB.2"), &kept), [bsuid("GB.2"), phone()]);
    }

    #[test]
    fn a_number_that_was_given_up_is_no_name_of_who_had_it() {
        let kept = [(bsuid("GB.1"), user(ADA, None))];
        assert_eq!(known_by(&bsuid("GB.1"), &kept), [bsuid("GB.1")]);
    }

    #[test]
    fn a_number_that_went_along_to_a_persons_next_id_still_names_the_one_before() {
        let kept = [
            (bsuid("GB.1"), user(ADA, None)),
            number(ADA, Some("GB.2"), Some(said("all", false, 5))),
            (bsuid("GB.2"), user(ADA, None)),
        ];
        for id in ["GB.1", "GB.2"] {
            assert_eq!(forbidden(&bsuid(id), &kept), ["all"], "{id}");
        }
    }
}
