//! The places of things. The template names `target/lambda` relative to itself, so all of this is under the workspace's own
//! `target`, whatever target folder cargo was told to use.

use std::path::{Path, PathBuf};

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
