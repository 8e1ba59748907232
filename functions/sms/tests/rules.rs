//! Twilio's own rules, beyond what every channel must pass.
#![expect(clippy::panic, clippy::unwrap_used, reason = "what is not as expected fails the test")]

use domain::inbound::Source;
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Webhook, verify};
use http::HeaderMap;
use sms::INBOUND;

const ADDRESS: &str = "https://hooks.example.com/v1/sms/twilio";
const QUERY: &str = "tenant=acme&ch=a%2Bb";
const BODY: &str = "ToCountry=FR&SmsMessageSid=SM00000000000000000000000000000001&NumMedia=0&FromCity=&SmsSid=SM00000000000000000000000000000001&SmsStatus=received&Body=Bonjour%2C+o%C3%B9+est+ma+commande+%2342+%3F&FromCountry=FR&To=%2B33757000001&NumSegments=1&MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B33612345678&ApiVersion=2010-04-01";

/// Whether a webhook of Twilio is believed with this secret, of two that are active.
fn is_believed(secret: &str, shown: &str, settings: Option<&str>, body: &str) -> bool {
    let Source::Http { proof, .. } = INBOUND.source else { panic!("it has webhooks") };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    headers.insert("x-twilio-signature", shown.parse().unwrap());
    if let Some(settings) = settings {
        headers.insert("x-twilio-webhooks-signature-settings", settings.parse().unwrap());
    }
    let signing = vec!["the-next-token".into(), secret.into()];
    let secrets = WebhookSecrets { signing, ..WebhookSecrets::default() };
    let webhook =
        Webhook { headers: &headers, address: ADDRESS, query: QUERY, body: body.as_bytes() };
    verify(&proof, &secrets, &webhook, Timestamp::default()).is_ok()
}

/// Signatures that Twilio's own library accepts: by the Auth Token, over the address with a port, and by a shared key.
#[test]
fn what_the_platform_signs_is_believed_and_nothing_near_it() {
    let token = "0123456789abcdef0123456789abcdef";
    let shared = Some("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256");
    let by_key = "jOMEGtAb91KAsS2qZ0GpZ6xGcT2O51tIIJFwa5on/CM=";
    for shown in ["lwbcdfu5yb4h002ini4RYyW5jFw=", "w7XQk8lJLDYNQd1ExEDCjVt3eO8="] {
        assert!(is_believed(token, shown, None, BODY));
        assert!(!is_believed("another", shown, None, BODY));
        assert!(!is_believed(token, shown, shared, BODY));
        for (before, after) in [("FromCity=&", ""), ("Bonjour", "bonjour"), ("%2342", "%2343")] {
            assert!(!is_believed(token, shown, None, &BODY.replace(before, after)), "{after}");
        }
    }
    assert!(is_believed("whsk_demo_secret", by_key, shared, BODY));
    assert!(!is_believed("whsk_demo_secret", by_key, None, BODY));
}

#[test]
fn twilio_is_answered_with_nothing_to_say() {
    let Source::Http { reply, .. } = INBOUND.source else { panic!("it has webhooks") };
    assert_eq!((reply.content_type, reply.body), ("text/xml", "<Response/>"));
}
