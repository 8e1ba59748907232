//! A proven webhook that could not be read or queued, as it is kept in the bucket until it is replayed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::event::digest;
use domain::id::Channel;
use domain::time::Timestamp;
use domain::webhook::Webhook;
use serde::{Deserialize, Serialize};

/// The prefix of parked webhooks in the bucket.
pub const PREFIX: &str = "parked/";

/// A parked webhook: everything of the request that a later parser needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The channel.
    pub channel: Channel,
    /// When it came.
    pub received: Timestamp,
    /// The reason for parking it, in words without content.
    pub reason: String,
    /// Its headers, those of the proof among them.
    pub headers: Vec<(String, String)>,
    /// Its query.
    pub query: String,
    /// Its body in base64.
    pub body: String,
}

impl Parked {
    /// Keeps a webhook.
    #[must_use]
    pub fn new(
        channel: &Channel,
        webhook: &Webhook<'_>,
        received: Timestamp,
        reason: String,
    ) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            channel: channel.clone(),
            received,
            reason,
            headers: webhook.headers.iter().map(header).collect(),
            query: webhook.query.to_owned(),
            body: STANDARD.encode(webhook.body),
        }
    }

    /// The key that it is kept under: a webhook that is sent again is kept once.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{PREFIX}{}/{}.json", self.channel, digest(&[&self.body]))
    }

    /// Its body.
    pub fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        STANDARD.decode(&self.body)
    }
}
