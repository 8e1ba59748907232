//! Counts instructions with valgrind's callgrind.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Says clearly when valgrind is missing.
pub(crate) fn check() -> anyhow::Result<()> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => bail!(
            "valgrind is not installed: the benchmark counts instructions with it (Debian: apt install valgrind)"
        ),
    }
}

/// The arguments that run a program under callgrind without leaving a file.
pub(crate) const ARGUMENTS: [&str; 2] = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// The number of instructions that a program takes from exec to its end.
pub(crate) fn count_to_end(program: &Path, arguments: &[&str]) -> anyhow::Result<u64> {
    let output = Command::new("valgrind").args(ARGUMENTS).arg(program).args(arguments).output()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{} failed:\n{report}", program.display());
    collected(&report)
}

/// The number that callgrind printed.
pub(crate) fn collected(report: &str) -> anyhow::Result<u64> {
    let line = report.lines().find_map(|line| line.split("Collected : ").nth(1));
    let number = line.with_context(|| format!("callgrind printed no count:\n{report}"))?;
    Ok(number.trim().parse()?)
}
