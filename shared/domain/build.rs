//! Names every language file of the data folder: a new language is a file there, and nothing else.

#![expect(clippy::disallowed_methods, reason = "it is how Cargo and a build script talk")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const FOLDER: &str = "data/threading";

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let folder = Path::new(&root).join(FOLDER);
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if name.starts_with("cues.") && path.extension().is_some_and(|it| it == "json") {
            files.push(path);
        }
    }
    // Their order is that of the bits in the lexicon: it must not be the file system's.
    files.sort();
    let mut code =
        String::from("/// The text of each language's file, in the order of their names.\n");
    code.push_str("const LANGUAGES: &[&str] = &[\n");
    for file in files {
        writeln!(code, "    include_str!({:?}),", file.display().to_string())
            .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("languages.rs"), code)?;
    println!("cargo::rerun-if-changed={FOLDER}");
    Ok(())
}
