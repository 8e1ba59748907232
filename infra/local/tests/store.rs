//! The form of the store's code: one place for keys, one loop that tries again, refusals as types, and no circle of files.
#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use local::place;

const STORE: &str = "shared/aws/src/store";

/// The starts of partition keys.
const PREFIXES: [&str; 11] =
    ["MSG#", "CON#", "THR#", "IDN#", "UNK#", "ACC#", "TPL#", "LNK#", "CRM#", "TOK#", "CNF"];

/// The Rust files under a folder, each by its path below the repository's root and without its tests.
fn sources(folder: &str) -> BTreeMap<String, String> {
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (path.strip_prefix(place::root()).unwrap().to_str().unwrap().to_owned(), code)
    };
    place::rust_files(folder).unwrap().into_iter().map(named).collect()
}

#[test]
fn keys_are_spelled_in_one_file() {
    let folders = ["shared/aws/src", "functions/api/src", "functions/outbound/src"];
    let folders = folders.into_iter().chain(["functions/threading/src", "infra/local/src"]);
    let mut found = Vec::new();
    for (file, code) in folders.flat_map(sources) {
        let spells = |it: &str| code.contains(&format!("\"{it}"));
        if !file.ends_with("store/keys.rs") && PREFIXES.into_iter().any(spells) {
            found.push(file);
        }
    }
    assert_eq!(found, Vec::<String>::new(), "ask `store::keys`");
}

#[test]
fn attributes_are_named_in_one_file() {
    // Ways to read and to write an attribute. The item that is read may have any name.
    let ways = [
        ".set",
        ".set_some",
        ".set_if_absent",
        ".remove",
        ".add",
        ".take_out",
        ".if_is",
        ".if_below",
        ".if_absent",
        ".if_present",
        ".if_absent_or_in",
        ".contains_key",
        "item.get",
    ]
    .map(|it| format!("{it}(\""));
    let reads = ["get_text", "get_number", "get_moment", "get_flag", "get_texts", "get_json"];
    let is_read = |code: &str| {
        reads.iter().any(|it| {
            let call = format!("{it}(");
            code.split(&call).skip(1).any(|it| {
                let second = it.split_once(',').map_or("", |it| it.1).trim_start();
                second.starts_with('"')
            })
        })
    };
    let mut found = Vec::new();
    for (file, code) in sources(STORE) {
        let names = |it: &String| code.contains(it.as_str());
        if ways.iter().any(names) || is_read(&code) {
            found.push(file);
        }
    }
    assert_eq!(found, Vec::<String>::new(), "name them in `store::schema`");
    let mut all = sources(STORE);
    let schema = all.remove(&format!("{STORE}/schema.rs")).unwrap();
    let mut names = BTreeSet::new();
    for line in schema.lines().filter(|it| it.contains("const ") && it.contains(": &str = \"")) {
        let name = line.split('"').nth(1).unwrap();
        assert!(names.insert(name.to_owned()), "{name} is named twice");
    }
    assert!(100 < names.len(), "{}", names.len());
}

#[test]
fn one_loop_tries_again_and_no_refusal_is_a_result_in_a_result() {
    for (file, code) in sources(STORE) {
        assert!(!code.contains("Result<Result<"), "{file} has a result in a result");
        let own = file.ends_with("store/base.rs");
        assert!(own || !code.contains("ATTEMPTS"), "{file} counts attempts: ask `retrying`");
    }
}

/// The files that a file of the store imports from. What a folder shows of its files is imported from the file.
fn imports(file: &str, code: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for import in code.split("\nuse ").skip(1) {
        let import = import.split(';').next().unwrap_or_default();
        let base = Path::new(file).parent().unwrap().to_str().unwrap().to_owned();
        let (mut folder, path) = if let Some(rest) = import.strip_prefix("crate::store::") {
            (STORE.to_owned(), rest)
        } else if let Some(rest) = import.strip_prefix("super::") {
            (base, rest)
        } else {
            continue;
        };
        for part in path.split("::") {
            let word: String =
                part.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            let (own, inner) = (format!("{folder}/{word}.rs"), format!("{folder}/{word}"));
            if all.contains(&own) {
                folder = own;
                break;
            } else if all.contains(&format!("{inner}/mod.rs")) {
                folder = inner;
            } else {
                break;
            }
        }
        found.insert(if all.contains(&folder) { folder } else { format!("{folder}/mod.rs") });
    }
    found.remove(file);
    found
}

#[test]
fn no_files_of_the_store_import_each_other_in_a_circle() {
    let sources = sources(STORE);
    let all: BTreeSet<_> = sources.keys().cloned().collect();
    let facade = format!("{STORE}/mod.rs");
    let mut left: BTreeMap<_, _> =
        sources.iter().map(|(file, code)| (file.clone(), imports(file, code, &all))).collect();
    left.remove(&facade);
    let others: Vec<_> = left.iter().filter(|it| it.1.contains(&facade)).map(|it| it.0).collect();
    assert!(
        others.is_empty(),
        "the store's own files import from files, not from its face: {others:?}"
    );
    // Whoever imports from nobody that is left is in no circle.
    loop {
        let gone: Vec<_> = left
            .iter()
            .filter(|(_, from)| from.iter().all(|it| !left.contains_key(it)))
            .map(|(file, _)| file.clone())
            .collect();
        if gone.is_empty() {
            break;
        }
        left.retain(|file, _| !gone.contains(file));
    }
    assert!(left.is_empty(), "these import each other in a circle, or from one: {left:#?}");
}
