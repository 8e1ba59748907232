//! Builds the functions for this machine: the dev profile, stripped, where the template's `CodeUri` looks for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::place;
use crate::report::Report;
use crate::tools::run;

/// Every function: the folders of `functions/` that have a program, and the sources of a channel beside its first.
pub fn names() -> anyhow::Result<Vec<String>> {
    let folders =
        fs::read_dir(place::root().join("functions")).context("cannot list functions/")?;
    let mut names = Vec::new();
    for folder in folders {
        let folder = folder.context("cannot list functions/")?;
        if folder.path().join("src/main.rs").is_file() {
            names.push(folder.file_name().to_string_lossy().into_owned());
        }
    }
    let sources = channels::ALL.iter().flat_map(|it| it.inbound).map(|it| it.name.to_owned());
    names.extend(sources);
    names.sort();
    names.dedup();
    Ok(names)
}

/// The other programs that were built, beside the functions.
#[derive(Clone, Debug)]
pub struct Built {
    /// The command that makes API tokens.
    pub tokens: PathBuf,
}

/// Builds every function and puts each where the template looks for it.
pub fn build(report: &Report) -> anyhow::Result<Built> {
    let names = names()?;
    report.step(&format!("building {} functions (dev profile)", names.len()));
    let mut cargo = Command::new(aws::env_or("CARGO", "cargo"));
    cargo.args(["build", "--message-format=json-render-diagnostics"]).current_dir(place::root());
    for name in &names {
        cargo.args(["--bin", name]);
    }
    // No package is named: the features of the dependencies are those of the whole workspace, with which this program was
    // built, too. Any other choice of packages would build the AWS SDK once more.
    cargo.args(["--bin", "tokens"]);
    let messages = run(&mut cargo, "build the functions")?;
    for name in &names {
        let built = executable(&messages, name)
            .with_context(|| format!("cargo built no program named {name}"))?;
        install(&built, name)?;
    }
    Ok(Built {
        tokens: executable(&messages, "tokens").context("cargo built no program named tokens")?,
    })
}

/// A line of cargo's JSON messages, as far as it matters here.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}

fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let artifacts = messages.lines().filter_map(|it| serde_json::from_str::<Artifact>(it).ok());
    artifacts
        .filter_map(|it| it.executable)
        .find(|it| it.file_name().is_some_and(|file| file == name))
}

/// Puts a stripped copy in place in one step, so that nobody ever packs half a file.
fn install(built: &Path, name: &str) -> anyhow::Result<()> {
    let folder = place::code(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let fresh = place::scratch().join(format!("{name}.{}", std::process::id()));
    let stripped = run(Command::new("strip").arg("-o").arg(&fresh).arg(built), "strip");
    if stripped.is_err() {
        fs::copy(built, &fresh).with_context(|| format!("cannot copy {name}"))?;
    }
    fs::rename(&fresh, folder.join("bootstrap"))
        .with_context(|| format!("cannot put {name} in place"))
}

/// Checks that every function is there and built for this machine: a cloud on this machine runs it as it is, whatever the
/// template's parameter says, and tells little when it cannot.
pub fn check() -> anyhow::Result<()> {
    for name in names()? {
        let file = place::code(&name).join("bootstrap");
        let program = fs::read(&file)
            .with_context(|| format!("{} is missing: build the functions first", file.display()))?;
        let is_ours = match program.get(..20) {
            // ELF: the machine is the half-word at 18.
            Some([0x7f, b'E', b'L', b'F', .., low, high]) => {
                u16::from_le_bytes([*low, *high])
                    == if cfg!(target_arch = "aarch64") { 183 } else { 62 }
            }
            // Mach-O on macOS; anything else has no header of 20 bytes or is a script.
            Some(_) => !cfg!(target_os = "linux") || program.starts_with(b"#!"),
            None => false,
        };
        ensure!(is_ours, "{} was built for another machine: build it for this one", file.display());
    }
    Ok(())
}

/// The template's word for this machine's architecture.
#[must_use]
pub fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}
