//! Models of the platforms: each listens on a loopback port, remembers what it is sent, refuses what the real one would
//! refuse, and posts webhooks signed as the real one signs them. None may be kinder than its platform.

pub mod instagram;
pub mod messenger;
#[cfg(test)]
mod ours;
pub mod send_api;
pub mod sms;
mod strict;
pub mod telegram;
pub mod whatsapp;
pub mod x;

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use channels::Channel;
use serde_json::Value;

/// The name of the one customer of every model: the same person, for whom each platform has an id of its own.
pub const CUSTOMER: &str = "Ada L.";

/// A future of a trait object.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = anyhow::Result<T>> + Send + 'a>>;

/// The abilities of every model, so that one story runs on all of them.
pub trait Platform: Any + Send + Sync {
    /// The channel that it is the other end of.
    fn channel(&self) -> &'static str;

    /// Our side of it.
    fn ours(&self) -> &'static Channel {
        let found = channels::named(channels::ALL, self.channel());
        #[expect(clippy::expect_used, reason = "a test holds the models against the list")]
        found.expect("a model of a channel that is in the list")
    }

    /// The content that the channel's webhook secret must have.
    fn webhook_secret(&self) -> Value;

    /// The content that the channel's sending secret must have: where this model listens, and its token.
    fn sending_secret(&self) -> Value;

    /// Tells it the public address of the webhook, before it is connected. On this machine that leads elsewhere: a platform that signs the
    /// address signs this one and posts to the other.
    fn is_reached_at(&self, _public_url: &str) {}

    /// Tells it where webhooks go, as the platform's dashboard does, and makes the handshake if there is one.
    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()>;

    /// Its one customer writes a text; the answer is the status that our webhook gave.
    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16>;

    /// The messages that the customer was shown, oldest first.
    fn customer_saw(&self) -> Vec<String>;
}

/// The model of a channel's platform.
pub struct Known {
    /// The channel's name.
    pub channel: &'static str,
    /// Starts it.
    pub start: fn() -> Work<'static, Arc<dyn Platform>>,
}

/// Every model. A new one adds its file and one line here.
pub const ALL: &[Known] =
    &[whatsapp::KNOWN, messenger::KNOWN, instagram::KNOWN, telegram::KNOWN, sms::KNOWN, x::KNOWN];
