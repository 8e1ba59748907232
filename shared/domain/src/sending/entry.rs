//! An entry of the outbound queue.

use serde::{Deserialize, Serialize};

use crate::event::digest;
use crate::id::{IdentityId, MessageId};

/// What `outbound` is to do about one message. It holds no content: that is in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The message.
    pub message: MessageId,
    /// What it is kept in order by: the SHA-256 of the person's address.
    pub group: String,
    /// What to do.
    pub step: Step,
}

/// What to do about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make the attempt of this number, counted from 1.
    Send(u32),
    /// See what became of the attempt of this number.
    Confirm(u32),
}

impl Entry {
    /// What `api` queues for a message that it has stored. Queued twice, it does nothing twice.
    #[must_use]
    pub fn first(message: MessageId, to: &IdentityId) -> Self {
        Self { message, group: digest(&[to.as_str()]), step: Step::Send(1) }
    }

    /// Another step of the same message.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        Self { message: self.message.clone(), group: self.group.clone(), step }
    }

    /// What makes the entry the same however often it is put in.
    #[must_use]
    pub fn deduplication_id(&self) -> String {
        digest(&[self.message.as_str(), &self.step.name()])
    }
}

impl Step {
    fn name(self) -> String {
        match self {
            Self::Send(n) => format!("send-{n}"),
            Self::Confirm(n) => format!("confirm-{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_has_an_entry_of_its_own() {
        let to = IdentityId::phone("+447700900111");
        let first = Entry::first(MessageId::new("msg_1"), &to);
        let steps = [Step::Send(1), Step::Send(2), Step::Confirm(1)];
        let mut ids: Vec<_> = steps.map(|it| first.then(it).deduplication_id()).to_vec();
        assert_eq!(ids[0], first.deduplication_id());
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn an_entry_reads_back_and_holds_no_address() {
        let entry = Entry::first(MessageId::new("msg_1"), &IdentityId::phone("+447700900111"));
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
        assert!(!text.contains("447700900111"));
    }
}
