//! The resources that outlive the stack, and those that must not stand in the way of the next one.

use local::place;
use serde_json::{Value, json};

use crate::template;

/// The ARN of a secret of the stack. Secrets Manager adds six characters to each name.
pub(crate) fn secret(name: &str) -> Value {
    let arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret";
    json!({ "Fn::Sub": format!("{arn}:${{AWS::StackName}}/{name}-??????") })
}

#[test]
fn secrets_are_outside_the_stacks_life_and_found_by_name() {
    let template = template();
    assert!(template.resources("AWS::SecretsManager::Secret").is_empty());
    for channel in local::template::Template::channels().unwrap() {
        let function = template.resource(&format!("{}Function", place::pascal(&channel))).unwrap();
        let variables = &function["Properties"]["Environment"]["Variables"];
        let name = format!("${{AWS::StackName}}/{channel}/webhook");
        assert_eq!(variables["WEBHOOK_SECRET"], json!({ "Fn::Sub": name }), "{channel}");
    }
}

#[test]
fn what_holds_messages_stays_when_the_stack_goes_and_has_no_name_that_the_next_would_meet() {
    let template = template();
    let kinds = [
        ("AWS::DynamoDB::Table", "TableName", 1),
        ("AWS::S3::Bucket", "BucketName", 1),
        ("AWS::SQS::Queue", "QueueName", 6),
        ("AWS::Scheduler::ScheduleGroup", "Name", 1),
    ];
    for (kind, name, n) in kinds {
        let all = template.resources(kind);
        assert_eq!(all.len(), n, "{kind}");
        for (id, resource) in all {
            assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
            assert_eq!(resource["Properties"][name], Value::Null, "{id} has a name of its own");
        }
    }
    // A schedule puts back by this role, also when the stack is gone.
    let role = template.resource("SchedulerRole").unwrap();
    assert_eq!(role["DeletionPolicy"], "RetainExceptOnCreate");
}

#[test]
fn the_next_deployment_keeps_every_parameter_that_it_does_not_name() {
    let template = template();
    // With AWS::LanguageExtensions CloudFormation keeps the conditions of the last deployed template as they came out.
    assert_eq!(template.0["Transform"], "AWS::Serverless-2016-10-31");
    let file = place::template().with_file_name("samconfig.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().filter(|it| !it.starts_with('#'));
    assert!(
        !lines.any(|it| it.starts_with("parameter_overrides")),
        "it would undo what was chosen"
    );
}

/// (The local cloud knows no lifecycle of a bucket.)
#[test]
fn content_in_the_bucket_is_kept_as_long_as_messages_are() {
    let template = template();
    let bucket = template.resource("Bucket").unwrap();
    let rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    let days = json!({ "Ref": "MessageRetentionDays" });
    let old = json!({ "Id": "old-content", "Status": "Enabled", "Prefix": "content/", "ExpirationInDays": days });
    let never = json!({ "Ref": "AWS::NoValue" });
    let content = json!({ "Fn::If": ["Forgets", old, never] });
    assert!(rules.contains(&content), "content/ is kept for ever");
    let days = json!({ "Fn::If": ["Forgets", days, 30] });
    let parked = json!({ "Id": "parked-webhooks", "Status": "Enabled", "Prefix": "parked/", "ExpirationInDays": days });
    assert!(rules.contains(&parked), "parked/ is kept as long as messages are, or a month");
    // The bucket service refuses a second rule of one action whose prefix overlaps; the local cloud takes it.
    let of_parked = |it: &&Value| it.to_string().contains("parked/");
    assert_eq!(rules.iter().filter(of_parked).count(), 1);
    let never = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "MessageRetentionDays" }, 0] }] });
    assert_eq!(template.0["Conditions"]["Forgets"], never);
}
