//! The message that a message of ours quotes, as the platform knows it.

use aws::store::keys::Key;
use aws::store::schema::{ALONE, THREAD};
use domain::id::{AccountId, Channel, ContactId, ProviderId, ThreadId};

use crate::api::Api;
use crate::ids::MessageRef;
use crate::place::Spot;
use crate::problem::{Place, Problem};

/// A message that can be quoted.
pub(crate) struct Quoted {
    /// The platform's id of it.
    pub(crate) id: ProviderId,
    /// Where it was said.
    pub(crate) channel: Channel,
    /// Which of our addresses it came to or left by.
    pub(crate) account: AccountId,
    /// Whom it is from or for.
    pub(crate) contact: ContactId,
    /// Where it was said.
    pub(crate) spot: Spot,
}

/// Looks up what is to be quoted.
pub(crate) async fn find(api: &Api, message: &MessageRef) -> Result<Quoted, Problem> {
    let wrong = |detail: &str| Problem::wrong(Place::Pointer("/reply_to".to_owned()), detail);
    let missing = || wrong("there is no such message");
    match message {
        MessageRef::Ours(id) => {
            let sent = api.table.sends().outgoing(id).await?.ok_or_else(missing)?;
            let sent_by = sent.legs.iter().rev().find_map(|it| Some((it, it.provider.clone()?)));
            let (leg, id) = sent_by.ok_or_else(|| wrong("it was not sent yet"))?;
            let (channel, account) = (leg.channel.clone(), leg.account.clone());
            let (spot, contact) = (Spot::of_ours(leg), sent.contact);
            Ok(Quoted { id, channel, account, contact, spot })
        }
        MessageRef::Theirs(channel, _) => {
            let key = Key { pk: message.key(), sk: ALONE.to_owned() };
            let item = api.table.get(&key).await?.ok_or_else(missing)?;
            let text =
                |name: &str| item.get(name).and_then(|it| it.as_s().ok()).map(String::as_str);
            let thread = text(THREAD).map(ThreadId::new).ok_or_else(missing)?;
            let thread = api.table.views().view_thread(&thread).await?.ok_or_else(missing)?;
            Ok(Quoted {
                id: text("id").map(ProviderId::new).ok_or_else(missing)?,
                channel: channel.clone(),
                account: text("account").map(AccountId::new).ok_or_else(missing)?,
                contact: thread.contact,
                spot: Spot::of_item(&item),
            })
        }
    }
}
