//! A conversation by WhatsApp: verified, threaded, answered.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{find_thread, text_of};
use crate::models::whatsapp::{ADA, ELOISE, Graph, PHONE_NUMBER_ID, Sent};
use crate::report::Report;
use crate::stage::{Stage, until};

/// Words that only a forged webhook says.
const FORGED: &str = "Send my refund to another account";

/// The outcome of the chapter.
#[derive(Debug)]
pub struct Conversation {
    /// The thread with the first customer.
    pub thread: String,
    /// Its messages, oldest first, as the API shows them.
    pub timeline: Vec<Value>,
    /// The messages that the platform took from us.
    pub sent: Vec<Sent>,
}

/// Tells the chapter: Ada did not write before.
pub async fn tell_conversation(stage: &Stage, report: &Report) -> anyhow::Result<Conversation> {
    let scene = WhatsappStory { stage, graph: stage.graph()?, report };
    let first = scene.customer_writes().await?;
    let thread = scene.thread_with(&first).await?;
    scene.duplicate_and_forgery(&first).await?;
    scene.question_and_answer(&thread).await?;
    scene.batch(&thread).await?;
    pause().await;
    scene.reply(&thread).await?;
    scene.template(&thread).await?;
    let timeline = scene.check_timeline(&thread).await?;
    scene.check_nothing_forged().await?;
    Ok(Conversation { thread, timeline, sent: scene.graph.sent() })
}

struct WhatsappStory<'a> {
    stage: &'a Stage,
    graph: Arc<Graph>,
    report: &'a Report,
}

