//! The environment, the clock, fresh ids, and the configuration that every AWS client shares.

use std::time::Duration;

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use domain::time::Timestamp;

/// The roots that AWS endpoints are signed by. A few roots cost a thousandth of all: they are parsed at every cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("../data/amazon-roots.pem");

/// The settings that every AWS client is made from.
pub type Sdk = SdkConfig;

/// A variable that must be set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn env(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("the environment variable {name} is not set"))
}

/// A variable, or what stands in for it when it is not set or empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
#[must_use]
pub fn env_or(name: &str, default: &str) -> String {
    std::env::var(name).ok().filter(|it| !it.is_empty()).unwrap_or_else(|| default.to_owned())
}

/// This moment.
#[expect(clippy::disallowed_methods, reason = "the one clock")]
#[must_use]
pub fn now() -> Timestamp {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A fresh id: a prefix (`thr_`) and a UUID v7, which sorts by time.
#[expect(clippy::disallowed_methods, reason = "the one source of ids")]
#[must_use]
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::now_v7().simple())
}

/// The endpoint of one service, where `AWS_ENDPOINT_URL_<SERVICE>` gives it one of its own; else that of all.
#[must_use]
pub fn endpoint(sdk: &Sdk, service: &str) -> Option<String> {
    let own = env_or(&format!("AWS_ENDPOINT_URL_{service}"), "");
    if own.is_empty() { sdk.endpoint_url().map(str::to_owned) } else { Some(own) }
}

/// The configuration of Lambda's environment: region, the role's credentials, and, for the local cloud, the endpoint.
///
/// `AWS_CA_BUNDLE` names a file of roots to trust instead of Amazon's, as in every AWS SDK.
pub fn sdk() -> anyhow::Result<Sdk> {
    let credentials = Credentials::new(
        env("AWS_ACCESS_KEY_ID")?,
        env("AWS_SECRET_ACCESS_KEY")?,
        Some(env_or("AWS_SESSION_TOKEN", "")).filter(|it| !it.is_empty()),
        None,
        "environment",
    );
    let region = env("AWS_REGION").or_else(|_| env("AWS_DEFAULT_REGION"))?;
    let endpoint = Some(env_or("AWS_ENDPOINT_URL", "")).filter(|it| !it.is_empty());
    let bundle = env_or("AWS_CA_BUNDLE", "");
    let roots = if bundle.is_empty() {
        AMAZON_ROOTS.to_vec()
    } else {
        std::fs::read(&bundle).with_context(|| format!("cannot read AWS_CA_BUNDLE {bundle}"))?
    };
    build(credentials, region, endpoint, roots)
}

fn build(
    credentials: Credentials,
    region: String,
    endpoint: Option<String>,
    roots: Vec<u8>,
) -> anyhow::Result<Sdk> {
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(roots))
        .build()
        .context("cannot use the root certificates")?;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https();
    // Shorter than any function's own timeout: a hung connection becomes an error that is handled.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(1_500))
        .operation_attempt_timeout(Duration::from_secs(3))
        .build();
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(region))
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
    sdk.set_endpoint_url(endpoint);
    Ok(sdk.build())
}
