//! Alarms do nothing on the local cloud: here each is held against the metrics that there are, and the runbook that it names.

use std::collections::BTreeSet;
use std::fs;

use aws::logs::Metric;
use local::place;
use local::template::refers_to;
use serde_json::{Value, json};

use crate::template;

/// A table's own metrics leave its indexes out.
const OF_TABLES: &[&[&str]] = &[&["TableName"], &["TableName", "GlobalSecondaryIndexName"]];

/// The documented metrics of the services that alarms read: the metric, each list of dimensions that it is counted under, and the
/// page.
const DOCUMENTED: &[(&str, &str, &[&[&str]], &str)] = &[
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &[&["QueueName"]],
        "sqs-available-cloudwatch-metrics",
    ),
    (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        &[&["QueueName"]],
        "sqs-available-cloudwatch-metrics",
    ),
    ("AWS/Lambda", "Errors", &[&["FunctionName"]], "monitoring-metrics-types"),
    ("AWS/Lambda", "Throttles", &[&["FunctionName"]], "monitoring-metrics-types"),
    ("AWS/Lambda", "RecursiveInvocationsDropped", &[&["FunctionName"]], "monitoring-metrics-types"),
    ("AWS/ApiGateway", "5xx", &[&["ApiId"]], "http-api-metrics"),
    ("AWS/DynamoDB", "ReadThrottleEvents", OF_TABLES, "metrics-dimensions"),
    ("AWS/DynamoDB", "WriteThrottleEvents", OF_TABLES, "metrics-dimensions"),
    ("AWS/Scheduler", "InvocationDroppedCount", &[&["ScheduleGroup"]], "monitoring-cloudwatch"),
];

/// All source text of the functions and of what they share, but for the file that defines the metrics.
fn sources() -> String {
    let folders = ["functions", "shared/aws/src"].map(|it| place::rust_files(it).unwrap());
    let files = folders.iter().flatten().filter(|it| !it.ends_with("logs.rs"));
    files.map(|it| fs::read_to_string(it).unwrap()).collect()
}

fn dimensions(alarm: &Value) -> Vec<&str> {
    let all = alarm["Properties"]["Dimensions"].as_array().unwrap();
    all.iter().map(|it| it["Name"].as_str().unwrap()).collect()
}

#[test]
fn every_alarm_reads_a_metric_that_the_code_counts_or_aws_documents() {
    let (template, code) = (template(), sources());
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
            let known = DOCUMENTED.iter().find(|it| (it.0, it.1) == (namespace, metric));
            let known = known.unwrap_or_else(|| panic!("{name}: AWS documents no {metric}"));
            assert!(known.2.contains(&&*dimensions(alarm)), "{name}: see {}", known.3);
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
        let begins = ["ComparisonOperator", "TreatMissingData"].map(|it| &alarm[it]);
        if alarm["MetricName"] == "Received" {
            assert_eq!(begins, ["LessThanOrEqualToThreshold", "breaching"], "{name}");
            assert_eq!(alarm["Threshold"], 0, "{name}");
        } else {
            assert_eq!(begins, ["GreaterThanThreshold", "notBreaching"], "{name}");
        }
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

/// An index that is throttled holds up the table, whose own metrics do not count it.
#[test]
fn the_table_and_each_of_its_indexes_call_somebody_when_they_are_throttled() {
    let template = template();
    let table = &template.resource("Table").unwrap()["Properties"];
    let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap().iter();
    let named = indexes.map(|it| Some(it["IndexName"].as_str().unwrap()));
    let all: Vec<_> = named.chain([None]).collect();
    assert_eq!(all.len(), 3);
    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
        let mut seen = Vec::new();
        for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            let alarm = &alarm["Properties"];
            if alarm["MetricName"] == metric {
                assert_eq!(alarm["Dimensions"][0]["Value"], json!({ "Ref": "Table" }), "{name}");
                seen.push(alarm["Dimensions"][1]["Value"].as_str());
            }
        }
        assert!(all.iter().all(|it| seen.contains(it)) && seen.len() == all.len(), "{seen:?}");
    }
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
        let hours = [&alarm["Statistic"], &alarm["Period"], &alarm["EvaluationPeriods"]];
        assert_eq!(hours, [&json!("Sum"), &json!(3600), &json!({ "Ref": "QuietHours" })], "{name}");
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