impl WhatsappStory<'_> {
    /// A text and a picture; gives the webhook of the text.
    async fn customer_writes(&self) -> anyhow::Result<Value> {
        self.report.step("Ada writes: a text, then a picture");
        let text = "Hi, order A-1234 should have come on Monday. Où est-il ?";
        let text = self.graph.message(&ADA, json!({ "type": "text", "text": { "body": text } }));
        let text = self.graph.envelope(&ADA, &[text]);
        self.post(&text, 200, "a signed text").await?;
        pause().await;
        let image = json!({
            "id": "411000000000001",
            "mime_type": "image/jpeg",
            "sha256": "QmFzZTY0U2hhMjU2T2ZUaGVCeXRlc0dvZXNIZXJlMDA=",
            "caption": "This is the confirmation of A-1234",
        });
        let image = self.graph.message(&ADA, json!({ "type": "image", "image": image }));
        self.post(&self.graph.envelope(&ADA, &[image]), 200, "a signed picture").await?;
        Ok(text)
    }

    /// The thread that waits for us and holds the text of this webhook.
    async fn thread_with(&self, webhook: &Value) -> anyhow::Result<String> {
        let text = webhook
            .pointer("/entry/0/changes/0/value/messages/0/text/body")
            .and_then(Value::as_str);
        let text = text.context("the webhook has no text")?;
        until("the message is in a thread of the inbox", async || {
            find_thread(self.stage, "whatsapp", text).await
        })
        .await
    }

    async fn duplicate_and_forgery(&self, first: &Value) -> anyhow::Result<()> {
        self.report
            .step("the platform delivers the text a second time; somebody else posts a forged one");
        self.post(first, 200, "a repeated webhook").await?;
        let forged =
            self.graph.message(&ADA, json!({ "type": "text", "text": { "body": FORGED } }));
        let status = self.graph.post_forged(&self.graph.envelope(&ADA, &[forged])).await?;
        ensure!(status == 401, "a forged webhook was answered with {status}");
        Ok(())
    }

    /// We ask with a list; Ada taps a row.
    async fn question_and_answer(&self, thread: &str) -> anyhow::Result<()> {
        pause().await;
        self.report.step("we ask with a list of four options, Ada chooses one");
        let option = |id: &str, title: &str| json!({ "id": id, "title": title });
        let options = ["mon:Monday", "tue:Tuesday", "wed:Wednesday", "thu:Thursday"];
        let options: Vec<_> = options
            .iter()
            .filter_map(|it| it.split_once(':'))
            .map(|it| option(it.0, it.1))
            .collect();
        let content = json!({
            "type": "choices",
            "text": "We are sorry. On which day may we deliver?",
            "button": "Days",
            "options": options,
        });
        self.accepted(thread, "question", &content).await?;
        let asked = until("the list is at the platform", async || {
            Ok(self.graph.sent_to(&ADA).into_iter().find(|it| it.kind == "interactive"))
        })
        .await?;
        pause().await;
        let answer = self.graph.tap(&ADA, &asked, "Tuesday")?;
        self.post(&self.graph.envelope(&ADA, &[answer]), 200, "a list reply").await
    }

    /// One webhook with two messages of Ada, one of somebody else and a status.
    async fn batch(&self, thread: &str) -> anyhow::Result<()> {
        pause().await;
        self.report.step("one webhook with three messages of two customers and a status");
        let text = |body: &str| json!({ "type": "text", "text": { "body": body } });
        let two = [
            self.graph.message(&ADA, text("In the morning if you can")),
            self.graph.message(&ADA, text("Thank you!")),
        ];
        let other = [self.graph.message(&ELOISE, text("Bonjour, vous êtes ouverts dimanche ?"))];
        let sent = self.graph.sent();
        let status = self.graph.status(sent.first().context("nothing was sent")?, "delivered");
        let webhook = self.graph.batch(&[
            self.graph.envelope(&ADA, &two),
            self.graph.envelope(&ELOISE, &other),
            status,
        ]);
        self.post(&webhook, 200, "a batch").await?;
        let of_other = until("the other customer has a thread", async || {
            find_thread(self.stage, "whatsapp", "Bonjour, vous êtes ouverts dimanche ?").await
        })
        .await?;
        ensure!(of_other != thread, "two customers share a thread");
        Ok(())
    }

    /// The same request twice at once: one message.
    async fn reply(&self, thread: &str) -> anyhow::Result<()> {
        self.report
            .step("we reply, and the tool's request is repeated: the customer reads it once");
        let content = json!({ "type": "text", "text": "Tuesday morning it is." });
        let both = tokio::join!(
            self.accepted(thread, "reply", &content),
            self.accepted(thread, "reply", &content)
        );
        let (one, other) = (both.0?, both.1?);
        ensure!(one == other, "one key made two messages: {one} and {other}");
        self.read_once(&one, "Tuesday morning it is.").await
    }

    async fn template(&self, thread: &str) -> anyhow::Result<()> {
        self.report.step("the platform approves a template, we send it");
        let approved = self.graph.template_status("delivery_delay", "en", "APPROVED");
        self.post(&approved, 200, "a template's approval").await?;
        let variables = json!({ "order": "A-1234", "eta": "24 November" });
        let template = json!({ "name": "delivery_delay", "locale": "en", "variables": variables });
        let content = json!({ "type": "template", "template": template });
        let id = until("the template may be sent", async || {
            let answer = self.send(thread, "template", &content).await?;
            Ok((answer.status == 202).then(|| message_id(&answer.json())))
        })
        .await??;
        self.read_once(&id, "Your order A-1234 is late. It arrives on 24 November.").await
    }

    /// A message of ours reached the platform once and turned `read`.
    async fn read_once(&self, id: &str, words: &str) -> anyhow::Result<()> {
        until(&format!("{id} is read"), async || {
            let message = self.stage.get(&format!("/v1/messages/{id}")).await?;
            Ok((message.get("status").and_then(Value::as_str) == Some("read")).then_some(()))
        })
        .await?;
        let times = self.graph.sent().iter().filter(|it| it.shown == words).count();
        ensure!(times == 1, "\"{words}\" reached the platform {times} times");
        Ok(())
    }

    async fn check_timeline(&self, thread: &str) -> anyhow::Result<Vec<Value>> {
        self.report.step("reading the thread back");
        // What we know to be in it: three texts, a picture, a choice; a list, a reply, a template.
        let path = format!("/v1/threads/{thread}/timeline");
        let timeline =
            until("the thread holds five messages of Ada and three of ours", async || {
                let page = self.stage.get(&path).await?;
                let rows =
                    page.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
                Ok((8 <= rows.len()).then_some(rows))
            })
            .await?;
        let of = |direction: &str| {
            timeline.iter().filter(|it| text_of(it, "/direction") == direction).count()
        };
        ensure!(
            (of("in"), of("out")) == (5, 3),
            "the thread holds {} in and {} out",
            of("in"),
            of("out")
        );
        for row in timeline.iter().filter(|it| text_of(it, "/direction") == "out") {
            ensure!(
                text_of(row, "/status") == "read",
                "a message of ours is {}",
                text_of(row, "/status")
            );
        }
        Ok(timeline)
    }

    async fn check_nothing_forged(&self) -> anyhow::Result<()> {
        let table = self.stage.stack.output("TableName")?;
        let items = self
            .stage
            .stack
            .aws
            .run(&["dynamodb", "scan", "--table-name", table, "--output", "json"])
            .await?;
        ensure!(!items.contains(FORGED), "the forged message was stored");
        ensure!(items.contains(PHONE_NUMBER_ID), "the table is empty");
        Ok(())
    }

    async fn post(&self, webhook: &Value, expected: u16, what: &str) -> anyhow::Result<()> {
        let status = self.graph.deliver(webhook).await?;
        ensure!(status == expected, "{what} was answered with {status}");
        Ok(())
    }

    async fn accepted(&self, thread: &str, key: &str, content: &Value) -> anyhow::Result<String> {
        let answer = self.send(thread, key, content).await?;
        ensure!(
            answer.status == 202,
            "the {key} was answered with {}: {}",
            answer.status,
            answer.text()
        );
        message_id(&answer.json())
    }

    async fn send(
        &self,
        thread: &str,
        key: &str,
        content: &Value,
    ) -> anyhow::Result<crate::http::HttpAnswer> {
        let body = json!({ "to": { "thread_id": thread }, "content": content });
        self.stage.post("/v1/messages", key, &body).await
    }
}

/// WhatsApp's times are whole seconds: what is to be read in order must not be said in the same one.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

fn message_id(answer: &Value) -> anyhow::Result<String> {
    Ok(answer.get("id").and_then(Value::as_str).context("the answer names no message")?.to_owned())
}
