//! Our side in little, for tests of models: a webhook that believes nobody without proof, and the calls of a send. So a model
//! and its channel, written apart, are held against each other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::calls::{Access, Calls, Limits};
use aws::objects::Objects;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use channels::Channel;
use domain::event::{InboundEvent, Kind, Message};
use domain::id::{ProviderId, Reference};
use domain::inbound::{Inbound, Source};
use domain::outbound::{Account, Author, Body, Next, Outbound, Send, SendContent, SendError};
use domain::secrets::{SendingAccount, Token, WebhookSecrets};
use domain::webhook::{Webhook, verify};
use embedded::Cloud;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::models::Platform;

/// Our side of one channel.
pub(super) struct Ours {
    inbound: Inbound,
    outbound: Outbound,
    secrets: WebhookSecrets,
    account: Account,
    token: Token,
    events: Mutex<Vec<InboundEvent>>,
    objects: Objects,
    calls: Calls,
}

impl Ours {
    /// Our side, connected with a model over HTTP.
    pub(super) async fn connect(model: &dyn Platform) -> Arc<Self> {
        Self::connect_as(model, &model.sending_secret()).await
    }

    /// The same, with another sending secret than the model gives.
    pub(super) async fn connect_as(model: &dyn Platform, sending_secret: &Value) -> Arc<Self> {
        let Channel { inbound, outbound, .. } = model.ours().clone();
        let objects = Objects::over(Cloud::start().await.process().bucket, "bucket".to_owned());
        let [sending] = <[SendingAccount; 1]>::deserialize(sending_secret).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let ours = Arc::new(Self {
            inbound: inbound.first().unwrap().clone(),
            outbound: outbound.first().unwrap().clone(),
            secrets: serde_json::from_value(model.webhook_secret()).unwrap(),
            account: Account {
                id: sending.id,
                base_url: sending.base_url.unwrap(),
                settings: sending.settings,
                webhook: url.clone(),
            },
            token: sending.token,
            events: Mutex::default(),
            calls: Calls::new(objects.clone(), Limits::default()).unwrap(),
            objects,
        });
        let greet = |State(ours): State<Arc<Self>>, uri: Uri| async move { ours.greet(&uri) };
        let take = |State(ours): State<Arc<Self>>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            ours.take(&uri, &headers, &body)
        };
        let router =
            Router::new().route("/webhook", get(greet).post(take)).with_state(Arc::clone(&ours));
        tokio::spawn(async move { axum::serve(listener, router).await });
        model.connect(&url).await.unwrap();
        ours
    }

    fn greet(&self, uri: &Uri) -> String {
        let Source::Http { handshake: Some(handshake), .. } = self.inbound.source else {
            panic!("the channel makes no handshake")
        };
        handshake.answer(&self.secrets, uri.query().unwrap()).unwrap().body
    }

    fn take(&self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> impl IntoResponse + use<> {
        let Source::Http { proof, reply, .. } = self.inbound.source else {
            panic!("webhooks come by HTTP")
        };
        let (address, query) = (self.account.webhook.as_str(), uri.query().unwrap_or_default());
        let webhook = Webhook { headers, address, query, body };
        let verified = verify(&proof, &self.secrets, &webhook, aws::now());
        let (status, said) = match verified {
            Ok(verified) => {
                self.events.lock().unwrap().extend((self.inbound.parse)(&verified).unwrap());
                (StatusCode::OK, reply.body)
            }
            Err(_) => (StatusCode::UNAUTHORIZED, ""),
        };
        (status, [("content-type", reply.content_type)], said)
    }

    /// The next event, once it is there.
    pub(super) async fn next(&self) -> InboundEvent {
        for _ in 0..400 {
            if let Some(event) = self.first() {
                return event;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no event came")
    }

    fn first(&self) -> Option<InboundEvent> {
        let mut events = self.events.lock().unwrap();
        (!events.is_empty()).then(|| events.remove(0))
    }

    /// Answers whoever an event is about.
    pub(super) async fn answer(
        &self,
        to: &InboundEvent,
        content: SendContent,
        reply_to: Option<ProviderId>,
    ) -> Result<Option<ProviderId>, SendError> {
        let place =
            if let Kind::Message(message) = &to.kind { message.place.clone() } else { None };
        let send = Send {
            reference: Reference::new("msg_1.0"),
            to: vec![to.identity.clone().unwrap().id],
            content,
            reply_to,
            place,
            author: Author::Automation,
            since_inbound_ms: Some(0),
        };
        self.send(&send).await
    }

    /// Makes the calls of a send with the shell's own client. A file of our bucket is there when it is asked for.
    pub(super) async fn send(&self, send: &Send) -> Result<Option<ProviderId>, SendError> {
        let mut answers = Vec::new();
        loop {
            let call = match (self.outbound.next)(send, &self.account, &answers) {
                Next::Call(call) => call,
                Next::Done(id) => return Ok(id),
                Next::Failed(error) => return Err(error),
            };
            if let Body::Object { key, .. } = &call.body {
                self.objects.put(key, b"the file".to_vec()).await.unwrap();
            }
            let (auth, base_url) = (self.outbound.auth, &*self.account.base_url);
            let access = Access { auth, token: &self.token, base_url };
            answers.push(self.calls.make(call, &access).await.unwrap());
        }
    }
}

/// The message of an event.
pub(super) fn message(event: &InboundEvent) -> &Message {
    let Kind::Message(message) = &event.kind else { panic!("{event:?}") };
    message
}

pub(super) fn words(text: &str) -> SendContent {
    SendContent::Text { text: text.to_owned() }
}
