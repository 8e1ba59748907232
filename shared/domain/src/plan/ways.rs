//! The ways to a person, best first, from what is kept of their addresses.

use std::cmp::Reverse;

use super::{Ask, Way};
use crate::filing::aliases::{Kept, forbidden, is_one};
use crate::id::{AccountId, Channel, IdentityId};

/// The things that are known of a person.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Their addresses.
    pub addresses: &'a [Kept],
    /// The same, with what is kept of their other names.
    pub kept: &'a [Kept],
    /// Those of the addresses that are only claimed to be theirs.
    pub claimed: &'a [IdentityId],
    /// The channels that come first, where the caller leaves the choice.
    pub preferred: &'a [Channel],
}

/// Every way by which a person wrote to us, the last first; those on the preferred channels before the others, in their
/// order. A channel that is asked for may also be one by which they have not written yet.
#[must_use]
pub fn ways(ask: &Ask<'_>, known: &Known<'_>) -> Vec<Way> {
    let mut ways = Vec::new();
    for (id, address) in known.addresses {
        for (ours, at) in &address.inbound {
            let Some((channel, account)) = ours.split_once('#') else { continue };
            ways.push(Way {
                account: Some(AccountId::new(account)),
                last_inbound: Some(*at),
                ..first_word(ask, known, &Channel::new(channel), id)
            });
        }
    }
    let is_asked = |it: &Way| {
        ask.account.is_none_or(|account| it.account.as_ref() == Some(account))
            && ask.address.is_none_or(|address| it.identity == *address)
    };
    ways.retain(is_asked);
    let rank = |it: &Way| known.preferred.iter().position(|channel| *channel == it.channel);
    ways.sort_by_key(|it| (rank(it).unwrap_or(known.preferred.len()), Reverse(it.last_inbound)));
    if let Some(channel) = ask.channel
        && !ways.iter().any(|it| it.channel == *channel)
    {
        let usable = known.addresses.iter().map(|(id, _)| id);
        let usable = usable.filter(|it| ask.address.is_none_or(|address| *it == address));
        let mut usable = usable.filter(|it| it.space() == channel.as_str() || it.is_phone());
        ways.extend(usable.next().map(|it| first_word(ask, known, channel, it)));
    }
    ways
}

/// The ways to one address, also by the id that the platform has for whom a number is. Who never wrote by it is written to
/// first.
#[must_use]
pub fn ways_to(
    ask: &Ask<'_>,
    known: &Known<'_>,
    channel: &Channel,
    identity: &IdentityId,
) -> Vec<Way> {
    let mut ways = ways(ask, known);
    ways.retain(|it| it.channel == *channel && is_one(&it.identity, identity, known.kept));
    if ways.is_empty() {
        ways.push(first_word(ask, known, channel, identity));
    }
    ways
}

