//! Signatures of OAuth 1.0a with HMAC-SHA1, <https://www.rfc-editor.org/rfc/rfc5849#section-3>: four keys that do not expire,
//! in place of a token that does.
//!
//! Nonce and time are arguments. A body is not signed: only one that is a form would be.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use secrecy::ExposeSecret;
use url::{Position, Url};

use crate::secrets::OAuth1Keys;
use crate::time::Timestamp;

/// All but the unreserved characters of RFC 3986: <https://www.rfc-editor.org/rfc/rfc5849#section-3.6>.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The `Authorization` header of a call. Its nonce is for this call alone: a repeated call needs another.
#[must_use]
pub fn authorization(
    keys: &OAuth1Keys,
    method: &Method,
    url: &Url,
    nonce: &str,
    now: Timestamp,
) -> String {
    let seconds = now.secs().to_string();
    let signed = [
        ("oauth_consumer_key", keys.consumer_key.expose_secret()),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &seconds),
        ("oauth_token", keys.token.expose_secret()),
        ("oauth_version", "1.0"),
    ];
    let signature = signature(keys, &base_string(method, url, &signed));
    let all = signed.into_iter().chain([("oauth_signature", signature.as_str())]);
    let all: Vec<_> = all.map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
    format!("OAuth {}", all.join(", "))
}

/// The text that is signed: method, address and parameters, <https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1>.
fn base_string(method: &Method, url: &Url, parameters: &[(&str, &str)]) -> String {
    let ours = parameters.iter().map(|(name, value)| (encode(name), encode(value)));
    let query = url.query_pairs().map(|(name, value)| (encode(&name), encode(&value)));
    // By what they look like encoded, and those of one name by their values.
    let mut all: Vec<_> = ours.chain(query).collect();
    all.sort();
    let all: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // As the call is sent: `Url` has made the host small and left a usual port out.
    let place = &url[Position::BeforeHost..Position::AfterPath];
    let address = format!("{}://{place}", url.scheme());
    format!("{method}&{}&{}", encode(&address), encode(&all.join("&")))
}

