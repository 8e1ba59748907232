//! The X channel: direct messages and mentions, <https://docs.x.com/x-api/activity/introduction>.
//!
//! Two pure codecs and the data about them. Nothing here does I/O or reads a clock.
//!
//! Webhooks come in two envelopes: the X Activity API's, and the older Account Activity API's. A person has one id for
//! everybody. Direct messages and posts are numbered alike, so the id of a post begins with `post:`.

mod errors;
mod inbound;
mod outbound;

use domain::id::{Channel, ProviderId};
use domain::inbound::{Ack, Inbound, Reply, Source};
use domain::outbound::{Auth, Outbound};
use domain::webhook::{Encoding, Handshake, Proof};

const CHANNEL: Channel = Channel::from_static("x");

/// The way from webhooks to events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "x",
    source: Source::Http {
        proof: Proof::Hmac {
            header: "x-twitter-webhooks-signature",
            prefix: "sha256=",
            encoding: Encoding::Base64,
        },
        handshake: Some(Handshake::SignedEcho {
            nonce: "crc_token",
            field: "response_token",
            prefix: "sha256=",
        }),
        reply: Reply::EMPTY,
    },
    // What is not answered in time comes again only if somebody asks for a replay, within a day.
    ack: Ack { deadline_ms: 10_000, resends: false },
    parse: inbound::parse,
};

/// The way out of messages.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "x",
    capabilities: outbound::capabilities,
    base_url: "https://api.x.com",
    auth: Auth::BearerOrOAuth1,
    next: outbound::next,
};

/// The text before the id of a post.
const POST: &str = "post:";

/// The id of a post.
fn post_id(id: &str) -> ProviderId {
    ProviderId::new(format!("{POST}{id}"))
}

/// Whether a text is an id of X: a whole number.
fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}
