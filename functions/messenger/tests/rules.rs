//! Messenger's own rules, beyond what every channel must pass.

use kit::{Greeting, Vector};
use messenger::INBOUND;

/// Meta escapes what is not ASCII, and signs that.
const BODY: &str = r#"{"object":"page","entry":[{"id":"100000000000001","time":1795000000123,"messaging":[{"sender":{"id":"7000000000000001"},"recipient":{"id":"100000000000001"},"timestamp":1795000000001,"message":{"mid":"m_abc","text":"O\u00f9 est-il ?"}}]}]}"#;

/// The signatures that OpenSSL makes: `openssl dgst -sha256 -hmac <secret>`.
const SIGNED: [Vector; 1] = [Vector {
    secret: "fb_app_secret_demo",
    body: BODY,
    proof: "sha256=2ba7ce93068b758014b0859a2aecefa643baf53f7125a74855d9bc660dc1d7f8",
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
