//! Proofs that other people's code made: the vectors that the libraries of Twilio and Vonage accept.

use super::*;

const ADDRESS: &str = "https://hooks.example.com/v1/sms/twilio";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FORM: &str = "ToCountry=FR&SmsMessageSid=SM00000000000000000000000000000001&NumMedia=0&FromCity=&SmsSid=SM00000000000000000000000000000001&SmsStatus=received&Body=Bonjour%2C+o%C3%B9+est+ma+commande+%2342+%3F&FromCountry=FR&To=%2B33757000001&NumSegments=1&MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001&From=%2B33612345678&ApiVersion=2010-04-01";
const QUERY: &str = "tenant=acme&ch=a%2Bb";
const SIGNED: &str = "lwbcdfu5yb4h002ini4RYyW5jFw=";
const SIGNED_WITH_PORT: &str = "w7XQk8lJLDYNQd1ExEDCjVt3eO8=";
const BY_SHARED_KEY: &str = "jOMEGtAb91KAsS2qZ0GpZ6xGcT2O51tIIJFwa5on/CM=";
const JSON: &str = r#"{"transcript_sid":"GT00000000000000000000000000000001","service_sid":"GA00000000000000000000000000000001","event_type":"voice_intelligence_transcript_available","customer_key":"call-42"}"#;
const JSON_ADDRESS: &str = "https://hooks.example.com/v1/voice/twilio";
const JSON_QUERY: &str =
    "bodySHA256=9fa29519ddfb1d1671022fe2dfde71174dda51331e3af98327e731ba00c53057";
const JSON_SIGNED: &str = "j8KOUuBB/UGfaRXZY35EMYs07gI=";

const TWILIO: Proof = Proof::Address(AddressProof {
    header: "x-twilio-signature",
    settings: "x-twilio-webhooks-signature-settings",
    digest: "bodySHA256",
});

/// A webhook of Twilio.
#[derive(Clone, Copy)]
struct Request<'a> {
    secret: &'a str,
    kind: &'a str,
    address: &'a str,
    query: &'a str,
    body: &'a str,
    shown: &'a str,
    settings: &'a [&'a str],
}

const FORM_REQUEST: Request<'_> = Request {
    secret: TOKEN,
    kind: "application/x-www-form-urlencoded; charset=UTF-8",
    address: ADDRESS,
    query: QUERY,
    body: FORM,
    shown: SIGNED,
    settings: &[],
};

const JSON_REQUEST: Request<'_> = Request {
    kind: "application/json",
    address: JSON_ADDRESS,
    query: JSON_QUERY,
    body: JSON,
    shown: JSON_SIGNED,
    ..FORM_REQUEST
};

impl Request<'_> {
    fn is_believed(&self) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", self.kind.parse().unwrap());
        headers.insert("x-twilio-signature", self.shown.parse().unwrap());
        for it in self.settings {
            headers.append("x-twilio-webhooks-signature-settings", it.parse().unwrap());
        }
        // One that says another host: nothing of it counts.
        headers.insert("host", "evil.example".parse().unwrap());
        let (query, body) = (self.query, self.body.as_bytes());
        let webhook = Webhook { headers: &headers, address: self.address, query, body };
        verify(&TWILIO, &secrets(&["other", self.secret]), &webhook, Timestamp::default()).is_ok()
    }
}

#[test]
fn a_form_is_proven_with_the_address_that_we_know_with_and_without_its_port() {
    let with_port = "https://hooks.example.com:443/v1/sms/twilio";
    for address in [ADDRESS, with_port] {
        for shown in [SIGNED, SIGNED_WITH_PORT] {
            assert!(Request { address, shown, ..FORM_REQUEST }.is_believed(), "{address} {shown}");
        }
    }
    for address in ["", "hooks.example.com/v1/sms/twilio", "http://hooks.example.com/v1/sms/twilio"]
    {
        assert!(!Request { address, ..FORM_REQUEST }.is_believed(), "{address}");
    }
    let other = "https://hooks.example.com:8443/v1/sms/twilio";
    assert!(
        Request { address: other, ..FORM_REQUEST }.is_believed(),
        "a port of ours may be left out"
    );
    assert!(!Request { address: other, shown: SIGNED_WITH_PORT, ..FORM_REQUEST }.is_believed());
}

