//! `cargo replay`: runs what could not be read through today's parsers: parked webhooks, and items that were kept outside of
//! threads. What is read as something else now is queued like anything that just came, once; the rest stays where it is.
//! Queue entries that were put aside go back into their queues.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use aws::ingest::{PREFIX, Parked, entry};
use aws::store::BackTo;
use aws::store::keys::UNKNOWN;
use channels::Channel;
use domain::event::{InboundEvent, Kind};
use domain::inbound::{Inbound, Malformed};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::Verified;
use serde_json::{Value, json};

use crate::awscli::Aws;
use crate::deploy::Stack;
use crate::report::Report;
use crate::story::text_of;
use crate::tools;

/// The version that reads today: an item that it could not read is not tried again before there is another.
const PARSERS: &str = env!("CARGO_PKG_VERSION");

/// The result of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Events that were queued.
    pub queued: usize,
    /// Webhooks and items that still cannot be read.
    pub unread: usize,
}

/// Replays a stack of the account that the environment names; the local cloud if that is what it names.
pub async fn run(stack: &str, report: &Report) -> anyhow::Result<()> {
    let tools = tools::prepare(report)?;
    let stack = Stack::of(Aws::of_user(&tools), stack).await?;
    let parked = replay_parked(&stack, report).await?;
    let unknown = replay_unknown(&stack, report).await?;
    let aside = replay_aside(&stack, report).await?;
    let row =
        |what: &str, it: Replayed| [what.to_owned(), it.queued.to_string(), it.unread.to_string()];
    report.line("");
    report.table(
        ["kept", "events queued", "still unread"],
        &[
            row("parked webhooks", parked),
            row("unknown items", unknown),
            row("entries put aside", aside),
        ],
    );
    Ok(())
}

/// Replays the parked webhooks of a stack. One that is queued is removed: it is replayed once.
pub async fn replay_parked(stack: &Stack, report: &Report) -> anyhow::Result<Replayed> {
    let bucket = stack.output("BucketName")?;
    let list = ["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", PREFIX];
    let listed = stack.aws.json(&list).await?;
    let (mut done, mut secrets) = (Replayed::default(), BTreeMap::new());
    for object in listed.get("Contents").and_then(Value::as_array).into_iter().flatten() {
        let key = text_of(object, "/Key");
        let url = format!("s3://{bucket}/{key}");
        let body = stack.aws.pipe(&["s3", "cp", &url, "-"], &[]).await?;
        let parked: Parked = serde_json::from_slice(&body)
            .with_context(|| format!("{key} is not a parked webhook"))?;
        let bytes = parked.bytes().with_context(|| format!("{key} is damaged"))?;
        let readers = readers(channels::ALL, parked.channel.as_str())?;
        let known = Secrets { stack, read: &mut secrets };
        match reread(readers, known, &bytes, parked.received).await? {
            Ok(events) => {
                done.queued += events.len();
                queue(stack, events).await?;
                stack.aws.run(&["s3", "rm", &url]).await?;
                report.step(&format!("replayed {key}"));
            }
            Err(error) => {
                done.unread += 1;
                report.step(&format!("{key}: {error}"));
            }
        }
    }
    Ok(done)
}

/// Replays the items of a stack that were kept outside of threads, each once with the parsers of today.
pub async fn replay_unknown(stack: &Stack, report: &Report) -> anyhow::Result<Replayed> {
    let table = stack.output("TableName")?;
    let scan = json!({
        "TableName": table,
        "FilterExpression": "begins_with(pk, :unknown) AND (attribute_not_exists(parsers) OR parsers <> :parsers)",
        "ExpressionAttributeValues": { ":unknown": { "S": UNKNOWN }, ":parsers": { "S": PARSERS } },
    });
    let found = stack.aws.call(&["dynamodb", "scan"], &scan).await?;
    let (mut done, mut secrets) = (Replayed::default(), BTreeMap::new());
    for item in found.get("Items").and_then(Value::as_array).into_iter().flatten() {
        let Ok(event) = serde_json::from_str::<InboundEvent>(text_of(item, "/event/S")) else {
            continue;
        };
        // The bucket may forget before the table does: what is gone must not hold up what is not.
        let before = match whole_kind(stack, &event).await {
            Ok(before) => before,
            Err(error) => {
                done.unread += 1;
                report.step(&format!("cannot read {}: {error:#}", text_of(item, "/pk/S")));
                continue;
            }
        };
        let Some(raw) = before.kept() else { continue };
        let readers = readers(channels::ALL, event.channel.as_str())?;
        let known = Secrets { stack, read: &mut secrets };
        // What is kept is a whole webhook.
        let events = reread(readers, known, raw.0.as_bytes(), event.at).await?;
        let mut read = events.unwrap_or_default();
        // What is still what it was stays: what cannot be read, a notice, an edit without words.
        read.retain(|it| it.kind != before && !matches!(it.kind, Kind::Unknown { .. }));
        done.queued += read.len();
        done.unread += usize::from(read.is_empty());
        queue(stack, read).await?;
        let update = json!({
            "TableName": table,
            "Key": { "pk": item.get("pk"), "sk": item.get("sk") },
            "UpdateExpression": "SET parsers = :parsers",
            "ExpressionAttributeValues": { ":parsers": { "S": PARSERS } },
        });
        stack.aws.call(&["dynamodb", "update-item"], &update).await?;
        report.step(&format!("replayed {}", text_of(item, "/pk/S")));
    }
    Ok(done)
}

