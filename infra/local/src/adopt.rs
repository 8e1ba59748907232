//! `cargo adopt`: makes a stack around the table, the bucket and the queues that a deleted stack of its name left, so that the
//! next deployment goes on with them instead of beginning beside them. A table that was restored is adopted alone.

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use crate::awscli::Aws;
use crate::place;
use crate::report::Report;
use crate::story::text_of;
use crate::template::Template;
use crate::tools::{self, Tools};

/// The types that are adopted, and the property that names each. A schedule needs nothing: it puts into a queue that is adopted.
const KINDS: [(&str, &str); 3] = [
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SQS::Queue", "QueueUrl"),
];

/// Adopts in the account that the environment names.
pub async fn run(stack: &str, report: &Report) -> anyhow::Result<()> {
    let tools = tools::prepare(report)?;
    for line in adopt(&Aws::of_user(&tools), &tools, stack).await? {
        report.line(&line);
    }
    report.line("Deploy the template now: the stack has these and nothing else yet.");
    Ok(())
}

/// Makes the stack, and says what is in it.
pub async fn adopt(aws: &Aws, tools: &Tools, stack: &str) -> anyhow::Result<Vec<String>> {
    let template = Template::read(tools)?;
    let names = names(aws).await?;
    let (mut resources, mut identifiers, mut lines) = (Map::new(), Vec::new(), Vec::new());
    let mut missing = Vec::new();
    for (kind, property) in KINDS {
        for (id, resource) in template.resources(kind) {
            let Some(name) = left(&names, stack, id)? else {
                missing.push(id);
                continue;
            };
            lines.push(format!("{id}: {name}"));
            resources.insert(id.to_owned(), resource.clone());
            identifiers.push(json!({
                "ResourceType": kind,
                "LogicalResourceId": id,
                "ResourceIdentifier": { property: name },
            }));
        }
    }
    check(stack, &resources, &missing)?;
    // As the template has them, without its transform: an import knows none.
    let part = json!({
        "AWSTemplateFormatVersion": template.0.get("AWSTemplateFormatVersion"),
        "Parameters": template.0.get("Parameters"),
        "Conditions": template.0.get("Conditions"),
        "Resources": resources,
    });
    import(aws, stack, &part, &Value::Array(identifiers)).await?;
    Ok(lines)
}

/// The names of every table, bucket and queue of the account.
async fn names(aws: &Aws) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for (call, found) in [
        (["dynamodb", "list-tables"], "TableNames[]"),
        (["s3api", "list-buckets"], "Buckets[].Name"),
        (["sqs", "list-queues"], "QueueUrls[]"),
    ] {
        let listed = aws.json(&[&call[..], &["--query", found]].concat()).await?;
        let listed = listed.as_array().cloned().unwrap_or_default();
        names.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    Ok(names)
}

/// The resource that a stack left: `CloudFormation` names it `<stack>-<resource>-<anything>`, a bucket in small letters.
fn left<'a>(names: &'a [String], stack: &str, id: &str) -> anyhow::Result<Option<&'a str>> {
    let prefix = format!("{stack}-{id}-");
    let is_of = |name: &&String| {
        let last = name.rsplit('/').next().unwrap_or_default();
        last.starts_with(&prefix) || last.starts_with(&prefix.to_lowercase())
    };
    let found: Vec<_> = names.iter().filter(is_of).collect();
    match found[..] {
        [one] => Ok(Some(one)),
        [] => Ok(None),
        _ => {
            bail!("several stacks {stack} left a {id}: remove or rename those of no use: {found:?}")
        }
    }
}

/// A table that was restored has nothing beside it. Of what a deleted stack left nothing may be overlooked.
fn check(stack: &str, found: &Map<String, Value>, missing: &[&str]) -> anyhow::Result<()> {
    let is_restored = found.len() == 1 && found.contains_key("Table");
    if missing.is_empty() || is_restored {
        return Ok(());
    }
    bail!("no stack {stack} left a {}", missing.join(", a "))
}

async fn import(aws: &Aws, stack: &str, part: &Value, identifiers: &Value) -> anyhow::Result<()> {
    let file = place::scratch().join(format!("{stack}.adopt.json"));
    std::fs::write(&file, part.to_string()).context("cannot write the template of what is left")?;
    let body = format!("file://{}", file.display());
    let identifiers = identifiers.to_string();
    let named = ["--stack-name", stack, "--change-set-name", "adopt"];
    let create = ["cloudformation", "create-change-set", "--change-set-type", "IMPORT"];
    let what = ["--template-body", &body, "--resources-to-import", &identifiers];
    aws.run(&[&create[..], &named, &what].concat()).await?;
    let made = ["cloudformation", "wait", "change-set-create-complete"];
    aws.run(&[&made[..], &named].concat()).await?;
    let execute = ["cloudformation", "execute-change-set"];
    aws.run(&[&execute[..], &named].concat()).await?;
    let done = ["cloudformation", "wait", "stack-import-complete", "--stack-name", stack];
    aws.run(&done).await?;
    let describe = ["cloudformation", "describe-stacks", "--stack-name", stack];
    let stacks = aws.json(&describe).await?;
    match text_of(&stacks, "/Stacks/0/StackStatus") {
        "IMPORT_COMPLETE" => Ok(()),
        other => bail!("the stack {stack} is {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stack_left_is_found_by_its_name_and_never_guessed() {
        let names = [
            "https://sqs.eu-west-1.amazonaws.com/1/ariane-InboundQueue-1A.fifo",
            "https://sqs.eu-west-1.amazonaws.com/1/ariane-InboundDeadQueue-1A.fifo",
            "ariane-bucket-2b",
            "ariane-Table-3C",
            "ariane-Table-4D",
            "ariane-two-Table-5E",
        ]
        .map(str::to_owned);
        assert_eq!(left(&names, "ariane", "InboundQueue").unwrap(), Some(&*names[0]));
        assert_eq!(left(&names, "ariane", "Bucket").unwrap(), Some("ariane-bucket-2b"));
        assert_eq!(left(&names, "ariane-two", "Table").unwrap(), Some("ariane-two-Table-5E"));
        assert!(left(&names, "ariane", "Table").is_err(), "of two the one would be a guess");
        assert_eq!(left(&names, "ariane", "TimersQueue").unwrap(), None);
    }

    #[test]
    fn a_restored_table_is_adopted_alone_and_nothing_else_without_the_rest() {
        let found = |ids: &[&str]| ids.iter().map(|it| ((*it).to_owned(), json!({}))).collect();
        let is_whole =
            |ids: &[&str], missing: &[&str]| check("ariane", &found(ids), missing).is_ok();
        assert!(is_whole(&["Table", "Bucket", "TimersQueue"], &[]));
        assert!(is_whole(&["Table"], &["Bucket", "TimersQueue"]));
        assert!(!is_whole(&["Table", "Bucket"], &["TimersQueue"]));
        assert!(!is_whole(&["Bucket"], &["Table", "TimersQueue"]));
        assert!(!is_whole(&[], &["Table", "Bucket", "TimersQueue"]));
    }
}
