//! Instagram's own rules, beyond what every channel must pass.

use instagram::INBOUND;
use kit::{Greeting, Vector};

/// Meta escapes what is not ASCII, and signs that.
const BODY: &str = r#"{"object":"instagram","entry":[{"id":"17841400000000001","time":1795000000123,"messaging":[{"sender":{"id":"8000000000000001"},"recipient":{"id":"17841400000000001"},"timestamp":1795000000001,"message":{"mid":"aWdfZAG1","text":"love this \u2764"}}]}]}"#;

/// The signatures that OpenSSL makes: `openssl dgst -sha256 -hmac <secret>`. With Instagram Login the secret is
/// the Meta app's or the Instagram app's: both belong into the list.
const SIGNED: [Vector; 2] = [
    Vector {
        secret: "meta_app_secret_demo",
        body: BODY,
        proof: "sha256=06721c20f47250799ae64b82d341dccc0a158c1cb06c722884e6bd6c5217765a",
    },
    Vector {
        secret: "instagram_app_secret_demo",
        body: BODY,
        proof: "sha256=c51ebce89dcd899ae33f11fa887b7495511ba4b3200b3eb847e8ac380bca307d",
    },
];

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
