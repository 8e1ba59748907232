//! The secret of one channel, as the secret store holds it.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;

use crate::id::AccountId;

/// What a channel's webhook function may know: how to prove a webhook, and which accounts are ours.
///
/// The stored text is JSON: `{"signing":["…"],"verify":["…"],"accounts":["…"]}`. Each list holds the secrets that are
/// valid now: two while one is being replaced.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSecrets {
    /// What webhooks are signed with, or the tokens that they carry.
    pub signing: Vec<SecretString>,
    /// What the platform shows when it first calls us, where that is not the signing secret.
    #[serde(default)]
    pub verify: Vec<SecretString>,
    /// Our accounts on this channel. An item of any other account is kept as unknown.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (signing, verify) = (self.signing.len(), self.verify.len());
        write!(
            f,
            "WebhookSecrets({signing} signing, {verify} verify, accounts {:?})",
            self.accounts
        )
    }
}

/// What `outbound` knows of one of our accounts on a channel.
///
/// The stored text is a JSON list: `[{"id":"…","token":"…","base_url":"…","settings":{}}]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendingAccount {
    /// The account.
    pub id: AccountId,
    /// What authorises a send.
    pub token: SecretString,
    /// Where the platform's API is, if not at its usual address: another version, a regional host, a model of it.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Whatever else the channel needs, by names that its README row gives.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

impl fmt::Debug for SendingAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendingAccount({})", self.id)
    }
}

/// The four keys of OAuth 1.0a, which do not expire: see [`oauth1`](crate::oauth1).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth1Keys {
    /// Which app calls.
    pub consumer_key: SecretString,
    /// What only that app and the platform know.
    pub consumer_secret: SecretString,
    /// For which of the platform's users.
    pub token: SecretString,
    /// What goes with the token and is never sent.
    pub token_secret: SecretString,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let secrets: WebhookSecrets =
            serde_json::from_str(r#"{"signing":["hush"],"verify":["hush"],"accounts":["7008"]}"#)
                .unwrap();
        assert_eq!(
            format!("{secrets:?}"),
            "WebhookSecrets(1 signing, 1 verify, accounts [AccountId(7008)])"
        );
        let account: SendingAccount =
            serde_json::from_str(r#"{"id":"7008","token":"hush"}"#).unwrap();
        assert_eq!(format!("{account:?}"), "SendingAccount(7008)");
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        assert!(serde_json::from_str::<WebhookSecrets>(r#"{"signing":[],"acounts":[]}"#).is_err());
    }
}
