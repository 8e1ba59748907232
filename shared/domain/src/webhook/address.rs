//! Proofs over the address that a webhook was sent to, and over what it says: the fields of a form, or the digest of any other
//! body, which the address names.
//!
//! A form's fields are signed one behind the other without anything between a name and its value. So the proof does not say
//! where a name ends, and what is the same text is the same proof: that is the platform's rule and cannot be made better here.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::{Encoding, Unverified, Webhook, any_fits, only_header};
use crate::form;

/// A MAC in base64 of the address with its query, followed by the fields of a form, sorted by name. Of what is no form the
/// address says the digest, and nothing follows.
#[derive(Clone, Copy, Debug)]
pub struct AddressProof {
    /// The header that holds the MAC.
    pub header: &'static str,
    /// The header in which `algorithm=` names another one than HMAC-SHA1.
    pub settings: &'static str,
    /// The parameter of the address that holds the SHA-256 of a body that is no form, in hex.
    pub digest: &'static str,
}

impl AddressProof {
    /// Whether one of the secrets signed it. Platforms do not agree with themselves on the port of an address: it is tried as
    /// we know it, with the port that its scheme has anyway, and without one.
    pub(super) fn proves(
        &self,
        shown: &[u8],
        secrets: &[&SecretString],
        webhook: &Webhook<'_>,
    ) -> Result<bool, Unverified> {
        let algorithm = self.algorithm(webhook.headers)?;
        let (Some(algorithm), Some(mac)) = (algorithm, Encoding::Base64.decode(shown)) else {
            return Ok(false);
        };
        let Some(said) = self.said(webhook) else { return Ok(false) };
        let is_by = |secret: &SecretString, address: &str| {
            let key = hmac::Key::new(algorithm, secret.expose_secret().as_bytes());
            hmac::verify(&key, &[address.as_bytes(), &said].concat(), &mac).is_ok()
        };
        let addresses = addresses(webhook);
        let proven =
            |found, address: &String| any_fits(secrets, |secret| is_by(secret, address)) | found;
        Ok(addresses.iter().fold(false, proven))
    }

    /// The algorithm that the settings name, or the usual one; `None` for one that is not known.
    fn algorithm(&self, headers: &HeaderMap) -> Result<Option<hmac::Algorithm>, Unverified> {
        if !headers.contains_key(self.settings) {
            return Ok(Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY));
        }
        let settings = only_header(headers, self.settings)?;
        let mut named = settings
            .split(|it| *it == b',')
            .filter_map(|it| it.trim_ascii().strip_prefix(b"algorithm="));
        Ok(match (named.next(), named.next()) {
            (None | Some(b"HMAC_SHA1"), None) => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            (Some(b"HMAC_SHA256"), None) => Some(hmac::HMAC_SHA256),
            _ => None,
        })
    }

    /// The text behind the address: what the body says, where the address does not say it. `None` if neither proves the body.
    fn said(&self, webhook: &Webhook<'_>) -> Option<Vec<u8>> {
        if is_form(webhook.headers) {
            // A form without a field would be proven by the address alone, as a body of another kind is.
            return Some(fields(webhook.body)).filter(|it| !it.is_empty());
        }
        let parameters = form::fields(webhook.query.as_bytes());
        let mut named = parameters.iter().filter(|it| it.0 == self.digest.as_bytes());
        let (Some((_, digest)), None) = (named.next(), named.next()) else { return None };
        let fits = bool::from(digest.ct_eq(digest_of(webhook.body).as_bytes()));
        fits.then(Vec::new)
    }

    /// The MAC of a webhook by the usual algorithm, and its query with the digest that it needs.
    pub(super) fn mac(&self, secret: &SecretString, webhook: &Webhook<'_>) -> (String, String) {
        let (mut query, mut said) = (webhook.query.to_owned(), fields(webhook.body));
        if !is_form(webhook.headers) {
            said.clear();
            let and = if query.is_empty() { "" } else { "&" };
            query = format!("{query}{and}{}={}", self.digest, digest_of(webhook.body));
        }
        let algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
        let key = hmac::Key::new(algorithm, secret.expose_secret().as_bytes());
        let address = joined(webhook.address, &query);
        let mac = hmac::sign(&key, &[address.as_bytes(), &said].concat());
        (Encoding::Base64.encode(mac.as_ref()), query)
    }
}

/// Every field of a form: the name, then the value, by the order of names. Of a name that is there several times each
/// value counts once.
fn fields(body: &[u8]) -> Vec<u8> {
    let mut sorted = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, value) in form::fields(body) {
        sorted.entry(name).or_default().insert(value);
    }
    let pairs = sorted.iter().flat_map(|(name, values)| values.iter().map(move |it| (name, it)));
    pairs.flat_map(|(name, value)| [name.as_slice(), value]).collect::<Vec<_>>().concat()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&[][..], |it| it.as_bytes());
    let kind = kind.split(|it| *it == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

fn digest_of(body: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, body))
}

fn joined(address: &str, query: &str) -> String {
    if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") }
}

/// The address with its query, as we know it and with its port or without. Where none is known nothing is proven.
fn addresses(webhook: &Webhook<'_>) -> Vec<String> {
    let Some((scheme, rest)) = webhook.address.split_once("://") else { return Vec::new() };
    let at = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let bare = host.rsplit_once(':').filter(|it| !it.1.is_empty() && !it.1.contains(']'));
    let usual = if scheme == "http" { 80 } else { 443 };
    let other = bare.map_or_else(|| format!("{host}:{usual}"), |it| it.0.to_owned());
    let other = format!("{scheme}://{other}{path}");
    [webhook.address, &other].map(|it| joined(it, webhook.query)).to_vec()
}
