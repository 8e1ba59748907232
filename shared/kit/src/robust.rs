//! Broken webhooks: nothing panics, and one broken item never loses its neighbours.

use domain::event::InboundEvent;
use domain::inbound::Inbound;
use serde_json::{Value, json};

use crate::bench::{Bench, Case, form, form_with};
use crate::failures::Failures;
use crate::json;
use crate::scramble::Scramble;

/// Proves that broken webhooks are handled item by item. For every fixture that is JSON:
///
/// - Every list that holds the platform's items (adding a copy of an entry adds an event) gets one more entry, a copy with
///   one value of another type, at its start or at its end. All events of the fixture must still be there, unchanged, and
///   the broken entry must have become at least one more.
/// - Cut anywhere, or with bytes changed by repeatable chance, it is refused as malformed or becomes events; it never panics.
/// - With a byte that is not UTF-8, or nested deeper than 64, it is malformed.
///
/// # Panics
/// With every case that fails, or if no fixture has a list of items.
pub fn check_robust(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut failures = Failures::default();
    let mut n_broken = 0;
    for case in &bench.cases {
        check_noise(&bench, case, &mut failures);
        if let Some(fields) = case.fields() {
            n_broken += check_form(&bench, case, &fields, &mut failures);
            continue;
        }
        let Ok(webhook) = serde_json::from_slice::<Value>(case.parsed_bytes()) else { continue };
        // Written anew, as every changed copy of it is.
        let Ok(events) = bench.parse_body(webhook.to_string().as_bytes()) else { continue };
        check_unreadable(&bench, case, &webhook, &mut failures);
        for list in json::pointers(&webhook, Value::is_array) {
            n_broken += check_list(&bench, case, &webhook, &list, &events, &mut failures);
        }
    }
    failures.check(n_broken > 0, "fixtures", "hold no list of items");
    failures.finish("broken webhooks");
    #[expect(clippy::print_stdout, reason = "the count is what a reader of the test run wants")]
    {
        println!("{}: {n_broken} broken items among good ones, none lost", inbound.name);
    }
}

/// A form is one item: with any field left out, empty, twice or odd it is never lost. Returns the number of those tried.
fn check_form(
    bench: &Bench<'_>,
    case: &Case,
    fields: &[(String, String)],
    failures: &mut Failures,
) -> usize {
    if !bench.parse_body(&form(fields)).is_ok_and(|it| !it.is_empty()) {
        return 0;
    }
    let mut n = 0;
    for (at, field) in fields.iter().enumerate() {
        let (mut without, mut twice) = (fields.to_vec(), fields.to_vec());
        without.remove(at);
        twice.push(field.clone());
        let odd = ["", "\u{0}", "-7.5e30", "[[]]", " "].map(|it| form_with(fields, at, it));
        for body in odd.into_iter().chain([form(&without), form(&twice)]) {
            n += 1;
            // What cannot be read at all is parked whole.
            let lost = bench.parse_body(&body).is_ok_and(|it| it.is_empty());
            failures.check(!lost, &case.name, format!("the item is lost: {}", field.0));
        }
    }
    n
}

/// Adds broken copies of an entry to a list, if it is one of items, and returns their number.
fn check_list(
    bench: &Bench<'_>,
    case: &Case,
    webhook: &Value,
    list: &str,
    events: &[InboundEvent],
    failures: &mut Failures,
) -> usize {
    let parse = |entry: &Value, first: bool| {
        let mut webhook = webhook.clone();
        let entries = webhook.pointer_mut(list).and_then(Value::as_array_mut).unwrap();
        entries.insert(if first { 0 } else { entries.len() }, entry.clone());
        bench.parse_body(webhook.to_string().as_bytes())
    };
    let Some(good) = webhook.pointer(list).and_then(|it| it.get(0)) else { return 0 };
    if !parse(good, false).is_ok_and(|it| it.len() > events.len()) {
        return 0;
    }
    let mut n = 0;
    for broken in broken_copies(good) {
        n += 1;
        let what = match parse(&broken, n % 2 == 0) {
            Err(_) => "the whole webhook is malformed",
            Ok(found) if found.len() <= events.len() => "the broken item is lost",
            Ok(found) if !contains_all(&found, events) => "a neighbour is lost or changed",
            Ok(_) => continue,
        };
        failures.add(&case.name, format!("{what}: {list} with {broken}"));
    }
    n
}

/// Copies of an entry with one value of another type each, and values that are no entry at all.
fn broken_copies(entry: &Value) -> Vec<Value> {
    let others =
        [json!(null), json!(true), json!(-7.5e30), json!("\u{0}"), json!([[]]), json!({"a": {}})];
    let mut copies = others.to_vec();
    for (i, at) in json::pointers(entry, json::is_leaf).iter().enumerate() {
        // Two other types for each value, not the same for all.
        for other in [&others[i % others.len()], &others[(i + 3) % others.len()]] {
            let mut copy = entry.clone();
            let value = copy.pointer_mut(at).unwrap();
            if std::mem::discriminant(value) != std::mem::discriminant(other) {
                *value = other.clone();
                copies.push(copy);
            }
        }
    }
    copies
}

/// Whether every event is there, as often as it must be.
fn contains_all(found: &[InboundEvent], wanted: &[InboundEvent]) -> bool {
    let mut left: Vec<_> = found.iter().collect();
    wanted.iter().all(|event| {
        let at = left.iter().position(|it| *it == event);
        at.map(|at| left.swap_remove(at)).is_some()
    })
}

fn check_noise(bench: &Bench<'_>, case: &Case, failures: &mut Failures) {
    const N: usize = 100;
    let body = case.parsed_bytes();
    let mut chance = Scramble::new(body.len() as u64);
    let step = (body.len() / N).max(1);
    for cut in (0..body.len()).step_by(step) {
        // Malformed or events, both are fine: what counts is that there is an answer.
        drop(bench.parse_body(&body[..cut]));
    }
    for _ in 0..N {
        let mut changed = body.to_vec();
        for _ in 0..=chance.below(3) {
            let at = chance.below(changed.len());
            if let Some(byte) = changed.get_mut(at) {
                *byte = *chance.pick(b"{}[]\",:0 \\ue-tfn\xff\x00");
            }
        }
        if let Ok(events) = bench.parse_body(&changed) {
            let keyed = events.iter().all(|it| !it.key.as_str().is_empty());
            failures.check(
                keyed,
                &case.name,
                "a changed webhook becomes an event with an empty key",
            );
        }
    }
}

fn check_unreadable(bench: &Bench<'_>, case: &Case, webhook: &Value, failures: &mut Failures) {
    let Some(fields) = webhook.as_object() else { return };
    let text = webhook.to_string();
    let with = |more: &[u8]| {
        let comma: &[u8] = if fields.is_empty() { b"" } else { b"," };
        let body = [&text.as_bytes()[..text.len() - 1], comma, b"\"kit\":", more, b"}"].concat();
        bench.parse_body(&body)
    };
    failures.check(with(b"\"\xff\"").is_err(), &case.name, "believes a byte that is not UTF-8");
    let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
    failures.check(with(&nested(64)).is_err(), &case.name, "believes JSON that is nested 65 deep");
    failures.check(with(&nested(20)).is_ok(), &case.name, "refuses an unknown field");
}
