//! A webhook, and the proof that its platform sent it.
//!
//! Proofs are data, checked here over the raw bytes, in constant time, against every active secret. Only [`verify`] and
//! [`Verified::vouched`] make a [`Verified`], and a parser takes nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::id::AccountId;
use crate::secrets::WebhookSecrets;
use crate::time::Timestamp;

/// A request as it came. Nothing in it can be believed.
#[derive(Clone, Copy)]
pub struct Webhook<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its query, still encoded, without the `?`.
    pub query: &'a str,
    /// Its body: the very bytes that were sent.
    pub body: &'a [u8],
}

/// A webhook that its platform sent, or that the shell vouches for.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    body: &'a [u8],
    accounts: &'a [AccountId],
    received: Timestamp,
}

impl<'a> Verified<'a> {
    /// Bytes that did not come by HTTP: the shell fetched them itself from where only the platform writes.
    /// Only `shared/aws` and test support call this.
    #[must_use]
    pub fn vouched(body: &'a [u8], accounts: &'a [AccountId], received: Timestamp) -> Self {
        Self { body, accounts, received }
    }

    /// The raw bytes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// When we received it: the time of a fact whose platform gives none.
    #[must_use]
    pub fn received(&self) -> Timestamp {
        self.received
    }

    /// Whether this account is one of ours.
    #[must_use]
    pub fn is_ours(&self, account: &str) -> bool {
        self.accounts.iter().any(|it| it.as_str() == account)
    }

    /// Our accounts on this channel.
    #[must_use]
    pub fn accounts(&self) -> &'a [AccountId] {
        self.accounts
    }
}

/// A platform's way of proving that a webhook is its own.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// A shared token in a header.
    Token {
        /// The header.
        header: &'static str,
    },
    /// A MAC of the body in a header. A body that a [`Handshake`] may sign is never believed.
    Hmac {
        /// The header.
        header: &'static str,
        /// The text before the MAC in it.
        prefix: &'static str,
        /// The encoding of the MAC.
        encoding: Encoding,
    },
}

/// The way that bytes are written as text.
#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Standard base64 with padding.
    Base64,
}

/// The reason that a webhook is not believed. It says nothing of what the request held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unverified {
    /// The proof is not there.
    #[error("the {0} header is missing or given twice")]
    Missing(&'static str),
    /// The proof is there and wrong.
    #[error("the {0} header does not prove the request")]
    Mismatch(&'static str),
    /// We hold no secret to check it with.
    #[error("no secret is configured")]
    NoSecret,
}

/// Believes a webhook, or says why not.
pub fn verify<'a>(
    proof: &Proof,
    secrets: &'a WebhookSecrets,
    webhook: &Webhook<'a>,
    received: Timestamp,
) -> Result<Verified<'a>, Unverified> {
    let header = proof.header();
    let shown = only_header(webhook.headers, header)?;
    // An empty secret would be one that everybody knows.
    let active = || secrets.signing.iter().filter(|it| !it.expose_secret().is_empty());
    if active().next().is_none() {
        return Err(Unverified::NoSecret);
    }
    let proven = match *proof {
        Proof::Token { .. } => {
            any_fits(active(), |secret| bool::from(shown.ct_eq(secret.expose_secret().as_bytes())))
        }
        // We sign nonces for whoever asks, so that a nonce proves nothing.
        Proof::Hmac { .. } if is_nonce(webhook.body) => false,
        Proof::Hmac { prefix, encoding, .. } => {
            let mac = shown.strip_prefix(prefix.as_bytes()).and_then(|it| encoding.decode(it));
            let mac = mac.ok_or(Unverified::Mismatch(header))?;
            any_fits(active(), |secret| hmac::verify(&key(secret), webhook.body, &mac).is_ok())
        }
    };
    if proven {
        Ok(Verified { body: webhook.body, accounts: &secrets.accounts, received })
    } else {
        Err(Unverified::Mismatch(header))
    }
}

/// The header and its value that prove a body: the inverse of [`verify`], for fixtures and platform models.
#[must_use]
pub fn sign(proof: &Proof, secret: &SecretString, body: &[u8]) -> (&'static str, String) {
    match *proof {
        Proof::Token { header } => (header, secret.expose_secret().to_owned()),
        Proof::Hmac { header, prefix, encoding } => (
            header,
            format!("{prefix}{}", encoding.encode(hmac::sign(&key(secret), body).as_ref())),
        ),
    }
}

