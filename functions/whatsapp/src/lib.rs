//! The WhatsApp channel: Meta's Cloud API, <https://developers.facebook.com/docs/whatsapp/cloud-api>.
//!
//! Two pure codecs and the data about them. Nothing here does I/O or reads a clock.

mod errors;
mod inbound;
mod outbound;

use domain::id::Channel;
use domain::inbound::{Ack, Inbound, Reply, Source};
use domain::outbound::{Auth, Outbound};
use domain::webhook::{Encoding, Handshake, Proof};

const CHANNEL: Channel = Channel::from_static("whatsapp");

/// How webhooks become events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    source: Source::Http {
        proof: Proof::Hmac {
            header: "x-hub-signature-256",
            prefix: "sha256=",
            encoding: Encoding::Hex,
        },
        handshake: Some(Handshake::EchoIfToken {
            mode: "hub.mode",
            mode_value: "subscribe",
            token: "hub.verify_token",
            challenge: "hub.challenge",
        }),
        reply: Reply::EMPTY,
    },
    // Meta publishes no deadline but wants 99 % of answers within a second; it resends for seven days.
    ack: Ack { deadline_ms: 5_000, resends: true },
    parse: inbound::parse,
};

/// How messages leave.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    capabilities: outbound::capabilities,
    base_url: "https://graph.facebook.com/v25.0",
    auth: Auth::Bearer,
    next: outbound::next,
};
