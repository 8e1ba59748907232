//! Webhooks: private messages as the family has them; public comments and mentions as changes.

mod comment;

use domain::event::InboundEvent;
use domain::inbound::Malformed;
use domain::webhook::Verified;
use meta::inbound::{Change, Family};

use crate::CHANNEL;

const FAMILY: Family = Family { channel: CHANNEL, object: "instagram", change };

/// Turns a proven webhook into the events in it.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    meta::inbound::parse(&FAMILY, webhook)
}

fn change(change: &Change<'_>) -> Option<InboundEvent> {
    match change.field.as_ref() {
        "comments" | "live_comments" => comment::read(change),
        "mentions" => comment::mention(change),
        _ => None,
    }
}
