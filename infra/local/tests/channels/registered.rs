//! The registration of a channel beside the list. Most of it derives from the list; what cannot is asked for here, all of
//! what is missing at once.

use std::collections::BTreeSet;
use std::fs;

use channels::Channel;
use local::template::Template;
use local::{functions, models, place};

/// The functions that are not a channel.
const CORE: [&str; 3] = ["api", "outbound", "threading"];

fn read(path: &str) -> String {
    fs::read_to_string(place::root().join(path)).unwrap_or_default()
}

fn has_program(name: &str) -> bool {
    place::root().join(format!("functions/{name}/src/main.rs")).is_file()
}

/// The programs that are built for Lambda.
fn built() -> BTreeSet<String> {
    let aliases = read(".cargo/config.toml");
    let alias = aliases.lines().find(|it| it.starts_with("build-functions")).unwrap();
    alias.split("--bin ").skip(1).map(|it| it.trim_matches([' ', '"']).to_owned()).collect()
}

/// The things that must be there of a channel and are not, each with its place.
pub(crate) fn missing(channel: &Channel) -> Vec<String> {
    let mut missing = Vec::new();
    let mut ask = |there: bool, what: String| {
        if !there {
            missing.push(format!("{}: {what}", channel.name));
        }
    };
    let name = channel.name;
    of_its_own(channel, &mut ask);
    of_the_template(channel, &mut ask);
    let row = format!("| {name} |");
    ask(
        read("README.md").lines().any(|it| it.starts_with(&row)),
        format!("README.md: a row `{row}`"),
    );
    let programs = has_program(name).then_some(name).into_iter();
    for name in programs.chain(channel.inbound.iter().map(|it| it.name)) {
        let there = built().contains(name);
        ask(there, format!(".cargo/config.toml: `--bin {name}` in build-functions"));
    }
    if channel.has_webhook() {
        let arm = format!("\"{name}\" => ");
        let there = read("infra/local/tests/subscriptions.rs").contains(&arm);
        ask(
            there,
            format!("infra/local/tests/subscriptions.rs: the names of its webhooks, `{arm}…`"),
        );
    }
    if channel.has_webhook() || !channel.outbound.is_empty() {
        let there = models::ALL.iter().any(|it| it.channel == name);
        ask(
            there,
            "infra/local/src/models: a model of its platform, and its line of `ALL`".to_owned(),
        );
    }
    missing
}

/// Its own folders: code, tests, fixtures.
fn of_its_own(channel: &Channel, ask: &mut impl FnMut(bool, String)) {
    let ways = |name: &str| {
        let comes_in = channel.inbound.iter().any(|it| it.name == name);
        (comes_in, channel.outbound.iter().any(|it| it.name == name))
    };
    let inbound = channel.inbound.iter().map(|it| it.name);
    let names: BTreeSet<_> = inbound.chain(channel.outbound.iter().map(|it| it.name)).collect();
    for name in names {
        of_a_source(channel.name, name, ways(name), ask);
    }
    let folder = place::root().join("events").join(channel.name);
    let there = folder.join("kinds.json").is_file();
    ask(there, format!("events/{}/kinds.json", channel.name));
}

/// Of one source: the first is called as the channel is.
fn of_a_source(
    channel: &str,
    name: &str,
    (comes_in, leaves): (bool, bool),
    ask: &mut impl FnMut(bool, String),
) {
    let (tests, checks, program) = if name == channel {
        let ways = match (comes_in, leaves) {
            (true, false) => ", inbound",
            (false, true) => ", outbound",
            _ => "",
        };
        ("events", format!("kit::conformance!({name}{ways});"), "main".to_owned())
    } else {
        (name, "kit::conformance!(…);".to_owned(), format!("bin/{name}"))
    };
    let file = format!("functions/{channel}/tests/{tests}.rs");
    ask(read(&file).contains(checks.trim_end_matches("…);")), format!("{file}: `{checks}`"));
    let file = format!("functions/{channel}/src/{program}.rs");
    let runs = !comes_in || place::root().join(&file).is_file();
    ask(runs, format!("{file}: something comes in"));
    let folder = place::root().join("events").join(name);
    ask(folder.join("accounts.json").is_file(), format!("events/{name}/accounts.json"));
    for (_, way) in [(comes_in, "in"), (leaves, "send")].into_iter().filter(|it| it.0) {
        let end = format!(".{way}.json");
        let files = fs::read_dir(&folder).into_iter().flatten();
        let mut names = files.filter_map(|it| it.ok()?.file_name().into_string().ok());
        ask(names.any(|it| it.ends_with(&end)), format!("events/{name}: a case `<case>{end}`"));
    }
}

/// The parts of the template that must be there at all; the tests of the template look at what it says.
fn of_the_template(channel: &Channel, ask: &mut impl FnMut(bool, String)) {
    let name = channel.name;
    let template = read("infra/template.yaml");
    let mut ask = |there, what: &str| ask(there, format!("infra/template.yaml: {what}"));
    let patterns: Vec<_> =
        template.lines().filter(|it| it.contains("AllowedPattern: ^((")).collect();
    let names = |at: usize| {
        patterns.get(at).is_some_and(|it| {
            it.split(['(', ')', '|', '^', '$', '?', '*', ',', ' ']).any(|it| it == name)
        })
    };
    ask(names(0), "its name in the pattern of Channels");
    let is_asked = channel.capabilities().is_some_and(|it| it.choices.is_some());
    ask(names(1) == is_asked, "its name in the pattern of AskCustomerOn, if it offers choices");
    ask(template.contains(&format!("\n  {}: !Not ", place::pascal(name))), "its condition");
    if !channel.inbound.is_empty() {
        ask(Template::channels().unwrap().iter().any(|it| it == name), "its block");
    }
    for source in channel.inbound {
        let function = format!("{}Function", place::pascal(source.name));
        ask(template.contains(&format!("\n  {function}:")), &format!("its {function}"));
    }
    for source in channel.webhooks() {
        let output = format!("{}WebhookUrl", place::pascal(source.name));
        ask(template.contains(&format!("\n  {output}:")), &format!("the output {output}"));
    }
}

#[test]
fn every_channel_is_registered_everywhere() {
    let known: BTreeSet<_> = channels::ALL.iter().map(|it| it.name).collect();
    let mut missing: Vec<_> = channels::ALL.iter().flat_map(missing).collect();
    for folder in fs::read_dir(place::root().join("functions")).unwrap() {
        let folder = folder.unwrap().file_name().into_string().unwrap();
        if !CORE.contains(&&*folder) && folder != "channels" && !known.contains(&*folder) {
            missing.push(format!(
                "{folder}: functions/channels: a line of Cargo.toml, a line of `ALL`"
            ));
        }
    }
    assert!(missing.is_empty(), "not registered:\n{}", missing.join("\n"));
}

#[test]
fn nothing_is_registered_that_is_no_channel() {
    let known = |name: &str| channels::named(channels::ALL, name).is_some();
    for name in Template::channels().unwrap() {
        assert!(known(&name), "infra/template.yaml has a block of {name}");
    }
    for model in models::ALL {
        assert!(known(model.channel), "there is a model of {}", model.channel);
    }
    assert_eq!(built(), functions::names().unwrap().into_iter().collect(), "build-functions");
}
