//! Secrets, from the secret store only.

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use serde::de::DeserializeOwned;

use crate::config::{Sdk, endpoint};

/// The secret store.
#[derive(Clone, Debug)]
pub struct Vault {
    client: Client,
}

impl Vault {
    /// The store of this account and region.
    #[must_use]
    pub fn new(sdk: &Sdk) -> Self {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint(sdk, "SECRETS_MANAGER"));
        Self { client: Client::from_conf(config.build()) }
    }

    /// The store over a client that a test made.
    #[must_use]
    pub fn over(client: Client) -> Self {
        Self { client }
    }

    /// A secret by name or ARN, read from its JSON. The error names the secret and never holds its text.
    pub async fn read<T: DeserializeOwned>(&self, id: &str) -> anyhow::Result<T> {
        let secret = self.client.get_secret_value().secret_id(id).send().await;
        let secret = secret.with_context(|| format!("cannot read the secret {id}"))?;
        let text =
            secret.secret_string().with_context(|| format!("the secret {id} is not text"))?;
        serde_json::from_str(text).map_err(|error| {
            anyhow::anyhow!(
                "the secret {id} is not of the expected form, near line {} column {}",
                error.line(),
                error.column()
            )
        })
    }
}
