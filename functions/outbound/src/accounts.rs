//! Our accounts on each channel, with what authorises a send.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::kept::Kept;
use aws::vault::Vault;
use domain::freshness::{Freshness, Trust};
use domain::id::{AccountId, Channel};
use domain::secrets::SendingAccount;
use domain::time::Timestamp;

/// A platform says itself that a token is no good any more. Whatever is doubted is read again: only our own callers can bring
/// that about, once an attempt.
const SECRET: Freshness = Freshness { usual_ms: 5 * 60_000, doubted_ms: 0, most_ms: 60 * 60_000 };

/// Our accounts on each channel. A channel's secret is read when it is first needed, again after a while, and whenever it does
/// not fit: an account is not in it, or its platform refused what was.
#[derive(Debug)]
pub struct Accounts {
    vault: Vault,
    prefix: String,
    known: Mutex<HashMap<Channel, Arc<Kept<Vec<SendingAccount>>>>>,
}

impl Accounts {
    /// Accounts from the secrets `<prefix>/<channel>/sending`.
    #[must_use]
    pub fn stored(vault: Vault, prefix: String) -> Self {
        Self { vault, prefix, known: Mutex::default() }
    }

    /// One of our accounts, if it is one.
    pub(crate) async fn find(
        &self,
        channel: &Channel,
        id: &AccountId,
        now: Timestamp,
    ) -> anyhow::Result<Option<SendingAccount>> {
        if let Some(found) = self.look(channel, id, Trust::Usual, now).await? {
            return Ok(Some(found));
        }
        self.look(channel, id, Trust::Doubted, now).await
    }

    /// The same account as the secret has it now, if that is not what was refused.
    pub(crate) async fn changed(
        &self,
        channel: &Channel,
        refused: &SendingAccount,
        now: Timestamp,
    ) -> anyhow::Result<Option<SendingAccount>> {
        let found = self.look(channel, &refused.id, Trust::Doubted, now).await?;
        Ok(found.filter(|it| !it.is_same(refused)))
    }

    async fn look(
        &self,
        channel: &Channel,
        id: &AccountId,
        trust: Trust,
        now: Timestamp,
    ) -> anyhow::Result<Option<SendingAccount>> {
        let name = format!("{}/{channel}/sending", self.prefix);
        let accounts = self.of(channel).get(trust, now, self.vault.read(&name)).await?;
        Ok(accounts.iter().find(|it| it.id == *id).cloned())
    }

    fn of(&self, channel: &Channel) -> Arc<Kept<Vec<SendingAccount>>> {
        // What a panicking holder left is still a list of channels.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Kept::new("a sending secret", SECRET));
        Arc::clone(known.entry(channel.clone()).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use embedded::Cloud;
    use serde_json::{Value, json};

    use super::*;

    const PIGEON: Channel = Channel::from_static("pigeon");

    fn accounts(cloud: &Cloud) -> Accounts {
        Accounts::stored(Vault::over(cloud.process().secrets), "ariane".to_owned())
    }

    fn put(cloud: &Cloud, secret: &Value) {
        cloud.secrets.put("ariane/pigeon/sending", secret);
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + seconds)
    }

    #[tokio::test]
    async fn an_account_that_is_added_is_found_and_one_that_is_known_is_not_read_again() {
        let cloud = Cloud::start().await;
        let accounts = accounts(&cloud);
        let find = async |seconds: i64| {
            let found = accounts.find(&PIGEON, &AccountId::new("loft"), at(seconds)).await;
            found.map(|it| it.is_some())
        };
        assert!(find(0).await.is_err(), "no secret");
        put(&cloud, &json!([{ "id": "nest", "token": "hush" }]));
        assert!(!find(5).await.unwrap());
        put(&cloud, &json!([{ "id": "nest", "token": "hush" }, { "id": "loft", "token": "hush" }]));
        let n_reads = cloud.secrets.n_reads();
        for seconds in [5, 6, 300] {
            assert!(find(seconds).await.unwrap());
        }
        assert_eq!(cloud.secrets.n_reads(), n_reads + 1);
        put(&cloud, &json!([]));
        assert!(!find(306).await.unwrap(), "a token is not kept for ever");
        // A store that does not answer leaves us what we knew.
        put(&cloud, &json!([{ "id": "loft", "token": "hush" }]));
        assert!(find(307).await.unwrap());
        cloud.secrets.set_broken(true);
        assert!(find(3_000).await.unwrap());
        assert!(find(4_000).await.is_err());
    }

    #[tokio::test]
    async fn a_refused_account_is_tried_again_only_if_it_is_another_one() {
        let cloud = Cloud::start().await;
        let accounts = accounts(&cloud);
        put(&cloud, &json!([{ "id": "loft", "token": "old" }]));
        let old = accounts.find(&PIGEON, &AccountId::new("loft"), at(0)).await.unwrap().unwrap();
        assert!(accounts.changed(&PIGEON, &old, at(0)).await.unwrap().is_none());
        put(&cloud, &json!([{ "id": "loft", "token": "new" }]));
        let new = accounts.changed(&PIGEON, &old, at(0)).await.unwrap().unwrap();
        assert!(accounts.changed(&PIGEON, &new, at(0)).await.unwrap().is_none());
    }
}
