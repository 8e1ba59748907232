//! A model of the WhatsApp part of the Graph API: it takes sends, keeps the customer service window, posts signed
//! webhooks with messages and statuses, and sends a webhook again when it is not answered with 200.

mod error;
mod interactive;
mod rules;
mod server;
mod template;
mod webhooks;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::http::Client;
use crate::models::{CUSTOMER, Known, Platform, Work};
pub use interactive::Offer;
pub use rules::Address;
pub use template::Template;

/// Our phone number's id: the account.
pub const PHONE_NUMBER_ID: &str = "700800900100200";
/// The WhatsApp business account that it belongs to.
pub const WABA_ID: &str = "900100200300400";
/// The secret that the app signs webhooks with.
const APP_SECRET: &str = "a-model-of-an-app-secret";
/// The token that the handshake shows.
const VERIFY_TOKEN: &str = "a-model-of-a-verify-token";
/// The system user's token.
const TOKEN: &str = "a-model-of-a-token";
/// The time for which a customer's message lets us write freely:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows>.
const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// The templates of the account.
pub const TEMPLATES: [Template; 4] = [
    Template {
        name: "delivery_delay",
        language: "en",
        status: "APPROVED",
        body: "Your order {{order}} is late. It arrives on {{eta}}.",
    },
    Template {
        name: "delivery_delay",
        language: "fr",
        status: "PENDING",
        body: "Votre commande {{order}} : {{eta}}.",
    },
    Template {
        name: "appointment",
        language: "en_GB",
        status: "APPROVED",
        body: "See you at {{1}}.",
    },
    Template { name: "autumn_sale", language: "en", status: "PAUSED", body: "Boots from 40." },
];

/// A customer.
#[derive(Clone, Debug)]
pub struct Person {
    /// The phone number, digits only; a user with a username may hide it.
    pub phone: Option<&'static str>,
    /// The business-scoped user id.
    pub user_id: &'static str,
    /// The name that the customer chose.
    pub name: &'static str,
}

/// A customer with a phone number.
pub const ADA: Person =
    Person { phone: Some("447700900111"), user_id: "GB.5550001112223334", name: CUSTOMER };
/// A customer with a username, whose phone number we never see.
pub const ELOISE: Person = Person { phone: None, user_id: "FR.7770001112223334", name: "Eloïse" };
/// Another customer with a phone number.
pub const NOOR: Person =
    Person { phone: Some("447700900222"), user_id: "GB.8880001112223334", name: "Noor" };
/// Another customer with a username.
pub const MATEO: Person = Person { phone: None, user_id: "ES.9990001112223334", name: "Mateo" };

/// A message that the platform took from us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The platform's id of it.
    pub id: String,
    /// The address that it goes to.
    pub to: Address,
    /// Its type.
    pub kind: String,
    /// The text of it, as the customer sees it.
    pub shown: String,
    /// The data that its statuses carry back.
    pub callback: Option<String>,
    /// The buttons and rows that the customer may tap on it.
    pub offers: Vec<Offer>,
    /// The statuses that our webhook has answered with 200, in order.
    pub acknowledged: Vec<&'static str>,
}

/// The model.
pub struct Graph {
    state: Mutex<State>,
    client: Client,
    base_url: String,
}

#[derive(Default)]
struct State {
    webhook_url: String,
    /// The secret that replaced the first one, if one did.
    new_secret: Option<String>,
    next_id: u32,
    /// When each customer last wrote, by user id.
    last_wrote: Vec<(&'static str, Timestamp)>,
    messages: HashSet<String>,
    media: HashSet<String>,
    sent: Vec<Sent>,
}

impl Graph {
    /// Starts the model on a port that the system gives.
    pub async fn start() -> anyhow::Result<Arc<Self>> {
        server::start().await
    }

    fn new(base_url: String) -> Self {
        Self { state: Mutex::default(), client: Client::new(), base_url }
    }

    /// The messages that one customer was sent so far, oldest first.
    #[must_use]
    pub fn sent_to(&self, customer: &Person) -> Vec<Sent> {
        let is_theirs = |it: &Sent| person(&it.to).is_some_and(|it| it.user_id == customer.user_id);
        self.sent().into_iter().filter(is_theirs).collect()
    }

    /// From now on it signs webhooks with another secret.
    pub fn sign_with(&self, secret: &str) {
        self.state().new_secret = Some(secret.to_owned());
    }

    /// The messages that it took from us so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh_id(&self) -> String {
        let mut state = self.state();
        state.next_id += 1;
        let id = format!("wamid.HBgMNDQ3NzAwOTAwMTEx{:08X}", state.next_id);
        state.messages.insert(id.clone());
        id
    }

    /// Notes that a customer writes now: it opens the window.
    fn note_writing(&self, person: &Person) {
        let mut state = self.state();
        state.last_wrote.retain(|it| it.0 != person.user_id);
        state.last_wrote.push((person.user_id, aws::now()));
    }

    /// Whether we may write freely to a customer now.
    fn window_is_open(&self, person: &Person) -> bool {
        let last = self.state().last_wrote.iter().find(|it| it.0 == person.user_id).map(|it| it.1);
        last.is_some_and(|it| aws::now().since(it) < WINDOW_MS)
    }
}

/// The customer behind an address, if it is on the platform.
fn person(address: &Address) -> Option<Person> {
    [ADA, ELOISE, NOOR, MATEO].into_iter().find(|it| match address {
        Address::Phone(digits) => it.phone == Some(digits.as_str()),
        Address::User(id) => it.user_id == id,
    })
}

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: "whatsapp",
    start: || Box::pin(async { Ok(Graph::start().await? as Arc<dyn Platform>) }),
};

impl Platform for Graph {
    fn channel(&self) -> &'static str {
        KNOWN.channel
    }

    fn webhook_secret(&self) -> Value {
        json!({ "signing": [APP_SECRET], "verify": [VERIFY_TOKEN], "accounts": [PHONE_NUMBER_ID, WABA_ID] })
    }

    fn sending_secret(&self) -> Value {
        json!([{ "id": PHONE_NUMBER_ID, "token": TOKEN, "base_url": self.base_url }])
    }

    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()> {
        Box::pin(async move {
            webhook_url.clone_into(&mut self.state().webhook_url);
            let challenge = "1158201444";
            let query = format!(
                "hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge={challenge}"
            );
            let answer = self.client.get(&format!("{webhook_url}?{query}")).await?;
            ensure!(
                answer.status == 200 && answer.text() == challenge,
                "the handshake was answered with {} {}",
                answer.status,
                answer.text()
            );
            Ok(())
        })
    }

    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16> {
        Box::pin(async move {
            let message = self.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
            self.deliver(&self.envelope(&ADA, &[message])).await
        })
    }

    fn customer_saw(&self) -> Vec<String> {
        self.sent().into_iter().map(|it| it.shown).collect()
    }
}
