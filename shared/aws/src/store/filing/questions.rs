//! Questions to customers: which topic a message of theirs is about. One at a time for each person.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::filing::Live;
use domain::filing::arbiter::Topic;
use domain::id::{ContactId, MessageId, ThreadId};
use domain::time::Timestamp;

use crate::store::filing::Filing;
use crate::store::item::{Item, get_flag, get_moment, get_text, moment, seconds, text};
use crate::store::keys::{self, Key};
use crate::store::patch::{Patch, key_item};
use crate::store::schema::{ABOUT, ASKED, ASKS, EXPIRES, FILED, NEW, OPENED, PK, UNTIL};
use crate::store::threads::subjects::Subject;

/// A question to a customer that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Our message that asks.
    pub message: MessageId,
    /// The message that is in doubt.
    pub about: Key,
    /// The thread where it was filed.
    pub filed: ThreadId,
    /// Whether it opened that thread.
    pub opened: bool,
    /// The thread that "something new" means: the filed one if the message opened it, else one that is not there yet.
    pub new: ThreadId,
    /// When it was asked.
    pub asked: Timestamp,
    /// Until when an answer counts; long ago once it was answered.
    pub until: Timestamp,
}

impl Filing<'_> {
    /// Records a question, unless another one waits for its answer. Gives back the one that waits.
    pub async fn put_question(
        self,
        contact: &ContactId,
        question: &Question,
    ) -> anyhow::Result<Option<Question>> {
        let patch = Patch::of(keys::question(contact))
            .if_below(UNTIL, moment(question.asked))
            .set(ASKS, text(question.message.as_str()))
            .set(ABOUT, text(&*question.about.pk))
            .set(FILED, text(question.filed.as_str()))
            .set(OPENED, AttributeValue::Bool(question.opened))
            .set(NEW, text(question.new.as_str()))
            .set(ASKED, moment(question.asked))
            .set(UNTIL, moment(question.until))
            .set(EXPIRES, seconds(question.until.plus_ms(1000)));
        Ok(read(&self.store.write_retrying(patch).await?))
    }

    /// The question that a person was asked last.
    pub async fn question(self, contact: &ContactId) -> anyhow::Result<Option<Question>> {
        Ok(self.store.get(&keys::question(contact)).await?.as_ref().and_then(read))
    }

    /// Ends a question, if it is still the one that waits.
    pub async fn close_question(
        self,
        contact: &ContactId,
        question: &Question,
    ) -> anyhow::Result<()> {
        let patch = Patch::of(keys::question(contact))
            .if_is(ASKS, Some(text(question.message.as_str())))
            .set(UNTIL, moment(Timestamp::default()));
        self.store.write_retrying(patch).await?;
        Ok(())
    }

    /// Threads as the topics of a question.
    pub async fn topics(self, threads: &[&Live]) -> anyhow::Result<Vec<Topic>> {
        let wanted = threads.iter().map(|it| key_item(&keys::thread(&it.thread))).collect();
        let items = self.store.items(wanted, false).await?;
        let subject = |thread: &ThreadId| {
            let pk = keys::thread(thread).pk;
            let item = items.iter().find(|it| get_text(it, PK) == Some(&*pk))?;
            Subject::shown(item, crate::now()).map(str::to_owned)
        };
        let topic = |live: &&Live| Topic {
            thread: live.thread.clone(),
            subject: subject(&live.thread),
            last_at: live.profile.last_at(),
        };
        Ok(threads.iter().map(topic).collect())
    }
}

fn read(item: &Item) -> Option<Question> {
    Some(Question {
        message: MessageId::new(get_text(item, ASKS)?),
        about: Key::alone(get_text(item, ABOUT)?.to_owned()),
        filed: ThreadId::new(get_text(item, FILED)?),
        opened: get_flag(item, OPENED),
        new: ThreadId::new(get_text(item, NEW)?),
        asked: get_moment(item, ASKED)?,
        until: get_moment(item, UNTIL)?,
    })
}
