//! Everything that a story needs: the cloud with the deployed stack, the models of the platforms, a token.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use http::Method;
use serde_json::Value;
use tokio::process::Command;

use crate::awscli::Aws;
use crate::cloud::Cloud;
use crate::deploy::Stack;
use crate::functions;
use crate::http::{Client, HttpAnswer};
use crate::models::telegram::BotApi;
use crate::models::whatsapp::Graph;
use crate::models::{self, Platform};
use crate::place;
use crate::report::Report;
use crate::secrets;
use crate::tools::{self, Tools};

/// A deployed suite with the platforms around it. Dropping it ends the cloud.
pub struct Stage {
    /// The stack.
    pub stack: Stack,
    /// The models, each connected to its channel.
    pub platforms: Vec<Arc<dyn Platform>>,
    /// A token that may do everything.
    pub token: String,
    /// The cloud that the stack is on.
    pub cloud: Cloud,
    /// The tools that it was made with.
    pub tools: Tools,
    tokens: PathBuf,
    client: Client,
}

impl Stage {
    /// Prepares the tools, builds, starts the cloud and the models, deploys, and connects everything.
    pub async fn set(report: &Report) -> anyhow::Result<Self> {
        let tools = tools::prepare(report)?;
        let built = functions::build(report)?;
        let cloud = Cloud::start(&tools, report).await?;
        let mut platforms = Vec::new();
        for known in models::ALL {
            platforms.push((known.start)().await?);
        }
        let channels: Vec<_> = platforms.iter().map(|it| it.channel()).collect();
        report.step("making the channels' secrets and filling in what sends");
        let (aws, name) = (Aws::local(&tools, cloud.endpoint()), "ariane");
        secrets::make(&aws, name, &channels.join(",")).await?;
        for platform in &platforms {
            if !platform.ours().outbound.is_empty() {
                let sending = (platform.channel(), secrets::SENDING.0);
                secrets::put(&aws, name, sending, &platform.sending_secret()).await?;
            }
        }
        let stack = Stack::deploy(&cloud, &tools, name, &channels, report).await?;
        report.step("somebody calls every channel before its webhook secret is filled in");
        let client = Client::new();
        for channel in platforms.iter().filter(|it| it.ours().has_webhook()).map(|it| it.channel())
        {
            // The function that answers now lives on, and must not go by the empty secret for ever.
            let url = stack.url(&format!("/webhooks/{channel}"))?;
            let status = client.call(Method::POST, &url, &[], b"{}".to_vec()).await?.status;
            ensure!(status == 401, "{channel} answered {status} without a secret");
        }
        report.step("filling in the webhook secrets and connecting the platform models");
        for platform in &platforms {
            if !platform.ours().inbound.is_empty() {
                stack
                    .put_secret(platform.channel(), secrets::WEBHOOK.0, &platform.webhook_secret())
                    .await?;
            }
        }
        let token = stack.first_token(&[]).await?;
        for platform in platforms.iter().filter(|it| it.ours().has_webhook()) {
            let url = stack.url(&format!("/webhooks/{}", platform.channel()))?;
            let name = place::pascal(platform.channel());
            platform.is_reached_at(stack.output(&format!("{name}WebhookUrl"))?);
            // A function that met the empty secret reads it again half a minute later.
            let connected = format!("{} takes the secret", platform.channel());
            until(&connected, async || Ok(platform.connect(&url).await.ok())).await?;
        }
        Ok(Self { stack, platforms, token, cloud, tools, tokens: built.tokens, client })
    }

    /// The model of WhatsApp, with everything that only WhatsApp has.
    pub fn graph(&self) -> anyhow::Result<Arc<Graph>> {
        self.model("WhatsApp")
    }

    /// The model of Telegram, with everything that only Telegram has.
    pub fn bot_api(&self) -> anyhow::Result<Arc<BotApi>> {
        self.model("Telegram")
    }

    fn model<M: Platform>(&self, name: &str) -> anyhow::Result<Arc<M>> {
        let mut all = self.platforms.iter().map(|it| Arc::clone(it) as Arc<dyn Any + Send + Sync>);
        all.find_map(|it| it.downcast().ok())
            .with_context(|| format!("there is no model of {name}"))
    }

    /// The model of a channel, with what every platform can do.
    pub fn platform(&self, channel: &str) -> anyhow::Result<&dyn Platform> {
        let found = self.platforms.iter().find(|it| it.channel() == channel);
        Ok(found.with_context(|| format!("there is no model of {channel}"))?.as_ref())
    }

    /// Makes another API token, as the first one is made on AWS: with the command.
    pub async fn make_token(&self, scopes: &str, days: u32) -> anyhow::Result<String> {
        make_token(&self.tokens, &self.stack, scopes, days).await
    }

    /// Runs the token command.
    pub async fn tokens(&self, arguments: &[&str]) -> anyhow::Result<String> {
        run_tokens(&self.tokens, &self.stack, arguments).await
    }

    /// Asks the API something.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer =
            self.ask(Method::GET, path, &[("authorization", &self.bearer())], Vec::new()).await?;
        if answer.status != 200 {
            bail!("GET {path} was answered with {}: {}", answer.status, answer.text());
        }
        Ok(answer.json())
    }

    /// Posts to the API under an idempotency key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<HttpAnswer> {
        let bearer = self.bearer();
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        self.ask(Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    /// Changes something by the API.
    pub async fn patch(&self, path: &str, change: &Value) -> anyhow::Result<Value> {
        let bearer = self.bearer();
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer =
            self.ask(Method::PATCH, path, &headers, change.to_string().into_bytes()).await?;
        if answer.status != 200 {
            bail!("PATCH {path} was answered with {}: {}", answer.status, answer.text());
        }
        Ok(answer.json())
    }

    /// Makes any call to the HTTP API.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<HttpAnswer> {
        self.client.call(method, &self.stack.url(path)?, headers, body).await
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

async fn make_token(
    program: &Path,
    stack: &Stack,
    scopes: &str,
    days: u32,
) -> anyhow::Result<String> {
    let days = days.to_string();
    let text = run_tokens(
        program,
        stack,
        &["make", "--name", "local", "--scopes", scopes, "--days", &days],
    )
    .await?;
    Ok(text.lines().last().context("the token command printed nothing")?.to_owned())
}

async fn run_tokens(program: &Path, stack: &Stack, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command
        .args(["--table", stack.output("TableName")?])
        .args(arguments)
        .env_clear()
        .envs(stack.aws.environment());
    let output =
        command.kill_on_drop(true).output().await.context("cannot run the token command")?;
    if !output.status.success() {
        bail!("the token command failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Looks again and again until there is something, for at most a minute.
pub async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Duration::from_mins(1) < started.elapsed() {
            bail!("waited a minute in vain until {what}");
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}
