//! The WhatsApp channel: Meta's Cloud API, <https://developers.facebook.com/docs/whatsapp/cloud-api>.
//!
//! Two pure codecs and the data about them. Nothing here does I/O or reads a clock.

mod errors;
mod inbound;
mod outbound;

use domain::id::Channel;
use domain::inbound::{Ack, Inbound};
use domain::outbound::{Auth, Outbound};

const CHANNEL: Channel = Channel::from_static("whatsapp");

/// The way from webhooks to events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "whatsapp",
    source: meta::SOURCE,
    // Meta publishes no deadline but wants 99 % of answers within a second; it resends for seven days.
    ack: Ack { deadline_ms: 5_000, resends: true },
    parse: inbound::parse,
};

/// The way out of messages.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "whatsapp",
    capabilities: outbound::capabilities,
    base_url: meta::GRAPH,
    auth: Auth::Bearer,
    next: outbound::next,
};
