//! Two topics of one customer at once: which message belongs to which, why, and how a person corrects it.

use anyhow::ensure;
use serde_json::{Value, json};

use super::channels::{Exchange, customer_writes};
use super::{Conversation, text_of};
use crate::models::Platform;
use crate::report::Report;
use crate::stage::{Stage, until};

/// The outcome of the chapter.
#[derive(Debug)]
pub struct Topics {
    /// The first topic, which went on on another channel, oldest first.
    pub order: Vec<Value>,
    /// The second one.
    pub lamp: Vec<Value>,
    /// The merge of the second into the first, and its revert, with how many messages each thread holds after it.
    pub corrections: Vec<Corrected>,
}

/// A correction, and what the two threads hold after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The deed, in a word.
    pub what: &'static str,
    /// The author of it.
    pub author: String,
    /// Messages in the timeline of the first topic.
    pub order: usize,
    /// Messages in the timeline of the second topic; `None` once it is a part of the first.
    pub lamp: Option<usize>,
}

/// Tells the chapter. It goes on with the conversation, by the channel of the exchange, too.
pub async fn tell_topics(
    stage: &Stage,
    report: &Report,
    conversation: &Conversation,
    elsewhere: &Exchange,
) -> anyhow::Result<Topics> {
    let scene = TopicStory { stage, report, order: &conversation.thread, elsewhere };
    let lamp = scene.another_topic().await?;
    scene.one_person().await?;
    scene.goes_on_elsewhere().await?;
    scene.corrects(&lamp).await
}

struct TopicStory<'a> {
    stage: &'a Stage,
    report: &'a Report,
    /// The thread of the first topic.
    order: &'a str,
    /// Where Ada goes on with it.
    elsewhere: &'a Exchange,
}

impl TopicStory<'_> {
    /// Ada opens a second topic on WhatsApp and goes on with each.
    async fn another_topic(&self) -> anyhow::Result<String> {
        self.report.step("Ada opens a second topic by whatsapp, between messages of the first");
        let whatsapp = self.stage.platform("whatsapp")?;
        let text =
            "Hello! I would like to return the lamp of order B-7712, how do I do that please?";
        let lamp = customer_writes(self.stage, whatsapp, text).await?;
        ensure!(lamp != self.order, "two topics share a thread");
        self.joins(whatsapp, "Can the courier of order A-1234 ring at the side door?", self.order)
            .await?;
        self.joins(whatsapp, "For the return of B-7712: do you pay the postage?", &lamp).await?;
        Ok(lamp)
    }

    /// One of us says that Ada on the other channel is the Ada that we know.
    async fn one_person(&self) -> anyhow::Result<()> {
        let Exchange { channel, thread, .. } = self.elsewhere;
        self.report.step(&format!("we link Ada's address on {channel} to the person that we know"));
        let theirs = self.contact_of(thread).await?;
        let address = json!({
            "channel": channel,
            "id": text_of(&theirs, "/identities/0/address"),
            "account": text_of(&theirs, "/identities/0/seen/0/account"),
        });
        let ours = self.contact_of(self.order).await?;
        let path = format!("/v1/contacts/{}/identities", text_of(&ours, "/id"));
        let body = json!({ "address": address, "reason": "she told us on the phone" });
        self.corrected(&path, "link", &body).await?;
        Ok(())
    }

    /// The first topic goes on on the other channel.
    async fn goes_on_elsewhere(&self) -> anyhow::Result<()> {
        let channel = self.elsewhere.channel;
        self.report.step(&format!("Ada goes on with the first topic by {channel}"));
        let other = self.stage.platform(channel)?;
        self.joins(other, "Has the courier left with A-1234?", self.order).await
    }

    /// One of us merges the two threads by mistake, and takes that back.
    async fn corrects(&self, lamp: &str) -> anyhow::Result<Topics> {
        let order_before = self.timeline(self.order).await?;
        let lamp_before = self.timeline(lamp).await?;
        self.report.step("one of us merges the two threads, and takes it back");
        let body = json!({ "into": self.order, "reason": "looked like one request" });
        let merge = self.corrected(&format!("/v1/threads/{lamp}/merge"), "merge", &body).await?;
        let both = order_before.len() + lamp_before.len();
        let merged = self.holds(self.order, both).await?;
        let contact = self.contact_of(self.order).await?;
        let path = format!(
            "/v1/contacts/{}/corrections/{}/revert",
            text_of(&contact, "/id"),
            text_of(&merge, "/id")
        );
        let revert = self.corrected(&path, "revert", &json!({ "reason": "two requests" })).await?;
        let order = self.holds(self.order, order_before.len()).await?;
        let lamp = self.holds(lamp, lamp_before.len()).await?;
        ensure!(order == order_before && lamp == lamp_before, "the revert changed a message");
        let corrected = |what, correction: &Value, order, lamp| Corrected {
            what,
            author: text_of(correction, "/author").to_owned(),
            order,
            lamp,
        };
        let corrections = vec![
            corrected("merge", &merge, merged.len(), None),
            corrected("revert", &revert, order.len(), Some(lamp.len())),
        ];
        Ok(Topics { order, lamp, corrections })
    }

    async fn joins(&self, platform: &dyn Platform, text: &str, thread: &str) -> anyhow::Result<()> {
        let filed = customer_writes(self.stage, platform, text).await?;
        ensure!(filed == thread, "\"{text}\" went into another thread");
        Ok(())
    }

    async fn contact_of(&self, thread: &str) -> anyhow::Result<Value> {
        let thread = self.stage.get(&format!("/v1/threads/{thread}")).await?;
        self.stage.get(&format!("/v1/contacts/{}", text_of(&thread, "/contact_id"))).await
    }

    async fn corrected(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.stage.post(path, key, body).await?;
        ensure!(
            answer.status == 201,
            "POST {path} was answered with {}: {}",
            answer.status,
            answer.text()
        );
        Ok(answer.json())
    }

    async fn timeline(&self, thread: &str) -> anyhow::Result<Vec<Value>> {
        let page = self.stage.get(&format!("/v1/threads/{thread}/timeline?limit=100")).await?;
        Ok(page.get("messages").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    async fn holds(&self, thread: &str, count: usize) -> anyhow::Result<Vec<Value>> {
        until(&format!("{thread} holds {count} messages"), async || {
            Ok(Some(self.timeline(thread).await?).filter(|it| it.len() == count))
        })
        .await
    }
}
