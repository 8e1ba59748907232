//! Reading what came, with the secret as it is now.

use std::sync::Arc;

use domain::event::InboundEvent;
use domain::freshness::Trust;
use domain::inbound::Malformed;
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::Unverified;

use super::Shell;

/// The reason why there are no events.
pub(super) enum Unread {
    /// Nobody proved it.
    Unproven(Unverified),
    /// It is proven, and its envelope cannot be read.
    Malformed(String),
}

impl From<Malformed> for Unread {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.to_string())
    }
}

impl Shell {
    /// Reads something with what the secret holds, and once more if that does not fit and is not the newest: a key may have been
    /// replaced, an account added. An error means that the secret is not known.
    pub(super) async fn read(
        &self,
        received: Timestamp,
        read: impl Fn(&WebhookSecrets) -> Result<Vec<InboundEvent>, Unread>,
    ) -> anyhow::Result<Result<Vec<InboundEvent>, Unread>> {
        let secrets = self.secrets.get(Trust::Usual, received).await?;
        let found = read(&secrets);
        let fits = found
            .as_ref()
            .is_ok_and(|events| events.iter().all(|it| secrets.accounts.contains(&it.account)));
        if fits {
            return Ok(found);
        }
        let newer = self.secrets.get(Trust::Doubted, received).await?;
        Ok(if Arc::ptr_eq(&secrets, &newer) { found } else { read(&newer) })
    }
}
