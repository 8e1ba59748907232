//! A model of Twilio's Messages API with one number and one customer: it takes messages, refuses what Twilio does, and posts what
//! the customer writes and the statuses of ours as signed forms, a later status before an earlier one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::webhook::{AddressProof, Proof, Signer, Webhook, seal};
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded::{self, Serializer};

use crate::http::Client;
use crate::models::{CUSTOMER, Known, Platform, Work};

const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Our number: the account.
pub const OURS: &str = "+33757000001";
/// The customer's number.
pub const ADA: &str = "+447700900333";

const FORM: &str = "application/x-www-form-urlencoded";
const PROOF: Proof = Proof::Address(AddressProof {
    header: "x-twilio-signature",
    settings: "x-twilio-webhooks-signature-settings",
    digest: "bodySHA256",
});

/// The model.
pub struct Twilio {
    world: Mutex<World>,
    client: Client,
    base_url: String,
}

/// The state that the model keeps.
#[derive(Default)]
struct World {
    /// Where a webhook is posted, and the address that it is signed for.
    webhook_url: String,
    public_url: String,
    last: u32,
    has_opted_out: bool,
    shown: Vec<String>,
}

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: "sms",
    start: || Box::pin(async { Ok(Twilio::start().await? as Arc<dyn Platform>) }),
};

