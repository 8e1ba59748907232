//! An entry of the outbound queue.

use serde::{Deserialize, Serialize};

use crate::event::digest;
use crate::id::{IdentityId, MessageId, Reference};
use crate::overlap::{self, Unread};

/// The work of `outbound` on one leg of a message. It holds no content: that is in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundEntry {
    /// The message.
    pub message: MessageId,
    /// The number of the leg. The first is not written: entries of a message with one leg are read by versions that know of none.
    #[serde(default, skip_serializing_if = "is_first")]
    pub leg: usize,
    /// The key that it is kept in order by: the SHA-256 of the person's address.
    pub group: String,
    /// The step to take.
    pub step: Step,
}

/// The next thing to do about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make the attempt of this number, counted from 1.
    Send(u32),
    /// See what became of the attempt of this number.
    Confirm(u32),
}

impl OutboundEntry {
    /// The entry that `api` queues for a message that it has stored. Queued twice, it does nothing twice.
    #[must_use]
    pub fn first(message: MessageId, to: &IdentityId) -> Self {
        Self { message, leg: 0, group: digest(&[to.as_str()]), step: Step::Send(1) }
    }

    /// Reads what is in the queue.
    pub fn read(body: &str) -> Result<Self, Unread> {
        /// The fields of every entry, whichever version wrote it.
        #[derive(Deserialize)]
        struct Named {
            #[expect(dead_code, reason = "that it is there tells an entry from anything else")]
            message: MessageId,
        }
        overlap::read::<_, Named>(body)
    }

    /// Another step of the same leg.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        Self { step, ..self.clone() }
    }

    /// The id that makes the entry the same however often it is put in.
    #[must_use]
    pub fn deduplication_id(&self) -> String {
        digest(&[&self.of(), &self.step.name()])
    }

    /// The message, or which leg of it if that is a later one.
    fn of(&self) -> String {
        match self.leg {
            0 => self.message.to_string(),
            leg => Reference::of(&self.message, leg).as_str().to_owned(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn is_first(leg: &usize) -> bool {
    *leg == 0
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
        let first = OutboundEntry::first(MessageId::new("msg_1"), &to);
        let steps = [Step::Send(1), Step::Send(2), Step::Confirm(1)];
        let mut ids: Vec<_> = steps.map(|it| first.then(it).deduplication_id()).to_vec();
        assert_eq!(ids[0], first.deduplication_id());
        let of_second = OutboundEntry { leg: 1, ..first.then(Step::Send(2)) };
        ids.push(of_second.deduplication_id());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn an_entry_of_a_version_without_legs_is_about_the_first_and_reads_there_too() {
        let old = r#"{"message":"msg_1","group":"g","step":{"send":3}}"#;
        let entry = OutboundEntry::read(old).unwrap();
        assert_eq!((entry.leg, entry.step), (0, Step::Send(3)));
        assert_eq!(serde_json::to_string(&entry).unwrap(), old);
        let second = OutboundEntry { leg: 1, ..entry };
        assert_eq!(OutboundEntry::read(&serde_json::to_string(&second).unwrap()), Ok(second));
    }

    #[test]
    fn what_another_version_wrote_is_told_from_what_nobody_did() {
        for newer in [
            r#"{"message":"msg_1","group":"g","step":{"recall":1}}"#,
            r#"{"message":"msg_1","group":"g","step":{"send":1},"lane":2}"#,
            r#"{"message":"msg_1","kind":"fetch"}"#,
        ] {
            assert_eq!(OutboundEntry::read(newer), Err(Unread::Yet), "{newer}");
        }
        for odd in ["", "not an entry", "{}", "[1]", r#"{"message":1}"#] {
            assert_eq!(OutboundEntry::read(odd), Err(Unread::Ever), "{odd}");
        }
    }

    #[test]
    fn an_entry_reads_back_and_holds_no_address() {
        let entry =
            OutboundEntry::first(MessageId::new("msg_1"), &IdentityId::phone("+447700900111"));
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<OutboundEntry>(&text).unwrap(), entry);
        assert!(!text.contains("447700900111"));
    }
}
