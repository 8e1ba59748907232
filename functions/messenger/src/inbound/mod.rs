//! Webhooks: private messages as the family has them; the Page's public comments and its templates as changes.

mod feed;
mod template;

use domain::event::InboundEvent;
use domain::inbound::Malformed;
use domain::webhook::Verified;
use meta::inbound::{Change, Family};

use crate::CHANNEL;

const FAMILY: Family = Family { channel: CHANNEL, object: "page", change };

/// Turns a proven webhook into the events in it.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    meta::inbound::parse(&FAMILY, webhook)
}

fn change(change: &Change<'_>) -> Option<InboundEvent> {
    match change.field.as_ref() {
        "feed" | "mention" => feed::read(change),
        "message_template_status_update" => template::read(change),
        _ => None,
    }
}
