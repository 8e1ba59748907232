use http::HeaderValue;
use proptest::prelude::*;
use url::form_urlencoded;

use super::*;
use crate::jwt::KeyForm;

mod platforms;

const META: Proof =
    Proof::Hmac { header: "x-hub-signature-256", prefix: "sha256=", encoding: Encoding::Hex };
const TOKEN: Proof = Proof::Token { header: "x-secret-token" };
const PROOFS: [Proof; 3] = [
    META,
    TOKEN,
    Proof::Hmac { header: "x-signature", prefix: "sha256=", encoding: Encoding::Base64 },
];

fn secrets(signing: &[&str]) -> WebhookSecrets {
    let secret = |it: &&str| SecretString::from(*it);
    WebhookSecrets {
        signing: signing.iter().map(secret).collect(),
        verify: vec!["open".into()],
        ..WebhookSecrets::default()
    }
}

fn check(
    proof: &Proof,
    secrets: &WebhookSecrets,
    header: (&'static str, &str),
    body: &[u8],
) -> Result<(), Unverified> {
    let mut headers = HeaderMap::new();
    headers.append(header.0, HeaderValue::from_str(header.1).unwrap());
    verify(
        proof,
        secrets,
        &Webhook { headers: &headers, address: "", query: "", body },
        Timestamp::default(),
    )
    .map(|_| ())
}

#[test]
fn each_of_two_active_secrets_is_believed() {
    for proof in PROOFS {
        for secret in ["old", "new"] {
            let (name, value) = sign(&proof, &secret.into(), b"{}");
            assert_eq!(check(&proof, &secrets(&["old", "new"]), (name, &value), b"{}"), Ok(()));
            assert_eq!(
                check(&proof, &secrets(&["other"]), (name, &value), b"{}"),
                Err(Unverified::Mismatch(name))
            );
        }
    }
}

#[test]
fn a_missing_a_doubled_and_an_upper_case_proof_are_refused() {
    let (name, value) = sign(&META, &"old".into(), b"{}");
    let mut headers = HeaderMap::new();
    let secrets = secrets(&["old"]);
    let check_all = |headers: &HeaderMap| {
        verify(
            &META,
            &secrets,
            &Webhook { headers, address: "", query: "", body: b"{}" },
            Timestamp::default(),
        )
        .map(|_| ())
    };
    assert_eq!(check_all(&headers), Err(Unverified::Missing(name)));
    headers.append(name, HeaderValue::from_str(&value).unwrap());
    assert_eq!(check_all(&headers), Ok(()));
    headers.append(name, HeaderValue::from_str(&value).unwrap());
    assert_eq!(check_all(&headers), Err(Unverified::Missing(name)));
    let upper = value.to_uppercase().replace("SHA256=", "sha256=");
    assert_eq!(check(&META, &secrets, (name, &upper), b"{}"), Err(Unverified::Mismatch(name)));
}

#[test]
fn no_secret_or_an_empty_one_believes_nothing() {
    for none in [secrets(&[]), secrets(&[""])] {
        let (name, value) = sign(&META, &"".into(), b"{}");
        assert_eq!(check(&META, &none, (name, &value), b"{}"), Err(Unverified::NoSecret));
    }
}

#[test]
fn a_handshake_echoes_only_for_our_token_and_only_a_plain_challenge() {
    let meta = Handshake::EchoIfToken {
        mode: "hub.mode",
        mode_value: "subscribe",
        token: "hub.verify_token",
        challenge: "hub.challenge",
    };
    let answer = |query: &str| meta.answer(&secrets(&["s"]), query).map(|it| it.body);
    let good = "hub.mode=subscribe&hub.verify_token=open&hub.challenge=1158201444";
    assert_eq!(answer(good), Some("1158201444".to_owned()));
    assert_eq!(answer(&good.replace("open", "shut")), None);
    assert_eq!(answer(&good.replace("subscribe", "unsubscribe")), None);
    assert_eq!(answer(&good.replace("1158201444", "%3Cb%3E")), None);
    assert_eq!(answer(&good.replace("1158201444", "")), None);
    assert_eq!(answer(&format!("{good}&hub.verify_token=open")), None);
    assert_eq!(answer(""), None);
}

const CRC: Handshake = Handshake::SignedEcho { nonce: "nonce", field: "mac", prefix: "sha256=" };

/// The signature that anybody gets for these bytes as a nonce.
fn signed(bytes: &[u8]) -> Option<String> {
    let query: String = form_urlencoded::byte_serialize(bytes).collect();
    let answer = CRC.answer(&secrets(&["hush"]), &format!("nonce={query}"))?;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    Some(answer["mac"].as_str().unwrap().to_owned())
}

#[test]
fn a_nonce_is_signed_and_proves_nothing() {
    for nonce in ["9a1b2c3d-crc", "NTQ2OTg=", "a+b/c_d-e", "1", "null", &"x".repeat(256)] {
        let mac = signed(nonce.as_bytes()).unwrap();
        assert_eq!(mac, sign(&PROOFS[2], &"hush".into(), nonce.as_bytes()).1, "{nonce}");
        let believed =
            check(&PROOFS[2], &secrets(&["hush"]), ("x-signature", &mac), nonce.as_bytes());
        assert_eq!(believed, Err(Unverified::Mismatch("x-signature")), "{nonce}");
    }
}

#[test]
fn nothing_but_a_nonce_is_signed() {
    for body in ["", " ", "{}", "[]", "\"a\"", "a=1&b=2", "a b", "1.5", "é", &"x".repeat(257)] {
        assert_eq!(signed(body.as_bytes()), None, "{body}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_both_signed_for_strangers_and_believed(body in "[ -~]{0,40}|[A-Za-z0-9+/=_-]{1,300}") {
        let (name, value) = sign(&PROOFS[2], &"hush".into(), body.as_bytes());
        let believed = check(&PROOFS[2], &secrets(&["hush"]), (name, &value), body.as_bytes()).is_ok();
        prop_assert!(believed != signed(body.as_bytes()).is_some());
    }

    #[test]
    fn what_we_sign_verifies_and_any_changed_byte_does_not(body in proptest::collection::vec(any::<u8>(), 1..200).prop_filter("not a nonce", |it| !is_nonce(it)), at in any::<u16>(), bit in 0u8..8) {
        let secrets = secrets(&["hush"]);
        for proof in [PROOFS[0], PROOFS[2]] {
            let (name, value) = sign(&proof, &"hush".into(), &body);
            prop_assert_eq!(check(&proof, &secrets, (name, &value), &body), Ok(()));
            let mut changed = body.clone();
            let at = usize::from(at) % changed.len();
            changed[at] ^= 1 << bit;
            prop_assert!(check(&proof, &secrets, (name, &value), &changed).is_err());
        }
    }
}
