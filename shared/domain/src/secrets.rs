//! The secret of one channel, as the secret store holds it.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::id::AccountId;

/// The things that a channel's webhook function may know: how to prove a webhook, and which accounts are ours.
///
/// The stored text is JSON: `{"signing":["…"],"verify":["…"],"accounts":["…"]}`. Each list holds the secrets that are
/// valid now: two while one is being replaced.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSecrets {
    /// The keys that webhooks are signed with, or the tokens that they carry.
    pub signing: Vec<SecretString>,
    /// The secrets that the platform shows when it first calls us, where that is not the signing secret.
    #[serde(default)]
    pub verify: Vec<SecretString>,
    /// Our accounts on this channel. An item of any other account is kept as unknown.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The name by which the platform calls us where it says whom a proof is for.
    #[serde(default)]
    pub audience: Option<String>,
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

/// One of our accounts on a channel, as `outbound` knows it.
///
/// The stored text is a JSON list: `[{"id":"…","token":"…","base_url":"…","settings":{},"source":"…"}]`; see [`Token`] for the
/// other form of `token`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendingAccount {
    /// The account.
    pub id: AccountId,
    /// The proof that authorises a send; none where the function's own role does.
    #[serde(default)]
    pub token: Token,
    /// The address of the platform's API, if not its usual one: another version, a regional host, a model of it.
    #[serde(default)]
    pub base_url: Option<String>,
    /// All else that the channel needs, by names that its README row gives.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The source that it sends by, where its channel has several; without it, the channel's first.
    #[serde(default)]
    pub source: Option<String>,
}

impl SendingAccount {
    /// Whether a call would be the same with either.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let exposed = |it: &Self| -> Vec<String> {
            it.token.parts().into_iter().map(|it| it.expose_secret().to_owned()).collect()
        };
        let has_same_form =
            std::mem::discriminant(&self.token) == std::mem::discriminant(&other.token);
        has_same_form
            && exposed(self) == exposed(other)
            && (&self.id, &self.base_url, &self.settings, &self.source)
                == (&other.id, &other.base_url, &other.settings, &other.source)
    }
}

impl fmt::Debug for SendingAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendingAccount({})", self.id)
    }
}

/// The proof that authorises a send. The channel's [`Auth`](crate::outbound::Auth) says which of them it takes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Token {
    /// A token alone: `"…"`.
    Alone(SecretString),
    /// Keys to sign with: `{"consumer_key":"…","consumer_secret":"…","token":"…","token_secret":"…"}`.
    Keys(OAuth1Keys),
    /// A user and the password: `{"user":"…","password":"…"}`.
    Login(Login),
    /// A key that JWTs are signed with: `{"issuer":"…","key":"…"}`.
    Key(JwtKey),
    /// None: the role of the function that sends is enough.
    #[default]
    Role,
}

impl Token {
    /// Whether a part of it is empty, as in a secret that was not filled in to its end.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.parts().into_iter().any(|it| it.expose_secret().trim().is_empty())
    }

    fn parts(&self) -> Vec<&SecretString> {
        match self {
            Self::Alone(token) => vec![token],
            Self::Keys(keys) => keys.all().to_vec(),
            Self::Login(Login { user, password }) => vec![user, password],
            Self::Key(JwtKey { issuer, key }) => vec![issuer, key],
            Self::Role => Vec::new(),
        }
    }
}

/// A user and the password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user: an account's id, or that of one of its keys.
    pub user: SecretString,
    /// The password.
    pub password: SecretString,
}

/// A key that JWTs are signed with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtKey {
    /// The name by which the platform knows us.
    pub issuer: SecretString,
    /// The key: what is shared, or a private key as PEM (PKCS#8).
    pub key: SecretString,
}

/// The four keys of OAuth 1.0a, which do not expire: see [`oauth1`](crate::oauth1).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth1Keys {
    /// The key of the app that calls.
    pub consumer_key: SecretString,
    /// The secret that only that app and the platform know.
    pub consumer_secret: SecretString,
    /// For which of the platform's users.
    pub token: SecretString,
    /// The secret that goes with the token and is never sent.
    pub token_secret: SecretString,
}

