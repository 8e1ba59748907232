//! The access to every route, with every kind of bad credential.

use api::routes::{self, Access, ROUTES, SCOPES};
use api::{Auth, Issuer};
use aws::jwks::Jwks;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use wiremock::matchers::path as at_path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::{Reply, World, ask, now, request};

/// A path of a route, with an id for each name.
fn path(route: &routes::Route) -> String {
    let thread = format!("thr_{}", "0".repeat(32));
    let message = format!("msg_{}", "0".repeat(32));
    let contact = format!("con_{}", "0".repeat(32));
    let id = match route.path.split('/').nth(2) {
        Some("threads") => thread,
        Some("contacts") => contact,
        _ => message,
    };
    let path = route.path.replace("{id}", &id);
    let path = path.replace("{identity}", &format!("idn_{}", "0".repeat(32)));
    path.replace("{correction}", &format!("cor_{}", "0".repeat(32)))
}

async fn with(world: &World, route: &routes::Route, token: Option<&str>) -> Reply {
    ask(&world.api(), request(route.method.as_str(), &path(route), token)).await
}

#[tokio::test]
async fn no_route_is_open_to_a_caller_without_a_good_token_of_its_scope() {
    let world = World::new().await;
    let expired = world.token(&SCOPES, Some(now())).await;
    let revoked = world.token(&SCOPES, None).await;
    world.table().tokens().revoke_token(&revoked.token.id, now()).await.unwrap();
    let unknown = format!("ari_{}", "A".repeat(43));
    let mut n_checked = 0;
    for route in &ROUTES {
        let Access::Scope(scope) = route.access else { continue };
        let bad = [
            None,
            Some("nonsense"),
            Some(&*unknown),
            Some(expired.reveal()),
            Some(revoked.reveal()),
        ];
        let mut answers = Vec::new();
        for token in bad {
            let reply = with(&world, route, token).await;
            assert_eq!((reply.status, reply.problem()), (401, "unauthenticated"), "{}", route.path);
            assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"ariane\""));
            answers.push(reply);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "one answer, whatever is wrong with the token");
        let others: Vec<_> = SCOPES.into_iter().filter(|it| *it != scope).collect();
        let other = world.token(&others, None).await;
        let reply = with(&world, route, Some(other.reveal())).await;
        assert_eq!((reply.status, reply.problem()), (403, "forbidden"), "{}", route.path);
        assert!(reply.header("www-authenticate").unwrap().contains(scope));
        let own = world.token(&[scope], None).await;
        let reply = with(&world, route, Some(own.reveal())).await;
        assert!(![401, 403].contains(&reply.status), "{} {}", route.path, reply.status);
        n_checked += 1;
    }
    assert_eq!(n_checked, ROUTES.len() - 1);
}

#[tokio::test]
async fn the_document_is_public_and_nothing_else_is() {
    let world = World::new().await;
    let reply = ask(&world.api(), request("GET", "/v1/openapi.json", None)).await;
    assert_eq!((reply.status, reply.body["openapi"].as_str()), (200, Some("3.1.0")));
    let public = ROUTES.iter().filter(|it| it.access == Access::Public);
    assert_eq!(public.map(|it| it.path).collect::<Vec<_>>(), ["/v1/openapi.json"]);
}

