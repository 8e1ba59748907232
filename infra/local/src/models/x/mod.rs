//! A model of the X API with one account and one customer: it checks that a webhook's address is ours, takes direct messages
//! and answers to mentions, and posts signed deliveries once: what is not answered is lost.

mod caller;
mod rules;
mod server;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use domain::time::Timestamp;
use domain::webhook::{Encoding, Proof, sign};
use http::Method;
use serde_json::{Value, json};

use crate::http::Client;
use crate::models::{CUSTOMER, Known, Platform, Work};

/// Our account.
pub const NORTHWIND: &str = "1111111111111111111";
/// The customer.
pub const ADA: &str = "2222222222222222222";
/// The app.
const CONSUMER_KEY: &str = "a-model-of-a-consumer-key";
/// The secret that webhooks are signed with, and one half of what calls are signed with.
const CONSUMER_SECRET: &str = "a-model-of-a-consumer-secret";
/// The account's token of OAuth 1.0a, which says whose signature it is.
const SIGNING_TOKEN: &str = "a-model-of-an-access-token";
/// The other half of what calls are signed with.
const SIGNING_TOKEN_SECRET: &str = "a-model-of-a-token-secret";
/// The account's token of OAuth 2.0.
const TOKEN: &str = "a-model-of-a-user-token";

/// Written out here rather than taken from the channel: the model must not agree with a mistake of ours.
const PROOF: Proof = Proof::Hmac {
    header: "x-twitter-webhooks-signature",
    prefix: "sha256=",
    encoding: Encoding::Base64,
};

/// The model.
pub struct XApi {
    world: Mutex<World>,
    client: Client,
    base_url: String,
}

/// The state that the model keeps.
#[derive(Default)]
struct World {
    webhook_url: String,
    last_id: u64,
    customer_wrote: bool,
    mentions: Vec<String>,
    /// Ids of files, and what each was uploaded for.
    uploads: Vec<(String, String)>,
    direct_at: Vec<Timestamp>,
    /// The nonces that signed calls may not use again.
    nonces: BTreeSet<String>,
    shown: Vec<String>,
}

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: "x",
    start: || Box::pin(async { Ok(XApi::start().await? as Arc<dyn Platform>) }),
};

impl XApi {
    /// Starts the model on a port that the system gives; it lives as long as the runtime.
    pub async fn start() -> anyhow::Result<Arc<Self>> {
        server::start().await
    }

    fn new(base_url: String) -> Self {
        Self { world: Mutex::default(), client: Client::new(), base_url }
    }

    /// The customer mentions us in a post; the answer is the status that our webhook gave.
    pub async fn customer_mentions(&self, text: &str) -> anyhow::Result<u16> {
        let id = self.fresh();
        self.world().mentions.push(id.clone());
        let post = json!({
            "id": id, "author_id": ADA, "text": text, "conversation_id": id,
            "created_at": aws::now().rfc3339(), "edit_history_tweet_ids": [id],
        });
        let people = json!({ "users": [{ "id": ADA, "name": CUSTOMER, "username": "ada_l" }] });
        self.post("post.mention.create", &post, Some(&people)).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id that was not used yet.
    fn fresh(&self) -> String {
        let mut world = self.world();
        world.last_id += 1;
        (2_080_765_901_528_535_000 + world.last_id).to_string()
    }

    /// Tells of a direct message in either direction.
    async fn post_direct(
        &self,
        kind: &str,
        id: &str,
        from: &str,
        to: &str,
        text: &str,
    ) -> anyhow::Result<u16> {
        let message = json!({
            "type": "message_create", "id": id, "created_timestamp": aws::now().ms().to_string(),
            "message_create": {
                "target": { "recipient_id": to }, "sender_id": from,
                "message_data": { "text": text, "entities": { "hashtags": [], "symbols": [], "user_mentions": [], "urls": [] } },
            },
        });
        let users =
            json!({ ADA: { "data": { "id": ADA, "name": CUSTOMER, "username": "ada_l" } } });
        self.post(kind, &json!({ "direct_message_events": [message], "users": users }), None).await
    }

    /// Posts a delivery, signed, once.
    async fn post(
        &self,
        kind: &str,
        payload: &Value,
        includes: Option<&Value>,
    ) -> anyhow::Result<u16> {
        let mut data = json!({
            "event_uuid": format!("-{}", self.fresh()), "filter": { "user_id": NORTHWIND },
            "event_type": kind, "tag": "northwind", "payload": payload,
        });
        if let (Some(fields), Some(includes)) = (data.as_object_mut(), includes) {
            fields.insert("includes".to_owned(), includes.clone());
        }
        let body = json!({ "data": data }).to_string().into_bytes();
        let (name, value) = sign(&PROOF, &CONSUMER_SECRET.into(), &body);
        let url = self.world().webhook_url.clone();
        let headers = [("content-type", "application/json"), (name, &value)];
        Ok(self.client.call(Method::POST, &url, &headers, body).await?.status)
    }

    /// The challenge-response check: <https://docs.x.com/x-api/webhooks/introduction>.
    async fn check_address(&self, url: &str) -> anyhow::Result<()> {
        let token = "9a1b2c3d-crc";
        let (_, expected) = sign(&PROOF, &CONSUMER_SECRET.into(), token.as_bytes());
        let answer = self.client.get(&format!("{url}?crc_token={token}")).await?;
        let shown = answer.json();
        ensure!(
            answer.status == 200 && shown.get("response_token") == Some(&json!(expected)),
            "the challenge was answered with {} {shown}",
            answer.status
        );
        Ok(())
    }
}

impl Platform for XApi {
    fn channel(&self) -> &'static str {
        KNOWN.channel
    }

    fn webhook_secret(&self) -> Value {
        json!({ "signing": [CONSUMER_SECRET], "accounts": [NORTHWIND] })
    }

    fn sending_secret(&self) -> Value {
        let keys = json!({
            "consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET,
            "token": SIGNING_TOKEN, "token_secret": SIGNING_TOKEN_SECRET,
        });
        json!([{ "id": NORTHWIND, "token": keys, "base_url": self.base_url }])
    }

    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()> {
        Box::pin(async move {
            self.check_address(webhook_url).await?;
            webhook_url.clone_into(&mut self.world().webhook_url);
            Ok(())
        })
    }

    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16> {
        Box::pin(async move {
            self.world().customer_wrote = true;
            let id = self.fresh();
            self.post_direct("dm.received", &id, ADA, NORTHWIND, text).await
        })
    }

    fn customer_saw(&self) -> Vec<String> {
        self.world().shown.clone()
    }
}
