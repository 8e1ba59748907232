//! The authorisation of a call: a token, a signature, a JWT. Nothing here prints a secret.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::jwt::{self, Algorithm};
use domain::oauth1;
use domain::outbound::{Auth, JwtAuth};
use domain::secrets::{JwtKey, Token};
use domain::time::Timestamp;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Access, CallError};
use crate::config::{Sdk, new_id, now};

/// The role of this function, which calls to services of AWS are signed with.
#[derive(Clone, Debug)]
pub struct Role {
    credentials: SharedCredentialsProvider,
    region: String,
}

impl Role {
    /// The role that a configuration has; `None` if it has none.
    #[must_use]
    pub fn of(sdk: &Sdk) -> Option<Self> {
        let region = sdk.region()?.to_string();
        Some(Self { credentials: sdk.credentials_provider()?, region })
    }

    /// Signs a call with all that it carries (Signature Version 4).
    pub(super) async fn sign(
        &self,
        request: &mut reqwest::Request,
        body: &[u8],
        service: &str,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let unusable = || CallError::Unusable("it cannot be signed for a service of AWS");
        let credentials = self.credentials.provide_credentials().await.map_err(|_| unusable())?;
        let identity = credentials.into();
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.ms()).unwrap_or(0));
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(at)
            .settings(SigningSettings::default())
            .build();
        let params = SigningParams::from(params.map_err(|_| unusable())?);
        let text = |it: (&HeaderName, &HeaderValue)| {
            Some((it.0.to_string(), it.1.to_str().ok()?.to_owned()))
        };
        let headers: Vec<_> = request.headers().iter().filter_map(text).collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let (method, url) = (request.method().as_str(), request.url().as_str());
        let signable = SignableRequest::new(method, url, headers, SignableBody::Bytes(body));
        let made = sign(signable.map_err(|_| unusable())?, &params).map_err(|_| unusable())?;
        for (name, value) in made.output().headers() {
            let name = HeaderName::try_from(name).map_err(|_| unusable())?;
            request.headers_mut().insert(name, secret_header(value)?);
        }
        Ok(())
    }
}

/// A JWT for one call.
fn jwt(auth: &JwtAuth, key: &JwtKey, now: Timestamp) -> Result<String, CallError> {
    let made = now.ms().div_euclid(1000);
    let mut claims = Map::from_iter([
        (auth.issuer.to_owned(), json!(key.issuer.expose_secret())),
        ("iat".to_owned(), json!(made)),
    ]);
    claims.extend(auth.life_s.map(|it| ("exp".to_owned(), json!(made + it))));
    claims.extend(auth.with_id.then(|| ("jti".to_owned(), json!(new_id("")))));
    let claims = Value::from(claims);
    let token = match auth.algorithm {
        Algorithm::Hs256(form) => jwt::by_key(&claims, form, &key.key),
        Algorithm::Rs256 => by_private_key(&jwt::unsigned(&claims, auth.algorithm), key),
    };
    token.ok_or(CallError::Unusable("the key of its account is not of the form that it must have"))
}

fn by_private_key(unsigned: &str, key: &JwtKey) -> Option<String> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(key.key.expose_secret().as_bytes()).ok()?;
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), unsigned.as_bytes(), &mut signature).ok()?;
    Some(jwt::signed(unsigned, &signature))
}

/// The request, still without its body, with what authorises it. It is for one call: a signature is good once, and not for long.
pub(super) fn authorised(
    mut parts: Parts,
    access: &Access<'_>,
) -> Result<reqwest::Request, CallError> {
    if access.token.is_incomplete() {
        return Err(CallError::Unusable("its account's token, or one of its keys, is empty"));
    }
    parts.uri = authorised_uri(&parts.uri, access)?;
    let request = http::Request::from_parts(parts, "");
    let mut request = reqwest::Request::try_from(request)
        .map_err(|_| CallError::Unusable("its address is not one"))?;
    let header = match (access.auth, access.token) {
        // The one is in the path, and the other is over the body, which is not here yet.
        (Auth::PathToken, Token::Alone(_)) | (Auth::SigV4 { .. }, Token::Role) => {
            return Ok(request);
        }
        (Auth::Bearer | Auth::BearerOrOAuth1, Token::Alone(token)) => {
            format!("Bearer {}", token.expose_secret())
        }
        // Over the address as it is sent: `Url` may have written it in another way than the codec.
        (Auth::BearerOrOAuth1, Token::Keys(keys)) => {
            oauth1::authorization(keys, request.method(), request.url(), &new_id(""), now())
        }
        (Auth::Basic, Token::Login(login)) => {
            let (user, password) = (login.user.expose_secret(), login.password.expose_secret());
            if user.contains(':') {
                return Err(CallError::Unusable("its account's user has a colon"));
            }
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        }
        (Auth::Jwt(auth), Token::Key(key)) => format!("Bearer {}", jwt(auth, key, now())?),
        (Auth::Bearer | Auth::PathToken, Token::Keys(_)) => {
            return Err(CallError::Unusable(
                "its account has the keys of OAuth 1.0a, and its channel takes a token alone",
            ));
        }
        (_, _) => {
            return Err(CallError::Unusable(
                "its account has another kind of token than its channel takes",
            ));
        }
    };
    request.headers_mut().insert(AUTHORIZATION, secret_header(&header)?);
    Ok(request)
}