/// A refusal: <https://www.twilio.com/docs/api/errors>.
struct Refusal(u16, u32, &'static str);

impl Twilio {
    /// Starts the model on a port that the system gives; it lives as long as the runtime.
    pub async fn start() -> anyhow::Result<Arc<Self>> {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
        let port = listener.local_addr().context("cannot listen on loopback")?.port();
        let base_url = format!("http://127.0.0.1:{port}");
        let model = Arc::new(Self { world: Mutex::default(), client: Client::new(), base_url });
        let path = "/2010-04-01/Accounts/{account}/Messages.json";
        let router = Router::new().route(path, post(send)).with_state(Arc::clone(&model));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(model)
    }

    /// The customer sends a word that opts out or in again. Twilio says so with it, and takes no message to them meanwhile.
    pub async fn customer_opts(&self, is_out: bool) -> anyhow::Result<u16> {
        self.world().has_opted_out = is_out;
        let word = if is_out { "STOP" } else { "START" };
        self.receive(word, &[("OptOutType", word)]).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> String {
        let mut world = self.world();
        world.last += 1;
        format!("SM{:032}", world.last)
    }

    /// Something that the customer wrote.
    async fn receive(&self, text: &str, more: &[(&str, &str)]) -> anyhow::Result<u16> {
        let sid = self.fresh();
        let mut fields = vec![
            ("ToCountry", "FR"),
            ("SmsMessageSid", &sid),
            ("NumMedia", "0"),
            ("FromCity", ""),
            ("SmsSid", &sid),
            ("SmsStatus", "received"),
            ("Body", text),
            ("To", OURS),
            ("NumSegments", "1"),
            ("MessageSid", &sid),
            ("AccountSid", ACCOUNT_SID),
            ("From", ADA),
            ("ApiVersion", "2010-04-01"),
            ("ProfileName", CUSTOMER),
        ];
        fields.extend(more);
        let (posted, public) = {
            let world = self.world();
            (world.webhook_url.clone(), world.public_url.clone())
        };
        self.post(&posted, &public, "", &fields).await
    }

    /// Tells the status of a message, as its callback asks; one that is not our webhook is not called.
    async fn tell(&self, callback: &str, sid: &str, status: &str) -> anyhow::Result<u16> {
        let (posted, public) = {
            let world = self.world();
            (world.webhook_url.clone(), world.public_url.clone())
        };
        let (address, query) = callback.split_once('?').unwrap_or((callback, ""));
        ensure!(address == public, "a status goes to {address}, which is not {public}");
        let fields = [
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("To", ADA),
            ("From", OURS),
            ("AccountSid", ACCOUNT_SID),
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("ApiVersion", "2010-04-01"),
        ];
        self.post(&posted, &public, query, &fields).await
    }

    /// Posts a form once: Twilio tries again only what it could not connect to.
    async fn post(
        &self,
        posted: &str,
        public: &str,
        query: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<u16> {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(FORM))]);
        let webhook = Webhook { headers: &headers, address: public, query, body: body.as_bytes() };
        let signer = Signer { secret: &AUTH_TOKEN.into(), audience: None, at: aws::now() };
        let (name, value) = seal(&PROOF, &signer, &webhook).header.context("it has a header")?;
        let url = if query.is_empty() { posted.to_owned() } else { format!("{posted}?{query}") };
        let headers = [("content-type", FORM), (name, &*value)];
        let answer = self.client.call(Method::POST, &url, &headers, body.into_bytes()).await?;
        let kind = answer.headers.get("content-type").and_then(|it| it.to_str().ok());
        let is_twiml = kind == Some("text/xml") && answer.text() == "<Response/>";
        ensure!(answer.status != 200 || is_twiml, "12300: {kind:?} {}", answer.text());
        Ok(answer.status)
    }

    /// Takes a message or refuses it; gives its id and its callback.
    fn take(&self, fields: &BTreeMap<String, String>) -> Result<(String, Option<String>), Refusal> {
        const KNOWN: [&str; 8] = [
            "To",
            "From",
            "MessagingServiceSid",
            "Body",
            "MediaUrl",
            "ContentSid",
            "ContentVariables",
            "StatusCallback",
        ];
        if fields.keys().any(|it| !KNOWN.contains(&&**it)) {
            return Err(Refusal(400, 20_001, "Unknown parameters"));
        }
        let field = |name: &str| fields.get(name).map(String::as_str).filter(|it| !it.is_empty());
        match field("To") {
            None => return Err(Refusal(400, 21_604, "A 'To' phone number is required.")),
            Some(ADA) => {}
            Some(_) => {
                return Err(Refusal(400, 21_211, "The 'To' number is not a valid phone number."));
            }
        }
        match field("From") {
            None => return Err(Refusal(400, 21_603, "A 'From' phone number is required.")),
            Some(OURS) => {}
            Some(_) => {
                return Err(Refusal(
                    400,
                    21_606,
                    "The From phone number is not a valid, SMS-capable inbound phone number.",
                ));
            }
        }
        let words = field("Body").or_else(|| field("ContentSid")).or_else(|| field("MediaUrl"));
        let words = words.ok_or(Refusal(400, 21_602, "Message body is required."))?;
        if 1600 < words.chars().count() {
            return Err(Refusal(
                400,
                21_617,
                "The concatenated message body exceeds the 1600 character limit.",
            ));
        }
        if field("StatusCallback")
            .is_some_and(|it| it.split('/').nth(2).is_none_or(|host| host.contains('_')))
        {
            return Err(Refusal(400, 21_609, "The StatusCallback URL is not a valid URL."));
        }
        if self.world().has_opted_out {
            return Err(Refusal(400, 21_610, "Attempt to send to unsubscribed recipient"));
        }
        self.world().shown.push(words.to_owned());
        Ok((self.fresh(), field("StatusCallback").map(str::to_owned)))
    }
}

