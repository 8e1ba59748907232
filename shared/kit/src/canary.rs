//! Nothing that a webhook says is lost: every word of it comes out, and every item of every list of a value is an event.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::InboundEvent;
use domain::inbound::Inbound;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bench::{Bench, Case, form_with};
use crate::failures::Failures;
use crate::json;

/// The letters put behind a text to see whether it comes out, in capitals or not: no platform's word, address or id has
/// them.
const CANARY: &str = "qkz";

/// The texts and lists that a channel lets go, each with its reason: `events/<channel>/left_out.json`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    /// Texts, by the end of the path to them: `messages.type`. One that mostly comes out is named with the fixtures in which
    /// it does not: `message.text in echo-of-ours`, or `in echo-*` for all of a kind.
    #[serde(default)]
    texts: BTreeMap<String, String>,
    /// Lists that may stand alone only, by name.
    #[serde(default)]
    lists: BTreeMap<String, String>,
}

/// Proves that nothing is lost of what a webhook says. For every fixture that is JSON:
///
/// - With a canary behind any one of its texts, the canary is in an event: in its content, or in what is kept of it.
/// - Beside any list of items, another list that a value of the channel may have, or one that is new, adds its own events and
///   changes none.
///
/// A text or list that is meant to go is named in `events/<channel>/left_out.json` with its reason (`UPDATE_EVENTS=1` writes
/// the names); one that is named there and does come out is a failure, too.
///
/// # Panics
/// With every text and every list that is lost.
pub fn check_nothing_is_lost(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let path = bench.folder.join("left_out.json");
    let left_out: LeftOut = serde_json::from_value(json::read(&path)).unwrap();
    let mut failures = Failures::default();
    let mut texts = BTreeMap::new();
    let mut lists = Vec::new();
    for case in &bench.cases {
        if let Some(fields) = case.fields() {
            follow_fields(&bench, case, &fields, &mut texts);
            continue;
        }
        let Ok(webhook) = serde_json::from_slice::<Value>(case.parsed_bytes()) else { continue };
        let Ok(events) = bench.parse_body(webhook.to_string().as_bytes()) else { continue };
        follow_texts(&bench, case, &webhook, &mut texts);
        lists.extend(item_lists(&bench, &webhook, &events));
    }
    let named = named_texts(&texts, &left_out, &mut failures);
    let mut found = LeftOut { texts: named, lists: BTreeMap::new() };
    for (list, beside) in lost_lists(&bench, &lists) {
        let why = left_out.lists.get(&list).cloned().unwrap_or_default();
        let what = format!("with `{beside}` beside it an item is lost or changed");
        failures.check(!why.is_empty(), format!("the list {list}"), what);
        found.lists.insert(list, why);
    }
    // What is named and comes out is to be named no more.
    if let Err(what) = json::compare(&path, &serde_json::to_value(&found).unwrap()) {
        failures.add("left_out.json", what);
    }
    failures.finish("what a webhook says");
    #[expect(clippy::print_stdout, reason = "the count is what a reader of the test run wants")]
    {
        let n_texts: usize = texts.values().map(|it| it.n_out + it.lost.len()).sum();
        println!("{}: {n_texts} texts followed", inbound.name);
    }
}

/// The outcome for a text in all the fixtures that have it.
#[derive(Default)]
struct Text {
    n_out: usize,
    /// The fixtures in which it is lost.
    lost: Vec<String>,
}

/// Notes of every text of a webhook whether it comes out, by its path without the places in lists.
fn follow_texts(
    bench: &Bench<'_>,
    case: &Case,
    webhook: &Value,
    followed: &mut BTreeMap<String, Text>,
) {
    for at in json::pointers(webhook, |it| it.as_str().is_some_and(|it| !it.is_empty())) {
        let mut changed = webhook.clone();
        let text = changed.pointer_mut(&at).unwrap();
        *text = Value::from(format!("{}{CANARY}", text.as_str().unwrap()));
        note(
            bench,
            case,
            changed.to_string().as_bytes(),
            followed.entry(names_in(&at)).or_default(),
        );
    }
}

/// The same of every field of a form, by its name.
fn follow_fields(
    bench: &Bench<'_>,
    case: &Case,
    fields: &[(String, String)],
    followed: &mut BTreeMap<String, Text>,
) {
    for (at, (name, value)) in fields.iter().enumerate().filter(|it| !it.1.1.is_empty()) {
        let changed = form_with(fields, at, &format!("{value}{CANARY}"));
        note(bench, case, &changed, followed.entry(name.clone()).or_default());
    }
}

/// Notes whether the canary of a webhook comes out.
fn note(bench: &Bench<'_>, case: &Case, body: &[u8], text: &mut Text) {
    let comes_out = match bench.parse_body(body) {
        Ok(events) => serde_json::to_string(&events).unwrap().to_ascii_lowercase().contains(CANARY),
        // What is refused is parked whole.
        Err(_) => true,
    };
    if comes_out {
        text.n_out += 1;
    } else {
        text.lost.push(case.name.clone());
    }
}