/// The address with its token, if it goes where the configuration says.
fn authorised_uri(uri: &Uri, access: &Access<'_>) -> Result<Uri, CallError> {
    let base: Uri =
        access.base_url.parse().map_err(|_| CallError::Unusable("its base address is not one"))?;
    if uri.scheme() != base.scheme() || uri.authority() != base.authority() {
        return Err(CallError::Unusable("it goes to a host that the configuration does not name"));
    }
    if uri.scheme_str() != Some("https") && !is_loopback(uri) {
        return Err(CallError::Unusable("it is not encrypted"));
    }
    let (Auth::PathToken, Token::Alone(token)) = (access.auth, access.token) else {
        return Ok(uri.clone());
    };
    let text = uri.to_string().replace("{token}", token.expose_secret());
    text.parse().map_err(|_| CallError::Unusable("the token does not fit an address"))
}

/// Models of platforms are on loopback, without encryption.
fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(|it| matches!(it, "127.0.0.1" | "[::1]" | "localhost"))
}

fn secret_header(text: &str) -> Result<HeaderValue, CallError> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| CallError::Unusable("the token does not fit a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use domain::jwt::KeyForm;
    use domain::secrets::{Login, OAuth1Keys};
    use ring::signature::KeyPair;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    fn access<'a>(auth: Auth, token: &'a Token, base_url: &'a str) -> Access<'a> {
        Access { auth, token, base_url }
    }

    fn alone(token: &str) -> Token {
        Token::Alone(token.into())
    }

    fn keys(token_secret: &str) -> Token {
        Token::Keys(OAuth1Keys {
            consumer_key: "hush-1".into(),
            consumer_secret: "hush-2".into(),
            token: "hush-3".into(),
            token_secret: token_secret.into(),
        })
    }

    #[test]
    fn a_call_goes_only_to_the_host_that_the_configuration_names() {
        let token = alone("hush");
        let base = "https://graph.facebook.com";
        let go = |uri: &str, base: &str| {
            authorised_uri(&uri.parse().unwrap(), &access(Auth::Bearer, &token, base)).is_ok()
        };
        assert!(go("https://graph.facebook.com/v25.0/7008/messages", base));
        for elsewhere in [
            "https://graph.facebook.com.evil.example/v25.0",
            "https://graph.facebook.com:8443/v25.0",
            "http://graph.facebook.com/v25.0",
            "https://graph.facebook.com@169.254.169.254/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(!go(elsewhere, base), "{elsewhere}");
        }
        assert!(!go("http://graph.example/v25.0", "http://graph.example"), "not encrypted");
        assert!(go("http://127.0.0.1:9000/v25.0", "http://127.0.0.1:9000"), "a model");
    }

    #[test]
    fn a_token_in_the_path_is_put_in_by_the_shell_alone() {
        let token = alone("123:hush");
        let access = access(Auth::PathToken, &token, "https://api.telegram.org");
        let uri = "https://api.telegram.org/bot{token}/sendMessage".parse().unwrap();
        let uri = authorised_uri(&uri, &access).unwrap();
        assert_eq!(uri.path(), "/bot123:hush/sendMessage");
        assert!(!format!("{access:?}").contains("hush"));
    }

    /// The `Authorization` header of a call, or why there is none.
    fn header(auth: Auth, token: &Token) -> Result<Option<HeaderValue>, CallError> {
        let request = http::Request::post("https://api.x.com/2/tweets").body(()).unwrap();
        let request = authorised(request.into_parts().0, &access(auth, token, "https://api.x.com"));
        let shown = format!("{request:?}");
        assert!(!shown.contains("hush"), "{shown}");
        Ok(request?.headers().get(AUTHORIZATION).cloned())
    }

    #[test]
    fn a_channel_takes_the_tokens_that_its_auth_says_and_no_header_of_them_prints() {
        let begins = |auth, token: &Token, with: &str| {
            let header = header(auth, token).unwrap().unwrap();
            assert!(header.is_sensitive() && header.to_str().unwrap().starts_with(with));
        };
        begins(Auth::Bearer, &alone("hush"), "Bearer hush");
        begins(Auth::BearerOrOAuth1, &alone("hush"), "Bearer hush");
        begins(Auth::BearerOrOAuth1, &keys("hush-4"), "OAuth oauth_consumer_key=\"hush-1\", ");
        assert_eq!(header(Auth::PathToken, &alone("hush")).unwrap(), None);
        for auth in [Auth::Bearer, Auth::PathToken] {
            let error = header(auth, &keys("hush-4")).unwrap_err().to_string();
            assert!(error.contains("keys of OAuth 1.0a"), "{error}");
        }
    }

    #[test]
    fn an_empty_token_or_key_makes_no_call() {
        for (auth, token) in [
            (Auth::Bearer, alone("")),
            (Auth::PathToken, alone("")),
            (Auth::BearerOrOAuth1, keys("")),
        ] {
            let error = header(auth, &token).unwrap_err().to_string();
            assert!(error.contains("is empty"), "{error}");
        }
    }

    const APPLE: JwtAuth = JwtAuth {
        algorithm: Algorithm::Hs256(KeyForm::Base64),
        issuer: "iss",
        life_s: None,
        with_id: false,
    };
    const VONAGE: JwtAuth = JwtAuth {
        algorithm: Algorithm::Rs256,
        issuer: "application_id",
        life_s: Some(900),
        with_id: true,
    };
    const PEM: &str = include_str!("../../tests/data/jwt-test-key.pem");

    fn key(issuer: &str, key: &str) -> JwtKey {
        JwtKey { issuer: issuer.into(), key: key.into() }
    }

    fn login(user: &str) -> Token {
        Token::Login(Login { user: user.into(), password: "hush".into() })
    }

    #[test]
    fn a_login_is_basic_and_has_no_colon_in_its_user() {
        let shown = header(Auth::Basic, &login("AC7")).unwrap().unwrap();
        assert!(shown.is_sensitive());
        assert_eq!(shown, format!("Basic {}", STANDARD.encode("AC7:hush")).as_str());
        assert!(header(Auth::Basic, &login("AC:7")).is_err());
    }

    #[test]
    fn every_other_token_than_the_channel_takes_makes_no_call() {
        let tokens = [
            alone("hush"),
            keys("hush"),
            login("a"),
            Token::Key(key("a", "aHVzaA==")),
            Token::Role,
        ];
        let auths =
            [Auth::Bearer, Auth::Basic, Auth::SigV4 { service: "sms-voice" }, Auth::Jwt(&APPLE)];
        for (n, auth) in auths.into_iter().enumerate() {
            let taken = [0, 2, 4, 3][n];
            for (m, token) in tokens.iter().enumerate() {
                assert_eq!(header(auth, token).is_ok(), m == taken, "{auth:?} {token:?}");
            }
        }
    }

    #[test]
    fn a_jwt_is_made_for_the_call_with_the_key_that_is_shared() {
        let secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let msp = "11111111-2222-3333-4444-555555555555";
        let token = jwt(&APPLE, &key(msp, secret), Timestamp::from_secs(1_763_712_000)).unwrap();
        let claims = jwt::verify(&token, KeyForm::Base64, &secret.into()).unwrap();
        assert_eq!(claims, json!({ "iss": msp, "iat": 1_763_712_000 }));
        assert!(jwt(&APPLE, &key(msp, "not base64!"), Timestamp::default()).is_err());
    }

    #[test]
    fn a_jwt_by_a_private_key_is_what_the_public_one_proves() {
        let at = Timestamp::from_secs(1_763_712_000);
        let token = jwt(&VONAGE, &key("app-1", PEM), at).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decode =
            |it: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(it).unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(PEM.as_bytes()).unwrap();
        let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public =
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
        assert!(public.verify(signed.as_bytes(), &decode(signature)).is_ok());
        let (header, claims) = signed.split_once('.').unwrap();
        let [header, claims] =
            [header, claims].map(|it| serde_json::from_slice::<Value>(&decode(it)).unwrap());
        assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT" }));
        assert_eq!(claims["application_id"], "app-1");
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&json!(1_763_712_000), &json!(1_763_712_900))
        );
        assert_ne!(
            token,
            jwt(&VONAGE, &key("app-1", PEM), at).unwrap(),
            "each has an id of its own"
        );
        assert!(jwt(&VONAGE, &key("app-1", "hush"), at).is_err());
    }

    /// The case `get-vanilla` of the suite that AWS publishes.
    #[tokio::test]
    async fn a_call_to_a_service_of_aws_is_signed_by_the_role() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "a test",
        );
        let role = Role {
            credentials: SharedCredentialsProvider::new(credentials),
            region: "us-east-1".to_owned(),
        };
        let at = Timestamp::parse("2015-08-30T12:36:00Z").unwrap();
        let sign = async |body: &[u8]| {
            let url = "https://example.amazonaws.com/".parse().unwrap();
            let mut request = reqwest::Request::new(http::Method::GET, url);
            role.sign(&mut request, body, "service", at).await.unwrap();
            let header = request.headers()[AUTHORIZATION].clone();
            assert!(header.is_sensitive() && request.headers()["x-amz-date"] == "20150830T123600Z");
            header.to_str().unwrap().to_owned()
        };
        assert_eq!(
            sign(b"").await,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_ne!(sign(b"").await, sign(b"{}").await, "the body is signed");
    }
}
