//! The SMS channel by Twilio: text messages, MMS and RCS, <https://www.twilio.com/docs/messaging/api/message-resource>.
//!
//! Two pure codecs and the data about them. Nothing here does I/O or reads a clock.
//!
//! A phone number is a person, whichever channel they use it on. Our accounts are our own numbers or senders, without `rcs:`, or
//! a Messaging Service (`MG…`), which chooses among its own.

mod errors;
mod inbound;
mod outbound;
pub mod segments;

use domain::id::Channel;
use domain::inbound::{Ack, Inbound, Reply, Source};
use domain::outbound::{Auth, Outbound};
use domain::webhook::{AddressProof, Proof};

const CHANNEL: Channel = Channel::from_static("sms");

/// The way from webhooks to events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "sms",
    source: Source::Http {
        proof: Proof::Address(AddressProof {
            header: "x-twilio-signature",
            settings: "x-twilio-webhooks-signature-settings",
            digest: "bodySHA256",
        }),
        handshake: None,
        // TwiML that says nothing: any other type is an error to Twilio, and any word of it would be sent.
        reply: Reply { content_type: "text/xml", body: "<Response/>" },
    },
    // It waits for 15 s, and tries again only what it could not connect to.
    ack: Ack { deadline_ms: 15_000, resends: false },
    parse: inbound::parse,
};

/// The way out of messages.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "sms",
    capabilities: outbound::capabilities,
    base_url: "https://api.twilio.com",
    auth: Auth::Basic,
    next: outbound::next,
};
