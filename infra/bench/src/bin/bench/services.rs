//! The two services that a channel function speaks to, over TLS, signed by the benchmark's own authority.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::serve::Listener;
use bench::{SECRET, Subject};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// The addresses of the services, and the file of the root to trust.
pub(crate) struct Services {
    pub(crate) secrets: String,
    pub(crate) queues: String,
    pub(crate) roots: PathBuf,
}

/// Starts both, each on a port of its own: two hosts, two handshakes.
pub(crate) async fn start(subject: &Subject) -> anyhow::Result<Services> {
    let key = rcgen::KeyPair::generate()?;
    let mut authority = rcgen::CertificateParams::new(vec![])?;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key)?;
    let issuer = rcgen::Issuer::new(authority, key);
    let server_key = rcgen::KeyPair::generate()?;
    let server =
        rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    let server = server.signed_by(&server_key, &issuer)?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(server_key.serialize_der()).map_err(anyhow::Error::msg)?,
        )?;
    let roots = std::env::temp_dir().join(format!("ariane-bench-{}.pem", std::process::id()));
    std::fs::write(&roots, root.pem()).context("cannot write the root certificate")?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let secret = json!({ "signing": [SECRET], "accounts": [subject.account] }).to_string();
    Ok(Services {
        secrets: serve(acceptor.clone(), secret.clone()).await?,
        queues: serve(acceptor, secret).await?,
        roots,
    })
}

async fn serve(acceptor: TlsAcceptor, secret: String) -> anyhow::Result<String> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}", tcp.local_addr()?.port());
    let router = Router::new().route("/", post(answer)).with_state(secret);
    tokio::spawn(async move { axum::serve(Tls { tcp, acceptor }, router).await });
    Ok(url)
}

async fn answer(State(secret): State<String>, headers: HeaderMap, body: Bytes) -> String {
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok()).unwrap_or_default();
    if target == "secretsmanager.GetSecretValue" {
        return json!({ "ARN": "arn", "Name": "name", "SecretString": secret }).to_string();
    }
    let call: Value = serde_json::from_slice(&body).unwrap_or_default();
    let done = |it: &Value| json!({ "Id": it.get("Id"), "MessageId": "1", "MD5OfMessageBody": "" });
    let done: Vec<_> =
        call.get("Entries").and_then(Value::as_array).into_iter().flatten().map(done).collect();
    json!({ "Successful": done, "Failed": [] }).to_string()
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, from)) = self.tcp.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
