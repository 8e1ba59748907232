//! The known states of templates: a plan is made from them.

use domain::id::{AccountId, Channel};
use domain::plan::TemplateState;

use crate::store::item::{Item, get_text, text};
use crate::store::keys;
use crate::store::query::all;
use crate::store::schema::{PK, SK, STATUS};
use crate::store::views::Views;

impl Views<'_> {
    /// The last word of a platform on every template of one of our accounts.
    pub async fn templates(
        self,
        channel: &Channel,
        account: &AccountId,
    ) -> anyhow::Result<Vec<TemplateState>> {
        let call = self
            .store
            .query()
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", text(keys::template(channel, account, "", "").pk));
        let items = all(call).await?;
        Ok(items.iter().filter_map(|it| template(channel, it)).collect())
    }
}

fn template(channel: &Channel, item: &Item) -> Option<TemplateState> {
    // A name has no `#`: where it ends the locale begins.
    let (name, locale) = get_text(item, SK)?.rsplit_once('#')?;
    Some(TemplateState {
        channel: channel.clone(),
        name: name.to_owned(),
        locale: locale.to_owned(),
        status: get_text(item, STATUS)?.to_owned(),
    })
}
