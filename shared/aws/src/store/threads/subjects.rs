//! The words that a thread is called by until a person of ours names it: those of a message.
//!
//! They are that message's words wherever they stand: an edit changes them here, too, and what is taken back is gone from
//! both. The message says which threads are called by it, so that no other message costs anything.
//!
//! A person who says "Bonjour" first has said nothing yet: then the live thread notes that it has no name, and the next message
//! that says something gives it one.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::id::ThreadId;
use domain::threading::subject_of;
use domain::time::Timestamp;

use crate::store::base::Attempt;
use crate::store::item::{Item, get_number, get_text, get_texts, number, seconds, text};
use crate::store::keys::{self, Key};
use crate::store::messages::stored::Stored;
use crate::store::messages::stored::runs_out;
use crate::store::patch::Patch;
use crate::store::schema::{
    DELETED, EDITED, NAMES, PK, SUBJECT, SUBJECT_EDIT, SUBJECT_UNTIL, THREAD, VERSION,
};
use crate::store::threads::Threads;
use crate::store::transaction::{Committed, Transaction};

/// The line that a new thread is called by.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The line.
    pub line: String,
    /// The number of the edit of the message whose words it is.
    pub edit: u64,
    /// Until when the message is kept whose words it is; for ever without it.
    pub until: Option<Timestamp>,
}

impl Subject {
    /// The subject of a thread that opens with these words of a person.
    pub(in crate::store) fn of(
        content: &Content,
        edit: u64,
        until: Option<Timestamp>,
    ) -> Option<Self> {
        subject_of(content).map(|line| Self { line, edit, until })
    }

    /// The name of a thread at a moment. Words of a message that has run out are none: the item of a thread never goes by
    /// itself, as joins rely on it.
    pub(in crate::store) fn shown(thread: &Item, now: Timestamp) -> Option<&str> {
        let has_run_out =
            get_number::<i64>(thread, SUBJECT_UNTIL).is_some_and(|it| it <= now.secs());
        get_text(thread, SUBJECT).filter(|_| !has_run_out)
    }
}

/// Notes on a message that a thread is called by its words.
pub(in crate::store) fn naming(message: Patch, thread: &ThreadId) -> Patch {
    message.add(NAMES, AttributeValue::Ss(vec![thread.as_str().to_owned()]))
}

impl Threads<'_> {
    /// Calls a thread by a message in it, if that says something and nobody else named it. True if the thread has a name.
    ///
    /// It is one transaction: an edit or a deletion that came between would not find the thread by the message.
    pub(in crate::store) async fn name_after(
        self,
        thread: &ThreadId,
        key: &Key,
    ) -> anyhow::Result<bool> {
        let attempt = || async {
            let item = self.store.get(key).await?.unwrap_or_default();
            let stored = Some(Stored::of(&item));
            let stored = stored.filter(|it| it.thread.as_ref() == Some(thread) && !it.deleted);
            let until = runs_out(&item);
            let subject =
                stored.as_ref().and_then(|it| Subject::of(it.content.as_ref()?, it.edited, until));
            let (Some(stored), Some(subject)) = (stored, subject) else {
                return Ok(Attempt::Done(false));
            };
            let mut transaction = Transaction::default();
            let message = naming(Patch::of(key.clone()), thread)
                .if_is(THREAD, Some(text(thread.as_str())))
                .if_absent(DELETED)
                .if_is(EDITED, stored.edit_number());
            transaction.patch(message);
            let name = Patch::of(keys::thread(thread))
                .if_present(PK)
                .if_absent(SUBJECT)
                .if_absent(SUBJECT_EDIT)
                .set(SUBJECT, text(&*subject.line))
                .set(SUBJECT_EDIT, number(subject.edit))
                .set_some(SUBJECT_UNTIL, subject.until.map(seconds))
                .add(VERSION, number(1));
            let name = transaction.patch(name);
            match self.store.commit(transaction).await? {
                Committed::Done => Ok(Attempt::Done(true)),
                Committed::Refused(refused) if refused.iter().any(|(at, _)| *at == name) => {
                    Ok(Attempt::Done(true))
                }
                // It went elsewhere or says something else by now, or somebody else is at work here.
                Committed::Refused(_) => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a thread was named", attempt).await
    }

    /// Lets the threads that are called by a message's words follow what it says now.
    pub(in crate::store) async fn rename_after(
        self,
        key: &Key,
        message: &Item,
    ) -> anyhow::Result<()> {
        let stored = Stored::of(message);
        for thread in get_texts(message, NAMES).map(ThreadId::new) {
            if stored.deleted {
                self.take_name(&thread, key).await?;
                continue;
            }
            let edit = number(stored.edited);
            let patch = Patch::of(keys::thread(&thread))
                .if_present(SUBJECT_EDIT)
                .if_below(SUBJECT_EDIT, edit.clone())
                .set(SUBJECT_EDIT, edit)
                .add(VERSION, number(1));
            let patch = match stored.content.as_ref().and_then(subject_of) {
                Some(line) => patch.set(SUBJECT, text(line)),
                None => patch.remove(SUBJECT),
            };
            self.store.write_retrying(patch).await?;
        }
        Ok(())
    }

    /// Takes a thread's name away with the message that gave it. Both say so at once: brought again later, the deletion must
    /// not take the name that another message gave since.
    async fn take_name(self, thread: &ThreadId, key: &Key) -> anyhow::Result<()> {
        let named = AttributeValue::Ss(vec![thread.as_str().to_owned()]);
        let message = Patch::of(key.clone()).if_present(NAMES).take_out(NAMES, named);
        let attempt = || async {
            let mut transaction = Transaction::default();
            transaction.patch(message.clone());
            let name = Patch::of(keys::thread(thread))
                .if_present(SUBJECT_EDIT)
                .remove(SUBJECT_EDIT)
                .remove(SUBJECT_UNTIL)
                .remove(SUBJECT)
                .add(VERSION, number(1));
            let name = transaction.patch(name);
            match self.store.commit(transaction).await? {
                Committed::Done => Ok(Attempt::Done(())),
                // A person of ours named it.
                Committed::Refused(refused) if refused.iter().any(|(at, _)| *at == name) => {
                    self.store.write_retrying(message.clone()).await?;
                    Ok(Attempt::Done(()))
                }
                // Somebody else took it away.
                Committed::Refused(refused) if !refused.is_empty() => Ok(Attempt::Done(())),
                Committed::Refused(_) => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a thread lost its name", attempt).await
    }
}
