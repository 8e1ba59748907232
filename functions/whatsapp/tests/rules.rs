//! WhatsApp's own rules, beyond what every channel must pass.

use kit::{Greeting, Vector};
use whatsapp::INBOUND;

/// Meta escapes what is not ASCII, and signs that.
const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"900100200300400","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"700800900100200"},"messages":[{"from":"447700900111","id":"wamid.V1","timestamp":"1795000000","type":"text","text":{"body":"O\u00f9 est-il ? \ud83d\udce6"}}]}}]}]}"#;

/// The signatures that OpenSSL makes: `openssl dgst -sha256 -hmac <secret>`.
const SIGNED: [Vector; 1] = [Vector {
    secret: "wa_app_secret_demo",
    body: BODY,
    proof: "sha256=73a76fdb083202e2c04d6485943c92e867384a052194eb3b8264abfe143e17a0",
}];

#[test]
fn what_the_platform_signs_is_believed_and_nothing_near_it() {
    kit::check_vectors(&INBOUND, &SIGNED);
}

#[test]
fn the_address_is_shown_to_be_ours_with_the_challenge_alone() {
    let greeting = Greeting {
        secret: "a verify token of ours",
        query: "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a+verify%20token+of+ours",
        content_type: "text/plain",
        body: "1158201444",
    };
    kit::check_greetings(&INBOUND, &[greeting]);
}
