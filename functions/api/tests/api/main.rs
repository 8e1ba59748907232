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
mod audit;
mod contacts;
mod content;
mod corrections;
mod crash;
mod document;
mod examples;
mod hostile;
mod issuers;
mod limits;
mod lists;
mod odd;
mod openapi;
mod places;
mod scopes;
mod send;
mod thread_life;
mod world;
