//! What a thread is called by until a person of ours names it: words of a message.
//!
//! They are that message's words wherever they stand: an edit changes them here, too, and what is taken back is gone from
//! both. The message says which threads are called by it, so that no other message costs anything.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::id::ThreadId;
use domain::threading::subject_of;

use super::Table;
use super::item::{Item, get_texts, number, text};
use super::keys;
use super::messages::Stored;
use super::patch::Patch;
use super::schema::VERSION;
use super::threads::{SUBJECT, SUBJECT_EDIT};

/// On a message: the threads that are called by its words.
const NAMES: &str = "names";

/// What a new thread is called by.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The line.
    pub line: String,
    /// The number of the edit of the message whose words it is; `None` if it goes with no message.
    pub edit: Option<u64>,
}

impl Subject {
    /// What a thread is called by that opens with these words of a person.
    pub(super) fn of(content: &Content, edit: u64) -> Option<Self> {
        subject_of(content).map(|line| Self { line, edit: Some(edit) })
    }
}

/// Notes on a message that a thread is called by its words.
pub(super) fn naming(message: Patch, thread: &ThreadId) -> Patch {
    message.add(NAMES, AttributeValue::Ss(vec![thread.as_str().to_owned()]))
}

impl Table {
    /// Lets the threads that are called by a message's words follow what it says now.
    pub(super) async fn rename_after(&self, message: &Item) -> anyhow::Result<()> {
        let stored = Stored::of(message);
        for thread in get_texts(message, NAMES).map(ThreadId::new) {
            let patch = Patch::of(keys::thread(&thread)).if_present(SUBJECT_EDIT);
            let patch = if stored.deleted {
                patch.remove(SUBJECT_EDIT).remove(SUBJECT)
            } else {
                let edit = number(stored.edited);
                let patch = patch.if_below(SUBJECT_EDIT, edit.clone()).set(SUBJECT_EDIT, edit);
                match stored.content.as_ref().and_then(subject_of) {
                    Some(line) => patch.set(SUBJECT, text(line)),
                    None => patch.remove(SUBJECT),
                }
            };
            self.settle(patch.add(VERSION, number(1))).await?;
        }
        Ok(())
    }
}