impl OAuth1Keys {
    fn all(&self) -> [&SecretString; 4] {
        [&self.consumer_key, &self.consumer_secret, &self.token, &self.token_secret]
    }
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
        let login = r#"{"user":"hush","password":"hush"}"#.to_owned();
        let key = r#"{"issuer":"hush","key":"hush"}"#.to_owned();
        for token in [r#""hush""#.to_owned(), keys("hush"), login, key] {
            let token: Token = serde_json::from_str(&token).unwrap();
            assert!(!format!("{token:?} {token:#?}").contains("hush"), "{token:?}");
        }
    }

    fn keys(secret: &str) -> String {
        format!(
            r#"{{"consumer_key":"hush","consumer_secret":"{secret}","token":"hush","token_secret":"hush"}}"#
        )
    }

    #[test]
    fn a_token_is_a_text_or_exactly_the_keys_of_one_kind() {
        let read = |token: &str| serde_json::from_str::<Token>(token);
        assert!(matches!(read(r#""hush""#), Ok(Token::Alone(_))));
        assert!(matches!(read(&keys("hush")), Ok(Token::Keys(_))));
        assert!(matches!(read(r#"{"user":"a","password":"hush"}"#), Ok(Token::Login(_))));
        assert!(matches!(read(r#"{"issuer":"a","key":"hush"}"#), Ok(Token::Key(_))));
        assert!(matches!(read("null"), Ok(Token::Role)));
        let account: SendingAccount = serde_json::from_str(r#"{"id":"7"}"#).unwrap();
        assert!(matches!(account.token, Token::Role));
        for wrong in [
            keys("hush").replace("token_secret", "tokn_secret"),
            keys("hush").replace('}', r#","more":"hush"}"#),
            keys("hush").replace(r#","token_secret":"hush""#, ""),
            r#"["hush"]"#.to_owned(),
            r#"{"user":"hush"}"#.to_owned(),
            r#"{"issuer":"hush","key":"hush","more":"hush"}"#.to_owned(),
            "7".to_owned(),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn an_empty_token_or_key_is_seen() {
        let incomplete =
            |token: &str| serde_json::from_str::<Token>(token).unwrap().is_incomplete();
        assert!(incomplete(r#""""#) && incomplete(r#"" ""#) && incomplete(&keys("")));
        assert!(!incomplete(r#""hush""#) && !incomplete(&keys("hush")));
        for n in 0..4 {
            let mut values = ["a"; 4];
            values[n] = "";
            let [consumer_key, consumer_secret, token, token_secret] =
                values.map(SecretString::from);
            let keys = OAuth1Keys { consumer_key, consumer_secret, token, token_secret };
            assert!(Token::Keys(keys).is_incomplete(), "{n}");
        }
    }

    #[test]
    fn an_account_is_another_one_when_anything_of_it_changes() {
        let account = |text: &str| serde_json::from_str::<SendingAccount>(text).unwrap();
        let all = [
            r#"{"id":"7","token":"a"}"#.to_owned(),
            r#"{"id":"8","token":"a"}"#.to_owned(),
            r#"{"id":"7","token":"b"}"#.to_owned(),
            format!(r#"{{"id":"7","token":{}}}"#, keys("a")),
            format!(r#"{{"id":"7","token":{}}}"#, keys("b")),
            r#"{"id":"7"}"#.to_owned(),
            r#"{"id":"7","token":{"user":"a","password":"b"}}"#.to_owned(),
            r#"{"id":"7","token":{"user":"a","password":"c"}}"#.to_owned(),
            r#"{"id":"7","token":{"issuer":"a","key":"b"}}"#.to_owned(),
            r#"{"id":"7","token":"a","base_url":"https://eu.example"}"#.to_owned(),
            r#"{"id":"7","token":"a","settings":{"page_id":"1"}}"#.to_owned(),
            r#"{"id":"7","token":"a","source":"sms-aws"}"#.to_owned(),
        ];
        for (n, one) in all.iter().enumerate() {
            for (m, other) in all.iter().enumerate() {
                assert_eq!(account(one).is_same(&account(other)), n == m, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        assert!(serde_json::from_str::<WebhookSecrets>(r#"{"signing":[],"acounts":[]}"#).is_err());
    }
}
