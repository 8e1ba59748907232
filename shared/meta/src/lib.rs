//! The things that Messenger and Instagram have in common: Meta's `messaging[]` envelope, the Send API and its error codes.
//!
//! A channel of this family is its [`inbound::Family`] and its [`outbound::Member`]: what tells it from the others.
//! Nothing here does I/O or reads a clock, and nothing here is of use to a channel of another family; of WhatsApp, which has an
//! envelope of its own, [`SOURCE`] and [`GRAPH`] alone.

mod errors;
pub mod inbound;
pub mod outbound;

use domain::inbound::{Ack, Reply, Source};
use domain::webhook::{Encoding, Handshake, Proof};

/// The way that Meta proves a webhook and checks an address: the same for every product.
pub const SOURCE: Source = Source::Http {
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
};

/// Meta waits about five seconds for a Page; it resends for hours, and after an hour of failures ends the subscription.
pub const ACK: Ack = Ack { deadline_ms: 5_000, resends: true };

/// The usual address of the Graph API.
pub const GRAPH: &str = "https://graph.facebook.com/v25.0";

/// The text before the id of a public comment, so that an answer to it is known to be a private reply.
pub const COMMENT: &str = "comment:";

/// The text before the id of a visitor's post, for the same reason.
pub const POST: &str = "post:";

/// The text before a checkbox plugin's reference to a person whose scoped id is not known yet.
pub const USER_REF: &str = "user_ref:";
