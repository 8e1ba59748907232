//! A person's addresses and what is known of templates: what a plan is made from.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use domain::filing::aliases::Kept;
use domain::id::{AccountId, Channel, ContactId, IdentityId};
use domain::plan::TemplateState;

use super::Table;
use crate::table::identities::{IDENTITIES, read_address};
use crate::table::item::{Item, get_text, get_texts, text};
use crate::table::keys;
use crate::table::patch::key_item;
use crate::table::schema::{PK, SK};

impl Table {
    /// Every address of a person, as it is at this moment; `None` if there is no such person.
    pub async fn addresses(&self, contact: &ContactId) -> anyhow::Result<Option<Vec<Kept>>> {
        let Some(head) = self.get(&keys::contact(contact)).await? else { return Ok(None) };
        let ids: Vec<_> = get_texts(&head, IDENTITIES).map(IdentityId::from_stored).collect();
        let wanted = ids.iter().map(|it| key_item(&keys::identity(it))).collect();
        let items = self.items(wanted, true).await?;
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
    pub async fn with_aliases(&self, addresses: &[Kept]) -> anyhow::Result<Vec<Kept>> {
        let mut kept = addresses.to_vec();
        let named = addresses.iter().flat_map(|(_, it)| &it.aliases);
        let missing: BTreeSet<_> =
            named.filter(|it| !addresses.iter().any(|(id, _)| id == *it)).collect();
        let wanted = missing.iter().map(|it| key_item(&keys::identity(it))).collect();
        let items = self.items(wanted, true).await?;
        for alias in missing {
            let pk = keys::identity(alias).pk;
            let item = items.iter().find(|it| get_text(it, PK) == Some(&*pk));
            kept.extend(item.map(|it| (alias.clone(), read_address(it))));
        }
        Ok(kept)
    }

    /// What a platform last said of every template of one of our accounts.
    pub async fn templates(
        &self,
        channel: &Channel,
        account: &AccountId,
    ) -> anyhow::Result<Vec<TemplateState>> {
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", text(keys::template(channel, account, "", "").pk));
        let mut items = call.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            found.extend(template(channel, &item.context("cannot read the templates")?));
        }
        Ok(found)
    }
}

fn template(channel: &Channel, item: &Item) -> Option<TemplateState> {
    // A name has no `#`: where it ends the locale begins.
    let (name, locale) = get_text(item, SK)?.rsplit_once('#')?;
    Some(TemplateState {
        channel: channel.clone(),
        name: name.to_owned(),
        locale: locale.to_owned(),
        status: get_text(item, "status")?.to_owned(),
    })
}
