//! Facts that are nobody's: templates, our accounts, notices, and what could not be read.

use domain::event::{InboundEvent, Kind, TemplateChanged};
use domain::time::Timestamp;

use crate::store::filing::Filing;
use crate::store::filing::file::Filed;
use crate::store::item::{moment, text};
use crate::store::keys;
use crate::store::messages::stored::expires;
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::schema::{
    ACCOUNT_SAID, ACCOUNT_SAID_AT, CHANGED_AT, CHANGED_RAW, EVENT, EXPIRES, KEPT, REASON, STATUS,
    STATUS_AT, STATUS_RAW, TEMPLATE,
};

impl Filing<'_> {
    /// Files an event that is about none of a person's threads.
    pub(in crate::store) async fn file_unowned(
        self,
        event: &InboundEvent,
        rules: &Rules,
    ) -> anyhow::Result<Filed> {
        match &event.kind {
            Kind::TemplateChanged(changed) => {
                self.store.write_retrying(template(event, changed)).await?;
            }
            Kind::AccountChanged { what, raw } => {
                let (said, said_at) =
                    (format!("{ACCOUNT_SAID}{what}"), format!("{what}{ACCOUNT_SAID_AT}"));
                let patch = Patch::of(keys::account(&event.channel, &event.account))
                    .if_below(&said_at, moment(event.at.plus_ms(1)))
                    .set(&said, text(&*raw.0))
                    .set(&said_at, moment(event.at));
                self.store.write_retrying(patch).await?;
            }
            Kind::Notice { .. } => self.keep_event(event, rules).await?,
            Kind::Unknown { .. }
            | Kind::Message(_)
            | Kind::Edited { .. }
            | Kind::Deleted { .. }
            | Kind::Reaction { .. }
            | Kind::Receipt(_)
            | Kind::IdentityChanged { .. }
            | Kind::ConsentChanged { .. } => {
                self.keep_event(event, rules).await?;
                return Ok(Filed::Kept);
            }
        }
        Ok(Filed::Noted)
    }

    async fn keep_event(self, event: &InboundEvent, rules: &Rules) -> anyhow::Result<()> {
        let json = serde_json::to_string(event)?;
        self.keep(&event.deduplication_id(), &json, event.at, rules).await
    }

    /// Keeps something that is in no thread, because it could not be read or nobody said it, under the id that makes a
    /// repeated one the same.
    pub async fn keep(
        self,
        id: &str,
        body: &str,
        at: Timestamp,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let patch =
            Patch::of(keys::unknown(id)).set(EVENT, text(body)).set_if_absent(KEPT, moment(at));
        let patch = match expires(at, rules) {
            Some(at) => patch.set_if_absent(EXPIRES, at),
            None => patch,
        };
        self.store.write_retrying(patch).await?;
        Ok(())
    }
}

/// A template as it is now. A change that says nothing of its status leaves that as it was.
fn template(event: &InboundEvent, changed: &TemplateChanged) -> Patch {
    let at = if changed.status.is_some() { STATUS_AT } else { CHANGED_AT };
    Patch::of(keys::template(&event.channel, &event.account, &changed.name, &changed.locale))
        .if_below(at, moment(event.at.plus_ms(1)))
        .set(at, moment(event.at))
        .set_some(TEMPLATE, changed.id.clone().map(text))
        .set_some(STATUS, changed.status.clone().map(text))
        .set_some(REASON, changed.reason.clone().map(text))
        .set(if changed.status.is_some() { STATUS_RAW } else { CHANGED_RAW }, text(&*changed.raw.0))
}
