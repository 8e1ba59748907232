//! Where at a person's address an answer goes: back to the topic that they wrote in.

use aws::store::item::{Item, get_text};
use aws::store::keys::Key;
use aws::store::schema::ALONE;
use aws::store::{SortOrder, Window};
use domain::id::{AccountId, ThreadId};
use domain::outbound::Feature;
use domain::plan::Way;
use domain::sending::Leg;
use domain::time::Timestamp;

use crate::api::Api;
use crate::ids::MessageRef;
use crate::problem::Problem;
use crate::quote::Quoted;

/// How many of the last messages of a thread are looked at.
const LAST: usize = 5;

/// Where a message was said.
pub(crate) struct Spot {
    account: Option<AccountId>,
    identity: Option<String>,
    place: Option<String>,
}

impl Spot {
    /// Where a message of ours goes.
    pub(crate) fn of_ours(leg: &Leg) -> Self {
        Self {
            account: Some(leg.account.clone()),
            identity: leg.to.first().map(|it| it.as_str().to_owned()),
            place: leg.place.clone(),
        }
    }

    /// Where the message of an item was said.
    pub(crate) fn of_item(item: &Item) -> Self {
        Self {
            account: get_text(item, "account").map(AccountId::new),
            identity: get_text(item, "identity").map(str::to_owned),
            place: get_text(item, "place").map(str::to_owned),
        }
    }

    fn is_on(&self, way: &Way) -> bool {
        self.account == way.account && self.identity.as_deref() == Some(way.identity.as_str())
    }
}

/// The place of the message that an answer quotes; without one, of what was last said in its thread by the same way. Only
/// channels that have places cost a read.
pub(crate) async fn find(
    api: &Api,
    way: &Way,
    thread: Option<&ThreadId>,
    quoted: Option<&Quoted>,
    now: Timestamp,
) -> Result<Option<String>, Problem> {
    let mut offers = api.offers.iter().filter(|it| it.channel == way.channel);
    if !offers.any(|it| it.capabilities.has(Feature::Places)) {
        return Ok(None);
    }
    if let Some(quoted) = quoted.filter(|it| it.spot.is_on(way)) {
        return Ok(quoted.spot.place.clone());
    }
    let Some(thread) = thread else { return Ok(None) };
    let window = Window { order: SortOrder::Descending, after: None, limit: LAST };
    let page = api.table.views().view_timeline(std::slice::from_ref(thread), &window, now).await?;
    for row in page.rows.iter().filter(|it| it.channel.as_ref() == Some(&way.channel)) {
        if let Some(spot) = spot(api, &row.key).await?.filter(|it| it.is_on(way)) {
            return Ok(spot.place);
        }
    }
    Ok(None)
}

async fn spot(api: &Api, key: &str) -> Result<Option<Spot>, Problem> {
    match MessageRef::from_key(key) {
        None => Ok(None),
        Some(MessageRef::Ours(id)) => {
            let ours = api.table.sends().outgoing(&id).await?;
            Ok(ours.as_ref().and_then(|it| it.legs.last()).map(Spot::of_ours))
        }
        Some(MessageRef::Theirs(..)) => {
            let item = api.table.get(&Key { pk: key.to_owned(), sk: ALONE.to_owned() }).await?;
            Ok(item.as_ref().map(Spot::of_item))
        }
    }
}
