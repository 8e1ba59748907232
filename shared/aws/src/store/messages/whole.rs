//! The content of messages that is too large for an item: whole, in the bucket, under the name that the item keeps.
//!
//! Content that is replaced or taken back goes from the bucket before it goes from the item: the other order would forget the
//! object's name if the program stopped in between. For that moment the item names an object that is not there, and whoever reads
//! it finds nothing.

use domain::event::InboundEvent;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_text};
use crate::store::keys::Key;
use crate::store::messages::Messages;
use crate::store::patch::{Patch, Written};
use crate::store::schema::CONTENT_REF;

/// The prefix under which the shell of a channel keeps what is large. Nothing else is removed here, whatever an item says.
const PREFIX: &str = "content/";

impl Messages<'_> {
    /// Replaces what a message says, as long as that is to be replaced, and returns the item as it is then.
    pub(in crate::store) async fn reword(
        self,
        key: &Key,
        event: &InboundEvent,
        patch: &Patch,
        is_due: impl Fn(&Item) -> bool,
    ) -> anyhow::Result<Item> {
        let read = self.store.get(key).await?.unwrap_or_default();
        let (is_due, brought) = (&is_due, event.content_ref.as_deref());
        let attempt = |item: Item| async move {
            if !is_due(&item) {
                return Ok(Attempt::Done(item));
            }
            if let Some(whole) = whole(&item).filter(|it| Some(*it) != brought) {
                self.discard(whole).await?;
            }
            // Between the two a message may come that names an object of its own.
            let patch = patch.clone().if_is(CONTENT_REF, item.get(CONTENT_REF).cloned());
            Ok(match self.store.write(patch).await? {
                Written::Done(now) => Attempt::Done(now),
                Written::Refused(now) => Attempt::Again(now),
                Written::Busy => Attempt::Again(item),
            })
        };
        self.store.retrying_from("a message was reworded", read, attempt).await
    }

    /// Removes what an event brought into the bucket, if the message says something else by now: it was taken back, or edited
    /// before it came.
    pub(in crate::store) async fn keep_whole_if_named(
        self,
        event: &InboundEvent,
        key: &Key,
    ) -> anyhow::Result<()> {
        let Some(brought) = event.content_ref.as_deref() else { return Ok(()) };
        let item = self.store.get(key).await?.unwrap_or_default();
        if whole(&item) == Some(brought) { Ok(()) } else { self.discard(brought).await }
    }

    /// Removes an object that no item names any more.
    pub(in crate::store) async fn discard(self, whole: &str) -> anyhow::Result<()> {
        match &self.store.bucket {
            Some(bucket) if whole.starts_with(PREFIX) => bucket.delete(whole).await,
            Some(_) | None => Ok(()),
        }
    }
}

fn whole(item: &Item) -> Option<&str> {
    get_text(item, CONTENT_REF).filter(|it| !it.is_empty())
}
