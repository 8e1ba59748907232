//! The Telegram channel: the Bot API, <https://core.telegram.org/bots/api>.
//!
//! Two pure codecs and the data about them. Nothing here does I/O or reads a clock.
//!
//! A webhook does not name the bot that it is for, and a message of a chat is numbered per bot. So one function serves one
//! bot, and its secret names exactly one account: the bot's id, which is the part of its token before the colon.

mod address;
mod errors;
mod inbound;
mod outbound;

use domain::id::Channel;
use domain::inbound::{Ack, Inbound, Reply, Source};
use domain::outbound::{Auth, Outbound};
use domain::webhook::Proof;

const CHANNEL: Channel = Channel::from_static("telegram");

/// The way from webhooks to events.
pub const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "telegram",
    source: Source::Http {
        proof: Proof::Token { header: "x-telegram-bot-api-secret-token" },
        handshake: None,
        reply: Reply::EMPTY,
    },
    // Telegram publishes no deadline; it repeats what is not answered with 2xx and keeps updates for a day.
    ack: Ack { deadline_ms: 10_000, resends: true },
    parse: inbound::parse,
};

/// The way out of messages.
pub const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "telegram",
    capabilities: outbound::capabilities,
    base_url: "https://api.telegram.org/bot{token}",
    auth: Auth::PathToken,
    next: outbound::next,
};
