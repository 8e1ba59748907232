//! Whom a message may go to, and by which ways: what the table knows, laid out for the planner.

use aws::store::Claims;
use aws::store::{SortOrder, Window};
use domain::event::{Direction, Identity};
use domain::filing::State;
use domain::filing::aliases::{Kept, forbidden, is_one, known_by};
use domain::filing::identity::resolve;
use domain::id::{AccountId, Channel, ContactId, IdentityId, ThreadId};
use domain::outbound::Problem as Send;
use domain::plan::Way;
use domain::time::Timestamp;

use crate::api::Api;
use crate::problem::{Place, Problem};
use crate::quote::Quoted;
use crate::request::{MessageRequest, To};

/// How many threads a merge may have gone through.
const MOST_MERGES: usize = 16;
/// How many of the last messages are looked at for the channel that a thread is on.
const LAST: usize = 5;

/// Whom a message is for.
pub(crate) struct Target {
    /// The person; `None` for one that we do not know.
    pub(crate) contact: Option<ContactId>,
    /// The thread that it joins; `None` opens one.
    pub(crate) thread: Option<ThreadId>,
    /// The addresses that become the person's by it.
    pub(crate) claims: Claims,
    /// The ways to reach them, best first.
    pub(crate) ways: Vec<Way>,
    /// What is kept of the person's addresses and of their other names.
    kept: Vec<Kept>,
}

impl Target {
    /// The address of a way, and what else the person is known by there.
    pub(crate) fn known_by(&self, way: &Way) -> Vec<IdentityId> {
        known_by(&way.identity, &self.kept)
    }
}

/// Looks up whom a request is for.
pub(crate) async fn find(
    api: &Api,
    request: &MessageRequest,
    quoted: Option<&Quoted>,
    now: Timestamp,
) -> Result<Target, Problem> {
    let mut target = match &request.to {
        To::Thread(id) => in_thread(api, request, id, now).await?,
        To::Contact(id) => to_contact(api, request, id).await?,
        To::Address(channel, identity) => to_address(api, request, channel, identity).await?,
    };
    if let Some(quoted) = quoted {
        if target.contact.as_ref() != Some(&quoted.contact) {
            return Err(no_such("/reply_to", "is not a message of this conversation"));
        }
        // The platform knows the quoted message on that account of ours only.
        target.ways.retain(|it| {
            it.channel == quoted.channel && it.account.as_ref() == Some(&quoted.account)
        });
    }
    Ok(target)
}

fn no_such(pointer: &str, detail: &str) -> Problem {
    Problem::wrong(Place::Pointer(pointer.to_owned()), detail)
}

async fn in_thread(
    api: &Api,
    request: &MessageRequest,
    id: &ThreadId,
    now: Timestamp,
) -> Result<Target, Problem> {
    let missing = || no_such("/to/thread_id", "there is no such thread");
    let mut id = id.clone();
    for _ in 0..MOST_MERGES {
        let thread = api.table.views().view_thread(&id).await?.ok_or_else(missing)?;
        if let Some(into) = thread.merged_into.clone() {
            id = into;
            continue;
        }
        if thread.live.as_ref().is_some_and(|it| it.state == State::Closed) {
            return Err(Problem::send(Send::ThreadClosed, "it was closed; open it again first"));
        }
        let mut addresses =
            api.table.contacts().addresses(&thread.contact).await?.ok_or_else(missing)?;
        let claimants = api.table.filing().claimants(&thread).await?;
        addresses.extend(claimants.iter().cloned());
        // A conversation stays where it is; only if it cannot, what the person prefers counts.
        let last =
            if request.channel.is_none() { last_channel(api, &id, now).await? } else { None };
        let preferred = preferred(api, request, &thread.contact).await?;
        let preferred: Vec<_> = last.into_iter().chain(preferred).collect();
        let kept = api.table.contacts().with_aliases(&addresses).await?;
        let mut ways = ways(request, (&addresses, &kept), &preferred);
        for way in &mut ways {
            way.claimed = claimants.iter().any(|(id, _)| *id == way.identity);
        }
        let (contact, claims) = (Some(thread.contact), Claims::default());
        return Ok(Target { contact, thread: Some(id), claims, ways, kept });
    }
    Err(missing())
}

/// The channel that the person last used in a thread, else the one that we did.
async fn last_channel(
    api: &Api,
    id: &ThreadId,
    now: Timestamp,
) -> Result<Option<Channel>, Problem> {
    let window = Window { order: SortOrder::Descending, after: None, limit: LAST };
    let page = api.table.views().view_timeline(std::slice::from_ref(id), &window, now).await?;
    let theirs = page.rows.iter().find(|it| it.direction == Direction::In);
    Ok(theirs.or_else(|| page.rows.first()).and_then(|it| it.channel.clone()))
}

/// The channels that a person prefers, where the request leaves the choice.
async fn preferred(
    api: &Api,
    request: &MessageRequest,
    contact: &ContactId,
) -> Result<Vec<Channel>, Problem> {
    if request.channel.is_some() {
        return Ok(Vec::new());
    }
    Ok(api.table.contacts().profile(contact).await?.channels)
}

async fn to_contact(
    api: &Api,
    request: &MessageRequest,
    id: &ContactId,
) -> Result<Target, Problem> {
    let missing = || no_such("/to/contact_id", "there is no such contact");
    let id = &api.table.contacts().who_is(id).await?.ok_or_else(missing)?;
    let addresses = api.table.contacts().addresses(id).await?.ok_or_else(missing)?;
    let kept = api.table.contacts().with_aliases(&addresses).await?;
    let ways = ways(request, (&addresses, &kept), &preferred(api, request, id).await?);
    let (contact, claims) = (Some(id.clone()), Claims::default());
    Ok(Target { contact, thread: None, claims, ways, kept })
}

