//! The tools that the local cloud is made of: checked, then installed once into a virtual environment of our own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::place;
use crate::report::Report;

/// The tools to install, to the version. A copy beside the installation says what it was made from.
const PINS: &str = include_str!("../pins.txt");

/// The installed tools.
#[derive(Clone, Debug)]
pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// The program of this name.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }
}

/// Checks what must be on the machine and installs the rest. Only this step may reach the package registry.
pub fn prepare(report: &Report) -> anyhow::Result<Tools> {
    check_compiler()?;
    check_python()?;
    fs::create_dir_all(place::scratch()).context("cannot create target/local")?;
    // Two commands at once: the second waits and finds the work done.
    let lock =
        File::create(place::scratch().join("venv.lock")).context("cannot create the lock file")?;
    lock.lock().context("cannot take the lock of target/local/venv")?;
    let venv = place::scratch().join("venv");
    let stamp = venv.join("pins.txt");
    if fs::read_to_string(&stamp).is_ok_and(|it| it == PINS) {
        return Ok(Tools { bin: venv.join("bin") });
    }
    report.step("installing the tools of the local cloud into target/local/venv (once, about half a minute)");
    if venv.exists() {
        fs::remove_dir_all(&venv).context("cannot remove the old target/local/venv")?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv), "make a virtual environment")?;
    let pins = concat!(env!("CARGO_MANIFEST_DIR"), "/pins.txt");
    let pip = venv.join("bin/pip");
    run(
        Command::new(pip).args(["install", "--quiet", "--requirement", pins]),
        "install infra/local/pins.txt",
    )?;
    fs::write(&stamp, PINS).context("cannot note what was installed")?;
    Ok(Tools { bin: venv.join("bin") })
}

fn check_compiler() -> anyhow::Result<()> {
    ensure!(
        succeeds(Command::new("cc").arg("--version")),
        "a C compiler is needed (`cc` was not found): on Debian and Ubuntu `apt install build-essential`, \
         on macOS `xcode-select --install`"
    );
    Ok(())
}

fn check_python() -> anyhow::Result<()> {
    ensure!(
        succeeds(
            Command::new("python3")
                .args(["-c", "import sys; sys.exit(sys.version_info < (3, 10))"])
        ),
        "Python 3.10 or later is needed (`python3` was not found or is older)"
    );
    ensure!(
        succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])),
        "Python's venv is needed: on Debian and Ubuntu `apt install python3-venv`"
    );
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

/// Runs a command to its end; its error output becomes ours.
pub(crate) fn run(command: &mut Command, what: &str) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot {what}"))?;
    if !output.status.success() {
        bail!("cannot {what}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
