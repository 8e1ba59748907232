//! Our accounts on each channel, with what authorises a send.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::vault::Vault;
use domain::id::{AccountId, Channel};
use domain::secrets::SendingAccount;

/// Our accounts on each channel. A channel's secret is read when it is first needed, and again after its platform refused
/// what was in it: that is how a new token becomes known.
#[derive(Debug)]
pub struct Accounts {
    source: Option<(Vault, String)>,
    known: Mutex<HashMap<Channel, Arc<[SendingAccount]>>>,
}

impl Accounts {
    /// Accounts from the secrets `<prefix>/<channel>/sending`.
    #[must_use]
    pub fn stored(vault: Vault, prefix: String) -> Self {
        Self { source: Some((vault, prefix)), known: Mutex::default() }
    }

    /// These accounts of one channel, and no other.
    #[must_use]
    pub fn fixed(channel: Channel, accounts: Vec<SendingAccount>) -> Self {
        let known = HashMap::from([(channel, Arc::from(accounts))]);
        Self { source: None, known: Mutex::new(known) }
    }

    /// One of our accounts, if it is one.
    pub(crate) async fn find(
        &self,
        channel: &Channel,
        id: &AccountId,
    ) -> anyhow::Result<Option<SendingAccount>> {
        let accounts = self.of(channel).await?;
        Ok(accounts.iter().find(|it| it.id == *id).cloned())
    }

    /// Forgets what is known of a channel, so that it is read again.
    pub(crate) fn forget(&self, channel: &Channel) {
        if self.source.is_some() {
            self.lock().remove(channel);
        }
    }

    async fn of(&self, channel: &Channel) -> anyhow::Result<Arc<[SendingAccount]>> {
        let known = self.lock().get(channel).cloned();
        let (None, Some((vault, prefix))) = (&known, &self.source) else {
            return Ok(known.unwrap_or_default());
        };
        let accounts: Vec<SendingAccount> =
            vault.read(&format!("{prefix}/{channel}/sending")).await?;
        let accounts: Arc<[SendingAccount]> = accounts.into();
        self.lock().insert(channel.clone(), accounts.clone());
        Ok(accounts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Channel, Arc<[SendingAccount]>>> {
        // What a panicking holder left is still a list of accounts.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