/// The texts that are lost, as `left_out.json` names them; one whose reason it does not give is a failure.
fn named_texts(
    texts: &BTreeMap<String, Text>,
    left_out: &LeftOut,
    failures: &mut Failures,
) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for (path, text) in texts {
        let mostly_out = text.n_out > text.lost.len();
        // One reason does for all fixtures, unless the text is an exception in these.
        let n_reasons = if mostly_out { text.lost.len() } else { 1 };
        for case in text.lost.iter().take(n_reasons) {
            let exception = mostly_out.then_some(case.as_str());
            let known = left_out.texts.iter().find(|(it, _)| names_text(it, path, exception));
            let (name, why) = known.map_or_else(
                || (last_two(path, exception), String::new()),
                |(it, why)| (it.clone(), why.clone()),
            );
            let what = format!("the text at {path} does not come out");
            failures.check(!why.is_empty(), case, what);
            named.insert(name, why);
        }
    }
    named
}

/// A list of items in a webhook.
struct ItemList {
    webhook: Value,
    events: Vec<InboundEvent>,
    /// The object that it stands in, and its name there.
    parent: String,
    name: String,
}

impl ItemList {
    fn entries(&self) -> Value {
        self.webhook.pointer(&format!("{}/{}", self.parent, self.name)).cloned().unwrap()
    }
}

/// The lists of items: those to which a copy of an entry adds an event.
fn item_lists(bench: &Bench<'_>, webhook: &Value, events: &[InboundEvent]) -> Vec<ItemList> {
    let adds = |list: &String| {
        let mut longer = webhook.clone();
        let entries = longer.pointer_mut(list).and_then(Value::as_array_mut).unwrap();
        let Some(first) = entries.first().cloned() else { return false };
        entries.push(first);
        let found = bench.parse_body(longer.to_string().as_bytes());
        found.is_ok_and(|it| it.len() > events.len())
    };
    let lists = json::pointers(webhook, Value::is_array).into_iter().filter(adds);
    lists
        .filter_map(|list| {
            let (parent, name) = list.rsplit_once('/')?;
            let (parent, name) = (parent.to_owned(), name.to_owned());
            Some(ItemList { webhook: webhook.clone(), events: events.to_vec(), parent, name })
        })
        .collect()
}

/// Puts each list beside each other one that stands in such an object, and one that is new beside each. Returns which lists
/// lose an item by it, with what stood beside them.
fn lost_lists(bench: &Bench<'_>, lists: &[ItemList]) -> BTreeMap<String, String> {
    let (mut seen, mut lost) = (BTreeSet::new(), BTreeMap::new());
    for list in lists {
        let place = names_in(&list.parent);
        let others =
            lists.iter().filter(|it| names_in(&it.parent) == place && it.name != list.name);
        let new = (format!("new_{}", list.name), list.entries());
        for (name, more) in others.map(|it| (it.name.clone(), it.entries())).chain([new]) {
            let mut both = list.webhook.clone();
            let object = both.pointer_mut(&list.parent).and_then(Value::as_object_mut);
            let Some(object) = object else { continue };
            let is_new = seen.insert((place.clone(), list.name.clone(), name.clone()));
            if !is_new || object.insert(name.clone(), more).is_some() {
                continue;
            }
            let found = bench.parse_body(both.to_string().as_bytes()).unwrap_or_default();
            let kept = list.events.iter().all(|it| found.contains(it));
            if !kept || found.len() <= list.events.len() {
                lost.insert(list.name.clone(), name);
            }
        }
    }
    lost
}

/// The names on the way to a value, without its places in lists.
fn names_in(pointer: &str) -> String {
    let names = pointer.split('/').skip(1).filter(|it| it.parse::<usize>().is_err());
    names.collect::<Vec<_>>().join(".")
}

/// The name of a text whose reason is still to be given: the end of its path, and the fixture where it is an exception.
fn last_two(path: &str, case: Option<&str>) -> String {
    let names: Vec<_> = path.rsplitn(3, '.').take(2).collect();
    let names = names.into_iter().rev().collect::<Vec<_>>().join(".");
    case.map_or(names.clone(), |case| format!("{names} in {case}"))
}

/// Whether this name of `left_out.json` names the text at a path, in one fixture or in all of them.
fn names_text(name: &str, path: &str, case: Option<&str>) -> bool {
    let (names, cases) = match name.split_once(" in ") {
        Some((names, cases)) => (names, Some(cases)),
        None => (name, None),
    };
    let is_there = match (cases, case) {
        (None, None) => true,
        (Some(cases), Some(case)) => match cases.strip_suffix('*') {
            Some(start) => case.starts_with(start),
            None => case == cases,
        },
        _ => false,
    };
    is_there && (path == names || path.strip_suffix(names).is_some_and(|it| it.ends_with('.')))
}
