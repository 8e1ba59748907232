//! The secret of a channel's webhooks, as it is now.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::freshness::{Freshness, Trust};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;

use crate::kept::Kept;
use crate::logs::{Metric, count};
use crate::vault::Vault;

/// A removed secret proves nothing after a minute, also where no wrong proof comes that would tell of the new one. A function
/// that is never idle reads 52,000 times a month for it (0.26 USD). A flood of wrong proofs makes it read twice a minute.
const SECRET: Freshness = Freshness { usual_ms: 50_000, doubted_ms: 30_000, most_ms: 60 * 60_000 };

/// The longest time that a read may take: the platform waits meanwhile.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The secret of one channel. Nothing is known of it for the whole life of a process: a sandbox that met an empty one gets
/// well by itself.
#[derive(Debug)]
pub struct Secrets {
    vault: Vault,
    id: String,
    kept: Kept<WebhookSecrets>,
}

impl Secrets {
    /// The secret of this name or ARN.
    #[must_use]
    pub fn new(vault: Vault, id: String) -> Self {
        Self { vault, id, kept: Kept::new("the webhook secret", SECRET) }
    }

    /// The secret, read again if it is old for how far it is trusted. For an hour it is used as it was when the store does not
    /// answer; after that nothing can be proven, and the platform must send again.
    pub async fn get(&self, trust: Trust, now: Timestamp) -> anyhow::Result<Arc<WebhookSecrets>> {
        self.kept.get(trust, now, self.read()).await
    }

    async fn read(&self) -> anyhow::Result<WebhookSecrets> {
        let read = tokio::time::timeout(PATIENCE, self.vault.read(&self.id)).await;
        let read = read.context("the secret store takes too long").flatten();
        read.inspect_err(|error| {
            tracing::error!(error = crate::logs::reason(error), "cannot read the webhook secret");
            count(Metric::Misconfigured, 1);
        })
    }
}
