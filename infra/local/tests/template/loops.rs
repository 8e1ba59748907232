//! Loops of functions and queues. Lambda follows a request from queue to function to queue and cuts a loop after about 16
//! rounds, unless the function says that it may go on: a loop that something else ends must say so, any other must not. (The
//! local cloud does not follow what a function puts into a queue.)

use std::collections::{BTreeMap, BTreeSet};

use domain::sending::{MAX_TRYING_MS, MOST_TRYING_MS};
use local::template::{Template, refers_to};
use serde_json::{Value, json};

use crate::{statements, template, words};

/// A loop, and what ends it.
struct Loop {
    /// The function that it goes through.
    function: &'static str,
    /// The queues that it goes through.
    queues: &'static [&'static str],
    /// After how many milliseconds it ends at the latest.
    deadline_ms: i64,
}

/// A message of ours is tried until its own deadline, which is a day away, or a week if its caller says so: see
/// `Progress::deadline`.
const LOOPS: [Loop; 1] = [Loop {
    function: "OutboundFunction",
    queues: &["OutboundQueue", "TimersQueue"],
    deadline_ms: MOST_TRYING_MS,
}];

/// The ways between resources, by name.
type Ways = BTreeMap<String, BTreeSet<String>>;

#[test]
fn a_function_in_a_loop_may_go_round_until_a_deadline_and_no_other_may() {
    let template = template();
    let ways = ways(&template);
    for (function, resource) in template.resources("AWS::Serverless::Function") {
        let allowed = &resource["Properties"]["RecursiveLoop"];
        let after = reached(&ways, function);
        if !after.contains(function) {
            assert!(allowed.is_null(), "{function} is in no loop");
            continue;
        }
        let known = LOOPS.iter().find(|it| it.function == function);
        let known = known.unwrap_or_else(|| panic!("{function} is in a loop without a deadline"));
        let in_loop = |queue: &&String| reached(&ways, queue).contains(function);
        let queues: Vec<_> = after.iter().filter(in_loop).filter(|it| *it != function).collect();
        assert_eq!(queues, known.queues, "{function}");
        assert_eq!(*allowed, "Allow", "{function}");
        assert!((MAX_TRYING_MS..=7 * 86_400_000).contains(&known.deadline_ms), "{function}");
    }
    for known in &LOOPS {
        assert!(reached(&ways, known.function).contains(known.function), "{}", known.function);
    }
}

#[test]
fn somebody_is_told_when_lambda_cuts_a_loop() {
    let template = template();
    for (function, _) in consumers(&template) {
        let alarm = template.resources("AWS::CloudWatch::Alarm").into_iter().find(|(_, it)| {
            it["Properties"]["MetricName"] == "RecursiveInvocationsDropped"
                && refers_to(&it["Properties"]["Dimensions"], function)
        });
        let (name, alarm) = alarm.unwrap_or_else(|| panic!("{function} has no alarm"));
        assert_eq!(alarm["Properties"]["Namespace"], "AWS/Lambda", "{name}");
        assert_eq!(alarm["Properties"]["Threshold"], 0, "{name}");
        assert_eq!(alarm["Properties"]["Dimensions"][0]["Name"], "FunctionName", "{name}");
    }
}

/// The walk itself, on a template that is smaller.
#[test]
fn the_walk_goes_by_events_permissions_and_roles_that_are_passed_on() {
    let role = |statement: Value| json!({ "Type": "AWS::IAM::Role", "Properties": { "Policies": [{ "PolicyDocument": { "Statement": [statement] } }] } });
    let function = |role: &str, queue: &str| {
        json!({ "Type": "AWS::Serverless::Function", "Properties": {
        "Role": { "Fn::GetAtt": [role, "Arn"] },
        "Events": { "One": { "Type": "SQS", "Properties": { "Queue": { "Fn::GetAtt": [queue, "Arn"] } } } },
    } })
    };
    let queue = json!({ "Type": "AWS::SQS::Queue" });
    let arn = |of: &str| json!({ "Fn::GetAtt": [of, "Arn"] });
    let template = Template(json!({ "Resources": {
        "A": queue, "B": queue,
        "First": function("FirstRole", "A"),
        "FirstRole": role(json!({ "Action": ["sqs:SendMessage*"], "Resource": [arn("B")] })),
        "Second": function("SecondRole", "B"),
        "SecondRole": role(json!({ "Action": "iam:PassRole", "Resource": arn("Timer") })),
        "Timer": role(json!({ "Action": "sqs:SendMessage", "Resource": arn("A") })),
    } }));
    let after = reached(&ways(&template), "First");
    assert_eq!(after, BTreeSet::from(["A", "B", "First", "Second"].map(str::to_owned)));
}

/// The functions that queues call, with the queues.
fn consumers(template: &Template) -> Vec<(&str, String)> {
    let queues = template.resources("AWS::SQS::Queue");
    let mut all = Vec::new();
    for (function, resource) in template.resources("AWS::Serverless::Function") {
        for event in
            resource["Properties"]["Events"].as_object().into_iter().flat_map(|it| it.values())
        {
            let of = queues.iter().filter(|it| refers_to(&event["Properties"]["Queue"], it.0));
            all.extend(of.map(|it| (function, it.0.to_owned())));
        }
    }
    all
}

fn ways(template: &Template) -> Ways {
    let mut ways = Ways::new();
    for (function, queue) in consumers(template) {
        ways.entry(queue).or_default().insert(function.to_owned());
    }
    for (function, resource) in template.resources("AWS::Serverless::Function") {
        let puts = puts(template, &resource["Properties"]["Role"]);
        ways.entry(function.to_owned()).or_default().extend(puts);
    }
    ways
}

/// The queues that a role may put into, and those that a role may that it passes on.
fn puts(template: &Template, role: &Value) -> BTreeSet<String> {
    let roles = template.resources("AWS::IAM::Role");
    let queues = template.resources("AWS::SQS::Queue");
    let mut found = BTreeSet::new();
    for (_, own) in roles.iter().filter(|it| refers_to(role, it.0)) {
        for policy in own["Properties"]["Policies"].as_array().unwrap() {
            for statement in statements(policy) {
                for action in words(&statement["Action"]) {
                    let to = &statement["Resource"];
                    if action.starts_with("sqs:SendMessage") {
                        let named = queues.iter().filter(|it| refers_to(to, it.0));
                        found.extend(named.map(|it| it.0.to_owned()));
                    } else if action == "iam:PassRole" {
                        found.extend(puts(template, to));
                    }
                }
            }
        }
    }
    found
}

/// Everything that is reached from something, itself only if a way leads back.
fn reached(ways: &Ways, from: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(at) = next.pop() {
        for to in ways.get(&at).into_iter().flatten() {
            if found.insert(to.clone()) {
                next.push(to.clone());
            }
        }
    }
    found
}
