//! The Instagram channel: a professional account's inbox and its public comments,
//! <https://developers.facebook.com/docs/instagram-platform>.
//!
//! An account is reached through its Page (`graph.facebook.com`, a Page token) or by Instagram Login
//! (`graph.instagram.com`, an Instagram user token); webhooks are the same. What it shares with Messenger is in `meta`.
//! Nothing here does I/O or reads a clock.

mod inbound;
mod outbound;

use domain::id::Channel;
use domain::inbound::Inbound;
use domain::outbound::{Auth, Outbound};

const CHANNEL: Channel = Channel::from_static("instagram");

/// The way from webhooks to events. Webhooks of Instagram Login may be signed with the Instagram app's secret or the Meta app's:
/// both belong into the list.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "instagram",
    source: meta::SOURCE,
    ack: meta::ACK,
    parse: inbound::parse,
};

/// The way out of messages. An account is an Instagram professional account; its settings say how it is reached.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "instagram",
    capabilities: outbound::capabilities,
    base_url: meta::GRAPH,
    auth: Auth::Bearer,
    next: outbound::next,
};
