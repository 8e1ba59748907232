//! The whole API over the embedded table: every answer in these tests is also checked against the OpenAPI document.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure here is a failed test"
)]

mod access;
mod contacts;
mod corrections;
mod crash;
mod document;
mod lists;
mod openapi;
mod places;
mod send;
mod thread_life;
mod world;
