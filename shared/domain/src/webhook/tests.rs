use http::HeaderValue;
use proptest::prelude::*;

use super::*;

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
        accounts: vec![],
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
    verify(proof, secrets, &Webhook { headers: &headers, query: "", body }, Timestamp::default())
        .map(|_| ())
}

#[test]
fn each_of_two_active_secrets_is_believed() {
    for proof in PROOFS {
        for secret in ["old", "new"] {
            let (name, value) = sign(&proof, &secret.into(), b"body");
            assert_eq!(check(&proof, &secrets(&["old", "new"]), (name, &value), b"body"), Ok(()));
            assert_eq!(
                check(&proof, &secrets(&["other"]), (name, &value), b"body"),
                Err(Unverified::Mismatch(name))
            );
        }
    }
}

#[test]
fn a_missing_a_doubled_and_an_upper_case_proof_are_refused() {
    let (name, value) = sign(&META, &"old".into(), b"body");
    let mut headers = HeaderMap::new();
    let secrets = secrets(&["old"]);
    let check_all = |headers: &HeaderMap| {
        verify(
            &META,
            &secrets,
            &Webhook { headers, query: "", body: b"body" },
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
    assert_eq!(check(&META, &secrets, (name, &upper), b"body"), Err(Unverified::Mismatch(name)));
}

#[test]
fn no_secret_or_an_empty_one_believes_nothing() {
    for none in [secrets(&[]), secrets(&[""])] {
        let (name, value) = sign(&META, &"".into(), b"body");
        assert_eq!(check(&META, &none, (name, &value), b"body"), Err(Unverified::NoSecret));
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

proptest! {
    #[test]
    fn what_we_sign_verifies_and_any_changed_byte_does_not(body in proptest::collection::vec(any::<u8>(), 1..200), at in any::<u16>(), bit in 0u8..8) {
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
