//! The checks that a platform makes of an address before it sends anything there.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{any_fits, key};
use crate::secrets::WebhookSecrets;

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
    /// signed here is never what [`verify`](super::verify) believes.
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
/// JSON has brackets and quotes, a form more than one field. [`Handshake`] signs nothing else, [`verify`](super::verify) believes all but
/// these.
pub(super) fn is_nonce(bytes: &[u8]) -> bool {
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
                let shared = secrets.verify.iter().filter(|it| !it.expose_secret().is_empty());
                let known = any_fits(&shared.collect::<Vec<_>>(), |secret| {
                    bool::from(shown.as_bytes().ct_eq(secret.expose_secret().as_bytes()))
                });
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