#[test]
fn a_form_is_what_it_says_however_it_is_written() {
    let (first, rest) = FORM.split_once('&').unwrap();
    let turned = format!("{rest}&{first}");
    let twice = format!("{FORM}&{first}");
    let written = FORM.replace("%C3%B9", "%c3%b9").replace('+', "%20");
    for body in [&turned, &twice, &written] {
        assert!(Request { body, ..FORM_REQUEST }.is_believed(), "{body}");
    }
    let blank = FORM.replace("FromCity=&", "");
    let more = format!("{FORM}&More=");
    let trimmed = FORM.replace("Body=Bonjour", "Body=+Bonjour");
    for body in [&blank, &more, &trimmed, ""] {
        assert!(!Request { body, ..FORM_REQUEST }.is_believed(), "{body}");
    }
}

#[test]
fn a_shared_key_signs_by_the_algorithm_that_the_settings_name() {
    let settings = ["key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"];
    let by_key = Request {
        secret: "whsk_demo_secret",
        shown: BY_SHARED_KEY,
        settings: &settings,
        ..FORM_REQUEST
    };
    assert!(by_key.is_believed());
    for settings in [
        &[][..],
        &["key=webhooks_sharedkey_1"],
        &["key=1,algorithm=HMAC_SHA1"],
        &["key=1,algorithm=HMAC_SHA512"],
        &["algorithm=HMAC_SHA256,algorithm=HMAC_SHA1"],
        &["algorithm=HMAC_SHA256", "algorithm=HMAC_SHA256"],
    ] {
        assert!(!Request { settings, ..by_key }.is_believed(), "{settings:?}");
    }
    assert!(Request { settings: &["key=1, algorithm=HMAC_SHA1"], ..FORM_REQUEST }.is_believed());
    assert!(Request { settings: &["key=1"], ..FORM_REQUEST }.is_believed());
}

#[test]
fn a_body_that_is_no_form_is_proven_by_the_digest_in_the_address() {
    assert!(JSON_REQUEST.is_believed());
    let changed = JSON.replace("call-42", "call-43");
    assert!(!Request { body: &changed, ..JSON_REQUEST }.is_believed());
    let doubled = format!("{JSON_QUERY}&{JSON_QUERY}");
    for query in ["", "bodySHA256=", &doubled] {
        assert!(!Request { query, ..JSON_REQUEST }.is_believed(), "{query}");
    }
    // The address alone proves no form, full or empty.
    for body in ["", "&", JSON] {
        assert!(!Request { kind: FORM_REQUEST.kind, body, ..JSON_REQUEST }.is_believed(), "{body}");
    }
    let both = format!("{QUERY}&{JSON_QUERY}");
    assert!(!Request { query: &both, ..FORM_REQUEST }.is_believed(), "it is part of the address");
}

const BEARER: JwtProof = JwtProof {
    header: "authorization",
    prefix: "Bearer ",
    key: KeyForm::Text,
    digest: Some("payload_hash"),
    addressed: false,
    within_s: 300,
};
const APPLE: JwtProof = JwtProof { key: KeyForm::Base64, digest: None, addressed: true, ..BEARER };

const VONAGE_KEY: &str = "vonage_signature_secret_0123456789";
const VONAGE_BODY: &str = r#"{"to":"33757000001","from":"33612345678","channel":"sms","message_uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","timestamp":"2026-11-21T09:00:00Z","message_type":"text","text":"STOP","sms":{"num_messages":"1","keyword":"STOP"}}"#;
const VONAGE_JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjM3MTIwMDAsImp0aSI6IjViNWQiLCJpc3MiOiJWb25hZ2UiLCJwYXlsb2FkX2hhc2giOiI1ZDRmZTMxODI5ODMxZjdjNDI4NzllOTYxOThmODVmMWUzNWEyNDE5MWNiZDFkMDk0ZmM0MWE2YTg3ZDZkZTllIiwiYXBpX2tleSI6ImFiY2QxMjM0IiwiYXBwbGljYXRpb25faWQiOiJhcHAtMSJ9.UBkCvFS86Vy3y-Bk7Mz4ciwYRnHon3IumRApxVEinpM";
const APPLE_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const APPLE_JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiIxMTExMTExMS0yMjIyLTMzMzMtNDQ0NC01NTU1NTU1NTU1NTUiLCJpYXQiOjE3NjM3MTIwMDB9.NPlz-3sHFK2w_vj_XEegQmfkGIpUfNkSfT4zSaj28tk";
const MSP: &str = "11111111-2222-3333-4444-555555555555";

