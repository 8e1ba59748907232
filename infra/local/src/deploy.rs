//! Deploys the real template to the local cloud, with the commands that deploy it to AWS. Between packaging and deploying it adds
//! what that cloud asks for and AWS does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use domain::time::Timestamp;
use serde_json::Value;
use tokio::process::Command;

use crate::awscli::Aws;
use crate::cloud::{Cloud, REGION};
use crate::functions;
use crate::place;
use crate::report::Report;
use crate::secrets::{self, SENDING_ACCOUNTS};
use crate::template::Template;
use crate::tools::Tools;

/// A deployed stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// The AWS command line, pointed at its cloud.
    pub aws: Aws,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Deploys the template with these channels.
    pub async fn deploy(
        cloud: &Cloud,
        tools: &Tools,
        name: &str,
        channels: &[&str],
        report: &Report,
    ) -> anyhow::Result<Self> {
        functions::check()?;
        report
            .step(&format!("deploying infra/template.yaml with Channels='{}'", channels.join(",")));
        let aws = Aws::local(tools, cloud.endpoint());
        let (template, packaged, bucket) = (place::template(), packaged(name), bucket(name));
        let template = template.to_string_lossy();
        if aws.run(&["s3api", "head-bucket", "--bucket", &bucket]).await.is_err() {
            aws.run(&["s3", "mb", &format!("s3://{bucket}")]).await?;
        }
        let package =
            ["cloudformation", "package", "--template-file", &template, "--s3-bucket", &bucket];
        aws.run(&[&package[..], &["--output-template-file", &packaged]].concat()).await?;
        let shipped = Template::of(tools, Path::new(&packaged))?;
        fs::write(&packaged, shipped.for_local_cloud().0.to_string())
            .with_context(|| format!("cannot write {packaged}"))?;
        let channels = channels.join(",");
        secrets::make(&aws, name, &channels).await?;
        let accounts = secrets::sending_accounts(&aws, name, &channels).await?;
        let accounts = format!("{SENDING_ACCOUNTS}={accounts}");
        let channels = format!("Channels={channels}");
        let architecture = format!("Architecture={}", functions::architecture());
        deploy(&aws, name, &[&channels, &accounts, &architecture]).await?;
        Self::of(aws, name).await
    }

    /// Gives it other values of some parameters, each as `name=value`, as one switches something on that runs already. The others
    /// keep theirs.
    pub async fn change(&self, parameters: &[&str]) -> anyhow::Result<()> {
        deploy(&self.aws, &self.name, parameters).await
    }

    /// Deletes it, and waits until it is gone.
    pub async fn delete(self) -> anyhow::Result<()> {
        let delete = ["cloudformation", "delete-stack", "--stack-name", &self.name];
        self.aws.run(&delete).await?;
        let wait = ["cloudformation", "wait", "stack-delete-complete", "--stack-name", &self.name];
        self.aws.run(&wait).await?;
        Ok(())
    }

    /// A stack that is deployed already.
    pub async fn of(aws: Aws, name: &str) -> anyhow::Result<Self> {
        let outputs =
            aws.json(&["cloudformation", "describe-stacks", "--stack-name", name]).await?;
        Ok(Self { name: name.to_owned(), aws, outputs: read_outputs(&outputs) })
    }

    /// An output of the template.
    pub fn output(&self, name: &str) -> anyhow::Result<&str> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("the stack has no output {name}"))
    }

    /// All outputs, by name.
    #[must_use]
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// Where a path of the HTTP API is on the local cloud.
    pub fn url(&self, path: &str) -> anyhow::Result<String> {
        let api = self.output("HttpApiId")?;
        Ok(format!("{}/_aws/execute-api/{api}/$default{path}", self.aws.endpoint()))
    }

    /// The log lines of the functions since a moment, in order, each line after the function's name.
    pub async fn logs(&self, since: Timestamp) -> anyhow::Result<Vec<String>> {
        let prefix = format!("/aws/lambda/{}-", self.name);
        let groups = self
            .aws
            .json(&["logs", "describe-log-groups", "--log-group-name-prefix", &prefix])
            .await?;
        let since = since.ms().to_string();
        let mut lines = Vec::new();
        for group in groups.get("logGroups").and_then(Value::as_array).into_iter().flatten() {
            let name = group.get("logGroupName").and_then(Value::as_str).unwrap_or_default();
            let filter =
                ["logs", "filter-log-events", "--log-group-name", name, "--start-time", &since];
            let found = self.aws.json(&filter).await?;
            for event in found.get("events").and_then(Value::as_array).into_iter().flatten() {
                let at = event.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
                let line = event.get("message").and_then(Value::as_str).unwrap_or_default().trim();
                // Lambda's own lines say nothing that is news here.
                if !["START ", "END ", "REPORT "].iter().any(|it| line.starts_with(it)) {
                    lines.push((
                        at,
                        format!("{}  {line}", name.strip_prefix(&prefix).unwrap_or(name)),
                    ));
                }
            }
        }
        lines.sort_by_key(|it| it.0);
        Ok(lines.into_iter().map(|it| it.1).collect())
    }

    /// Makes an API token as its operator makes the first: by the script, which needs the AWS command line alone.
    pub async fn first_token(&self, options: &[&str]) -> anyhow::Result<String> {
        let mut script = Command::new(place::root().join("infra/first-token"));
        script.args(["--stack", &self.name, "--region", REGION]).args(options);
        script.args(["--endpoint-url", self.aws.endpoint()]).kill_on_drop(true);
        script.env_clear().env("PATH", self.aws.search_path()).env("HOME", place::scratch());
        // Of the region only what it is told.
        let environment = self.aws.environment();
        script.envs(environment.into_iter().filter(|it| !it.0.ends_with("REGION")));
        let output = script.output().await.context("cannot run infra/first-token")?;
        if !output.status.success() {
            bail!("infra/first-token failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(said.lines().last().context("infra/first-token printed nothing")?.to_owned())
    }

    /// Fills in one of a channel's two secrets: `webhook` or `sending`.
    pub async fn put_secret(
        &self,
        channel: &str,
        which: &str,
        secret: &Value,
    ) -> anyhow::Result<()> {
        secrets::put(&self.aws, &self.name, (channel, which), secret).await
    }
}

/// Deploys what was packaged under this name; if it fails, the stack's events say why.
async fn deploy(aws: &Aws, name: &str, parameters: &[&str]) -> anyhow::Result<()> {
    let (packaged, bucket) = (packaged(name), bucket(name));
    // A template of more than 50 KB goes by the bucket, too.
    let deploy = [
        "cloudformation",
        "deploy",
        "--template-file",
        &packaged,
        "--s3-bucket",
        &bucket,
        "--stack-name",
        name,
    ];
    let options = ["--capabilities", "CAPABILITY_IAM", "--parameter-overrides"];
    let Err(error) = aws.run(&[&deploy[..], &options, parameters].concat()).await else {
        return Ok(());
    };
    let events =
        ["cloudformation", "describe-stack-events", "--stack-name", name, "--output", "text"];
    let query =
        "StackEvents[?ends_with(ResourceStatus,'FAILED')].[LogicalResourceId,ResourceStatusReason]";
    let why = aws.run(&[&events[..], &["--query", query]].concat()).await.unwrap_or_default();
    bail!("{error:#}\n{why}")
}

/// Where a stack's packaged template is.
fn packaged(name: &str) -> String {
    place::scratch().join(format!("{name}.packaged.yaml")).to_string_lossy().into_owned()
}

/// The bucket that a stack's code is deployed from.
fn bucket(name: &str) -> String {
    format!("{name}-artifacts")
}

fn read_outputs(answer: &Value) -> BTreeMap<String, String> {
    let outputs = answer.pointer("/Stacks/0/Outputs").and_then(Value::as_array);
    let pair = |it: &Value| {
        Some((
            it.get("OutputKey")?.as_str()?.to_owned(),
            it.get("OutputValue")?.as_str()?.to_owned(),
        ))
    };
    outputs.into_iter().flatten().filter_map(pair).collect()
}