fn first_word(ask: &Ask<'_>, known: &Known<'_>, channel: &Channel, identity: &IdentityId) -> Way {
    Way {
        channel: channel.clone(),
        identity: identity.clone(),
        account: ask.account.cloned(),
        last_inbound: None,
        forbidden: forbidden(identity, known.kept),
        claimed: known.claimed.contains(identity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filing::identity::{Address, Consent};
    use crate::outbound::SendContent;
    use crate::time::Timestamp;

    fn bsuid() -> IdentityId {
        IdentityId::scoped(&Channel::from_static("whatsapp"), "", "GB.1")
    }

    fn phone() -> IdentityId {
        IdentityId::phone("+447700900111")
    }

    fn consent(granted: bool, at: i64) -> Consent {
        Consent { granted, at: Timestamp::from_secs(at) }
    }

    fn person() -> Vec<Kept> {
        let inbound = [
            ("whatsapp#7008".to_owned(), Timestamp::from_secs(50)),
            ("whatsapp#7009".to_owned(), Timestamp::from_secs(70)),
        ];
        let consents = [("marketing".to_owned(), consent(false, 5))];
        let own = Address {
            aliases: vec![phone()],
            inbound: inbound.into(),
            consents: consents.into(),
            ..Address::default()
        };
        let number = Address {
            holder: Some(bsuid()),
            inbound: [("sms#17".to_owned(), Timestamp::from_secs(90))].into(),
            consents: [
                ("marketing".to_owned(), consent(true, 9)),
                ("all".to_owned(), consent(false, 3)),
            ]
            .into(),
            ..Address::default()
        };
        vec![(bsuid(), own), (phone(), number)]
    }

    const EMAIL: Channel = Channel::from_static("email");
    const VOICE: Channel = Channel::from_static("voice");
    const WHATSAPP: Channel = Channel::from_static("whatsapp");

    fn hello() -> SendContent {
        SendContent::Text { text: "hello".to_owned() }
    }

    fn all(ask: &Ask<'_>, preferred: &[Channel]) -> Vec<Way> {
        let (addresses, kept) = (&person(), &person());
        ways(ask, &Known { addresses, kept, claimed: &[], preferred })
    }

    fn accounts(ask: &Ask<'_>, preferred: &[Channel]) -> Vec<String> {
        let name = |it: Way| {
            format!("{}#{}", it.channel, it.account.map_or("-".to_owned(), |it| it.to_string()))
        };
        all(ask, preferred).into_iter().map(name).collect()
    }

    #[test]
    fn the_way_by_which_a_person_last_wrote_comes_first_unless_the_thread_is_elsewhere() {
        let content = hello();
        let ask = Ask::of(&content);
        assert_eq!(accounts(&ask, &[]), ["sms#17", "whatsapp#7009", "whatsapp#7008"]);
        let there = accounts(&ask, &[EMAIL, WHATSAPP]);
        assert_eq!(there, ["whatsapp#7009", "whatsapp#7008", "sms#17"]);
    }

    #[test]
    fn an_account_that_is_asked_for_is_the_only_one() {
        let (content, account) = (hello(), AccountId::new("7008"));
        let ask = Ask { account: Some(&account), ..Ask::of(&content) };
        assert_eq!(accounts(&ask, &[]), ["whatsapp#7008"]);
    }

    #[test]
    fn an_address_that_is_asked_for_is_the_only_one() {
        let (content, address) = (hello(), phone());
        let ask = Ask { address: Some(&address), ..Ask::of(&content) };
        assert_eq!(accounts(&ask, &[]), ["sms#17"]);
        assert_eq!(accounts(&Ask { channel: Some(&VOICE), ..ask }, &[]), ["sms#17", "voice#-"]);
        let stranger = IdentityId::phone("+33612345678");
        let ask = Ask { address: Some(&stranger), channel: Some(&VOICE), ..ask };
        assert_eq!(accounts(&ask, &[]), [""; 0]);
    }

    #[test]
    fn a_channel_that_is_asked_for_may_be_one_that_was_never_used() {
        let (content, account) = (hello(), AccountId::new("1"));
        let ask = Ask { channel: Some(&VOICE), ..Ask::of(&content) };
        assert!(accounts(&ask, &[]).contains(&"voice#-".to_owned()));
        assert_eq!(accounts(&Ask { account: Some(&account), ..ask }, &[]), ["voice#1"]);
    }

    #[test]
    fn what_a_person_said_by_their_number_counts_for_the_platforms_id_too() {
        let ways = all(&Ask::of(&hello()), &[]);
        assert!(ways.iter().all(|it| it.forbidden == ["all"]), "{ways:?}");
    }

    #[test]
    fn an_address_is_reached_by_its_other_name_or_written_to_first_and_a_claim_is_marked() {
        let (content, claimed) = (hello(), [bsuid()]);
        let (ask, kept) = (Ask::of(&content), person());
        let known = Known { addresses: &kept, kept: &kept, claimed: &claimed, preferred: &[] };
        let found = ways_to(&ask, &known, &WHATSAPP, &phone());
        assert!(found.iter().all(|it| it.identity == bsuid() && it.claimed), "{found:?}");
        assert_eq!(found.len(), 2);
        let stranger = IdentityId::phone("+33612345678");
        let first = ways_to(&ask, &known, &WHATSAPP, &stranger);
        assert_eq!((first.len(), first[0].last_inbound, first[0].claimed), (1, None, false));
    }
}
