//! The Messenger channel: a Facebook Page's inbox and its public comments,
//! <https://developers.facebook.com/docs/messenger-platform>.
//!
//! The parts shared with Instagram are in `meta`; here is what a Page has alone. Nothing here does I/O or reads a clock.

mod inbound;
mod outbound;

use domain::id::Channel;
use domain::inbound::Inbound;
use domain::outbound::{Auth, Outbound};

const CHANNEL: Channel = Channel::from_static("messenger");

/// The way from webhooks to events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "messenger",
    source: meta::SOURCE,
    ack: meta::ACK,
    parse: inbound::parse,
};

/// The way out of messages. An account is a Page, its token the Page's.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "messenger",
    capabilities: outbound::capabilities,
    base_url: meta::GRAPH,
    auth: Auth::Bearer,
    next: outbound::next,
};
