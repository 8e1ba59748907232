//! Every edge of Ariane, once: webhooks in, queues, the table, the bucket, secrets, calls to platforms, logs, the clock.
//!
//! Nothing here knows a channel's payload, and nothing outside (but `outbound`'s list of channels) does I/O.

pub mod batch;
pub mod calls;
pub mod config;
pub mod ingest;
pub mod jwks;
pub mod kept;
pub mod logs;
pub mod objects;
pub mod outside;
mod parallel;
pub mod queue;
pub mod sending;
pub mod store;
pub mod timers;
pub mod vault;

pub use config::{Sdk, env, env_or, new_id, now};
