//! The caller: our account, by a token of OAuth 2.0 or by a signature of OAuth 1.0a,
//! <https://docs.x.com/fundamentals/authentication/oauth-1-0a/authorizing-a-request>.
//!
//! The signature is worked out here from that document, not by what the channel signs with: the model must not agree with
//! a mistake of ours.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::time::Timestamp;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Uri};
use ring::hmac;

use super::rules::XProblem;
use super::{CONSUMER_KEY, CONSUMER_SECRET, SIGNING_TOKEN, SIGNING_TOKEN_SECRET, TOKEN, XApi};

/// The most that a call's time may be off ours, in seconds. X says "too far in the past" and no number; this is the model's.
const MOST_APART: u64 = 300;

/// The seven fields of a signed call, all of which X asks for.
const FIELDS: [&str; 7] = [
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_version",
];

impl XApi {
    /// Lets our account in; the app's own token is refused for all that a user does. Whatever is wrong, the answer is the same.
    pub(super) fn authorise(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<(), XProblem> {
        let shown = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let is_ours = match shown.and_then(|it| it.split_once(' ')) {
            Some(("Bearer", token)) => token == TOKEN,
            Some(("OAuth", fields)) => self.is_signed(method, uri, fields, now).is_some(),
            Some(_) | None => false,
        };
        if is_ours { Ok(()) } else { Err(XProblem::new(401, "Unauthorized")) }
    }

    /// `None` if it is not signed by our account, for this call, now and for the first time.
    fn is_signed(&self, method: &Method, uri: &Uri, fields: &str, now: Timestamp) -> Option<()> {
        let mut fields = read(fields)?;
        fields.keys().eq(FIELDS).then_some(())?;
        let signature = fields.remove("oauth_signature")?;
        let says = |name: &str, value: &str| fields.get(name).is_some_and(|it| it == value);
        let known = says("oauth_consumer_key", CONSUMER_KEY)
            && says("oauth_token", SIGNING_TOKEN)
            && says("oauth_signature_method", "HMAC-SHA1")
            && says("oauth_version", "1.0");
        let at: i64 = fields.get("oauth_timestamp")?.parse().ok()?;
        let in_time = now.secs().abs_diff(at) <= MOST_APART;
        let nonce = fields.get("oauth_nonce").filter(|it| !it.is_empty())?.clone();
        let mut parameters: Vec<_> = fields.into_iter().collect();
        for pair in uri.query().into_iter().flat_map(|it| it.split('&')) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?));
        }
        let address = format!("{}{}", self.base_url, uri.path());
        let secrets = [CONSUMER_SECRET, SIGNING_TOKEN_SECRET];
        let fits = signature == sign(method, &address, parameters, secrets);
        // A call that is refused uses no nonce up.
        (known && in_time && fits && self.world().nonces.insert(nonce)).then_some(())
    }
}

/// The fields of a header: names and quoted values, in any order, none twice.
fn read(fields: &str) -> Option<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for field in fields.split(',') {
        let (name, value) = field.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        all.insert(decode(name)?, decode(value)?).is_none().then_some(())?;
    }
    Some(all)
}

/// <https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature>.
fn sign(
    method: &Method,
    address: &str,
    parameters: Vec<(String, String)>,
    secrets: [&str; 2],
) -> String {
    let encoded = |(name, value): (String, String)| [encode(&name), encode(&value)];
    let mut parameters: Vec<_> = parameters.into_iter().map(encoded).collect();
    parameters.sort();
    let parameters: Vec<_> = parameters.into_iter().map(|it| it.join("=")).collect();
    let base = [method.as_str(), &encode(address), &encode(&parameters.join("&"))].join("&");
    let key = secrets.map(encode).join("&");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, base.as_bytes()))
}