/// A platform's check that an address is ours when it is configured.
#[derive(Clone, Copy, Debug)]
pub enum Handshake {
    /// GET with our verify token: the challenge is echoed (Meta).
    EchoIfToken {
        /// The query parameter that must have `mode_value`.
        mode: &'static str,
        /// The value that it must have.
        mode_value: &'static str,
        /// The query parameter that holds the verify token.
        token: &'static str,
        /// The query parameter that is echoed.
        challenge: &'static str,
    },
    /// GET with a nonce: its MAC is answered in a JSON field (X). Anybody may ask, and the secret proves webhooks, too: what is
    /// signed here is never what [`verify`] believes.
    SignedEcho {
        /// The query parameter that holds the nonce.
        nonce: &'static str,
        /// The JSON field of the answer.
        field: &'static str,
        /// The text before the MAC.
        prefix: &'static str,
    },
}

/// The answer to a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeReply {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// The longest challenge that is answered. Meta's are integers, X's about 50 characters.
const MAX_CHALLENGE: usize = 256;

/// Whether these bytes can be a platform's nonce: a word of base64 of either alphabet, or of digits. No webhook is one:
/// JSON has brackets and quotes, a form more than one field. [`Handshake`] signs nothing else, [`verify`] believes all but
/// these.
fn is_nonce(bytes: &[u8]) -> bool {
    let fits = |it: &u8| it.is_ascii_alphanumeric() || b"+/=_-".contains(it);
    (1..=MAX_CHALLENGE).contains(&bytes.len()) && bytes.iter().all(fits)
}

impl Handshake {
    /// The reply that proves the address ours; `None` refuses.
    #[must_use]
    pub fn answer(&self, secrets: &WebhookSecrets, query: &str) -> Option<HandshakeReply> {
        let param = |name: &str| {
            let mut found =
                url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let value = found.next()?.1;
            found.next().is_none().then(|| value.into_owned())
        };
        match *self {
            Self::EchoIfToken { mode, mode_value, token, challenge } => {
                let (shown, challenge) = (param(token)?, param(challenge)?);
                let known = any_fits(
                    secrets.verify.iter().filter(|it| !it.expose_secret().is_empty()),
                    |secret| bool::from(shown.as_bytes().ct_eq(secret.expose_secret().as_bytes())),
                );
                // Nothing else: an echo must not be a way to serve a page.
                (known && is_nonce(challenge.as_bytes()) && param(mode)? == mode_value)
                    .then_some(HandshakeReply { content_type: "text/plain", body: challenge })
            }
            Self::SignedEcho { nonce, field, prefix } => {
                let nonce = param(nonce).filter(|it| is_nonce(it.as_bytes()))?;
                let secret = secrets.signing.iter().find(|it| !it.expose_secret().is_empty())?;
                let mac = hmac::sign(&key(secret), nonce.as_bytes());
                let body =
                    serde_json::json!({ field: format!("{prefix}{}", STANDARD.encode(mac)) })
                        .to_string();
                Some(HandshakeReply { content_type: "application/json", body })
            }
        }
    }
}

impl Proof {
    /// The header that carries the proof.
    #[must_use]
    pub fn header(&self) -> &'static str {
        match *self {
            Self::Token { header } | Self::Hmac { header, .. } => header,
        }
    }
}

impl Encoding {
    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => STANDARD.encode(bytes),
        }
    }

    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hex => {
                hex::decode(text).ok().filter(|_| !text.iter().any(u8::is_ascii_uppercase))
            }
            Self::Base64 => STANDARD.decode(text).ok(),
        }
    }
}

/// The value of a header that must be there once: a proxy and we must not read two different ones.
fn only_header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a [u8], Unverified> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) | (Some(_), Some(_)) => Err(Unverified::Missing(name)),
    }
}

/// Whether one of the secrets fits. Every one is tried: how many there are must not show in the time.
fn any_fits<'a>(
    secrets: impl Iterator<Item = &'a SecretString>,
    fits: impl Fn(&SecretString) -> bool,
) -> bool {
    secrets.fold(false, |found, secret| fits(secret) | found)
}

/// The key of HMAC-SHA256. ring is there for TLS already, and its SHA-256 takes about two thirds of the instructions of a
/// portable one.
fn key(secret: &SecretString) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())
}

#[cfg(test)]
mod tests;
