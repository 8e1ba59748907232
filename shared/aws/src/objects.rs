//! The bucket: parked webhooks, large content, media.

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use crate::config::Sdk;

/// The bucket. Its connection is opened by the first call only.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
}

impl Objects {
    /// The bucket of this name.
    #[must_use]
    pub fn new(sdk: &Sdk, bucket: String) -> Self {
        let mut config = aws_sdk_s3::config::Builder::from(sdk);
        // The local cloud has no bucket host names.
        config.set_force_path_style(sdk.endpoint_url().map(|_| true));
        Self { client: Client::from_conf(config.build()), bucket }
    }

    /// A bucket over a client that a test made.
    #[must_use]
    pub fn over(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Stores an object, replacing any under that key.
    pub async fn put(&self, key: &str, body: Vec<u8>) -> anyhow::Result<()> {
        let put =
            self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(body));
        put.send().await.with_context(|| format!("cannot store the object {key}"))?;
        Ok(())
    }

    /// Fetches an object of this bucket.
    pub async fn get(&self, key: &str) -> anyhow::Result<Vec<u8>> {
        self.get_from(&self.bucket, key).await
    }

    /// Fetches an object of this bucket, if it is there. To a role that may not list it, the bucket does not tell what is gone
    /// from what is forbidden.
    pub async fn find(&self, key: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let fetched = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let response = fetched.as_ref().err().and_then(|it| it.raw_response());
        if matches!(response.map(|it| it.status().as_u16()), Some(403 | 404)) {
            tracing::warn!(key, "an object is not there, or must not be read");
            return Ok(None);
        }
        let object = fetched.with_context(|| format!("cannot fetch the object {key}"))?;
        let body = object.body.collect().await;
        let body = body.with_context(|| format!("cannot read the object {key}"))?;
        Ok(Some(body.into_bytes().to_vec()))
    }

    /// Fetches an object of any bucket that the function's role may read.
    pub async fn get_from(&self, bucket: &str, key: &str) -> anyhow::Result<Vec<u8>> {
        let object = self.client.get_object().bucket(bucket).key(key).send().await;
        let object = object.with_context(|| format!("cannot fetch the object {key}"))?;
        let body =
            object.body.collect().await.with_context(|| format!("cannot read the object {key}"))?;
        Ok(body.into_bytes().to_vec())
    }

    /// The keys under a prefix, in order.
    pub async fn list(&self, prefix: &str) -> anyhow::Result<Vec<String>> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("cannot list the objects under {prefix}"))?;
            keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|it| it.key));
        }
        Ok(keys)
    }

    /// Removes an object.
    pub async fn delete(&self, key: &str) -> anyhow::Result<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        delete.with_context(|| format!("cannot remove the object {key}"))?;
        Ok(())
    }
}
