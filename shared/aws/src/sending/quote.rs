//! The message that a message of ours quotes, and where at a person's address an answer goes: back to the topic that they
//! wrote in.

use domain::id::{AccountId, Channel, ContactId, ProviderId, ThreadId};
use domain::outbound::Feature;
use domain::plan::Way;
use domain::sending::Leg;
use domain::time::Timestamp;

use super::target::Target;
use super::{NoDraft, Sending};
use crate::store::item::{Item, get_text};
use crate::store::keys::{self, Key};
use crate::store::schema::THREAD;
use crate::store::views::Row;
use crate::store::{SortOrder, Window};

/// The number of a thread's last messages that are looked at.
const LAST: usize = 5;

/// A message that can be quoted.
#[derive(Debug)]
pub(super) struct Quoted {
    /// The platform's id of it.
    pub(super) id: ProviderId,
    /// The person that it is from or for.
    pub(super) contact: ContactId,
    /// The place where it was said.
    pub(super) spot: Spot,
}

/// The place where a message was said.
#[derive(Debug)]
pub(super) struct Spot {
    channel: Option<Channel>,
    account: Option<AccountId>,
    identity: Option<String>,
    place: Option<String>,
}

impl Spot {
    fn of_leg(leg: &Leg) -> Self {
        Self {
            channel: Some(leg.channel.clone()),
            account: Some(leg.account.clone()),
            identity: leg.to.first().map(|it| it.as_str().to_owned()),
            place: leg.place.clone(),
        }
    }

    fn of_item(item: &Item) -> Self {
        Self {
            channel: get_text(item, "channel").map(Channel::new),
            account: get_text(item, "account").map(AccountId::new),
            identity: get_text(item, "identity").map(str::to_owned),
            place: get_text(item, "place").map(str::to_owned),
        }
    }

    pub(super) fn is_on_account_of(&self, way: &Way) -> bool {
        self.channel.as_ref() == Some(&way.channel) && self.account == way.account
    }

    pub(super) fn is_on(&self, way: &Way) -> bool {
        self.is_on_account_of(way) && self.identity.as_deref() == Some(way.identity.as_str())
    }
}

impl Sending<'_> {
    /// Looks up what is to be quoted.
    pub(super) async fn quoted(&self, message: &Key) -> Result<Quoted, NoDraft> {
        if let Some(ours) = keys::message_of_ours(&message.pk) {
            let sent = self.store.sends().outgoing(&ours).await?.ok_or(NoDraft::Quoted)?;
            let leg = sent.legs.iter().rev().find_map(|it| Some((it, it.provider.clone()?)));
            let (leg, id) = leg.ok_or(NoDraft::QuotedUnsent)?;
            return Ok(Quoted { id, spot: Spot::of_leg(leg), contact: sent.contact });
        }
        let item = self.store.get(message).await?.ok_or(NoDraft::Quoted)?;
        let thread = get_text(&item, THREAD).map(ThreadId::new).ok_or(NoDraft::Quoted)?;
        let thread = self.store.views().view_thread(&thread).await?.ok_or(NoDraft::Quoted)?;
        let id = get_text(&item, "id").map(ProviderId::new).ok_or(NoDraft::Quoted)?;
        Ok(Quoted { id, contact: thread.contact, spot: Spot::of_item(&item) })
    }

    /// The place of the message that an answer quotes; without one, of what was last said in its thread by the same way. Only
    /// channels that have places cost a read.
    pub(super) async fn place(
        &self,
        way: &Way,
        target: &Target,
        quoted: Option<&Quoted>,
        now: Timestamp,
    ) -> anyhow::Result<Option<String>> {
        if !self.has(&way.channel, Feature::Places) {
            return Ok(None);
        }
        if let Some(quoted) = quoted.filter(|it| it.spot.is_on(way)) {
            return Ok(quoted.spot.place.clone());
        }
        let Some(thread) = &target.thread else { return Ok(None) };
        let read;
        let latest = if let Some(latest) = &target.latest {
            latest
        } else {
            read = self.latest(thread, now).await?;
            &read
        };
        for row in latest.iter().filter(|it| it.channel.as_ref() == Some(&way.channel)) {
            let spots = self.spots(&row.key).await?;
            if let Some(spot) = spots.into_iter().find(|it| it.is_on(way)) {
                return Ok(spot.place);
            }
        }
        Ok(None)
    }

    /// The last messages of a thread, latest first.
    pub(super) async fn latest(&self, id: &ThreadId, now: Timestamp) -> anyhow::Result<Vec<Row>> {
        let window = Window { order: SortOrder::Descending, after: None, limit: LAST };
        let page = self.store.views().view_timeline(std::slice::from_ref(id), &window, now).await?;
        Ok(page.rows)
    }

    /// The places where a message was said, or those that it went by with each of its legs.
    async fn spots(&self, key: &str) -> anyhow::Result<Vec<Spot>> {
        if let Some(id) = keys::message_of_ours(key) {
            let ours = self.store.sends().outgoing(&id).await?;
            return Ok(ours.iter().flat_map(|it| &it.legs).map(Spot::of_leg).collect());
        }
        let item = self.store.get(&Key::alone(key.to_owned())).await?;
        Ok(item.iter().map(Spot::of_item).collect())
    }
}
