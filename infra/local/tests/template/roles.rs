//! The rights of each function, and no more than those.

use std::collections::BTreeSet;

use local::template::{Template, refers_to};
use serde_json::json;

use crate::{life, statements, template, words};

#[test]
fn a_channel_may_queue_park_and_read_its_own_secret_and_nothing_else() {
    let template = template();
    for channel in Template::channels().unwrap() {
        let name = local::place::pascal(&channel);
        let role = template.resource(&format!("{name}Role")).unwrap();
        let mut actions = BTreeSet::new();
        for policy in role["Properties"]["Policies"].as_array().unwrap() {
            for statement in statements(policy) {
                let resource = &statement["Resource"];
                for action in words(&statement["Action"]) {
                    if action == "secretsmanager:GetSecretValue" {
                        assert_eq!(
                            *resource,
                            life::secret(&format!("{channel}/webhook")),
                            "{channel}"
                        );
                        actions.insert(action);
                        continue;
                    }
                    let own = match action.as_str() {
                        "logs:CreateLogStream" | "logs:PutLogEvents" => format!("{name}LogGroup"),
                        "sqs:SendMessage" => "InboundQueue".to_owned(),
                        "s3:PutObject" => "Bucket".to_owned(),
                        other => panic!("{channel} may {other}"),
                    };
                    assert!(refers_to(resource, &own), "{channel}: {action} on {resource}");
                    actions.insert(action);
                }
                if statement["Action"] == "s3:PutObject" {
                    let prefixes = json!([{ "Fn::Sub": "${Bucket.Arn}/parked/*" }, { "Fn::Sub": "${Bucket.Arn}/content/*" }]);
                    assert_eq!(*resource, prefixes, "{channel}");
                }
            }
        }
        assert_eq!(actions.len(), 5, "{channel}");
    }
}

/// It reads what was said and nothing that was parked or proves; it writes no object, and it holds no secret.
#[test]
fn the_api_may_read_what_was_said_queue_and_use_the_table_and_nothing_else() {
    let template = template();
    let role = template.resource("ApiRole").unwrap();
    let mut may = BTreeSet::new();
    for policy in role["Properties"]["Policies"].as_array().unwrap() {
        for statement in statements(policy) {
            for action in words(&statement["Action"]) {
                let own = match action.split_once(':').unwrap() {
                    ("logs", _) => "ApiLogGroup",
                    ("sqs", "SendMessage") => "OutboundQueue",
                    ("s3", "GetObject") => {
                        assert_eq!(
                            statement["Resource"],
                            json!({ "Fn::Sub": "${Bucket.Arn}/content/*" })
                        );
                        "Bucket"
                    }
                    ("dynamodb", _) => "Table",
                    _ => panic!("the API may {action}"),
                };
                assert!(refers_to(&statement["Resource"], own), "{action}");
                may.insert(own);
            }
        }
    }
    assert_eq!(may, BTreeSet::from(["ApiLogGroup", "Bucket", "OutboundQueue", "Table"]));
}

#[test]
fn threading_removes_content_from_the_bucket_and_may_nothing_else_there() {
    let template = template();
    let role = template.resource("ThreadingRole").unwrap();
    let policies = role["Properties"]["Policies"].as_array().unwrap();
    let allowed =
        policies.iter().flat_map(statements).filter(|it| it.to_string().contains("Bucket"));
    let allowed: Vec<_> = allowed.map(|it| (&it["Action"], &it["Resource"])).collect();
    let content = json!({ "Fn::Sub": "${Bucket.Arn}/content/*" });
    assert_eq!(allowed, [(&json!("s3:DeleteObject"), &content)]);
    let function = template.resource("ThreadingFunction").unwrap();
    let bucket = &function["Properties"]["Environment"]["Variables"]["BUCKET_NAME"];
    assert_eq!(*bucket, json!({ "Ref": "Bucket" }));
    // Of a bucket that keeps versions nothing would be gone.
    let bucket = template.resource("Bucket").unwrap();
    assert!(bucket["Properties"].get("VersioningConfiguration").is_none());
}

#[test]
fn only_outbound_reads_what_sends_and_no_role_may_everything() {
    let template = template();
    for (name, role) in template.resources("AWS::IAM::Role") {
        for policy in role["Properties"]["Policies"].as_array().unwrap() {
            for statement in statements(policy) {
                for action in words(&statement["Action"]) {
                    assert!(!action.contains('*'), "{name} may {action}");
                }
                assert_ne!(statement["Resource"], "*", "{name}");
                let text = statement["Resource"].to_string();
                if text.contains("sending") {
                    assert_eq!(name, "OutboundRole");
                    assert_eq!(statement["Resource"], life::secret("*/sending"));
                }
            }
        }
    }
}

