//! Access tokens in the form in which well-known issuers make them. Each fixture names the page that documents the form, and claims
//! that make it no token for us, or one that opens nothing.

use std::fs;
use std::path::Path;

use api::{Auth, Issuer};
use aws::jwks::Jwks;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::{World, ask, request};

const KEY: &[u8] = include_bytes!("../data/issuer-rsa.der");
const PUBLIC: &str = include_str!("../data/issuer-rsa.json");

/// A token of a fixture, with some claims replaced.
fn token(fixture: &Value, replaced: &Value) -> String {
    let mut claims = fixture["claims"].clone();
    for (name, value) in replaced.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let header = Header { kid: Some("test".to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_der(KEY)).unwrap()
}

/// The API with a fixture's issuer, whose key is as that issuer publishes its own.
async fn api(world: &World, fixture: &Value, server: &MockServer) -> api::Api {
    let mut key: Value = serde_json::from_str(PUBLIC).unwrap();
    key.as_object_mut().unwrap().extend(fixture["key"].as_object().unwrap().clone());
    let keys = ResponseTemplate::new(200).set_body_json(json!({ "keys": [key] }));
    Mock::given(path("/keys")).respond_with(keys).mount(server).await;
    let text = |name: &str| fixture[name].as_str().unwrap().to_owned();
    let issuer = Issuer {
        issuer: text("issuer"),
        audience: text("audience"),
        scope_prefix: text("scope_prefix"),
    };
    let jwks = Jwks::at(&format!("{}/keys", server.uri())).unwrap();
    api::Api { auth: Auth::Jwt(issuer, jwks), ..world.api() }
}

#[tokio::test]
async fn tokens_of_well_known_issuers_open_what_they_name_and_with_one_wrong_claim_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/issuers");
    let (world, mut n_issuers) = (World::new().await, 0);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.display();
        let fixture: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let server = MockServer::start().await;
        let api = api(&world, &fixture, &server).await;
        let status = async |method: &str, path: &str, replaced: &Value| {
            let token = token(&fixture, replaced);
            ask(&api, request(method, path, Some(&token))).await.status
        };
        let thread = format!("/v1/threads/thr_{}", "0".repeat(32));
        assert_eq!(status("GET", "/v1/threads", &json!({})).await, 200, "{name}");
        assert_eq!(status("PATCH", &thread, &json!({})).await, 403, "{name}: not its own scope");
        for wrong in fixture["wrong"].as_array().unwrap() {
            assert_eq!(status("GET", "/v1/threads", wrong).await, 401, "{name}: {wrong}");
        }
        for without in fixture["without"].as_array().unwrap() {
            assert_eq!(status("GET", "/v1/threads", without).await, 403, "{name}: {without}");
        }
        assert!(!fixture["wrong"].as_array().unwrap().is_empty(), "{name}");
        n_issuers += 1;
    }
    assert_eq!(n_issuers, 6);
}