async fn to_address(
    api: &Api,
    request: &MessageRequest,
    channel: &Channel,
    identity: &IdentityId,
) -> Result<Target, Problem> {
    let known = api.table.contacts().find_identity(identity).await?;
    let contact = known.as_ref().and_then(|it| it.contact.clone());
    let addresses = match &contact {
        Some(contact) => api.table.contacts().addresses(contact).await?.unwrap_or_default(),
        None => known.iter().map(|it| (identity.clone(), it.clone())).collect(),
    };
    let kept = api.table.contacts().with_aliases(&addresses).await?;
    let mut ways = ways(request, (&addresses, &kept), &[]);
    // Also the id that the platform has for whom the number is.
    ways.retain(|it| it.channel == *channel && is_one(&it.identity, identity, &kept));
    if ways.is_empty() {
        ways.push(first_word(request, channel, identity, &kept));
    }
    let claims = if contact.is_some() {
        Vec::new()
    } else {
        let it = Identity { id: identity.clone(), aliases: Vec::new(), name: None };
        resolve(&it, known.as_ref(), &[]).claims
    };
    let claims = Claims { claims, ..Claims::default() };
    Ok(Target { contact, thread: None, claims, ways, kept })
}

/// Every way by which a person wrote to us, the last first; those on the preferred channels before the others, in their
/// order. A channel that is asked for may also be one by which they have not written yet.
fn ways(
    request: &MessageRequest,
    (addresses, kept): (&[Kept], &[Kept]),
    preferred: &[Channel],
) -> Vec<Way> {
    let mut ways = Vec::new();
    for (id, address) in addresses {
        for (ours, at) in &address.inbound {
            let Some((channel, account)) = ours.split_once('#') else { continue };
            let (channel, account) = (Channel::new(channel), Some(AccountId::new(account)));
            let forbidden = forbidden(id, kept);
            ways.push(Way {
                channel,
                identity: id.clone(),
                account,
                last_inbound: Some(*at),
                forbidden,
                claimed: false,
            });
        }
    }
    let fits = |it: &Way| request.account.is_none() || it.account == request.account;
    ways.retain(fits);
    let rank = |it: &Way| preferred.iter().position(|channel| *channel == it.channel);
    ways.sort_by_key(|it| {
        (rank(it).unwrap_or(preferred.len()), std::cmp::Reverse(it.last_inbound))
    });
    if let Some(channel) = &request.channel
        && !ways.iter().any(|it| it.channel == *channel)
    {
        let usable = addresses.iter().map(|(id, _)| id);
        let mut usable = usable.filter(|it| it.space() == channel.as_str() || it.is_phone());
        ways.extend(usable.next().map(|it| first_word(request, channel, it, kept)));
    }
    ways
}

fn first_word(
    request: &MessageRequest,
    channel: &Channel,
    identity: &IdentityId,
    kept: &[Kept],
) -> Way {
    Way {
        channel: channel.clone(),
        identity: identity.clone(),
        account: request.account.clone(),
        last_inbound: None,
        forbidden: forbidden(identity, kept),
        claimed: false,
    }
}

#[cfg(test)]
mod tests {
    use domain::filing::identity::{Address, Consent};
    use serde_json::json;

    use super::*;

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

    fn request(more: &serde_json::Value) -> MessageRequest {
        let mut body = json!({
            "to": { "contact_id": format!("con_{}", "0".repeat(32)) },
            "content": { "type": "text", "text": "hello" },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        crate::request::read(body).unwrap()
    }

    fn accounts(more: &serde_json::Value, preferred: &[&'static str]) -> Vec<String> {
        let preferred: Vec<_> = preferred.iter().map(|it| Channel::from_static(it)).collect();
        let ways = ways(&request(more), (&person(), &person()), &preferred);
        let name = |it: Way| {
            format!("{}#{}", it.channel, it.account.map_or("-".to_owned(), |it| it.to_string()))
        };
        ways.into_iter().map(name).collect()
    }

    #[test]
    fn the_way_by_which_a_person_last_wrote_comes_first_unless_the_thread_is_elsewhere() {
        assert_eq!(accounts(&json!({}), &[]), ["sms#17", "whatsapp#7009", "whatsapp#7008"]);
        let there = accounts(&json!({}), &["email", "whatsapp"]);
        assert_eq!(there, ["whatsapp#7009", "whatsapp#7008", "sms#17"]);
    }

    #[test]
    fn an_account_that_is_asked_for_is_the_only_one() {
        assert_eq!(accounts(&json!({ "account": "7008" }), &[]), ["whatsapp#7008"]);
    }

    #[test]
    fn a_channel_that_is_asked_for_may_be_one_that_was_never_used() {
        let ways = accounts(&json!({ "channel": "voice", "account": "1" }), &[]);
        assert_eq!(ways, ["voice#1"]);
        assert!(accounts(&json!({ "channel": "voice" }), &[]).contains(&"voice#-".to_owned()));
    }

    #[test]
    fn what_a_person_said_by_their_number_counts_for_the_platforms_id_too() {
        let ways = ways(&request(&json!({})), (&person(), &person()), &[]);
        assert!(ways.iter().all(|it| it.forbidden == ["all"]), "{ways:?}");
    }
}
