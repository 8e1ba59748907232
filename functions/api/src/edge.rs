//! The layer between the API and Lambda: the environment, the gateway's requests, and its answers.

use anyhow::bail;
use aws::jwks::Jwks;
use aws::objects::Objects;
use aws::queue::Queue;
use aws::sending::Deployed;
use aws::store::{Rules, Store};
use aws::{env, env_or};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use crate::api::Api;
use crate::auth::{Auth, Issuer};
use crate::call::{ApiAnswer, Body, Request};

/// The header with a request's name, in every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Api {
    /// The API as the environment configures it.
    pub fn from_env() -> anyhow::Result<Self> {
        let sdk = aws::config::sdk()?;
        let deployed = Deployed::from_env(|names| channels::offers(channels::ALL, names))?;
        let Deployed { offers, senders } = deployed;
        Ok(Self {
            store: Store::from_env(&sdk)?,
            queue: Queue::new(&sdk, env("OUTBOUND_QUEUE_URL")?),
            objects: Objects::new(&sdk, env("BUCKET_NAME")?),
            auth: auth()?,
            offers,
            accounts: senders,
            rules: Rules::from_env()?,
        })
    }

    /// Answers a request of the gateway.
    pub async fn serve(&self, request: lambda_http::Request) -> Response<lambda_http::Body> {
        let request = incoming(request);
        let (answer, media_type) = self.answer(&request, aws::now()).await;
        outgoing(answer, media_type, &request.id)
    }
}

fn auth() -> anyhow::Result<Auth> {
    match env_or("AUTH_MODE", "token").as_str() {
        "token" => Ok(Auth::Tokens),
        "iam" => Ok(Auth::Iam),
        "jwt" => {
            let issuer = Issuer {
                issuer: env("JWT_ISSUER")?,
                audience: env("JWT_AUDIENCE")?,
                scope_prefix: env_or("JWT_SCOPE_PREFIX", ""),
            };
            let jwks = match env_or("JWT_JWKS_URL", "") {
                url if url.is_empty() => Jwks::of(&issuer.issuer)?,
                url => Jwks::at(&url)?,
            };
            Ok(Auth::Jwt(issuer, jwks))
        }
        other => bail!("AUTH_MODE must be token, jwt or iam, not {other}"),
    }
}

fn incoming(request: lambda_http::Request) -> Request {
    let context = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        Some(_) | None => None,
    };
    let iam = context.and_then(|it| it.authorizer.as_ref()?.iam.as_ref()?.user_arn.clone());
    let route_key = context.and_then(|it| it.route_key.clone());
    let id = context.and_then(|it| it.request_id.clone());
    let path = match request.raw_http_path() {
        "" => request.uri().path(),
        raw => raw,
    };
    let (path, query) = (path.to_owned(), request.uri().query().unwrap_or_default().to_owned());
    let (parts, body) = request.into_parts();
    Request {
        method: parts.method,
        path,
        query,
        headers: parts.headers,
        body: body.to_vec(),
        iam,
        route_key,
        id: id.unwrap_or_else(|| aws::new_id("req_")),
    }
}

fn outgoing(
    answer: ApiAnswer,
    media_type: &'static str,
    request_id: &str,
) -> Response<lambda_http::Body> {
    let body = match answer.body {
        Body::Empty => lambda_http::Body::Empty,
        Body::Json(value) => lambda_http::Body::Text(value.to_string()),
        Body::Text(text) => lambda_http::Body::Text(text.to_owned()),
        Body::Bytes(bytes) => lambda_http::Body::Binary(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if !matches!(answer.status, 204 | 304) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    // What people said must not stay in a cache on the way.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let named = [(REQUEST_ID, request_id.to_owned())];
    for (name, value) in answer.headers.into_iter().chain(named) {
        // Headers are made of ids and words of ours; what a gateway calls a request is not always one.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_the_gateway_keeps_its_path_its_bytes_and_its_principal() {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "POST /v1/messages", "rawPath": "/v1/messages", "rawQueryString": "a=%23",
            "headers": { "content-type": "application/json", "host": "api.example.com" },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "api.example.com", "domainPrefix": "api",
                "http": { "method": "POST", "path": "/v1/messages", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "t" },
                "requestId": "gateway=1", "routeKey": "POST /v1/messages", "stage": "$default",
                "time": "22/Nov/2026:18:00:00 +0000", "timeEpoch": 1_795_000_000_000_i64,
                "authorizer": { "iam": { "userArn": "arn:aws:iam::1:user/crm" } },
            },
            "body": "eyJhIjoxfQ==", "isBase64Encoded": true,
        });
        let request = incoming(lambda_http::request::from_str(&event.to_string()).unwrap());
        assert_eq!(
            (request.method, &*request.path, &*request.query),
            (http::Method::POST, "/v1/messages", "a=%23")
        );
        assert_eq!((request.body, &*request.id), (br#"{"a":1}"#.to_vec(), "gateway=1"));
        assert_eq!(request.iam.as_deref(), Some("arn:aws:iam::1:user/crm"));
        assert_eq!(request.route_key.as_deref(), Some("POST /v1/messages"));
        assert_eq!(request.headers["content-type"], "application/json");
    }

    #[test]
    fn an_answer_names_its_request_and_is_not_cached() {
        let answer = ApiAnswer::ok(serde_json::json!({}));
        let response = outgoing(answer, "application/json", "req_1");
        assert_eq!(response.headers()["x-request-id"], "req_1");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let nothing = ApiAnswer { status: 304, headers: vec![], body: Body::Empty };
        let response = outgoing(nothing, "application/json", "req_1");
        assert!(!response.headers().contains_key("content-type"));
    }
}
