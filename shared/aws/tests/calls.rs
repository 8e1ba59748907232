//! Calls to platforms: what is known of the platform when there is no proper answer.
#![expect(clippy::expect_used, reason = "test support: a failure here is a failed test")]

use std::time::{Duration, Instant};

use aws::calls::{Access, CallError, Calls, Limits};
use aws::objects::Objects;
use domain::oauth1;
use domain::outbound::{Auth, Body, Call, Response};
use domain::secrets::{OAuth1Keys, Token};
use domain::time::Timestamp;
use embedded::Cloud;
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const LIMITS: Limits = Limits {
    connect: Duration::from_millis(300),
    total: Duration::from_millis(500),
    total_with_file: Duration::from_secs(5),
};

async fn make(base_url: &str, body: Body) -> Result<Response, CallError> {
    make_as(Auth::Bearer, &Token::Alone("hush".into()), base_url, body).await
}

async fn make_as(
    auth: Auth,
    token: &Token,
    base_url: &str,
    body: Body,
) -> Result<Response, CallError> {
    let cloud = Cloud::start().await;
    cloud.bucket.put("media/1", b"<file>");
    let bucket = Objects::over(cloud.process().bucket, "bucket".to_owned());
    let calls = Calls::new(bucket, LIMITS).expect("a client");
    let request = http::Request::post(format!("{base_url}/messages")).body(()).expect("a request");
    let call = Call { request: request.into_parts().0, body, delivers: true };
    calls.make(call, &Access { auth, token, base_url }).await
}

fn hello() -> Body {
    Body::Inline(b"hello".to_vec())
}

async fn platform(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/messages")).respond_with(answer).mount(&server).await;
    server
}

/// A platform that does something to each connection after it read the call.
async fn platform_that<F: Future<Output = ()> + Send>(
    acts: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let read = stream.read(&mut [0; 4096]).await;
            assert!(read.is_ok_and(|it| 0 < it));
            acts(stream).await;
        }
    });
    address
}

#[tokio::test]
async fn a_call_is_authorised_and_its_answer_is_read() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/messages"))
        .and(header("authorization", "Bearer hush"))
        .and(body_string("hello"))
        .respond_with(ResponseTemplate::new(200).set_body_string("taken"))
        .expect(1)
        .mount(&server)
        .await;
    let answer = make(&server.uri(), hello()).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"taken".as_slice()));
}

fn keys() -> OAuth1Keys {
    OAuth1Keys {
        consumer_key: "app".into(),
        consumer_secret: "hush".into(),
        token: "user".into(),
        token_secret: "hush".into(),
    }
}

/// The value of one field of a signed header.
fn field<'a>(header: &'a str, name: &str) -> &'a str {
    let (_, rest) = header.split_once(&format!("{name}=\"")).expect("the field");
    rest.split('"').next().expect("its value")
}

#[tokio::test]
async fn with_four_keys_each_call_is_signed_anew() {
    let server = platform(ResponseTemplate::new(503)).await;
    for _ in 0..2 {
        let (auth, token) = (Auth::BearerOrOAuth1, Token::Keys(keys()));
        assert_eq!(make_as(auth, &token, &server.uri(), hello()).await.unwrap().status, 503);
    }
    let mut nonces = Vec::new();
    for request in server.received_requests().await.unwrap() {
        let header = request.headers["authorization"].to_str().unwrap();
        let (nonce, at) = (field(header, "oauth_nonce"), field(header, "oauth_timestamp"));
        let at = Timestamp::from_secs(at.parse().unwrap());
        assert!(aws::now().since(at) < 60_000, "{at:?}");
        let url = format!("{}/messages", server.uri()).parse().unwrap();
        let expected = oauth1::authorization(&keys(), &Method::POST, &url, nonce, at);
        assert_eq!(header, expected);
        nonces.push(nonce.to_owned());
    }
    assert!(nonces.len() == 2 && nonces[0] != nonces[1], "{nonces:?}");
}

#[tokio::test]
async fn keys_at_a_channel_that_takes_a_token_alone_make_no_call() {
    let server = platform(ResponseTemplate::new(200)).await;
    let token = Token::Keys(keys());
    let refused = make_as(Auth::Bearer, &token, &server.uri(), hello()).await;
    assert!(matches!(refused, Err(CallError::Unusable(_))));
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_of_our_bucket_goes_between_its_pieces() {
    let server = MockServer::start().await;
    let whole = body_string("--a<file>--b");
    Mock::given(whole).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let body = |key: &str| Body::Object {
        before: b"--a".to_vec(),
        key: key.to_owned(),
        after: b"--b".to_vec(),
    };
    assert_eq!(make(&server.uri(), body("media/1")).await.unwrap().status, 200);
    assert!(matches!(make(&server.uri(), body("media/2")).await, Err(CallError::File(_))));
}

#[tokio::test]
async fn a_refused_connection_is_surely_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(make(&address, hello()).await, Err(CallError::Unsent(_))));
}

#[tokio::test]
async fn a_late_answer_leaves_us_in_doubt() {
    let server = platform(ResponseTemplate::new(200).set_delay(Duration::from_secs(20))).await;
    let start = Instant::now();
    assert!(matches!(make(&server.uri(), hello()).await, Err(CallError::InDoubt(_))));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_call_leaves_us_in_doubt() {
    let address = platform_that(async |stream| drop(stream)).await;
    assert!(matches!(make(&address, hello()).await, Err(CallError::InDoubt(_))));
}

#[tokio::test]
async fn an_answer_that_breaks_in_its_middle_leaves_us_in_doubt() {
    let address = platform_that(async |mut stream| {
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":";
        assert!(stream.write_all(half).await.is_ok());
    })
    .await;
    assert!(matches!(make(&address, hello()).await, Err(CallError::InDoubt(_))));
}

#[tokio::test]
async fn refusals_and_failures_of_the_platform_are_answers() {
    let busy =
        ResponseTemplate::new(429).insert_header("retry-after", "37").set_body_string("slow");
    let answer = make(&platform(busy).await.uri(), hello()).await.unwrap();
    assert_eq!((answer.status, answer.retry_after), (429, Some(Duration::from_secs(37))));
    let down = make(&platform(ResponseTemplate::new(503)).await.uri(), hello()).await.unwrap();
    assert_eq!((down.status, down.retry_after), (503, None));
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_cap() {
    let long = ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 3 * 1024 * 1024]);
    assert_eq!(make(&platform(long).await.uri(), hello()).await.unwrap().body.len(), 256 * 1024);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = platform(ResponseTemplate::new(200)).await;
    let away = ResponseTemplate::new(307)
        .insert_header("location", format!("{}/messages", elsewhere.uri()));
    assert_eq!(make(&platform(away).await.uri(), hello()).await.unwrap().status, 307);
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn no_error_holds_the_token_or_the_address() {
    let error = make("http://127.0.0.1:1/secret-path", hello()).await.err().unwrap();
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("secret-path") && !shown.contains("hush"), "{shown}");
}
