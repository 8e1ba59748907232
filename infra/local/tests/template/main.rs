//! Faults that the local cloud lets pass and AWS does not, or that nobody would notice until something is missing.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    reason = "what is not as expected fails the test"
)]

mod alarms;
mod callers;
mod life;
mod limits;
mod loops;
mod released;
mod roles;
mod routes;

use std::collections::BTreeSet;
use std::process::Command;

use aws::store::schema;
use channels::Channel;
use local::report::Report;
use local::template::{Template, refers_to};
use local::{functions, place, tools};
use serde_json::{Value, json};

fn template() -> Template {
    Template::read(&tools::prepare(&Report::quiet()).unwrap()).unwrap()
}

#[test]
fn cfn_lint_is_silent() {
    let tools = tools::prepare(&Report::quiet()).unwrap();
    let output = Command::new(tools.path("cfn-lint")).arg(place::template()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn every_integration_may_invoke_its_function_by_its_own_routes_only() {
    let template = template();
    let permissions = template.resources("AWS::Lambda::Permission");
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    let integrations = template.resources("AWS::ApiGatewayV2::Integration");
    assert!(!integrations.is_empty());
    for (name, integration) in integrations {
        let uri = &integration["Properties"]["IntegrationUri"];
        let (function, _) = template
            .resources("AWS::Serverless::Function")
            .into_iter()
            .find(|it| refers_to(uri, it.0))
            .unwrap();
        let (_, permission) = permissions
            .iter()
            .find(|it| refers_to(&it.1["Properties"]["FunctionName"], function))
            .unwrap_or_else(|| panic!("{name} has no permission to invoke {function}"));
        assert_eq!(permission["Condition"], integration["Condition"], "{name}");
        assert_eq!(permission["Properties"]["Action"], "lambda:InvokeFunction");
        assert_eq!(permission["Properties"]["Principal"], "apigateway.amazonaws.com");
        let source = permission["Properties"]["SourceArn"]["Fn::Sub"].as_str().unwrap();
        let allowed = source.split_once("${HttpApi}/*/*").unwrap().1;
        let own = routes
            .iter()
            .filter(|it| refers_to(&it.1["Properties"]["Target"], name))
            .collect::<Vec<_>>();
        assert!(!own.is_empty(), "{name} has no route");
        for (route, it) in own {
            let path = it["Properties"]["RouteKey"].as_str().unwrap().split_once(' ').unwrap().1;
            let covered =
                path == allowed || allowed.strip_suffix('*').is_some_and(|it| path.starts_with(it));
            assert!(covered, "{route} is not covered by {source}");
            // The API has its routes by the mode in which it runs.
            if name != "ApiIntegration" {
                assert_eq!(it["Condition"], integration["Condition"], "{route}");
            }
        }
    }
}

#[test]
fn every_queue_that_is_consumed_reports_single_failures_and_has_somewhere_to_put_what_fails() {
    let template = template();
    let mut consumed = BTreeSet::new();
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let timeout = function["Properties"]["Timeout"].as_u64().unwrap();
        for (event, it) in function["Properties"]["Events"].as_object().into_iter().flatten() {
            if it["Type"] != "SQS" {
                continue;
            }
            let mapping = &it["Properties"];
            assert_eq!(
                mapping["FunctionResponseTypes"],
                json!(["ReportBatchItemFailures"]),
                "{name} {event}"
            );
            let (queue, it) = template
                .resources("AWS::SQS::Queue")
                .into_iter()
                .find(|it| refers_to(&mapping["Queue"], it.0))
                .unwrap();
            consumed.insert(queue.to_owned());
            let visibility = it["Properties"]["VisibilityTimeout"].as_u64().unwrap();
            assert!(
                6 * timeout <= visibility,
                "{queue} shows entries again while {name} may still work on them"
            );
            let redrive = &it["Properties"]["RedrivePolicy"];
            let dead = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0].as_str().unwrap();
            let dead = template
                .resource(dead)
                .unwrap_or_else(|| panic!("{queue} has no dead-letter queue"));
            assert_eq!(dead["Properties"]["FifoQueue"], it["Properties"]["FifoQueue"], "{queue}");
            assert_eq!(redrive["maxReceiveCount"], 1_000, "{queue}");
            assert_eq!(
                mapping["ScalingConfig"],
                json!({ "MaximumConcurrency": 50 }),
                "{name} {event}"
            );
        }
    }
    assert_eq!(
        consumed,
        BTreeSet::from(["InboundQueue", "OutboundQueue", "TimersQueue"].map(str::to_owned))
    );
    for (name, queue) in template.resources("AWS::SQS::Queue") {
        assert_eq!(queue["Properties"]["MessageRetentionPeriod"], 1_209_600, "{name}");
        if queue["Properties"]["FifoQueue"] == true {
            assert_eq!(queue["Properties"]["FifoThroughputLimit"], "perMessageGroupId", "{name}");
            assert_eq!(queue["Properties"]["DeduplicationScope"], "messageGroup", "{name}");
        }
        if name.ends_with("DeadQueue") {
            let alarm = name.replace("Queue", "Alarm");
            let alarm = template.resource(&alarm).unwrap_or_else(|| panic!("{name} has no alarm"));
            assert!(refers_to(alarm, name), "{name}");
        }
    }
}

