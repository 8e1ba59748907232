//! What belongs together stays together, and what must be kept apart is.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use local::template::Template;
use local::{functions, models, place};

/// The functions that are not a channel.
const CORE: [&str; 3] = ["api", "outbound", "threading"];

fn channels() -> BTreeSet<String> {
    functions::names().unwrap().into_iter().filter(|it| !CORE.contains(&it.as_str())).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(place::root().join(path)).unwrap()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_channel_has_its_folder_template_block_sender_model_fixtures_and_readme_row() {
    let folders = channels();
    assert!(folders.contains("whatsapp"));
    assert_eq!(
        Template::channels().unwrap().into_iter().collect::<BTreeSet<_>>(),
        folders,
        "blocks of the template"
    );
    let senders: BTreeSet<_> =
        outbound::CHANNELS.iter().map(|it| it.channel.as_str().to_owned()).collect();
    assert_eq!(senders, folders, "outbound::CHANNELS");
    let models: BTreeSet<_> = models::ALL.iter().map(|it| it.channel.to_owned()).collect();
    assert_eq!(models, folders, "models::ALL");
    let rows = read("README.md");
    let rows: BTreeSet<_> =
        rows.lines().filter_map(|it| it.strip_prefix("| ")?.split(" |").next()).collect();
    for channel in &folders {
        assert!(rows.contains(channel.as_str()), "README.md has no row for {channel}");
        let fixtures = fs::read_dir(place::root().join("events").join(channel));
        let fixtures = fixtures.unwrap_or_else(|_| panic!("events/{channel} is missing"));
        let n = fixtures
            .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().ends_with(".in.json"))
            .count();
        assert!(0 < n, "events/{channel} has no fixture");
        let tests = read(format!("functions/{channel}/tests/events.rs"));
        let checks = format!("kit::conformance!({channel});");
        assert!(tests.contains(&checks), "{channel} does not pass the kit");
    }
}

#[test]
fn every_function_is_built_for_lambda_and_every_channel_is_fuzzed() {
    let aliases = read(".cargo/config.toml");
    let alias = aliases.lines().find(|it| it.starts_with("build-functions")).unwrap();
    let built: BTreeSet<_> =
        alias.split("--bin ").skip(1).map(|it| it.trim_matches([' ', '"'])).collect();
    let functions = functions::names().unwrap();
    assert_eq!(built, functions.iter().map(String::as_str).collect(), "build-functions");
    let (manifest, verifiers) =
        (read("infra/fuzz/Cargo.toml"), read("infra/fuzz/fuzz_targets/verifiers.rs"));
    for channel in channels() {
        let target = format!("path = \"fuzz_targets/{channel}.rs\"");
        assert!(manifest.contains(&target), "infra/fuzz has no target for {channel}");
        let line = format!("&{channel}::INBOUND");
        assert!(verifiers.contains(&line), "verifiers.rs does not know {channel}");
    }
}

#[test]
fn a_channel_knows_no_io_but_its_main_which_is_short() {
    for channel in channels() {
        let folder = place::root().join("functions").join(&channel).join("src");
        for path in sources(&folder) {
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
fn only_outbound_depends_on_channels_and_no_channel_on_another() {
    let channels = channels();
    let mut folders: Vec<_> =
        functions::names().unwrap().into_iter().map(|it| format!("functions/{it}")).collect();
    for entry in fs::read_dir(place::root().join("shared")).unwrap() {
        folders.push(format!("shared/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    for folder in folders.iter().filter(|it| *it != "functions/outbound") {
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
    for path in sources(&place::root().join("shared/domain/src")) {
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
    let folders = ["shared/aws/src", "functions"].map(|it| sources(&place::root().join(it)));
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
