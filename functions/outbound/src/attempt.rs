//! An attempt from its timer to its result.

use aws::logs::{Metric, count};
use aws::store::{Ended, OfLeg};
use domain::id::ProviderId;
use domain::outbound::{Failure, SendError, SendProblem};
use domain::secrets::SendingAccount;
use domain::sending::{Attempt, End, Leg, OutboundEntry, Retry, Step, after_failure};
use domain::time::Timestamp;

use crate::consume::Sending;
use crate::outbox::{Outbox, Way};
use crate::send::{Conversation, Outcome};

/// The wait after a channel's secret could not be read, in milliseconds.
const SECRET_RETRY_MS: u64 = 60_000;

/// The knowledge that every part of an attempt shares.
struct Attempting<'a> {
    way: &'a Way,
    entry: &'a OutboundEntry,
    of: Sending<'a>,
    n: u32,
    duplicate: bool,
}

impl Outbox {
    /// Makes an attempt and records what it came to. `false` when the message moved on and has to be decided again.
    pub(crate) async fn attempt(
        &self,
        way: &Way,
        entry: &OutboundEntry,
        of: Sending<'_>,
        n: u32,
        duplicate: bool,
    ) -> anyhow::Result<bool> {
        let attempting = Attempting { way, entry, of, n, duplicate };
        let account = match self.account(of.by).await {
            Ok(account) => account,
            Err(error) => return self.failed(&attempting, &error, false).await,
        };
        let now = self.now();
        let confirm = entry.then(Step::Confirm(n));
        self.later(&confirm, now.plus_ms(way.confirm_within_ms()), now).await?;
        match self.talk(&attempting, &account, now).await? {
            Outcome::Moved => Ok(false),
            Outcome::InDoubt => {
                tracing::warn!(message.id = %entry.message, attempt = n, "a message may have been sent");
                Ok(true)
            }
            Outcome::Taken(id) => self.taken(&attempting, id).await.map(|()| true),
            Outcome::Failed { error, n_delivering } => {
                self.failed(&attempting, &error, 0 < n_delivering).await
            }
        }
    }

    /// Makes the calls, and once more if the platform refused an account that is another one by now: its token was replaced.
    /// Not after a call that delivered a part, which would be there twice.
    async fn talk(
        &self,
        attempting: &Attempting<'_>,
        account: &SendingAccount,
        now: Timestamp,
    ) -> anyhow::Result<Outcome> {
        let Attempting { way, of, n, duplicate, .. } = *attempting;
        let Some(source) = way.source(account) else {
            tracing::error!(channel = %way.channel, account.id = %account.id, "an account is to send by a source that its channel has not");
            return Ok(misconfigured());
        };
        let (store, calls, public_url) = (&self.store, &self.calls, &*self.public_url);
        let first = Conversation {
            store,
            calls,
            public_url,
            source,
            account,
            of,
            n,
            duplicate,
            now,
            begun: false,
        };
        let outcome = first.run().await?;
        let Outcome::Failed { error: SendError::Config(_), n_delivering: n_made @ (0 | 1) } =
            outcome
        else {
            return Ok(outcome);
        };
        let changed = self.accounts.changed(&way.channel, account, self.now()).await.ok().flatten();
        let Some((account, source)) = changed.as_ref().and_then(|it| Some((it, way.source(it)?)))
        else {
            return Ok(outcome);
        };
        tracing::info!(message.id = %attempting.entry.message, attempt = n, "a refused account was replaced, trying again");
        let again = Conversation { source, account, begun: n_made == 1, ..first };
        Ok(match again.run().await? {
            Outcome::Failed { error, n_delivering } => {
                Outcome::Failed { error, n_delivering: n_made + n_delivering }
            }
            outcome @ (Outcome::Taken(_) | Outcome::InDoubt | Outcome::Moved) => outcome,
        })
    }

    /// The one of our accounts that the message leaves by. Without it nothing can be tried.
    async fn account(&self, by: &Leg) -> Result<SendingAccount, SendError> {
        let failure = Failure::ours(SendProblem::ChannelMisconfigured);
        let (channel, id) = (&by.channel, &by.account);
        match self.accounts.find(channel, id, self.now()).await {
            Ok(Some(account)) => Ok(account),
            Ok(None) => {
                tracing::error!(channel = %channel, account.id = %id, "an account to send by is not in its secret");
                Err(SendError::Config(failure))
            }
            Err(error) => {
                tracing::error!(channel = %channel, error = aws::logs::reason(&error), "cannot read our accounts");
                count(Metric::Misconfigured, 1);
                Err(SendError::Retry { after_ms: Some(SECRET_RETRY_MS), at_most: None, failure })
            }
        }
    }

    async fn taken(
        &self,
        attempting: &Attempting<'_>,
        id: Option<ProviderId>,
    ) -> anyhow::Result<()> {
        let Attempting { of, n, .. } = *attempting;
        self.store.sends().sent(of.leg, n, id.as_ref(), self.now()).await?;
        let OfLeg { message, leg } = of.leg;
        tracing::info!(message.id = %message.id, channel = %of.by.channel, leg, attempt = n, "sent");
        let Some(message) = self.store.sends().outgoing(&message.id).await? else {
            return Ok(());
        };
        self.store.sends().complete(OfLeg { message: &message, leg }).await
    }

    async fn failed(
        &self,
        attempting: &Attempting<'_>,
        error: &SendError,
        begun: bool,
    ) -> anyhow::Result<bool> {
        let Attempting { of, n, duplicate, .. } = *attempting;
        let (id, now) = (&of.leg.message.id, self.now());
        tracing::warn!(message.id = %id, attempt = n, error = %error, "an attempt failed");
        if let SendError::Config(_) = error {
            count(Metric::Misconfigured, 1);
        }
        let failure = Some(error.failure().clone());
        let ended = |end| Ended { attempt: Attempt { n, at: now, end, failure }, begun, duplicate };
        match after_failure(&of.progress, id, n, error, now) {
            Retry::At(at) => {
                // The timer first: what is recorded and never woken would wait for ever.
                self.later(&attempting.entry.then(Step::Send(n + 1)), at, now).await?;
                self.store.sends().retry_at(of.leg, ended(End::Retry), at).await
            }
            Retry::Never(status, failure) => {
                self.store.sends().end(of.leg, status, &failure, Some(ended(End::Failed))).await
            }
        }
    }
}

/// Nothing was called: what we hold for the account does not fit.
fn misconfigured() -> Outcome {
    let error = SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured));
    Outcome::Failed { error, n_delivering: 0 }
}