/// A timer says which queue its entry is of by a name, and the configuration where that is; so the role goes as far as the names.
#[test]
fn outbound_puts_into_the_delay_queue_and_into_those_that_it_has_a_name_for() {
    let template = template();
    let may_put = |role: &str| {
        let policies = template.resource(role).unwrap()["Properties"]["Policies"].clone();
        let policies = policies.as_array().unwrap().clone();
        let statements: Vec<_> = policies.iter().flat_map(statements).cloned().collect();
        let puts = statements
            .iter()
            .filter(|it| words(&it["Action"]).iter().any(|action| action == "sqs:SendMessage"));
        let queues = template.resources("AWS::SQS::Queue");
        let named = |it: &serde_json::Value| {
            let of = queues.iter().filter(|queue| refers_to(&it["Resource"], queue.0));
            of.map(|queue| queue.0.to_owned()).collect::<Vec<_>>()
        };
        puts.flat_map(named).collect::<BTreeSet<_>>()
    };
    let function = template.resource("OutboundFunction").unwrap();
    let variables = &function["Properties"]["Environment"]["Variables"];
    let named = variables["QUEUES"]["Fn::Sub"].as_str().unwrap();
    assert_eq!(named, format!("{}=${{OutboundQueue}}", aws::timers::OUTBOUND));
    let queues = ["OutboundQueue", "TimersQueue"].map(str::to_owned);
    assert_eq!(may_put("OutboundRole"), BTreeSet::from(queues));
    // A schedule ends in the delay queue, like every timer.
    assert_eq!(may_put("SchedulerRole"), BTreeSet::from(["TimersQueue".to_owned()]));
    assert_eq!(variables["TIMERS_QUEUE_ARN"], json!({ "Fn::GetAtt": ["TimersQueue", "Arn"] }));
}

/// The local cloud has no TLS and a permission of its own for batches. What it needs is no business of a real deployment.
#[test]
fn exceptions_for_the_local_cloud_are_added_by_its_deployment_and_not_shipped() {
    let shipped = template();
    let encrypted = json!({ "Bool": { "aws:SecureTransport": "false" } });
    let bucket = |template: &Template| {
        let policy = &template.resource("BucketPolicy").unwrap()["Properties"];
        let statements = statements(policy);
        assert_eq!(statements.len(), 1);
        statements[0].clone()
    };
    let refused = json!({
        "Sid": "OnlyEncryptedConnections", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [{ "Fn::GetAtt": ["Bucket", "Arn"] }, { "Fn::Sub": "${Bucket.Arn}/*" }],
        "Condition": encrypted,
    });
    assert_eq!(bucket(&shipped), refused);
    let text = shipped.0.to_string();
    for exception in ["127.0.0", "localhost", "SourceIp", "SendMessageBatch", "SendMessage*"] {
        assert!(!text.contains(exception), "{exception} is shipped");
    }
    let local = shipped.for_local_cloud();
    let loopback = json!({ "aws:SourceIp": "127.0.0.0/8" });
    assert_eq!(bucket(&local)["Condition"]["NotIpAddress"], loopback);
    assert_eq!(bucket(&local)["Condition"]["Bool"], encrypted["Bool"]);
    let may_batch = local.0["Resources"].as_object().unwrap().iter().filter(|it| {
        it.1["Type"] == "AWS::IAM::Role" && it.1.to_string().contains("\"sqs:SendMessageBatch\"")
    });
    let channels = Template::channels().unwrap().len();
    // Threading and the API, outbound with its scheduler's role, and every channel.
    assert_eq!(may_batch.count(), 4 + channels);
}

/// The functions' own reads of the indexes are the one thing that they may do beside the table itself.
#[test]
fn an_index_is_queried_and_nothing_else() {
    let template = template();
    let mut readers = BTreeSet::new();
    for (name, role) in template.resources("AWS::IAM::Role") {
        for policy in role["Properties"]["Policies"].as_array().unwrap() {
            for statement in statements(policy) {
                let resource = &statement["Resource"];
                if resource.to_string().contains("/index/") {
                    assert_eq!(statement["Action"], "dynamodb:Query", "{name}");
                    readers.insert((name, resource["Fn::Sub"].as_str().unwrap()));
                } else if words(&statement["Action"]).iter().any(|it| it.starts_with("dynamodb:")) {
                    assert_eq!(*resource, json!({ "Fn::GetAtt": ["Table", "Arn"] }), "{name}");
                }
            }
        }
    }
    let expected =
        [("ApiRole", "${Table.Arn}/index/*"), ("ThreadingRole", "${Table.Arn}/index/by-thread-*")];
    assert_eq!(readers, BTreeSet::from(expected));
}
