//! The webhooks that the model posts, built and signed as the platform does:
//! <https://developers.facebook.com/docs/messenger-platform/webhooks>.

use std::time::Duration;

use domain::webhook::{Encoding, Proof, sign};
use http::Method;
use serde_json::{Value, json};

use super::{APP_ID, APP_SECRET, SendApi, Sent};

/// Written out here rather than taken from the channel: the model must not agree with a mistake of ours.
const PROOF: Proof =
    Proof::Hmac { header: "x-hub-signature-256", prefix: "sha256=", encoding: Encoding::Hex };

impl SendApi {
    /// The customer sends a message with this content; the answer is the status that our webhook gave.
    pub async fn customer_says(&self, content: Value) -> anyhow::Result<u16> {
        let mut message = content;
        if let Some(fields) = message.as_object_mut() {
            fields.insert("mid".to_owned(), json!(self.fresh_mid()));
        }
        self.customer_does("message", &message).await
    }

    /// The customer taps a button of ours.
    pub async fn customer_taps(&self, payload: &str, title: &str) -> anyhow::Result<u16> {
        let tap = json!({ "mid": self.fresh_mid(), "payload": payload, "title": title });
        self.customer_does("postback", &tap).await
    }

    /// The customer clicks a link of ours that carries a reference.
    pub async fn customer_follows(&self, reference: &str) -> anyhow::Result<u16> {
        let source = if self.product.object == "page" { "SHORTLINK" } else { "IGME-SOURCE-LINK" };
        let referral = json!({ "ref": reference, "source": source, "type": "OPEN_THREAD" });
        self.customer_does("referral", &referral).await
    }

    /// The customer comments on a post of ours, in public. It opens no window, but may be answered in private once.
    pub async fn customer_comments(&self, text: &str) -> anyhow::Result<u16> {
        let (id, post) = (format!("1785{:08}", self.fresh()), "18100000000000001");
        self.world().comments.insert(id.clone());
        let (person, name) = (self.product.person, self.product.person_name);
        let (field, value) = if self.product.object == "page" {
            let post = format!("{}_{post}", self.product.account);
            let value = json!({
                "item": "comment", "verb": "add", "comment_id": id, "post_id": post, "parent_id": post,
                "from": { "id": person, "name": name }, "message": text, "created_time": aws::now().secs(),
            });
            ("feed", value)
        } else {
            let media = json!({ "id": post, "media_product_type": "FEED" });
            (
                "comments",
                json!({ "id": id, "text": text, "from": { "id": person, "username": name }, "media": media }),
            )
        };
        self.post(&self.envelope("changes", &json!({ "field": field, "value": value }))).await
    }

    /// Something that the customer does; it opens the window.
    async fn customer_does(&self, kind: &str, part: &Value) -> anyhow::Result<u16> {
        self.world().last_wrote = Some(aws::now());
        self.post(&self.by_customer(kind, part)).await
    }

    fn by_customer(&self, kind: &str, part: &Value) -> Value {
        self.talk((self.product.person, self.product.account), kind, part)
    }

    fn talk(&self, (from, to): (&str, &str), kind: &str, part: &Value) -> Value {
        let now = aws::now().ms();
        let item = json!({ "sender": { "id": from }, "recipient": { "id": to }, "timestamp": now, kind: part });
        self.envelope("messaging", &item)
    }

    fn envelope(&self, list: &str, item: &Value) -> Value {
        let entry = json!({ "id": self.product.account, "time": aws::now().ms(), list: [item] });
        json!({ "object": self.product.object, "entry": [entry] })
    }

    /// Posts a webhook, signed; the answer's status.
    pub async fn post(&self, webhook: &Value) -> anyhow::Result<u16> {
        let (body, url) =
            (escaped(&webhook.to_string()).into_bytes(), self.world().webhook_url.clone());
        let (name, value) = sign(&PROOF, &APP_SECRET.into(), &body);
        let headers = [
            ("content-type", "application/json"),
            ("user-agent", "facebookexternalua"),
            (name, &value),
        ];
        Ok(self.client.call(Method::POST, &url, &headers, body).await?.status)
    }

    /// Tells the fate of a message that was taken: its echo comes, then it is delivered and read.
    pub(super) async fn post_receipts(&self, sent: &Sent) {
        let (us, them) = (self.product.account, self.product.person);
        let mut echo =
            json!({ "is_echo": true, "app_id": APP_ID, "mid": sent.id, "text": sent.shown });
        if let (Some(fields), Some(metadata)) = (echo.as_object_mut(), &sent.metadata) {
            fields.insert("metadata".to_owned(), json!(metadata));
        }
        self.post_until_heard(&self.talk((us, them), "message", &echo)).await;
        let now = aws::now().ms();
        if self.product.tells_delivery {
            let delivery = json!({ "mids": [sent.id], "watermark": now });
            self.post_until_heard(&self.by_customer("delivery", &delivery)).await;
        }
        let read = if self.product.reads_by_watermark {
            json!({ "watermark": now })
        } else {
            json!({ "mid": sent.id })
        };
        self.post_until_heard(&self.by_customer("read", &read)).await;
    }

    /// Anything but 200 is tried again, less and less often; the platform goes on for 36 hours, the model for a minute.
    async fn post_until_heard(&self, webhook: &Value) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut pause = Duration::from_millis(250);
        while !self.post(webhook).await.is_ok_and(|it| it == 200) && pause < Duration::from_secs(30)
        {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// The platform writes what is not ASCII as `\u` escapes, and signs that.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            text.extend(
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")),
            );
        }
    }
    text
}
