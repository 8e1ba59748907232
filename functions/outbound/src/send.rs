//! One attempt: the conversation of calls that a channel asks for.

use aws::calls::{Access, CallError, Calls};
use aws::store::Store;
use domain::id::ProviderId;
use domain::inbound::webhook_address;
use domain::outbound::{Account, Call, Failure, Next, Outbound, Response, SendError, SendProblem};
use domain::secrets::SendingAccount;
use domain::time::Timestamp;

use crate::consume::Sending;

/// The most calls that one attempt makes: no platform needs as many.
const MOST_CALLS: usize = 8;

/// The number of times that a file is fetched from our bucket before it is given up.
const FILE_ATTEMPTS: u32 = 5;

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The platform has the message, under this id.
    Taken(Option<ProviderId>),
    /// It has not.
    Failed {
        /// The error that made it fail.
        error: SendError,
        /// The number of calls made whose effect the person sees. The INTENT stands before the first.
        n_delivering: usize,
    },
    /// Nobody knows.
    InDoubt,
    /// Nothing was done: the message moved on since it was read.
    Moved,
}

/// One attempt to send one message.
pub(crate) struct Conversation<'a> {
    pub(crate) store: &'a Store,
    pub(crate) calls: &'a Calls,
    /// The URL that we are reached at; empty if it is not known.
    pub(crate) public_url: &'a str,
    pub(crate) source: &'a Outbound,
    pub(crate) account: &'a SendingAccount,
    pub(crate) of: Sending<'a>,
    /// Its number.
    pub(crate) n: u32,
    /// Whether an earlier one may have arrived.
    pub(crate) duplicate: bool,
    pub(crate) now: Timestamp,
    /// Whether the INTENT of this attempt is recorded already.
    pub(crate) begun: bool,
}

/// The progress of an attempt's calls.
#[derive(Default)]
struct Talk {
    answers: Vec<Response>,
    /// The number of calls made whose effect the person sees. The INTENT stands before the first.
    n_delivering: usize,
}

impl Conversation<'_> {
    /// Makes the calls. An error means that the table is out of reach.
    pub(crate) async fn run(&self) -> anyhow::Result<Outcome> {
        let account = self.seen_by_codec();
        let send = self.of.send()?.fitted(&self.source.channel, (self.source.capabilities)());
        let mut talk = Talk::default();
        for _ in 0..MOST_CALLS {
            let call = match (self.source.next)(&send, &account, &talk.answers) {
                Next::Done(id) => return Ok(Outcome::Taken(id)),
                Next::Failed(error) => return Ok(talk.failed(error)),
                Next::Call(call) => call,
            };
            let delivers = call.delivers;
            let begins = delivers && talk.n_delivering == 0 && !self.begun;
            if begins && !self.begin().await? {
                return Ok(Outcome::Moved);
            }
            talk.n_delivering += usize::from(delivers);
            match self.make(call, &account.base_url).await {
                // The platform's gateway gave up waiting for the platform, which may have gone on.
                Ok(answer) if delivers && matches!(answer.status, 502 | 504) => {
                    return Ok(Outcome::InDoubt);
                }
                Ok(answer) => talk.answers.push(answer),
                Err(error) => {
                    let (channel, account) = (&self.source.channel, &self.account.id);
                    tracing::warn!(channel = %channel, account.id = %account, error = %error, n_calls = talk.answers.len() + 1, "a call to a platform has no answer");
                    return Ok(talk.unanswered(&error));
                }
            }
        }
        tracing::error!(channel = %self.source.channel, "a send asks for more than {MOST_CALLS} calls");
        Ok(talk.failed(SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured))))
    }

    async fn begin(&self) -> anyhow::Result<bool> {
        self.store.sends().begin(self.of.leg, self.n, self.duplicate, self.now).await
    }

    async fn make(&self, call: Call, base_url: &str) -> Result<Response, CallError> {
        let access = Access { auth: self.source.auth, token: &self.account.token, base_url };
        self.calls.make(call, &access).await
    }

    fn seen_by_codec(&self) -> Account {
        let base_url = self.account.base_url.as_deref().unwrap_or(self.source.base_url);
        Account {
            id: self.account.id.clone(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            settings: self.account.settings.clone(),
            webhook: webhook_address(self.public_url, self.source.name),
        }
    }
}

impl Talk {
    /// The codec gives up. After a first delivering call was answered, another attempt would make it again.
    fn failed(&self, error: SendError) -> Outcome {
        if matches!(error, SendError::Retry { .. }) && 1 < self.n_delivering {
            return Outcome::InDoubt;
        }
        Outcome::Failed { error, n_delivering: self.n_delivering }
    }

    /// A call has no answer.
    fn unanswered(&self, error: &CallError) -> Outcome {
        let retry = |problem, at_most| SendError::Retry {
            after_ms: None,
            at_most,
            failure: Failure::ours(problem),
        };
        let error = match error {
            CallError::InDoubt(_) if 0 < self.n_delivering => return Outcome::InDoubt,
            CallError::InDoubt(_) | CallError::Unsent(_) => {
                retry(SendProblem::ChannelUnavailable, None)
            }
            CallError::File(_) => retry(SendProblem::MediaNotReachable, Some(FILE_ATTEMPTS)),
            CallError::Unusable(_) => {
                SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured))
            }
        };
        self.failed(error)
    }
}