/// <https://docs.x.com/fundamentals/authentication/oauth-1-0a/percent-encoding-parameters>.
fn encode(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// `None` if it is not encoded well.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        let hex = |it: Option<u8>| char::from(it?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(hex(rest.next())? * 16 + hex(rest.next())?).ok()?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use domain::oauth1;
    use domain::secrets::OAuth1Keys;
    use http::HeaderValue;

    use super::*;

    fn keys() -> OAuth1Keys {
        OAuth1Keys {
            consumer_key: CONSUMER_KEY.into(),
            consumer_secret: CONSUMER_SECRET.into(),
            token: SIGNING_TOKEN.into(),
            token_secret: SIGNING_TOKEN_SECRET.into(),
        }
    }

    const NOW: i64 = 1_795_000_000;
    const PATH: &str = "/2/tweets?a=%C3%A9+%2B&b=~";

    /// Whether a model takes a header at `NOW`.
    fn takes(model: &XApi, method: &Method, path: &str, header: &str) -> bool {
        let value = HeaderValue::from_str(header).unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let now = Timestamp::from_secs(NOW);
        let taken = model.authorise(method, &path.parse().unwrap(), &headers, now);
        assert!(taken.as_ref().is_ok() || taken == Err(XProblem::new(401, "Unauthorized")));
        taken.is_ok()
    }

    fn signed(model: &XApi, keys: &OAuth1Keys, nonce: &str, at: i64) -> String {
        let url = format!("{}{PATH}", model.base_url).parse().unwrap();
        oauth1::authorization(keys, &Method::POST, &url, nonce, Timestamp::from_secs(at))
    }

    #[tokio::test]
    async fn a_signed_call_is_taken_once_in_its_time_for_what_it_was_signed_for() {
        let model = XApi::start().await.unwrap();
        let good = signed(&model, &keys(), "1", NOW);
        let post = |header: &str| takes(&model, &Method::POST, PATH, header);
        assert!(!takes(&model, &Method::PUT, PATH, &good));
        assert!(!takes(&model, &Method::POST, "/2/media/upload", &good));
        assert!(!takes(&model, &Method::POST, "/2/tweets?a=7", &good));
        assert!(post(&good));
        assert!(!post(&good), "its nonce is used up");
        for (nonce, apart, taken) in
            [("2", 300, true), ("3", -300, true), ("4", 301, false), ("5", -301, false)]
        {
            assert_eq!(post(&signed(&model, &keys(), nonce, NOW + apart)), taken, "{apart}");
        }
    }

    #[tokio::test]
    async fn a_call_with_a_wrong_key_or_field_is_refused() {
        let model = XApi::start().await.unwrap();
        let post = |header: &str| takes(&model, &Method::POST, PATH, header);
        for change in [
            |it: &mut OAuth1Keys| it.consumer_key = "other".into(),
            |it: &mut OAuth1Keys| it.consumer_secret = "other".into(),
            |it: &mut OAuth1Keys| it.token = "other".into(),
            |it: &mut OAuth1Keys| it.token_secret = "other".into(),
        ] {
            let mut keys = keys();
            change(&mut keys);
            assert!(!post(&signed(&model, &keys, "1", NOW)));
        }
        let good = signed(&model, &keys(), "1", NOW);
        for wrong in [
            good.replace("OAuth ", "oauth "),
            good.replace("HMAC-SHA1", "PLAINTEXT"),
            good.replace(", oauth_version=\"1.0\"", ""),
            good.replace("oauth_nonce=\"1\"", "oauth_nonce=\"7\""),
            format!("{good}, oauth_nonce=\"1\""),
            format!("{good}, realm=\"x\""),
            good.replace('"', ""),
        ] {
            assert!(wrong != good && !post(&wrong), "{wrong}");
        }
        assert!(post(&good));
    }

    #[tokio::test]
    async fn a_users_token_is_taken_and_no_other() {
        let model = XApi::start().await.unwrap();
        let post = |header: &str| takes(&model, &Method::POST, PATH, header);
        assert!(post(&format!("Bearer {TOKEN}")));
        assert!(!post("Bearer of-the-app") && !post(TOKEN) && !post("Basic eDp4"));
    }

    /// X's own example.
    #[test]
    fn the_model_signs_as_xs_documentation_does() {
        let parameters = [
            ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
            ("include_entities", "true"),
            ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
            ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1318622958"),
            ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            ("oauth_version", "1.0"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let address = "https://api.x.com/1.1/statuses/update.json";
        let secrets = [
            "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
            "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        ];
        let signature = sign(&Method::POST, address, parameters.to_vec(), secrets);
        assert_eq!(signature, "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=");
    }
}