#[test]
fn the_table_is_the_one_that_the_code_and_its_tests_use() {
    let template = template();
    let table = &template.resource("Table").unwrap()["Properties"];
    let key = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    assert_eq!(table["KeySchema"], key(schema::PK, schema::SK));
    let index = |name: &str, keys: Value, projection: Value| json!({ "IndexName": name, "KeySchema": keys, "Projection": projection });
    let holds = |names: &[&str]| json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names });
    let (row, listed) = (holds(&schema::BY_THREAD_INCLUDES), holds(&schema::INBOX_INCLUDES));
    assert_eq!(
        table["GlobalSecondaryIndexes"],
        json!([
            index(schema::BY_THREAD, key(schema::THREAD, schema::AT), row),
            index(schema::INBOX, key(schema::LIST, schema::LIST_AT), listed),
        ])
    );
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let number = |name: &str| json!({ "AttributeName": name, "AttributeType": "N" });
    assert_eq!(
        table["AttributeDefinitions"],
        json!([
            text(schema::PK),
            text(schema::SK),
            text(schema::THREAD),
            number(schema::AT),
            text(schema::LIST),
            number(schema::LIST_AT),
        ])
    );
    assert_eq!(
        table["TimeToLiveSpecification"],
        json!({ "AttributeName": schema::EXPIRES, "Enabled": true })
    );
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
}

#[test]
fn every_function_has_its_code_a_role_of_its_own_and_a_log_group_that_forgets() {
    let template = template();
    let resources = template.resources("AWS::Serverless::Function");
    let (mut of_template, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for (name, function) in resources {
        let properties = &function["Properties"];
        let code = properties["CodeUri"].as_str().unwrap();
        let folder =
            code.strip_prefix("../target/lambda/").and_then(|it| it.strip_suffix('/')).unwrap();
        assert_eq!(name, format!("{}Function", place::pascal(folder)));
        of_template.insert(folder.to_owned());
        for (property, kind) in
            [("Role", "AWS::IAM::Role"), ("LoggingConfig", "AWS::Logs::LogGroup")]
        {
            let own: Vec<_> = template
                .resources(kind)
                .into_iter()
                .filter(|it| refers_to(&properties[property], it.0))
                .collect();
            let [(own, resource)] = own[..] else { panic!("{name} has {} of {kind}", own.len()) };
            assert_eq!(resource["Condition"], function["Condition"], "{own}");
            assert!(roles.insert(own.to_owned()), "{own} is shared");
        }
        let group = template.resource(&format!("{}LogGroup", place::pascal(folder))).unwrap();
        assert_eq!(
            group["Properties"]["RetentionInDays"],
            json!({ "Ref": "LogRetentionDays" }),
            "{name}"
        );
    }
    assert_eq!(of_template, functions::names().unwrap().into_iter().collect());
}

#[test]
fn a_customer_is_asked_only_on_channels_that_offer_choices() {
    let template = template();
    let pattern = template.0["Parameters"]["AskCustomerOn"]["AllowedPattern"].as_str().unwrap();
    let words = pattern.split(['(', ')', '|', '^', '$', '?', '*', ',']);
    let named: BTreeSet<_> = words.filter(|it| !it.is_empty()).collect();
    let offers = |it: &&Channel| it.capabilities().is_some_and(|it| it.choices.is_some());
    assert_eq!(named, channels::ALL.iter().filter(offers).map(|it| it.name).collect());
}

#[test]
fn the_share_that_may_be_shown_as_unsure_is_a_parameter_of_threading() {
    let template = template();
    let parameter = &template.0["Parameters"]["UnsurePercent"];
    let bounds = ["Type", "Default", "MinValue", "MaxValue"].map(|it| parameter[it].clone());
    assert_eq!(bounds, [json!("Number"), json!(5), json!(0), json!(50)]);
    let variables = "/Properties/Environment/Variables/UNSURE_PERCENT";
    let functions = template.0["Resources"].as_object().unwrap().iter();
    let told: Vec<_> = functions.filter_map(|it| Some((it.0, it.1.pointer(variables)?))).collect();
    let [(function, value)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(*function, "ThreadingFunction");
    assert_eq!(**value, json!({ "Ref": "UnsurePercent" }));
}

#[test]
fn everything_of_a_channel_is_behind_its_condition() {
    let template = template();
    for channel in Template::channels().unwrap() {
        let name = place::pascal(&channel);
        for section in ["Resources", "Outputs"] {
            for (id, it) in template.0[section].as_object().unwrap() {
                if id.starts_with(&name) {
                    assert_eq!(it["Condition"], name.as_str(), "{id}");
                }
            }
        }
        let list = json!({ "Fn::Sub": ",${Channels}," });
        let without = json!({ "Fn::Join": ["", { "Fn::Split": [format!(",{channel},"), list] }] });
        let condition = json!({ "Fn::Not": [{ "Fn::Equals": [without, list] }] });
        assert_eq!(template.0["Conditions"][&name], condition);
        let pattern = template.0["Parameters"]["Channels"]["AllowedPattern"].as_str().unwrap();
        let names = pattern.split(['(', ')', '|', '^', '$', '?', '*', ',']);
        assert!(names.into_iter().any(|it| it == channel), "{channel} cannot be named in Channels");
    }
}

/// The actions that a policy allows; those that it allows only on a condition, too.
fn statements(policy: &Value) -> Vec<&Value> {
    let all = policy.pointer("/PolicyDocument/Statement").and_then(Value::as_array).unwrap();
    all.iter().map(|it| it.pointer("/Fn::If/1").unwrap_or(it)).collect()
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        other => {
            other.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        }
    }
}
