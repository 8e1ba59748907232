//! The pure core of Ariane: what a webhook, an event, a thread and a send are, and every decision about them.
//!
//! Nothing here does I/O or reads a clock, the environment or randomness: time, ids and chance are arguments.
//! Nothing here names a channel's payload: a channel is a value of [`inbound::Inbound`] and [`outbound::Outbound`].

pub mod bounds;
pub mod content;
pub mod event;
pub mod filing;
pub mod form;
pub mod freshness;
pub mod id;
pub mod inbound;
pub mod json;
pub mod jwt;
pub mod oauth1;
pub mod outbound;
pub mod outside;
pub mod overflow;
pub mod overlap;
pub mod phone;
pub mod plan;
pub mod secrets;
pub mod sending;
pub mod status;
pub mod threading;
pub mod time;
pub mod vcard;
pub mod webhook;
