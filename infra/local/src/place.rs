//! The places of things. The template names `target/lambda` relative to itself, so all of this is under the workspace's own
//! `target`, whatever target folder cargo was told to use.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The template.
#[must_use]
pub fn template() -> PathBuf {
    root().join("infra/template.yaml")
}

/// The folder of a function's built `bootstrap`: what the template's `CodeUri` names.
#[must_use]
pub fn code(function: &str) -> PathBuf {
    root().join("target/lambda").join(function)
}

/// The folder of the local cloud: tools, logs, scratch files.
#[must_use]
pub fn scratch() -> PathBuf {
    root().join("target/local")
}

/// The Rust files under a folder of the workspace, in order, without those that cargo made.
pub fn rust_files(folder: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        let cannot = || format!("cannot list {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A name with dashes as the template writes it: `SmsAws` of `sms-aws`.
#[must_use]
pub fn pascal(name: &str) -> String {
    let capital = |it: &str| {
        let mut letters = it.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    };
    name.split('-').map(capital).collect()
}
