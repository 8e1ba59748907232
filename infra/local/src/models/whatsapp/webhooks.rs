//! The webhooks that the model posts, built and signed as the platform does:
//! <https://developers.facebook.com/docs/graph-api/webhooks/getting-started>.

use std::time::Duration;

use anyhow::Context;
use domain::webhook::{Encoding, Proof, sign};
use http::Method;
use serde_json::{Value, json};

use super::error::GraphError;
use super::rules::Address;
use super::{APP_SECRET, Graph, PHONE_NUMBER_ID, Person, Sent, WABA_ID, person};

/// Our number as people dial it.
const DISPLAY_NUMBER: &str = "15550001000";

/// Written out here rather than taken from the channel: the model must not agree with a mistake of ours.
const PROOF: Proof =
    Proof::Hmac { header: "x-hub-signature-256", prefix: "sha256=", encoding: Encoding::Hex };

impl Graph {
    /// A message object as a customer's app would send it now. It opens the window.
    #[must_use]
    pub fn message(&self, from: &Person, content: Value) -> Value {
        self.note_writing(from);
        let mut message = content;
        if let Some(fields) = message.as_object_mut() {
            // Left out, not empty, where the customer hides the number.
            fields.extend(from.phone.map(|it| ("from".to_owned(), json!(it))));
            fields.insert("from_user_id".to_owned(), json!(from.user_id));
            fields.insert("id".to_owned(), json!(self.fresh_id()));
            fields.insert("timestamp".to_owned(), json!(aws::now().secs().to_string()));
        }
        message
    }

    /// A tap on an option that a message of ours offers, named by what the customer reads on it:
    /// <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/interactive>.
    pub fn tap(&self, from: &Person, on: &Sent, title: &str) -> anyhow::Result<Value> {
        let offer = on.offers.iter().find(|it| it.title == title);
        let offer = offer.with_context(|| format!("the message offers no {title:?}"))?;
        let reply = offer.reply;
        let tapped = json!({ "type": reply, reply: { "id": offer.id, "title": offer.title } });
        let of = json!({ "from": DISPLAY_NUMBER, "id": on.id });
        let tap = json!({ "type": "interactive", "context": of, "interactive": tapped });
        Ok(self.message(from, tap))
    }

    /// A webhook with messages of one customer.
    #[must_use]
    pub fn envelope(&self, from: &Person, messages: &[Value]) -> Value {
        envelope(&json!({ "contacts": [contact(from)], "messages": messages }))
    }

    /// A webhook with several changes in one, as the platform batches them.
    #[must_use]
    pub fn batch(&self, webhooks: &[Value]) -> Value {
        let changes =
            webhooks.iter().filter_map(|it| it.pointer("/entry/0/changes/0")).collect::<Vec<_>>();
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": WABA_ID, "changes": changes }] })
    }

    /// A webhook with one status of a message that it took.
    #[must_use]
    pub fn status(&self, sent: &Sent, status: &str) -> Value {
        status_webhook(sent, status, None)
    }

    /// A webhook that tells of a template: it was approved, paused …
    #[must_use]
    pub fn template_status(&self, name: &str, language: &str, event: &str) -> Value {
        let value = json!({
            "event": event,
            "message_template_id": 594_425_479_261_596_i64,
            "message_template_name": name,
            "message_template_language": language,
            "message_template_category": "UTILITY",
            "reason": "NONE",
        });
        let changes = [json!({ "field": "message_template_status_update", "value": value })];
        let entry = json!({ "id": WABA_ID, "time": aws::now().secs(), "changes": changes });
        json!({ "object": "whatsapp_business_account", "entry": [entry] })
    }

    /// Posts a webhook, signed; the answer's status.
    pub async fn post(&self, webhook: &Value) -> anyhow::Result<u16> {
        let secret = self.state().new_secret.clone();
        self.post_signed_with(webhook, secret.as_deref().unwrap_or(APP_SECRET)).await
    }

