//! A platform that remembers what arrived and does what a test wants, and the channel that speaks to it.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};

use domain::id::{Channel, ProviderId};
use domain::outbound::{
    Account, Auth, Body, Call, Capabilities, Failure, Next, Outbound, Response, Send, SendError,
    SendProblem,
};
use embedded::Steps;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const PIGEON: Channel = Channel::from_static("pigeon");

/// Rules that are read once.
macro_rules! rules {
    ($text:literal) => {{
        static READ: LazyLock<Capabilities> = LazyLock::new(|| Capabilities::built_in($text));
        &READ
    }};
}

/// Nobody knows: nothing is sent again.
pub(crate) const CAREFUL: Outbound = channel(careful);

fn careful() -> &'static Capabilities {
    rules!(
        r#"{ "sources": [], "text": { "max": 1000, "unit": "chars" }, "has": ["carries_our_id"], "confirm_within_s": 600 }"#
    )
}

/// Nobody knows: it is sent again and flagged.
pub(crate) const EAGER: Outbound = channel(|| {
    rules!(
        r#"{ "sources": [], "text": { "max": 1000, "unit": "chars" }, "has": ["resend_unconfirmed"], "confirm_within_s": 600 }"#
    )
});

const fn channel(capabilities: fn() -> &'static Capabilities) -> Outbound {
    Outbound {
        channel: PIGEON,
        name: "pigeon",
        capabilities,
        base_url: "https://pigeon.example",
        auth: Auth::Bearer,
        next,
    }
}

/// The other source of the channel: whatever is sent by it arrives without a call.
pub(crate) const CARRIER: Outbound = Outbound {
    channel: PIGEON,
    name: "pigeon-carrier",
    capabilities: careful,
    base_url: "https://carrier.example",
    auth: Auth::Bearer,
    next: |_, _, _| Next::Done(Some(ProviderId::new("by-carrier"))),
};

/// Two calls: something is prepared, then the message is delivered.
fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    let answered = match answers.last().map(|it| it.status) {
        None => return call(account, "prepare", false, send),
        Some(200) => answers.len(),
        Some(429 | 500..) => {
            let after_ms =
                answers.last().and_then(|it| it.retry_after).map(|it| it.as_secs() * 1_000);
            let failure = Failure::ours(SendProblem::RateLimited);
            return Next::Failed(SendError::Retry { after_ms, at_most: None, failure });
        }
        Some(401) => {
            return Next::Failed(SendError::Config(Failure::ours(
                SendProblem::ChannelMisconfigured,
            )));
        }
        Some(_) => {
            return Next::Failed(SendError::Refused(Failure::ours(SendProblem::AddressInvalid)));
        }
    };
    match answered {
        1 => call(account, "deliver", true, send),
        _ => {
            Next::Done(answers.last().map(|it| ProviderId::new(String::from_utf8_lossy(&it.body))))
        }
    }
}

fn call(account: &Account, what: &str, delivers: bool, send: &Send) -> Next {
    let request = http::Request::post(format!("{}/{what}", account.base_url)).body(());
    let body = Body::Inline(send.reference.as_str().as_bytes().to_vec());
    match request {
        Ok(request) => Next::Call(Call { request: request.into_parts().0, body, delivers }),
        Err(_) => Next::Failed(SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured))),
    }
}

/// The platform's reaction to the next delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// Takes it and says so.
    Takes,
    /// Takes it, and its gateway gives up waiting for it.
    TakesUnheard,
    /// Answers with this status, and with `Retry-After` where one is given.
    Answers(u16, Option<u64>),
}

pub(crate) struct Platform {
    server: MockServer,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    steps: Steps,
    deeds: VecDeque<Deed>,
    arrived: u32,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let (server, inner) = (MockServer::start().await, Arc::<Mutex<Inner>>::default());
        let prepare = Answering(inner.clone(), |_| ResponseTemplate::new(200));
        Mock::given(path("/prepare")).respond_with(prepare).mount(&server).await;
        let deliver = Answering(inner.clone(), Inner::deliver);
        Mock::given(path("/deliver")).respond_with(deliver).mount(&server).await;
        Self { server, inner }
    }

    /// A program calls it from now on, which may be stopped before a call leaves and before its answer is read.
    pub(crate) fn is_called_by(&self, steps: &Steps) {
        self.inner.lock().unwrap().steps = steps.clone();
    }

    pub(crate) fn base_url(&self) -> String {
        self.server.uri()
    }

    /// Sets its reactions to the next deliveries; after these it takes each.
    pub(crate) fn will(&self, deeds: &[Deed]) {
        self.inner.lock().unwrap().deeds.extend(deeds);
    }

    /// It takes each delivery again, from now on.
    pub(crate) fn recovers(&self) {
        self.inner.lock().unwrap().deeds.clear();
    }

    /// The number of calls that it got, of any kind.
    pub(crate) async fn n_calls(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    /// The token of each call.
    pub(crate) async fn tokens(&self) -> Vec<String> {
        let calls = self.server.received_requests().await.unwrap();
        let token = |it: &Request| {
            let header = it.headers["authorization"].to_str().unwrap();
            header.trim_start_matches("Bearer ").to_owned()
        };
        calls.iter().map(token).collect()
    }

    /// The number of times that the message arrived.
    pub(crate) fn arrived(&self) -> u32 {
        self.inner.lock().unwrap().arrived
    }
}

/// The answers to calls of one kind.
struct Answering(Arc<Mutex<Inner>>, fn(&mut Inner) -> ResponseTemplate);

impl Respond for Answering {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut inner = self.0.lock().unwrap();
        // To a program that was stopped it makes no difference what it hears: it makes no further call.
        let nobody_hears = ResponseTemplate::new(500);
        if inner.steps.step().is_err() {
            return nobody_hears;
        }
        let answer = (self.1)(&mut inner);
        if inner.steps.step().is_err() { nobody_hears } else { answer }
    }
}

impl Inner {
    fn deliver(&mut self) -> ResponseTemplate {
        let deed = self.deeds.pop_front().unwrap_or(Deed::Takes);
        self.arrived += u32::from(!matches!(deed, Deed::Answers(..)));
        match deed {
            Deed::Takes => {
                ResponseTemplate::new(200).set_body_string(format!("pigeon-{}", self.arrived))
            }
            Deed::TakesUnheard => ResponseTemplate::new(504),
            Deed::Answers(status, None) => ResponseTemplate::new(status),
            Deed::Answers(status, Some(seconds)) => {
                ResponseTemplate::new(status).insert_header("retry-after", seconds.to_string())
            }
        }
    }
}