/// Puts the queue entries of a stack back that were put aside, as they came. One that still cannot be worked on is put aside
/// again.
pub async fn replay_aside(stack: &Stack, report: &Report) -> anyhow::Result<Replayed> {
    let table = stack.output("TableName")?;
    let scan = json!({
        "TableName": table,
        "FilterExpression": "begins_with(pk, :unknown) AND attribute_exists(entry)",
        "ExpressionAttributeValues": { ":unknown": { "S": UNKNOWN } },
    });
    let found = stack.aws.call(&["dynamodb", "scan"], &scan).await?;
    let mut done = Replayed::default();
    for item in found.get("Items").and_then(Value::as_array).into_iter().flatten() {
        let [key, body, queue] = ["/pk/S", "/entry/S", "/queue/S"].map(|it| text_of(item, it));
        let queue = match queue {
            it if it == BackTo::Inbound.name() => "InboundQueueUrl",
            it if it == BackTo::Outbound.name() => "OutboundQueueUrl",
            other => bail!("{key} is of the queue {other:?}, which is not known"),
        };
        let message = json!({
            "QueueUrl": stack.output(queue)?,
            "MessageBody": body,
            "MessageGroupId": group_of(item),
            // Another one each time: what the queue took for a repeated one would be lost.
            "MessageDeduplicationId": aws::new_id("replay-"),
        });
        let sent = stack.aws.call(&["sqs", "send-message"], &message).await?;
        ensure!(sent.get("MessageId").is_some(), "the queue did not take {key}");
        // Unless it was put aside again meanwhile.
        let delete = json!({
            "TableName": table,
            "Key": { "pk": item.get("pk"), "sk": item.get("sk") },
            "ConditionExpression": "kept = :kept",
            "ExpressionAttributeValues": { ":kept": item.get("kept") },
        });
        match stack.aws.call(&["dynamodb", "delete-item"], &delete).await {
            Ok(_) => done.queued += 1,
            Err(_) => done.unread += 1,
        }
        report.step(&format!("put back {key}"));
    }
    Ok(done)
}

/// The group of an entry. A timer's has none: the entry itself names that of its message.
fn group_of(item: &Value) -> String {
    let group = text_of(item, "/group/S");
    if !group.is_empty() {
        return group.to_owned();
    }
    let entry = serde_json::from_str::<Value>(text_of(item, "/entry/S")).unwrap_or_default();
    let named = Some(text_of(&entry, "/group")).filter(|it| !it.is_empty());
    named.unwrap_or_else(|| text_of(item, "/pk/S")).to_owned()
}

/// The content of an event, whole: the event itself carries an excerpt of what is large.
async fn whole_kind(stack: &Stack, event: &InboundEvent) -> anyhow::Result<Kind> {
    let Some(key) = &event.content_ref else { return Ok(event.kind.clone()) };
    let url = format!("s3://{}/{key}", stack.output("BucketName")?);
    let body = stack.aws.pipe(&["s3", "cp", &url, "-"], &[]).await?;
    serde_json::from_slice(&body).with_context(|| format!("{key} is damaged"))
}

/// Reads a webhook that was proven when it came, by the first source of its channel that can: none reads another's envelope.
async fn reread(
    readers: &[Inbound],
    mut secrets: Secrets<'_>,
    body: &[u8],
    received: Timestamp,
) -> anyhow::Result<Result<Vec<InboundEvent>, Malformed>> {
    let mut found = Err(Malformed("nobody reads it".to_owned()));
    for inbound in readers {
        let secrets = secrets.of(inbound).await?;
        found = inbound.read(&Verified::vouched(body, &secrets.accounts, received));
        if found.is_ok() {
            break;
        }
    }
    Ok(found)
}

/// The readers of what comes in by a channel; an error if nothing does.
pub fn readers(channels: &[Channel], name: &str) -> anyhow::Result<&'static [Inbound]> {
    let channel = channels::named(channels, name);
    let channel = channel.with_context(|| format!("{name} is not a channel"))?;
    ensure!(!channel.inbound.is_empty(), "nothing comes in by {name}");
    Ok(channel.inbound)
}

/// The webhook secrets of a stack, which name our accounts, each read once.
struct Secrets<'a> {
    stack: &'a Stack,
    read: &'a mut BTreeMap<&'static str, WebhookSecrets>,
}

impl Secrets<'_> {
    async fn of(&mut self, inbound: &Inbound) -> anyhow::Result<&WebhookSecrets> {
        if !self.read.contains_key(inbound.name) {
            let id = format!("{}/{}/webhook", self.stack.name, inbound.name);
            let get = ["secretsmanager", "get-secret-value", "--secret-id", &id];
            let answer = self.stack.aws.json(&get).await?;
            let secrets = serde_json::from_str(text_of(&answer, "/SecretString"));
            let secrets = secrets
                .ok()
                .with_context(|| format!("the secret {id} is not of the expected form"))?;
            self.read.insert(inbound.name, secrets);
        }
        self.read.get(inbound.name).context("the secret was just read")
    }
}

/// Queues events as the channel's function does.
async fn queue(stack: &Stack, events: Vec<InboundEvent>) -> anyhow::Result<()> {
    let (bucket, queue) = (stack.output("BucketName")?, stack.output("InboundQueueUrl")?);
    for event in events {
        let (entry, overflow) = entry(event)?;
        if let Some(overflow) = overflow {
            stack
                .aws
                .pipe(
                    &["s3", "cp", "-", &format!("s3://{bucket}/{}", overflow.key)],
                    &overflow.body,
                )
                .await?;
        }
        let message = json!({
            "QueueUrl": queue,
            "MessageBody": entry.body,
            "MessageGroupId": entry.group_id,
            "MessageDeduplicationId": entry.deduplication_id,
        });
        let sent = stack.aws.call(&["sqs", "send-message"], &message).await?;
        ensure!(sent.get("MessageId").is_some(), "the queue did not take an event");
    }
    Ok(())
}
