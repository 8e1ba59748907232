//! Alarms do nothing on the local cloud: here each is held against the metrics that there are, and the runbook that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aws::logs::Metric;
use local::place;
use local::template::refers_to;
use serde_json::{Value, json};

use crate::template;

/// The documented metrics of the services that alarms read: the metric, the dimensions that name it, and the page.
const DOCUMENTED: &[(&str, &str, &str, &str)] = &[
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        "sqs-available-cloudwatch-metrics",
    ),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "sqs-available-cloudwatch-metrics"),
    ("AWS/Lambda", "Errors", "FunctionName", "monitoring-metrics-types"),
    ("AWS/Lambda", "Throttles", "FunctionName", "monitoring-metrics-types"),
    ("AWS/Lambda", "RecursiveInvocationsDropped", "FunctionName", "monitoring-metrics-types"),
    ("AWS/ApiGateway", "5xx", "ApiId", "http-api-metrics"),
    ("AWS/DynamoDB", "ReadThrottleEvents", "TableName", "metrics-dimensions"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName", "metrics-dimensions"),
    ("AWS/Scheduler", "InvocationDroppedCount", "ScheduleGroup", "monitoring-cloudwatch"),
];

/// All source text of the functions and of what they share, but for the file that defines the metrics.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("logs.rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

fn dimensions(alarm: &Value) -> Vec<&str> {
    let all = alarm["Properties"]["Dimensions"].as_array().unwrap();
    all.iter().map(|it| it["Name"].as_str().unwrap()).collect()
}

#[test]
fn every_alarm_reads_a_metric_that_the_code_counts_or_aws_documents() {
    let (template, mut code) = (template(), String::new());
    for folder in ["functions", "shared/aws/src"] {
        sources(&place::root().join(folder), &mut code);
    }
    let mut own = BTreeSet::new();
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let metric = alarm["Properties"]["MetricName"].as_str().unwrap();
        let namespace = alarm["Properties"]["Namespace"].as_str().unwrap();
        if namespace == "Ariane" {
            let known = Metric::ALL.into_iter().find(|it| it.name() == metric);
            let known = known.unwrap_or_else(|| panic!("{name}: nobody counts {metric}"));
            let counted = [format!("count(Metric::{known:?}"), format!("Metric::{known:?},")];
            assert!(counted.iter().any(|it| code.contains(it)), "{name}: nobody counts {metric}");
            assert!(matches!(dimensions(alarm)[..], ["Stack"] | ["Stack", "Function"]), "{name}");
            own.insert(metric);
        } else {
            let of = |it: &&(&str, &str, &str, &str)| (it.0, it.1) == (namespace, metric);
            let known = DOCUMENTED.iter().find(of);
            let known = known.unwrap_or_else(|| panic!("{name}: AWS documents no {metric}"));
            assert_eq!(dimensions(alarm), [known.2], "{name}: see {}", known.3);
        }
    }
    assert_eq!(own, Metric::ALL.map(Metric::name).into(), "a metric without an alarm");
}

#[test]
fn every_alarm_calls_when_it_begins_and_when_it_ends_and_leads_to_its_runbook() {
    let template = template();
    let readme = fs::read_to_string(place::root().join("README.md")).unwrap();
    let called = |condition: &str, whom: &str| json!({ "Fn::If": [condition, { "Ref": whom }, { "Ref": "AWS::NoValue" }] });
    let called =
        json!([called("HasAlarmEmail", "AlarmTopic"), called("HasAlarmTopic", "AlarmTopicArn")]);
    let mut led = BTreeSet::new();
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        assert_eq!((&alarm["AlarmActions"], &alarm["OKActions"]), (&called, &called), "{name}");
        let said = alarm["AlarmDescription"].as_str().unwrap();
        let (_, anchor) =
            said.split_once(" See README#").unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(readme.contains(&format!("<a id=\"{anchor}\"></a>")), "{name}: {anchor}");
        led.insert(anchor.to_owned());
    }
    assert_eq!(readme.matches("| <a id=\"").count(), led.len(), "a runbook that no alarm leads to");
    let topic = &template.resource("AlarmTopic").unwrap()["Properties"];
    let email = json!([{ "Protocol": "email", "Endpoint": { "Ref": "AlarmEmail" } }]);
    assert_eq!(topic["Subscription"], email);
}

/// A channel that a platform stopped calling makes no error anywhere: that nothing comes is all that is to be seen.
#[test]
fn every_channel_that_falls_quiet_calls_somebody() {
    let template = template();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let Some(condition) = function.get("Condition") else { continue };
        let quiet = |it: &&(&str, &Value)| {
            it.1["Properties"]["MetricName"] == "Received" && refers_to(it.1, name)
        };
        let (_, alarm) = alarms.iter().find(quiet).unwrap_or_else(|| panic!("{name} may be quiet"));
        assert_eq!(alarm["Condition"], *condition);
        let alarm = &alarm["Properties"];
        assert_eq!(alarm["TreatMissingData"], "breaching");
        assert_eq!(alarm["EvaluationPeriods"], json!({ "Ref": "QuietHours" }));
    }
}

#[test]
fn functions_log_as_lambda_filters_lines() {
    let logging = template().0["Globals"]["Function"]["LoggingConfig"].clone();
    let level = json!({ "Ref": "LogLevel" });
    let expected =
        json!({ "LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "WARN" });
    assert_eq!(logging, expected);
}
