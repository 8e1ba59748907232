//! A person's addresses, as they are at this moment.

use std::collections::{BTreeSet, HashMap};

use domain::filing::aliases::Kept;
use domain::id::{ContactId, IdentityId};

use crate::store::contacts::Contacts;
use crate::store::contacts::identities::read_address;
use crate::store::item::{get_text, get_texts};
use crate::store::keys;
use crate::store::patch::key_item;
use crate::store::schema::{IDENTITIES, PK};

impl Contacts<'_> {
    /// Every address of a person, as it is at this moment; `None` if there is no such person.
    pub async fn addresses(self, contact: &ContactId) -> anyhow::Result<Option<Vec<Kept>>> {
        let Some(head) = self.store.get(&keys::contact(contact)).await? else { return Ok(None) };
        let ids: Vec<_> = get_texts(&head, IDENTITIES).map(IdentityId::from_stored).collect();
        let wanted = ids.iter().map(|it| key_item(&keys::identity(it))).collect();
        let items = self.store.items(wanted, true).await?;
        let by_key: HashMap<_, _> =
            items.iter().filter_map(|it| Some((get_text(it, PK)?, read_address(it)))).collect();
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            // An address that went to somebody else meanwhile is not theirs.
            let address = by_key.get(&*keys::identity(&id).pk);
            if let Some(address) = address.filter(|it| it.contact.as_ref() == Some(contact)) {
                found.push((id, address.clone()));
            }
        }
        Ok(Some(found))
    }

    /// A person's addresses and what is kept of their other names, whosever those are by now: what consent is asked of, and
    /// where a message may go.
    pub async fn with_aliases(self, addresses: &[Kept]) -> anyhow::Result<Vec<Kept>> {
        let mut kept = addresses.to_vec();
        let named = addresses.iter().flat_map(|(_, it)| &it.aliases);
        let missing: BTreeSet<_> =
            named.filter(|it| !addresses.iter().any(|(id, _)| id == *it)).collect();
        let wanted = missing.iter().map(|it| key_item(&keys::identity(it))).collect();
        let items = self.store.items(wanted, true).await?;
        for alias in missing {
            let pk = keys::identity(alias).pk;
            let item = items.iter().find(|it| get_text(it, PK) == Some(&*pk));
            kept.extend(item.map(|it| (alias.clone(), read_address(it))));
        }
        Ok(kept)
    }
}
