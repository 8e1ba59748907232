//! `MiniStack` on a loopback port of its own, for as long as a [`Cloud`] lives.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::http::Client;
use crate::place;
use crate::report::Report;
use crate::tools::Tools;

/// The region that everything is in.
pub const REGION: &str = "eu-west-1";

/// Runs `MiniStack` until its standard input ends, then ends it and the functions that it started. So nothing stays
/// behind however this process ends.
///
/// Its conditions know `Ref` and `Select` only and take any other value as it is written; on AWS they know what is resolved
/// here before them.
const LAUNCHER: &str = "\
import os, signal, sys, threading
def end():
    sys.stdin.read()
    os.killpg(0, signal.SIGTERM)
threading.Thread(target=end, daemon=True).start()
from ministack.app import main
from ministack.services.cloudformation import changesets, engine, handlers, stacks
evaluate = engine._evaluate_conditions
def evaluate_resolved(template, params):
    def resolve(it):
        if isinstance(it, list):
            return [resolve(value) for value in it]
        if not isinstance(it, dict):
            return it
        if it.keys() & {'Fn::Join', 'Fn::Split', 'Fn::Sub'}:
            return engine._resolve_refs(it, {}, params, {}, {}, '', '')
        return {key: resolve(value) for key, value in it.items()}
    return evaluate({**template, 'Conditions': resolve(template.get('Conditions', {}))}, params)
for module in (changesets, engine, handlers, stacks):
    module._evaluate_conditions = evaluate_resolved
main()
";

/// A running local cloud.
#[derive(Debug)]
pub struct Cloud {
    endpoint: String,
    scratch: PathBuf,
    process: Child,
    /// Closing it ends the process.
    stdin: Option<ChildStdin>,
}

impl Cloud {
    /// Starts one and waits until it answers.
    pub async fn start(tools: &Tools, report: &Report) -> anyhow::Result<Self> {
        let port = free_port()?;
        report.step(&format!("starting the local cloud on 127.0.0.1:{port}"));
        let endpoint = format!("http://127.0.0.1:{port}");
        let scratch = place::scratch().join(format!("cloud-{port}"));
        fs::create_dir_all(&scratch).context("cannot create the cloud's folder")?;
        let log =
            File::create(scratch.join("cloud.log")).context("cannot create the cloud's log")?;
        let mut process = Command::new(tools.path("python"))
            .args(["-c", LAUNCHER])
            // Functions inherit what the cloud is given: nothing of this machine's AWS set-up may reach them.
            .env_clear()
            .env("PATH", aws::env_or("PATH", "/usr/bin:/bin"))
            .env("HOME", &scratch)
            .env("TMPDIR", &scratch)
            .env("PYTHONUNBUFFERED", "1")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AUTH", "true")
            .env("MINISTACK_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().context("cannot share the cloud's log")?)
            .stderr(log)
            .spawn()
            .context("cannot start the local cloud")?;
        let stdin = process.stdin.take();
        let mut cloud = Self { endpoint, scratch, process, stdin };
        cloud.wait_until_ready().await?;
        Ok(cloud)
    }

    /// Where every AWS call goes.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let (client, started) = (Client::new(), Instant::now());
        let health = format!("{}/_ministack/health", self.endpoint);
        while !client.get(&health).await.is_ok_and(|it| it.status == 200) {
            let ended = self.process.try_wait().context("cannot see whether the cloud runs")?;
            if ended.is_some() || Duration::from_mins(1) < started.elapsed() {
                let log = fs::read_to_string(self.scratch.join("cloud.log")).unwrap_or_default();
                bail!("the local cloud did not start:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let started = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if Duration::from_secs(5) < started.elapsed() {
                drop(self.process.kill());
                drop(self.process.wait());
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(fs::remove_dir_all(&self.scratch));
    }
}

/// A port that nobody listens on.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
    Ok(listener.local_addr().context("cannot find a free port")?.port())
}
