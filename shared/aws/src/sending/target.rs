//! The person that a message may go to, and the ways there: all that the table knows, laid out for the planner.

use domain::event::{Direction, Identity};
use domain::filing::State;
use domain::filing::aliases::{Kept, known_by};
use domain::filing::identity::resolve;
use domain::id::{Channel, ContactId, IdentityId, ThreadId};
use domain::plan::{Ask, Known, Way, ways, ways_to};
use domain::time::Timestamp;

use super::quote::Quoted;
use super::{NoDraft, Sending, To};
use crate::store::Claims;
use crate::store::views::Row;

/// The addressee of a message.
#[derive(Debug)]
pub(super) struct Target {
    /// The person; `None` for one that we do not know.
    pub(super) contact: Option<ContactId>,
    /// The thread that it joins; `None` opens one.
    pub(super) thread: Option<ThreadId>,
    /// The addresses that become the person's by it.
    pub(super) claims: Claims,
    /// The ways to reach them, best first.
    pub(super) ways: Vec<Way>,
    /// The last messages of that thread, if they were looked at.
    pub(super) latest: Option<Vec<Row>>,
    /// The kept items of the person's addresses and of their other names.
    kept: Vec<Kept>,
}

impl Target {
    /// The address of a way, and what else the person is known by there.
    pub(super) fn known_by(&self, way: &Way) -> Vec<IdentityId> {
        known_by(&way.identity, &self.kept)
    }
}

impl Sending<'_> {
    /// Looks up whom a message is for.
    pub(super) async fn target(
        &self,
        to: &To,
        ask: &Ask<'_>,
        quoted: Option<&Quoted>,
        now: Timestamp,
    ) -> Result<Target, NoDraft> {
        let mut target = match to {
            To::Thread(id) => self.in_thread(ask, id, now).await?,
            To::Contact(id) => self.to_contact(ask, id).await?,
            To::Address(channel, identity) => self.to_address(ask, channel, identity).await?,
        };
        if let Some(quoted) = quoted {
            if target.contact.as_ref() != Some(&quoted.contact) {
                return Err(NoDraft::QuotedElsewhere);
            }
            // The platform knows the quoted message on that account of ours only, and in the talk with that address.
            target.ways.retain(|it| quoted.spot.is_on_account_of(it));
            if target.ways.iter().any(|it| quoted.spot.is_on(it)) {
                target.ways.retain(|it| quoted.spot.is_on(it));
            }
        }
        Ok(target)
    }

    async fn in_thread(
        &self,
        ask: &Ask<'_>,
        id: &ThreadId,
        now: Timestamp,
    ) -> Result<Target, NoDraft> {
        let thread = self.store.views().current_thread(id).await?.ok_or(NoDraft::Thread)?;
        if thread.live.as_ref().is_some_and(|it| it.state == State::Closed) {
            return Err(NoDraft::Closed);
        }
        let addresses = self.store.contacts().addresses(&thread.contact).await?;
        let mut addresses = addresses.ok_or(NoDraft::Thread)?;
        let claimants = self.store.filing().claimants(&thread).await?;
        let claimed: Vec<_> = claimants.iter().map(|(id, _)| id.clone()).collect();
        addresses.extend(claimants);
        // A conversation stays where it is; only if it cannot, what the person prefers counts.
        let is_free = ask.channel.is_none();
        let latest = if is_free { Some(self.latest(&thread.id, now).await?) } else { None };
        let last = latest.as_deref().and_then(last_channel);
        let preferred = self.preferred(ask, &thread.contact).await?;
        let preferred: Vec<_> = last.into_iter().chain(preferred).collect();
        let kept = self.store.contacts().with_aliases(&addresses).await?;
        let (addresses, claimed, preferred) = (&addresses, &claimed, &preferred);
        let ways = ways(ask, &Known { addresses, kept: &kept, claimed, preferred });
        let (contact, claims) = (Some(thread.contact), Claims::default());
        Ok(Target { contact, thread: Some(thread.id), claims, ways, latest, kept })
    }

    /// The channels that a person prefers, where the caller leaves the choice.
    async fn preferred(&self, ask: &Ask<'_>, contact: &ContactId) -> anyhow::Result<Vec<Channel>> {
        if ask.channel.is_some() {
            return Ok(Vec::new());
        }
        Ok(self.store.contacts().profile(contact).await?.channels)
    }

    async fn to_contact(self, ask: &Ask<'_>, id: &ContactId) -> Result<Target, NoDraft> {
        let contacts = self.store.contacts();
        let id = contacts.who_is(id).await?.ok_or(NoDraft::Contact)?;
        let addresses = contacts.addresses(&id).await?.ok_or(NoDraft::Contact)?;
        let kept = contacts.with_aliases(&addresses).await?;
        let preferred = &self.preferred(ask, &id).await?;
        let (addresses, claimed) = (&addresses, &[]);
        let ways = ways(ask, &Known { addresses, kept: &kept, claimed, preferred });
        let (contact, claims) = (Some(id), Claims::default());
        Ok(Target { contact, thread: None, claims, ways, latest: None, kept })
    }

    async fn to_address(
        self,
        ask: &Ask<'_>,
        channel: &Channel,
        identity: &IdentityId,
    ) -> Result<Target, NoDraft> {
        let contacts = self.store.contacts();
        let known = contacts.find_identity(identity).await?;
        let contact = known.as_ref().and_then(|it| it.contact.clone());
        let addresses = match &contact {
            Some(contact) => contacts.addresses(contact).await?.unwrap_or_default(),
            None => known.iter().map(|it| (identity.clone(), it.clone())).collect(),
        };
        let kept = contacts.with_aliases(&addresses).await?;
        let person = Known { addresses: &addresses, kept: &kept, claimed: &[], preferred: &[] };
        let ways = ways_to(ask, &person, channel, identity);
        let claims = if contact.is_some() {
            Vec::new()
        } else {
            let it = Identity { id: identity.clone(), aliases: Vec::new(), name: None };
            resolve(&it, known.as_ref(), &[]).claims
        };
        let claims = Claims { claims, ..Claims::default() };
        Ok(Target { contact, thread: None, claims, ways, latest: None, kept })
    }
}

/// The channel that the person last used, else the one that we did.
fn last_channel(latest: &[Row]) -> Option<Channel> {
    let theirs = latest.iter().find(|it| it.direction == Direction::In);
    theirs.or_else(|| latest.first())?.channel.clone()
}