#[tokio::test]
async fn what_is_not_a_route_is_not_found_and_a_wrong_method_says_the_right_ones() {
    let world = World::new().await;
    let reply = ask(&world.api(), request("GET", "/v1/nothing", None)).await;
    assert_eq!((reply.status, reply.problem()), (404, "not-found"));
    let reply = ask(&world.api(), request("DELETE", "/v1/messages", None)).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn a_rotated_token_is_good_in_both_texts_until_the_old_one_ends() {
    let world = World::new().await;
    let old = world.token(&["threads:read"], Some(now().plus_ms(1_000_000))).await;
    let old_until = now().plus_ms(60_000);
    let new = world.table().tokens().rotate_token(&old.token.id, old_until, now()).await.unwrap();
    assert_eq!(new.token.id, old.token.id);
    assert_eq!(new.token.scopes, old.token.scopes);
    for (token, later, status) in
        [(&old, 0, 200), (&old, 60_000, 401), (&new, 60_000, 200), (&new, 1_000_000, 401)]
    {
        let request = request("GET", "/v1/threads", Some(token.reveal()));
        let (answer, _) = world.api().answer(&request, now().plus_ms(later)).await;
        assert_eq!(answer.status, status, "after {later} ms");
    }
    let listed = world.table().tokens().list().await.unwrap();
    assert_eq!(listed.iter().filter(|it| it.id == old.token.id).count(), 2);
    world.table().tokens().revoke_token(&old.token.id, now()).await.unwrap();
    let listed = world.table().tokens().list().await.unwrap();
    assert!(listed.iter().filter(|it| it.id == old.token.id).all(|it| it.revoked_at.is_some()));
    assert!(world.table().tokens().rotate_token(&old.token.id, old_until, now()).await.is_err());
}

#[tokio::test]
async fn a_tokens_text_is_nowhere_in_the_table_nor_in_its_debug_output() {
    let world = World::new().await;
    let token = world.token(&["threads:read"], None).await;
    let text = token.reveal();
    assert!(text.starts_with("ari_") && text.len() == 47);
    assert!(text.ends_with(&token.token.last_four));
    assert!(!format!("{:?}", world.cloud.items().await).contains(text));
    assert!(!format!("{token:?}").contains(text));
}

#[tokio::test]
async fn with_iam_the_gateway_has_checked_the_caller_and_a_token_counts_for_nothing() {
    let world = World::new().await;
    let token = world.token(&SCOPES, None).await;
    let api = api::Api { auth: Auth::Iam, ..world.api() };
    let mut without = request("GET", "/v1/threads", Some(token.reveal()));
    without.route_key = Some("GET /v1/threads".to_owned());
    let without = ask(&api, without).await;
    assert_eq!(
        (without.status, without.header("www-authenticate")),
        (401, Some("AWS4-HMAC-SHA256"))
    );
    let mut checked = request("GET", "/v1/threads", None);
    checked.iam = Some("arn:aws:iam::123456789012:user/crm".to_owned());
    checked.route_key = Some("GET /v1/threads".to_owned());
    assert_eq!(ask(&api, checked.clone()).await.body["threads"], Value::Array(vec![]));
    // The gateway shows `%2F` as a slash: what was authorised is what its key says.
    checked.route_key = Some("GET /v1/threads/{id}".to_owned());
    for path in ["/v1/threads", "/v1/threads/thr_1/timeline", "/v1/threads/thr_1%2Ftimeline"] {
        let another = api
            .answer(&api::call::Request { path: path.to_owned(), ..checked.clone() }, now())
            .await;
        assert_eq!(another.0.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_the_companys_issuer_opens_what_its_scopes_say() {
    let issuer = MockServer::start().await;
    let keys = ResponseTemplate::new(200).set_body_string(include_str!("../data/issuer-jwks.json"));
    Mock::given(at_path("/keys")).respond_with(keys).expect(1).mount(&issuer).await;
    let world = World::new().await;
    let rules = Issuer {
        issuer: "https://id.example.com".to_owned(),
        audience: "ariane".to_owned(),
        scope_prefix: String::new(),
    };
    let jwks = Jwks::at(&format!("{}/keys", issuer.uri())).unwrap();
    let api = api::Api { auth: Auth::Jwt(rules, jwks), ..world.api() };
    let key = EncodingKey::from_ec_der(include_bytes!("../data/issuer-key.der"));
    let sign = |kid: &str, audience: &str| {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
        let claims = json!({
            "iss": "https://id.example.com", "aud": audience, "sub": "crm", "exp": now().secs() + 60, "scope": "threads:read",
        });
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    };
    for (path, kid, audience, status) in [
        ("/v1/threads", "test", "ariane", 200),
        ("/v1/messages/msg_1", "test", "ariane", 403),
        ("/v1/threads", "test", "other", 401),
        ("/v1/threads", "unknown", "ariane", 401),
    ] {
        let reply = ask(&api, request("GET", path, Some(&sign(kid, audience)))).await;
        assert_eq!(reply.status, status, "{path} {kid} {audience}");
    }
}
