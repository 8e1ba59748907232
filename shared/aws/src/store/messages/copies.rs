//! Words of a message that stand in other items, too: where another message quotes them, and where an edit is kept that could
//! not be read. The message says which items those are, so that they go with it.
//!
//! The copy is written first and noted second. Whoever takes the message back in between is found by the note: the item that it
//! returns says so, and the copy goes at once.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::InboundEvent;
use domain::id::ProviderId;

use crate::store::item::{Item, get_flag, get_text, get_texts};
use crate::store::keys::{self, Key};
use crate::store::messages::Messages;
use crate::store::messages::changes::expiring;
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::schema::{COPIES, DELETED, EVENT, PK, QUOTE};
use crate::store::transaction::Transaction;

impl Messages<'_> {
    /// Notes that an item repeats words of a message.
    pub(in crate::store) async fn note_copy(
        self,
        event: &InboundEvent,
        of: &ProviderId,
        copy: &Key,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let key = keys::message(&event.channel, &event.account, of);
        let note =
            expiring(&key, event, rules).add(COPIES, AttributeValue::Ss(vec![copy.pk.clone()]));
        let item = self.store.write_retrying(note).await?;
        if get_flag(&item, DELETED) { self.drop_copy(&copy.pk).await } else { Ok(()) }
    }

    /// Removes the words of a message from wherever they are repeated.
    pub(in crate::store) async fn drop_copies(self, message: &Item) -> anyhow::Result<()> {
        for copy in get_texts(message, COPIES) {
            self.drop_copy(copy).await?;
        }
        Ok(())
    }

    async fn drop_copy(self, pk: &str) -> anyhow::Result<()> {
        let key = Key::alone(pk.to_owned());
        let copy = Patch::of(key.clone()).if_present(PK);
        if keys::is_unknown(pk) {
            let Some(item) = self.store.get(&key).await? else { return Ok(()) };
            let kept = get_text(&item, EVENT).and_then(|it| serde_json::from_str(it).ok());
            if let Some(InboundEvent { content_ref: Some(whole), .. }) = kept {
                self.discard(&whole).await?;
            }
            let mut transaction = Transaction::default();
            transaction.remove_if(copy);
            // Refused, it is gone already.
            self.store.commit(transaction).await?;
        } else {
            self.store.write_retrying(copy.remove(QUOTE)).await?;
        }
        Ok(())
    }
}
