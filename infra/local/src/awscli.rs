//! The AWS command line, pointed at the local cloud or left as the user has set it up.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::cloud::REGION;
use crate::place;
use crate::tools::Tools;

/// The AWS command line.
#[derive(Clone, Debug)]
pub struct Aws {
    program: PathBuf,
    endpoint: Option<String>,
    is_local: bool,
}

impl Aws {
    /// On the local cloud: no profile and no credentials of this machine.
    #[must_use]
    pub fn local(tools: &Tools, endpoint: &str) -> Self {
        Self { program: tools.path("aws"), endpoint: Some(endpoint.to_owned()), is_local: true }
    }

    /// With the user's own profile, credentials and, if set, endpoint.
    #[must_use]
    pub fn of_user(tools: &Tools) -> Self {
        let endpoint = Some(aws::env_or("AWS_ENDPOINT_URL", "")).filter(|it| !it.is_empty());
        Self { program: tools.path("aws"), endpoint, is_local: false }
    }

    /// Where every call goes, if not to AWS.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or_default()
    }

    /// Runs a command and returns what it prints.
    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.pipe(arguments, &[]).await?;
        Ok(String::from_utf8_lossy(&output).trim().to_owned())
    }

    /// Runs a command and reads the JSON that it prints.
    pub async fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let text = self.run(&[arguments, &["--output", "json"]].concat()).await?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).context("aws printed something that is not JSON")
    }

    /// Makes a call with this input, which no list of processes shows: it goes by a file that only we can read.
    pub async fn call(&self, operation: &[&str], input: &Value) -> anyhow::Result<Value> {
        let path = place::scratch().join(aws::new_id("call-"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .context("cannot write a file")?;
        let written = file.write_all(input.to_string().as_bytes()).context("cannot write a file");
        let from = format!("file://{}", path.display());
        let output = match written {
            Ok(()) => self.json(&[operation, &["--cli-input-json", &from]].concat()).await,
            Err(error) => Err(error),
        };
        fs::remove_file(&path).context("cannot remove a file")?;
        output
    }

    /// Runs a command with this input and returns what it prints, byte for byte.
    pub async fn pipe(&self, arguments: &[&str], input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let what = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let mut command = Command::new(&self.program);
        command.args(arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(endpoint) = &self.endpoint {
            command.args(["--endpoint-url", endpoint]);
        }
        if self.is_local {
            command
                .env_clear()
                .env("PATH", aws::env_or("PATH", "/usr/bin:/bin"))
                .env("HOME", place::scratch());
            command.envs(self.environment());
        }
        let mut process = command.spawn().with_context(|| format!("cannot run aws {what}"))?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(input).await.with_context(|| format!("cannot write to aws {what}"))?;
        }
        let output = process
            .wait_with_output()
            .await
            .with_context(|| format!("cannot wait for aws {what}"))?;
        if !output.status.success() {
            bail!("aws {what} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output.stdout)
    }

    /// Where a script finds this very `aws` before any other.
    #[must_use]
    pub fn search_path(&self) -> String {
        let own = self.program.parent().unwrap_or(&self.program);
        format!("{}:{}", own.display(), aws::env_or("PATH", "/usr/bin:/bin"))
    }

    /// The environment that makes any AWS tool talk to the local cloud.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint().to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ]
    }
}
