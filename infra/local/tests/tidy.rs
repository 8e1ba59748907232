//! Things that belong together stay together, and things that must be kept apart are.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use local::place;

fn channels() -> BTreeSet<&'static str> {
    channels::ALL.iter().map(|it| it.name).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(place::root().join(path)).unwrap()
}

fn sources(folder: &str) -> Vec<PathBuf> {
    place::rust_files(folder).unwrap()
}

#[test]
fn a_channel_knows_no_io_but_its_main_which_is_short() {
    for channel in channels() {
        for path in sources(&format!("functions/{channel}/src")) {
            let text = fs::read_to_string(&path).unwrap();
            if path.ends_with("main.rs") {
                assert!(text.lines().count() <= 20, "{} is too long", path.display());
                continue;
            }
            for forbidden in [
                "aws::",
                "aws_",
                "tokio",
                "reqwest",
                "std::env",
                "std::fs",
                "std::net",
                "async ",
                "SystemTime",
            ] {
                assert!(!text.contains(forbidden), "{} uses {forbidden}", path.display());
            }
        }
    }
}

#[test]
fn only_the_list_depends_on_channels_and_no_channel_on_another() {
    let channels = channels();
    let mut folders = Vec::new();
    for parent in ["functions", "shared", "infra"] {
        for entry in fs::read_dir(place::root().join(parent)).unwrap() {
            folders.push(format!("{parent}/{}", entry.unwrap().file_name().to_string_lossy()));
        }
    }
    folders.retain(|it| place::root().join(it).join("Cargo.toml").is_file());
    // What is measured is one channel's own program.
    for folder in
        folders.iter().filter(|it| !["functions/channels", "infra/bench"].contains(&&***it))
    {
        let manifest = read(format!("{folder}/Cargo.toml"));
        let mut named = manifest.lines().filter_map(|it| it.split(['.', ' ', '=']).next());
        let channel = named.find(|it| channels.contains(*it));
        assert_eq!(channel, None, "{folder} depends on a channel");
    }
}

#[test]
fn the_core_does_no_io_and_none_of_its_dependencies_does() {
    let cargo = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "domain",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{lib}",
            "--offline",
        ])
        .current_dir(place::root())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let tree = String::from_utf8_lossy(&cargo.stdout).into_owned();
    let all: BTreeSet<_> = tree.lines().map(|it| it.trim_end_matches(" (*)").to_owned()).collect();
    assert!(all.contains("serde_json"), "{tree}");
    // ring brings getrandom for its own random numbers, which the sources below may not name.
    let forbidden =
        ["tokio", "mio", "socket2", "reqwest", "hyper", "rustls", "rand", "uuid", "aws"];
    for name in &all {
        assert!(
            !forbidden.contains(&name.as_str()) && !name.starts_with("aws_"),
            "domain depends on {name}"
        );
    }
    for path in sources("shared/domain/src") {
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in [
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "SystemTime",
            "Instant::now",
            "ring::rand",
        ] {
            assert!(!text.contains(forbidden), "{} uses {forbidden}", path.display());
        }
    }
}

#[test]
fn an_error_is_logged_by_its_reason_alone() {
    let folders = ["shared/aws/src", "functions"].map(sources);
    for path in
        folders.iter().flatten().filter(|it| !it.components().any(|it| it.as_os_str() == "tests"))
    {
        let text = fs::read_to_string(path).unwrap();
        for forbidden in ["?error", "{error:?}"] {
            assert!(
                !text.contains(forbidden),
                "{} logs {forbidden}: use logs::reason",
                path.display()
            );
        }
    }
}

#[test]
fn a_language_is_a_file_that_says_its_own_code() {
    let folder = fs::read_dir(place::root().join("shared/domain/data/threading")).unwrap();
    let names = folder.map(|it| it.unwrap().file_name().into_string().unwrap());
    let languages: Vec<_> = names.filter(|it| it.starts_with("cues.")).collect();
    assert!(languages.len() >= 3, "{languages:?}");
    for name in languages {
        let path = place::root().join("shared/domain/data/threading").join(&name);
        let file: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let code = file["code"].as_str().unwrap();
        assert_eq!(name, format!("cues.{code}.json"));
    }
}

#[test]
fn a_word_of_the_glossary_is_the_name_of_one_type_at_most() {
    let words = ["Answer", "Call", "Entry", "Problem", "Said", "Scene"];
    let folders = ["shared", "functions", "infra"];
    let paths: Vec<_> = folders.into_iter().flat_map(sources).collect();
    for word in words {
        let is_declared = |path: &&PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            text.lines().any(|line| declared(line) == Some(word))
        };
        let found: Vec<_> = paths.iter().filter(is_declared).collect();
        assert!(found.len() <= 1, "{word} is several types: {found:?}");
    }
}

/// A sentence whose subject is a clause has to be read to its end before one knows the thing that it is about.
#[test]
fn no_doc_comment_has_a_relative_clause_as_its_subject() {
    const CLAUSES: [&str; 7] = ["What", "Who", "Whom", "Whose", "Whoever", "Whatever", "Which"];
    let mut found = Vec::new();
    for path in ["shared", "functions", "infra"].into_iter().flat_map(sources) {
        let text = fs::read_to_string(&path).unwrap();
        let mut before = "";
        for (n, line) in text.lines().map(str::trim).enumerate() {
            let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            let is_first = !before.starts_with(line.get(..3).unwrap_or("///"));
            if let Some(doc) = doc.filter(|_| is_first) {
                let first = doc.trim_start().split([' ', ',', '.', ':']).next().unwrap_or_default();
                if CLAUSES.contains(&first) {
                    found.push(format!("{}:{}:{doc}", path.display(), n + 1));
                }
            }
            before = line;
        }
    }
    assert!(found.is_empty(), "{} of them:\n{}", found.len(), found.join("\n"));
}

/// The type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let (kind, rest) = line.split_once(' ')?;
    let is_type = ["struct", "enum", "type", "trait"].contains(&kind);
    is_type.then(|| rest.split(|it: char| !it.is_alphanumeric() && it != '_').next())?
}