fn signature(keys: &OAuth1Keys, base_string: &str) -> String {
    let secrets = [&keys.consumer_secret, &keys.token_secret];
    let key = secrets.map(|it| encode(it.expose_secret())).join("&");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, base_string.as_bytes()))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn keys([consumer_key, consumer_secret, token, token_secret]: [&str; 4]) -> OAuth1Keys {
        OAuth1Keys {
            consumer_key: consumer_key.into(),
            consumer_secret: consumer_secret.into(),
            token: token.into(),
            token_secret: token_secret.into(),
        }
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// <https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature>.
    fn keys_of_x() -> OAuth1Keys {
        keys([
            "xvz1evFS4wEEPTGEFPHBog",
            "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
            "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
            "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        ])
    }

    const NONCE_OF_X: &str = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg";

    /// The example of RFC 5849, section 1.2, which has no `oauth_version`.
    #[test]
    fn the_rfcs_photograph_has_the_rfcs_signature() {
        let keys =
            keys(["dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"]);
        let base = base_string(
            &Method::GET,
            &url("http://photos.example.net/photos?file=vacation.jpg&size=original"),
            &[
                ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
                ("oauth_token", "nnch734d00sl2jdk"),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "137131202"),
                ("oauth_nonce", "chapoH"),
            ],
        );
        assert_eq!(signature(&keys, &base), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    /// The example of RFC 5849, section 3.4.1, with the parameters of its form given. The signature that the RFC prints is
    /// of other keys; this one is by Python's oauthlib 4.0.1, with the keys of the RFC's erratum.
    #[test]
    fn the_rfcs_hard_request_has_the_rfcs_base_string() {
        let base = base_string(
            &Method::POST,
            &url("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"),
            &[
                ("oauth_consumer_key", "9djdj82h48djs9d2"),
                ("oauth_token", "kkk9d7dh3k39sjv7"),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "137131201"),
                ("oauth_nonce", "7d8f3e4a"),
                ("c2", ""),
                ("a3", "2 q"),
            ],
        );
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
                        %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
                        %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base, expected);
        let keys = keys(["", "j49sk3j29djd", "", "dh893hdasih9"]);
        assert_eq!(signature(&keys, &base), "r6/TJjbCOr97/+UU0NsvSne7s5g=");
    }

    /// X's own example, with the parameter of its form given.
    #[test]
    fn the_post_of_xs_documentation_has_the_signature_of_xs_documentation() {
        let keys = keys_of_x();
        let base = base_string(
            &Method::POST,
            &url("https://api.x.com/1.1/statuses/update.json?include_entities=true"),
            &[
                ("oauth_consumer_key", keys.consumer_key.expose_secret()),
                ("oauth_nonce", NONCE_OF_X),
                ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_timestamp", "1318622958"),
                ("oauth_token", keys.token.expose_secret()),
                ("oauth_version", "1.0"),
                ("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),
            ],
        );
        assert_eq!(signature(&keys, &base), "Ls93hJiZbQ3akF3HF3x1Bz8/zU4=");
    }

    /// Both headers are by Python's oauthlib 4.0.1 (`Client.sign`), their fields in our order.
    #[test]
    fn the_header_of_a_call_is_that_of_another_library() {
        let header = |keys: &OAuth1Keys, address: &str| {
            let now = Timestamp::from_secs(1_318_622_958);
            authorization(keys, &Method::POST, &url(address), NONCE_OF_X, now)
        };
        assert_eq!(
            header(
                &keys_of_x(),
                "https://api.x.com/2/dm_conversations/with/2222222222222222222/messages"
            ),
            PLAIN
        );
        let odd = keys(["a key", "a&secret=é", "7-token", "100% \"secret\"/+"]);
        assert_eq!(
            header(
                &odd,
                "http://127.0.0.1:9000/2/tweets?b=%C3%A9+%2B&a=~%2A&b=1&b=%C3%A9+%2B&empty"
            ),
            ODD
        );
    }

    const PLAIN: &str = "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", \
        oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", \
        oauth_version=\"1.0\", oauth_signature=\"e0HgDpLU9FGTUMsdTIuWozxAfvU%3D\"";

    const ODD: &str = "OAuth oauth_consumer_key=\"a%20key\", oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", \
        oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", oauth_token=\"7-token\", \
        oauth_version=\"1.0\", oauth_signature=\"ZKXlX91eBgqw9R%2FOdMswauxA34w%3D\"";

    proptest! {
        #[test]
        fn whatever_a_query_holds_is_signed_in_one_order(pairs in proptest::collection::vec((".{0,8}", ".{0,8}"), 1..6)) {
            let base = |pairs: &mut dyn Iterator<Item = &(String, String)>| {
                let mut url = url("https://api.x.com/2/tweets");
                url.query_pairs_mut().extend_pairs(pairs);
                base_string(&Method::POST, &url, &[("oauth_nonce", "7")])
            };
            let signed = base(&mut pairs.iter());
            prop_assert_eq!(&signed, &base(&mut pairs.iter().rev()));
            let plain = |it: char| it.is_ascii_alphanumeric() || "-._~%&".contains(it);
            prop_assert!(signed.chars().all(plain), "{}", signed);
            prop_assert_eq!(signed.matches('&').count(), 2);
            // Decoded twice it is what was given.
            let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            let parameters = decode(signed.rsplit('&').next().unwrap());
            let mut found: Vec<_> = parameters
                .split('&')
                .map(|it| it.split_once('=').unwrap())
                .map(|(name, value)| (decode(name), decode(value)))
                .collect();
            let mut given = pairs.clone();
            given.push(("oauth_nonce".to_owned(), "7".to_owned()));
            found.sort();
            given.sort();
            prop_assert_eq!(found, given);
        }
    }
}
