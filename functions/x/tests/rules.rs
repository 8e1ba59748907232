//! X's own rules, beyond what every channel must pass.

use kit::{Greeting, Vector};
use x::INBOUND;

const SECRET: &str = "x_consumer_secret_demo";

/// The signature that OpenSSL makes of a delivery: `openssl dgst -sha256 -hmac <secret> -binary | base64`.
const SIGNED: Vector = Vector {
    secret: SECRET,
    body: r#"{"data":{"event_uuid":"-6850472171600526495","filter":{"user_id":"1111111111111111111"},"event_type":"dm.received","tag":"dm-inbound","payload":{"direct_message_events":[{"type":"message_create","id":"2080765901528535096","created_timestamp":"1784928224372","message_create":{"target":{"recipient_id":"1111111111111111111"},"sender_id":"2222222222222222222","message_data":{"text":"Bonjour","entities":{"hashtags":[],"symbols":[],"user_mentions":[],"urls":[]}}}}]}}}"#,
    proof: "sha256=7KzE12y7dDuLGRw5EK5XcMMIvMTdRw2mrFaoe3+scY0=",
};

#[test]
fn what_the_platform_signs_is_believed_and_nothing_near_it() {
    kit::check_vectors(&INBOUND, &[SIGNED]);
}

#[test]
fn the_challenge_is_answered_with_its_signature_from_the_secret_alone() {
    let plain = Greeting {
        secret: SECRET,
        query: "crc_token=9a1b2c3d-crc",
        content_type: "application/json",
        body: r#"{"response_token":"sha256=4eEKkF0fAdMW0DRlmGN59zhQWxqj6GIO65x+jGN35MA="}"#,
    };
    let encoded = Greeting { query: "crc_token=9a1b2c3d%2Dcrc", ..plain };
    kit::check_greetings(&INBOUND, &[plain, encoded]);
}
