//! Learning from a company's own corrections: whether it helps is judged before anything is written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use domain::event::Direction;
use domain::filing::Past;
use domain::id::{Channel, ThreadId};
use domain::threading::{Model, Reading};
use domain::time::Timestamp;
use threads::own::{Verdict, learn, people, person};

const THINGS: [&str; 8] =
    ["lamp", "sofa", "curtain", "boiler", "bicycle", "suitcase", "visa", "helmet"];

fn past(key: String, minute: i64, direction: Direction, text: &str, thread: &str) -> Past {
    Past {
        key,
        at: Timestamp::from_secs(1_800_000_000 + minute * 60),
        direction,
        channel: Channel::from_static("whatsapp"),
        reading: Some(Reading::of(text, None)),
        quoted: None,
        thread: ThreadId::new(thread),
        is_certain: direction == Direction::In,
    }
}

fn thing(n: usize) -> &'static str {
    THINGS.iter().cycle().nth(n).unwrap()
}

/// A dealer who reports one broken thing after the other, each of which one of us split off.
fn dealer(n: usize) -> Vec<Past> {
    let mut said = Vec::new();
    for (minute, at) in (0..5).map(|at| (i64::try_from(at).unwrap() * 4, at)) {
        let thing = thing(n + at);
        let report = format!("{thing} broken, number {n}");
        said.push(past(format!("{n}-{at}"), minute, Direction::In, &report, thing));
        let answer = format!("A new {thing} is on its way.");
        said.push(past(format!("{n}-{at}-us"), minute + 1, Direction::Out, &answer, thing));
    }
    said
}

/// A customer whom the model follows as it is.
fn customer(n: usize) -> Vec<Past> {
    let thing = thing(n);
    let asked = format!("Hello, I would like to return the {thing}");
    let answered = format!("Why would you like to return the {thing}?");
    let mut said = vec![
        past(format!("{n}-1"), 0, Direction::In, &asked, "a"),
        past(format!("{n}-2"), 2, Direction::Out, &answered, "a"),
    ];
    said.push(past(format!("{n}-3"), 3, Direction::In, "Yes, because it is too small for me", "a"));
    said
}

fn judged(histories: &[Vec<Past>]) -> (Verdict, String) {
    let mut told = Vec::new();
    let people: Vec<_> = histories.iter().map(|it| person(it)).collect();
    let verdict = learn(&people, &Model::current(), &mut told).unwrap();
    (verdict, String::from_utf8(told).unwrap())
}

#[test]
fn what_a_company_does_otherwise_is_learned_and_shown_before() {
    let dealers: Vec<_> = (0..40).map(dealer).collect();
    let (verdict, told) = judged(&dealers);
    let Verdict::Helps(model) = verdict else { panic!("{told}") };
    assert_ne!(model, Model::current());
    assert!(told.contains("40 people, 160 decisions, 160 of them corrected"), "{told}");
    assert!(told.contains("likelier by") && told.ends_with("it helps\n"), "{told}");
}

#[test]
fn what_is_filed_right_already_changes_nothing() {
    let (verdict, told) = judged(&(0..60).map(customer).collect::<Vec<_>>());
    assert_eq!(verdict, Verdict::DoesNot, "{told}");
}

#[test]
fn a_handful_of_corrections_is_too_few_to_tell() {
    let (verdict, told) = judged(&[dealer(1), dealer(2)]);
    assert_eq!(verdict, Verdict::TooFew, "{told}");
}

#[test]
fn an_export_holds_no_word_and_is_read_back() {
    let history = dealer(3);
    let line = serde_json::to_string(&history).unwrap();
    assert!(!line.contains("broken") && !line.contains("bicycle is"), "{line}");
    let file = std::env::temp_dir().join(format!("own-{}.jsonl", std::process::id()));
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let read = people(&file).unwrap();
    std::fs::write(&file, "{}\n").unwrap();
    let refused = people(&file);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(read.len(), 1);
    assert!(refused.is_err_and(|it| it.to_string().contains("line 1")));
}
