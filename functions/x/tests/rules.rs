//! What X's own rules ask for, beyond what every channel must pass.

use domain::inbound::Source;
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Proof, Webhook, sign, verify};
use http::{HeaderMap, HeaderValue};
use x::INBOUND;

/// A body, and what X signs it with under `SECRET`.
const SIGNED: (&str, &str) = (
    r#"{"data":{"event_uuid":"-6850472171600526495","filter":{"user_id":"1111111111111111111"},"event_type":"dm.received","tag":"dm-inbound","payload":{"direct_message_events":[{"type":"message_create","id":"2080765901528535096","created_timestamp":"1784928224372","message_create":{"target":{"recipient_id":"1111111111111111111"},"sender_id":"2222222222222222222","message_data":{"text":"Bonjour","entities":{"hashtags":[],"symbols":[],"user_mentions":[],"urls":[]}}}}]}}}"#,
    "sha256=7KzE12y7dDuLGRw5EK5XcMMIvMTdRw2mrFaoe3+scY0=",
);

const SECRET: &str = "x_consumer_secret_demo";

fn secrets(signing: &[&str]) -> WebhookSecrets {
    let signing = signing.iter().map(|it| (*it).into()).collect();
    WebhookSecrets { signing, ..WebhookSecrets::default() }
}

fn proof() -> Proof {
    let Source::Http { proof, .. } = INBOUND.source else { unreachable!("it is HTTP") };
    proof
}

fn is_believed(secrets: &WebhookSecrets, body: &str, signature: &'static str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("x-twitter-webhooks-signature", HeaderValue::from_static(signature));
    let webhook = Webhook { headers: &headers, query: "", body: body.as_bytes() };
    verify(&proof(), secrets, &webhook, Timestamp::default()).is_ok()
}

#[test]
fn a_signed_body_is_believed_and_no_other() {
    let (body, signature) = SIGNED;
    assert_eq!(sign(&proof(), &SECRET.into(), body.as_bytes()).1, signature);
    assert!(is_believed(&secrets(&["new", SECRET]), body, signature));
    assert!(!is_believed(&secrets(&["new"]), body, signature));
    assert!(!is_believed(&secrets(&[SECRET]), &body.replace("Bonjour", "Bonsoir"), signature));
    let bare = signature.strip_prefix("sha256=").unwrap();
    assert!(!is_believed(&secrets(&[SECRET]), body, bare));
}

#[test]
fn the_challenge_is_answered_with_its_signature_from_the_secret_alone() {
    let Source::Http { handshake: Some(handshake), .. } = INBOUND.source else {
        panic!("X checks that the address is ours")
    };
    let reply = handshake.answer(&secrets(&[SECRET]), "crc_token=9a1b2c3d-crc").unwrap();
    assert_eq!(reply.content_type, "application/json");
    assert_eq!(
        reply.body,
        r#"{"response_token":"sha256=4eEKkF0fAdMW0DRlmGN59zhQWxqj6GIO65x+jGN35MA="}"#
    );
    let encoded = handshake.answer(&secrets(&[SECRET]), "crc_token=9a1b2c3d%2Dcrc&nonce=1");
    assert_eq!(encoded.unwrap().body, reply.body);
    assert!(handshake.answer(&secrets(&[SECRET]), "").is_none());
    assert!(handshake.answer(&secrets(&[]), "crc_token=9a1b2c3d-crc").is_none());
}