async fn send(
    State(model): State<Arc<Twilio>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let login = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}")));
    let is =
        |name: header::HeaderName, value: &str| headers.get(name).is_some_and(|it| it == value);
    let taken = if !is(header::AUTHORIZATION, &login) || account != ACCOUNT_SID {
        Err(Refusal(401, 20_003, "Authenticate"))
    } else if is(header::CONTENT_TYPE, FORM) {
        model.take(&form_urlencoded::parse(&body).into_owned().collect())
    } else {
        Err(Refusal(400, 21_602, "Message body is required."))
    };
    let (status, body) = match taken {
        Ok((sid, callback)) => {
            let answer = json!({ "sid": sid, "status": "queued", "num_segments": "1" });
            if let Some(callback) = callback {
                tokio::spawn(async move {
                    for status in ["delivered", "sent"] {
                        drop(model.tell(&callback, &sid, status).await);
                    }
                });
            }
            (201, answer)
        }
        Err(Refusal(status, code, message)) => {
            (status, json!({ "code": code, "message": message, "more_info": "", "status": status }))
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

impl Platform for Twilio {
    fn channel(&self) -> &'static str {
        KNOWN.channel
    }

    fn webhook_secret(&self) -> Value {
        json!({ "signing": [AUTH_TOKEN], "accounts": [OURS] })
    }

    fn sending_secret(&self) -> Value {
        json!([{
            "id": OURS, "base_url": self.base_url, "settings": { "account_sid": ACCOUNT_SID },
            "token": { "user": ACCOUNT_SID, "password": AUTH_TOKEN },
        }])
    }

    fn is_reached_at(&self, public_url: &str) {
        public_url.clone_into(&mut self.world().public_url);
    }

    fn connect<'a>(&'a self, webhook_url: &'a str) -> Work<'a, ()> {
        Box::pin(async move {
            // The console makes no handshake: the first message shows whether the address works.
            ensure!(webhook_url.starts_with("http"), "not an address: {webhook_url}");
            let mut world = self.world();
            webhook_url.clone_into(&mut world.webhook_url);
            if world.public_url.is_empty() {
                webhook_url.clone_into(&mut world.public_url);
            }
            drop(world);
            Ok(())
        })
    }

    fn customer_writes<'a>(&'a self, text: &'a str) -> Work<'a, u16> {
        Box::pin(async move { self.receive(text, &[]).await })
    }

    fn customer_saw(&self) -> Vec<String> {
        self.world().shown.clone()
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{Kind, ReceiptOf};
    use domain::outbound::{SendError, SendProblem};
    use domain::status::Status;

    use super::*;
    use crate::models::ours::{Ours, message, words};

    #[tokio::test]
    async fn a_customer_writes_and_is_answered_and_statuses_come_the_wrong_way_round() {
        let model = Twilio::start().await.unwrap();
        let ours = Ours::connect(&*model).await;
        assert_eq!(model.customer_writes("Is it still Tuesday?").await.unwrap(), 200);
        let asked = ours.next().await;
        assert_eq!(message(&asked).content.words(), "Is it still Tuesday?");
        let id = ours.answer(&asked, words("It is."), None).await.unwrap().unwrap();
        assert_eq!(model.customer_saw(), ["It is."]);
        for status in [Status::Delivered, Status::Sent] {
            let Kind::Receipt(receipt) = ours.next().await.kind else { panic!() };
            assert_eq!((receipt.status, &receipt.of), (status, &ReceiptOf::Message(id.clone())));
            assert_eq!(
                receipt.our_ref.map(|it| it.as_str().to_owned()).as_deref(),
                Some("msg_1.0")
            );
        }
    }

    #[tokio::test]
    async fn who_opts_out_is_not_written_to_until_they_opt_in_again() {
        let model = Twilio::start().await.unwrap();
        let ours = Ours::connect(&*model).await;
        assert_eq!(model.customer_opts(true).await.unwrap(), 200);
        let stop = ours.next().await;
        let said = ours.next().await.kind;
        assert!(matches!(said, Kind::ConsentChanged { granted: false, .. }), "{said:?}");
        let refused = ours.answer(&stop, words("One more?"), None).await;
        let Err(SendError::Policy(failure)) = refused else { panic!("{refused:?}") };
        assert_eq!(failure.problem, SendProblem::RecipientOptedOut);
        assert_eq!(model.customer_opts(false).await.unwrap(), 200);
        let start = ours.next().await;
        assert!(matches!(ours.next().await.kind, Kind::ConsentChanged { granted: true, .. }));
        assert!(ours.answer(&start, words("Welcome back."), None).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_signed_for_another_address_is_not_believed() {
        let model = Twilio::start().await.unwrap();
        let _ours = Ours::connect(&*model).await;
        model.is_reached_at("https://evil.example/webhooks/sms");
        assert_eq!(model.customer_writes("hello").await.unwrap(), 401);
    }
}