/// Whether a JWT is believed so many seconds after it was made, by one who is called so.
fn believed(
    proof: JwtProof,
    (key, token): (&str, &str),
    body: &str,
    (after_s, audience): (i64, Option<&str>),
) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let audience = audience.map(str::to_owned);
    let secrets = WebhookSecrets { audience, ..secrets(&["b3RoZXI=", key]) };
    let webhook = Webhook { headers: &headers, address: "", query: "", body: body.as_bytes() };
    let received = Timestamp::from_secs(1_763_712_000 + after_s);
    verify(&Proof::Jwt(proof), &secrets, &webhook, received).is_ok()
}

#[test]
fn a_jwt_that_names_the_body_proves_it_while_it_is_young() {
    let vonage =
        |body: &str, after_s| believed(BEARER, (VONAGE_KEY, VONAGE_JWT), body, (after_s, None));
    assert!(vonage(VONAGE_BODY, 0) && vonage(VONAGE_BODY, 300) && vonage(VONAGE_BODY, -60));
    assert!(!vonage(VONAGE_BODY, 301) && !vonage(VONAGE_BODY, -61));
    assert!(!vonage(&VONAGE_BODY.replace("STOP", "GO"), 0));
    assert!(!believed(BEARER, ("another", VONAGE_JWT), VONAGE_BODY, (0, None)));
    let other_form = JwtProof { key: KeyForm::Base64, ..BEARER };
    assert!(!believed(other_form, (VONAGE_KEY, VONAGE_JWT), VONAGE_BODY, (0, None)));
}

#[test]
fn a_jwt_that_is_for_us_names_us() {
    let apple = |audience| believed(APPLE, (APPLE_KEY, APPLE_JWT), "any", (0, audience));
    assert!(apple(Some(MSP)));
    assert!(
        !apple(Some("22222222-2222-3333-4444-555555555555")) && !apple(Some("")) && !apple(None)
    );
    // Whom it is for is asked wherever it is said and known.
    let open = JwtProof { addressed: false, ..APPLE };
    assert!(!believed(open, (APPLE_KEY, APPLE_JWT), "any", (0, Some("another"))));
}

#[test]
fn a_token_in_the_body_is_a_text_that_is_there_once() {
    let proof = Proof::BodyToken { field: "token" };
    let believed = |body: &str| {
        let webhook =
            Webhook { headers: &HeaderMap::new(), address: "", query: "", body: body.as_bytes() };
        verify(&proof, &secrets(&["new", "df76"]), &webhook, Timestamp::default()).map(|_| ())
    };
    assert_eq!(believed(r#"{"event":"call.ended","token":"df76","data":{}}"#), Ok(()));
    let missing = Err(Unverified::Missing("token"));
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"["df76"]"#,
        r#"{"token":7}"#,
        r#"{"token":null}"#,
        r#"{"token":["df76"]}"#,
        r#"{"data":{"token":"df76"}}"#,
        r#"{"token":"df76","token":"df76"}"#,
        r#"{"token":"df76","token":"0"}"#,
    ] {
        assert_eq!(believed(body), missing, "{body}");
    }
    for body in
        [r#"{"token":""}"#, r#"{"token":"df7"}"#, r#"{"token":"df76 "}"#, r#"{"token":"DF76"}"#]
    {
        assert_eq!(believed(body), Err(Unverified::Mismatch("token")), "{body}");
    }
}
