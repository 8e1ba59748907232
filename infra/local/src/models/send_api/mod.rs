//! A model of Meta's Send API with one account and one customer, for Messenger and Instagram: it takes messages, keeps the
//! windows, and posts signed webhooks with what the customer does and with echoes, deliveries and reads of what we sent.

mod rules;
mod server;
#[cfg(test)]
mod tests;
mod webhooks;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::http::Client;
use crate::models::{Platform, Work};

/// The secret that the app signs webhooks with.
const APP_SECRET: &str = "a-model-of-an-app-secret";
/// The token that the handshake shows.
const VERIFY_TOKEN: &str = "a-model-of-a-verify-token";
/// The Page's token.
const TOKEN: &str = "a-model-of-a-page-token";
/// Our app: what echoes of our own sends name.
const APP_ID: u64 = 4_242_000_000_000_042;

/// The differences between Messenger and Instagram.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// The channel.
    pub channel: &'static str,
    /// The name of its webhooks for themselves.
    pub object: &'static str,
    /// Our account: what webhooks are for.
    pub account: &'static str,
    /// The nodes whose paths calls may go to.
    pub nodes: &'static [&'static str],
    /// The customer's id for our account.
    pub person: &'static str,
    /// The customer's name, or user name.
    pub person_name: &'static str,
    /// The start of its messages' ids.
    pub mid_prefix: &'static str,
    /// The longest text.
    pub longest_text: Length,
    /// The subcode of a closed window.
    pub closed_window: u32,
    /// The subcode of an id that nobody has.
    pub no_such_person: u32,
    /// The platform that an upload must say it is for.
    pub upload_platform: Option<&'static str>,
    /// Whether `messaging_type` is required.
    pub needs_messaging_type: bool,
    /// Whether deliveries are told.
    pub tells_delivery: bool,
    /// Whether reads are told by a watermark, or else by the message's id.
    pub reads_by_watermark: bool,
    /// The account's utility templates; none where the product has none.
    pub templates: &'static [Template],
}

/// The longest text, and what it is counted in.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// Characters.
    Chars(usize),
    /// UTF-8 bytes.
    Bytes(usize),
}

/// A utility template of the account.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Its name.
    pub name: &'static str,
    /// Its language.
    pub language: &'static str,
    /// Whether it may be sent.
    pub is_approved: bool,
    /// The number of variables in its body.
    pub variables: usize,
}

/// A message that the platform took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The platform's id of it.
    pub id: String,
    /// The text of it, as the customer sees it.
    pub shown: String,
    /// The metadata that its echo carries back.
    pub metadata: Option<String>,
    /// The right that it was sent by: `RESPONSE`, `HUMAN_AGENT`, `UTILITY` or `private reply`.
    pub right: &'static str,
}

/// The model.
pub struct SendApi {
    product: Product,
    world: Mutex<World>,
    client: Client,
    base_url: String,
}

/// The state that the model keeps.
#[derive(Default)]
struct World {
    webhook_url: String,
    next_id: u32,
    last_wrote: Option<Timestamp>,
    /// Messages of the conversation, in either direction.
    messages: HashSet<String>,
    /// Public comments that have no private reply yet.
    comments: HashSet<String>,
    media: HashSet<String>,
    sent: Vec<Sent>,
}

impl SendApi {
    /// Starts the model on a port that the system gives; it lives as long as the runtime.
    pub async fn start(product: Product) -> anyhow::Result<Arc<Self>> {
        server::start(product).await
    }

    /// The messages that it took from us so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.world().sent.clone()
    }

    /// Moves the customer's last message into the past, so that a window closes.
    pub fn time_passes(&self, ms: i64) {
        let mut world = self.world();
        world.last_wrote = world.last_wrote.map(|it| it.plus_ms(-ms));
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> u32 {
        let mut world = self.world();
        world.next_id += 1;
        world.next_id
    }

    /// An id for a new message of the conversation.
    fn fresh_mid(&self) -> String {
        let id = format!("{}{:08X}", self.product.mid_prefix, self.fresh());
        self.world().messages.insert(id.clone());
        id
    }
}

impl Platform for SendApi {
    fn channel(&self) -> &'static str {
        self.product.channel
    }

    fn webhook_secret(&self) -> Value {
        json!({ "signing": [APP_SECRET], "verify": [VERIFY_TOKEN], "accounts": [self.product.account] })
    }

    fn sending_secret(&self) -> Value {
        json!([{ "id": self.product.account, "token": TOKEN, "base_url": self.base_url }])
    }

    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()> {
        Box::pin(async move {
            webhook_url.clone_into(&mut self.world().webhook_url);
            let challenge = "1158201444";
            let query = format!(
                "hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge={challenge}"
            );
            let answer = self.client.get(&format!("{webhook_url}?{query}")).await?;
            let (status, text) = (answer.status, answer.text());
            ensure!(
                status == 200 && text == challenge,
                "the handshake was answered with {status} {text}"
            );
            Ok(())
        })
    }

    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16> {
        Box::pin(self.customer_says(json!({ "text": text })))
    }

    fn customer_saw(&self) -> Vec<String> {
        self.sent().into_iter().map(|it| it.shown).collect()
    }
}
