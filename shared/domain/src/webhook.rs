//! A webhook, and the proof that its platform sent it.
//!
//! Proofs are data, checked here over the raw bytes, in constant time, against every active secret. Only [`verify`] and
//! [`Verified::vouched`] make a [`Verified`], and a parser takes nothing else.

mod address;
mod handshake;
mod jwt;
mod sign;

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::id::AccountId;
use crate::json::envelope;
use crate::secrets::WebhookSecrets;
use crate::time::Timestamp;

pub use address::AddressProof;
use handshake::is_nonce;
pub use handshake::{Handshake, HandshakeReply};
pub use jwt::JwtProof;
pub use sign::{Signed, Signer, seal, sign};

/// A request as it came. Nothing in it can be believed.
#[derive(Clone, Copy)]
pub struct Webhook<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The address that it was sent to, without its query, as the platform knows it: from our configuration, never from what
    /// the request says. Empty where we do not know it.
    pub address: &'a str,
    /// Its query, still encoded, without the `?`.
    pub query: &'a str,
    /// Its body: the very bytes that were sent.
    pub body: &'a [u8],
}

/// A webhook that its platform sent, or that the shell vouches for.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    body: &'a [u8],
    query: &'a str,
    accounts: &'a [AccountId],
    received: Timestamp,
}

impl<'a> Verified<'a> {
    /// Bytes that did not come by HTTP: the shell fetched them itself from where only the platform writes.
    /// Only `shared/aws` and test support call this.
    #[must_use]
    pub fn vouched(body: &'a [u8], accounts: &'a [AccountId], received: Timestamp) -> Self {
        Self { body, query: "", accounts, received }
    }

    /// The query of the address that it was sent to, still encoded: what we told the platform to call may carry words of ours.
    /// Only a proof over the address proves it; what is read again has none.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.query
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
    /// A MAC of the address and of what the body says, in a header.
    Address(AddressProof),
    /// A shared token in a JSON body.
    BodyToken {
        /// The field of the body's object that holds it.
        field: &'static str,
    },
    /// A JWT in a header.
    Jwt(JwtProof),
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
    #[error("its {0} is missing or given twice")]
    Missing(&'static str),
    /// The proof is there and wrong.
    #[error("its {0} does not prove it")]
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
    let shown = proof.shown(webhook)?;
    // An empty secret would be one that everybody knows.
    let active = secrets.signing.iter().filter(|it| !it.expose_secret().is_empty());
    let active: Vec<_> = active.collect();
    if active.is_empty() {
        return Err(Unverified::NoSecret);
    }
    let proven = match proof {
        Proof::Token { .. } | Proof::BodyToken { .. } => {
            any_fits(&active, |secret| bool::from(shown.ct_eq(secret.expose_secret().as_bytes())))
        }
        // We sign nonces for whoever asks, so that a nonce proves nothing.
        Proof::Hmac { .. } if is_nonce(webhook.body) => false,
        Proof::Hmac { header, prefix, encoding } => {
            let mac = shown.strip_prefix(prefix.as_bytes()).and_then(|it| encoding.decode(it));
            let mac = mac.ok_or(Unverified::Mismatch(header))?;
            any_fits(&active, |secret| hmac::verify(&key(secret), webhook.body, &mac).is_ok())
        }
        Proof::Address(it) => it.proves(&shown, &active, webhook)?,
        Proof::Jwt(it) => it.proves(&shown, &active, secrets, webhook.body, received),
    };
    if proven {
        let Webhook { body, query, .. } = *webhook;
        Ok(Verified { body, query, accounts: &secrets.accounts, received })
    } else {
        Err(Unverified::Mismatch(proof.place()))
    }
}

impl Proof {
    /// The header that carries the proof; `None` if the body does.
    #[must_use]
    pub fn header(&self) -> Option<&'static str> {
        match *self {
            Self::Token { header }
            | Self::Hmac { header, .. }
            | Self::Address(AddressProof { header, .. })
            | Self::Jwt(JwtProof { header, .. }) => Some(header),
            Self::BodyToken { .. } => None,
        }
    }

    /// Whether it proves the body, and not only who sent it.
    #[must_use]
    pub fn binds_body(&self) -> bool {
        match self {
            Self::Hmac { .. } | Self::Address(_) => true,
            Self::Jwt(it) => it.digest.is_some(),
            Self::Token { .. } | Self::BodyToken { .. } => false,
        }
    }

    /// The name of the header or field that the proof is in.
    fn place(&self) -> &'static str {
        match self {
            Self::BodyToken { field } => field,
            Self::Token { .. } | Self::Hmac { .. } | Self::Address(_) | Self::Jwt(_) => {
                self.header().unwrap_or_default()
            }
        }
    }

    /// The proof as it was shown, which must be there once: a proxy and we must not read two different ones.
    fn shown(&self, webhook: &Webhook<'_>) -> Result<Vec<u8>, Unverified> {
        let Self::BodyToken { field } = self else {
            return only_header(webhook.headers, self.place()).map(<[u8]>::to_vec);
        };
        let body = envelope(webhook.body).map_err(|_| Unverified::Missing(field))?;
        let is_only = body.names().filter(|it| it == field).count() == 1;
        let token = body.raw(field).filter(|_| is_only);
        // A text: what a number says may be written in several ways.
        let token: Option<String> = token.and_then(|it| serde_json::from_str(it.get()).ok());
        token.map(String::into_bytes).ok_or(Unverified::Missing(field))
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

fn only_header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a [u8], Unverified> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) | (Some(_), Some(_)) => Err(Unverified::Missing(name)),
    }
}

/// Whether one of the secrets fits. Every one is tried: how many there are must not show in the time.
fn any_fits(secrets: &[&SecretString], fits: impl Fn(&SecretString) -> bool) -> bool {
    secrets.iter().fold(false, |found, secret| fits(secret) | found)
}

/// The key of HMAC-SHA256. ring is there for TLS already, and its SHA-256 takes about two thirds of the instructions of a
/// portable one.
fn key(secret: &SecretString) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())
}