    /// Posts a webhook as the platform does: what is not answered with 200 is sent again, less and less often. The
    /// platform goes on for seven days, the model for a minute. The last answer's status.
    pub async fn deliver(&self, webhook: &Value) -> anyhow::Result<u16> {
        let mut pause = Duration::from_millis(250);
        loop {
            let status = self.post(webhook).await?;
            if status == 200 || Duration::from_secs(30) < pause {
                return Ok(status);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Posts a webhook signed with another secret, as somebody would who knows our address but not the secret.
    pub async fn post_forged(&self, webhook: &Value) -> anyhow::Result<u16> {
        self.post_signed_with(webhook, "not-the-secret").await
    }

    /// Posts a webhook signed with a secret of the caller's choice.
    pub async fn post_signed_with(&self, webhook: &Value, secret: &str) -> anyhow::Result<u16> {
        let (body, url) =
            (escaped(&webhook.to_string()).into_bytes(), self.state().webhook_url.clone());
        let (name, value) = sign(&PROOF, &secret.into(), &body);
        let headers = [
            ("content-type", "application/json"),
            ("user-agent", "facebookexternalua"),
            (name, &value),
        ];
        Ok(self.client.call(Method::POST, &url, &headers, body).await?.status)
    }

    /// Tells the fate of a message that was taken: it fails, or it is sent, delivered and read.
    pub(super) async fn post_statuses(&self, sent: &Sent) {
        let person = person(&sent.to);
        let failure = match &person {
            None => Some(GraphError::new(131_026, "The recipient is not on WhatsApp")),
            Some(it) if sent.kind != "template" && !self.window_is_open(it) => {
                let why = "Message failed to send because more than 24 hours have passed since the customer last replied.";
                Some(GraphError::new(131_047, why))
            }
            Some(_) => None,
        };
        let steps: &[&'static str] =
            if failure.is_some() { &["failed"] } else { &["sent", "delivered", "read"] };
        for status in steps {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let answered = self.deliver(&status_webhook(sent, status, failure.as_ref())).await;
            let mut state = self.state();
            let sent = state.sent.iter_mut().find(|it| it.id == sent.id);
            if let (Some(sent), Ok(200)) = (sent, answered) {
                sent.acknowledged.push(status);
            }
        }
    }
}

fn contact(person: &Person) -> Value {
    let mut contact = json!({ "profile": { "name": person.name }, "user_id": person.user_id });
    if let (Some(fields), Some(phone)) = (contact.as_object_mut(), person.phone) {
        fields.insert("wa_id".to_owned(), json!(phone));
    }
    contact
}

fn status_webhook(sent: &Sent, status: &str, error: Option<&GraphError>) -> Value {
    let mut fields =
        json!({ "id": sent.id, "status": status, "timestamp": aws::now().secs().to_string() });
    let person = person(&sent.to);
    if let Some(fields) = fields.as_object_mut() {
        if let Address::Phone(digits) = &sent.to {
            fields.insert("recipient_id".to_owned(), json!(digits));
        }
        if let (Some(person), None) = (&person, error) {
            fields.insert("recipient_user_id".to_owned(), json!(person.user_id));
        }
        if let Some(callback) = &sent.callback {
            fields.insert("biz_opaque_callback_data".to_owned(), json!(callback));
        }
        if status == "sent" {
            let category = if sent.kind == "template" { "utility" } else { "service" };
            let pricing =
                json!({ "pricing_model": "PMP", "type": "regular", "category": category });
            fields.insert("pricing".to_owned(), pricing);
        }
        if let Some(error) = error {
            fields.insert("errors".to_owned(), json!([error.status_entry()]));
        }
    }
    let mut value = json!({ "statuses": [fields] });
    // Contacts stand beside every status but `failed`.
    if let (Some(value), Some(person), None) = (value.as_object_mut(), &person, error) {
        value.insert("contacts".to_owned(), json!([contact(person)]));
    }
    envelope(&value)
}

fn envelope(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("messaging_product".to_owned(), json!("whatsapp"));
        let number =
            json!({ "display_phone_number": DISPLAY_NUMBER, "phone_number_id": PHONE_NUMBER_ID });
        fields.insert("metadata".to_owned(), number);
    }
    let changes = [json!({ "field": "messages", "value": value })];
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": WABA_ID, "changes": changes }] })
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
