//! The rights of each function, held against the calls that its program links. No other call can it make, so any other right would
//! only serve somebody who broke in.

use std::collections::BTreeSet;
use std::process::Command;

use aws::store::schema::{BY_THREAD, INBOX};
use local::template::Template;
use local::{functions, place};
use serde_json::Value;

use crate::world::World;

/// Actions of AWS, each with the text that a program holds if it links the call.
const CALLS: [(&str, &str); 18] = [
    ("dynamodb:GetItem", "DynamoDB_20120810.GetItem"),
    ("dynamodb:BatchGetItem", "DynamoDB_20120810.BatchGetItem"),
    ("dynamodb:Query", "DynamoDB_20120810.Query"),
    ("dynamodb:Scan", "DynamoDB_20120810.Scan"),
    ("dynamodb:UpdateItem", "DynamoDB_20120810.UpdateItem"),
    ("dynamodb:BatchWriteItem", "DynamoDB_20120810.BatchWriteItem"),
    ("dynamodb:ConditionCheckItem", "ConditionCheckBuilder"),
    ("s3:GetObject", "GetObjectRequestSerializer"),
    ("s3:PutObject", "PutObjectRequestSerializer"),
    ("s3:DeleteObject", "DeleteObjectRequestSerializer"),
    ("s3:ListBucket", "ListObjectsV2RequestSerializer"),
    ("secretsmanager:GetSecretValue", "secretsmanager.GetSecretValue"),
    ("secretsmanager:PutSecretValue", "secretsmanager.PutSecretValue"),
    ("sqs:SendMessage", "AmazonSQS.SendMessage"),
    ("sqs:ChangeMessageVisibility", "AmazonSQS.ChangeMessageVisibility"),
    ("scheduler:CreateSchedule", "CreateScheduleRequestSerializer"),
    ("scheduler:DeleteSchedule", "DeleteScheduleRequestSerializer"),
    ("scheduler:UpdateSchedule", "UpdateScheduleRequestSerializer"),
];

const TRANSACTION: &str = "DynamoDB_20120810.TransactWriteItems";

/// Parts of transactions, which the linker does not tell apart: each with the functions that may put it into one.
const PARTS: [(&str, &[&str]); 2] = [
    ("dynamodb:PutItem", &["api", "threading"]),
    ("dynamodb:DeleteItem", &["api", "outbound", "threading"]),
];

/// Actions that Lambda takes in a function's name: for its log, and for a queue that calls it.
const OF_LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
const OF_QUEUES: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

pub(crate) async fn each_function_may_make_the_calls_that_it_links_and_no_other(world: &World) {
    let template = Template::read(&world.stage().await.tools).unwrap();
    let names = functions::names().unwrap();
    assert!(8 <= names.len(), "{names:?}");
    for name in names {
        let found = linked(&name);
        let links = |text: &str| found.contains(text);
        let (function, role) = of_function(&template, &name);
        let calls = CALLS.iter().filter(|it| links(it.1)).map(|it| it.0);
        let mut needed: BTreeSet<_> = calls.chain(OF_LOGS).collect();
        if links(TRANSACTION) {
            needed.extend(PARTS.iter().filter(|it| it.1.contains(&&*name)).map(|it| it.0));
        }
        if !function["Properties"]["Events"].is_null() {
            needed.extend(OF_QUEUES);
        }
        if needed.contains("scheduler:CreateSchedule") {
            needed.insert("iam:PassRole");
        }
        let text = role["Properties"]["Policies"].to_string();
        let allowed = actions(&role["Properties"]["Policies"]);
        assert_eq!(allowed, needed.into_iter().map(str::to_owned).collect(), "{name}");
        let [thread, inbox] = [BY_THREAD, INBOX].map(links);
        assert_eq!(text.contains("/index/"), thread || inbox, "{name}");
        assert_eq!(text.contains("/index/*"), inbox, "{name}");
    }
}

/// The texts of all these that a function's program holds. To look for them in a program that is not optimised takes minutes.
fn linked(name: &str) -> BTreeSet<String> {
    let mut grep = Command::new("grep");
    grep.args(["-a", "-o", "-F"]).env("LC_ALL", "C");
    for text in CALLS.iter().map(|it| it.1).chain([TRANSACTION, BY_THREAD, INBOX]) {
        grep.args(["-e", text]);
    }
    let output = grep.arg(place::code(name).join("bootstrap")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn of_function<'a>(template: &'a Template, name: &str) -> (&'a Value, &'a Value) {
    let code = format!("../target/lambda/{name}/");
    let functions = template.resources("AWS::Serverless::Function");
    let own = functions.into_iter().find(|it| it.1["Properties"]["CodeUri"] == *code).unwrap();
    (own.1, template.resource(&own.0.replace("Function", "Role")).unwrap())
}

/// Every action that a policy names, wherever in it.
fn actions(policy: &Value) -> BTreeSet<String> {
    match policy {
        Value::Object(fields) => {
            let named = fields.get("Action").into_iter();
            let own = named.flat_map(|it| it.as_array().cloned().unwrap_or(vec![it.clone()]));
            let own = own.map(|it| it.as_str().unwrap().to_owned());
            own.chain(fields.values().flat_map(actions)).collect()
        }
        Value::Array(all) => all.iter().flat_map(actions).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    }
}
