//! The keys of items.

use domain::event::digest;
use domain::id::{
    AccountId, Channel, ContactId, CorrectionId, IdentityId, MessageId, ProviderId, ThreadId,
};

/// The beginnings of partition keys.
pub(in crate::store) const MESSAGE: &str = "MSG#";
pub(in crate::store) const CONTACT: &str = "CON#";
pub(in crate::store) const THREAD: &str = "THR#";
pub(in crate::store) const IDENTITY: &str = "IDN#";
pub(in crate::store) const CASE: &str = "CRM#";
/// An item that is in no thread.
pub const UNKNOWN: &str = "UNK#";
pub(in crate::store) const ACCOUNT: &str = "ACC#";
pub(in crate::store) const TEMPLATE: &str = "TPL#";
pub(in crate::store) const CONFIDENCES: &str = "CNF";
pub(in crate::store) const LINK: &str = "LNK#";
pub(in crate::store) const TOKEN: &str = "TOK#";
/// The list of API tokens.
pub(in crate::store) const TOKENS: &str = "TOK";

/// The beginnings of the sort keys of a person's items, in the order in which they are read.
pub(in crate::store) const LIVE: &str = "1#";
pub(in crate::store) const ARCHIVED: &str = "2#";
pub(in crate::store) const CORRECTION: &str = "3#";
pub(in crate::store) const PROFILE: &str = "4#";
pub(in crate::store) const QUESTION: &str = "5#";
/// The end of a range: it sorts behind all that begins alike.
const END: &str = "~";

/// The beginning of a key: all of it up to the first `#`, that included.
pub(in crate::store) fn prefix(key: &str) -> &str {
    key.split_inclusive('#').next().unwrap_or(key)
}

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition: the thing that the item belongs to.
    pub pk: String,
    /// The item among those of its partition.
    pub sk: String,
}

impl Key {
    /// The key of an item that stands alone.
    #[must_use]
    pub fn alone(pk: String) -> Self {
        Self { pk, sk: crate::store::schema::ALONE.to_owned() }
    }

    /// A short name of the item, the same each time: what a thread's profile knows a message by.
    #[must_use]
    pub fn short(&self) -> u32 {
        let start = digest(&[&self.pk, &self.sk]);
        start.get(..8).and_then(|it| u32::from_str_radix(it, 16).ok()).unwrap_or(0)
    }
}

/// Keys that lie under one partition key, between two sort keys, both within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Range {
    pub(in crate::store) pk: String,
    pub(in crate::store) from: String,
    pub(in crate::store) to: String,
}

impl Range {
    fn of(contact: &ContactId, from: &str, to: &str) -> Self {
        Self { pk: self::contact(contact).pk, from: from.to_owned(), to: to.to_owned() }
    }

    /// The part that comes after a sort key.
    pub(in crate::store) fn after(self, sk: &str) -> Self {
        // Nothing sorts between a key and the same key with the lowest character behind it.
        Self { from: format!("{sk}\u{1}"), ..self }
    }
}

/// A person's head and the live threads.
pub(in crate::store) fn head_and_live(contact: &ContactId) -> Range {
    Range::of(contact, super::schema::ALONE, &format!("{LIVE}{END}"))
}

/// All threads of a person: the live ones and those that were moved out.
pub(in crate::store) fn threads_of(contact: &ContactId) -> Range {
    Range::of(contact, LIVE, &format!("{ARCHIVED}{END}"))
}

/// The corrections of a person's threads and addresses.
pub(in crate::store) fn corrections_of(contact: &ContactId) -> Range {
    Range::of(contact, CORRECTION, &format!("{CORRECTION}{END}"))
}

/// The counts of the confidence with which messages were filed in some weeks, the first and the last within.
pub(in crate::store) fn confidences_of(from: i64, to: i64) -> Range {
    let [from, to] = [from, to].map(confidences);
    Range { pk: from.pk, from: from.sk, to: to.sk }
}

/// A message that came from a platform, or the pointer to ours that it has under its own id. The platform's id is hashed:
/// some contain a phone number.
#[must_use]
pub fn message(channel: &Channel, account: &AccountId, id: &ProviderId) -> Key {
    Key::alone(format!("{MESSAGE}{channel}#{}", digest(&[account.as_str(), id.as_str()])))
}

/// The beginning of the partition key of a message of ours; our id of it follows.
const OUTBOUND: &str = "MSG#out#";

/// The message of ours that a partition key is of; `None` if of none.
#[must_use]
pub fn message_of_ours(pk: &str) -> Option<MessageId> {
    pk.strip_prefix(OUTBOUND).map(MessageId::new)
}

/// The message that a partition key is of, as the API spells it: the channel, `out` for ours, and what tells its messages apart.
#[must_use]
pub fn parts_of_message(pk: &str) -> Option<(&str, &str)> {
    pk.strip_prefix(MESSAGE)?.split_once('#')
}

/// The key of a message, from what the API spells it by.
#[must_use]
pub fn message_of_parts(channel: &str, rest: &str) -> Key {
    Key::alone(format!("{MESSAGE}{channel}#{rest}"))
}

/// A message of ours.
#[must_use]
pub fn outbound(id: &MessageId) -> Key {
    Key::alone(format!("{OUTBOUND}{id}"))
}

/// An address of a person, whichever way it is spelled.
#[must_use]
pub fn identity(id: &IdentityId) -> Key {
    Key::alone(format!("{IDENTITY}{}", id.key()))
}

/// The head of a person.
#[must_use]
pub fn contact(id: &ContactId) -> Key {
    Key::alone(format!("{CONTACT}{id}"))
}

/// A thread that is live: one of the at most 24 that a new message may join.
#[must_use]
pub fn live(contact: &ContactId, thread: &ThreadId) -> Key {
    Key { pk: format!("{CONTACT}{contact}"), sk: format!("{LIVE}{thread}") }
}

/// A thread that was moved out of the live ones, unchanged.
#[must_use]
pub fn archived(contact: &ContactId, thread: &ThreadId) -> Key {
    Key { pk: format!("{CONTACT}{contact}"), sk: format!("{ARCHIVED}{thread}") }
}

/// A correction by a person.
#[must_use]
pub fn correction(contact: &ContactId, id: &CorrectionId) -> Key {
    Key { pk: format!("{CONTACT}{contact}"), sk: format!("{CORRECTION}{id}") }
}

/// The question to a person about which topic a message of theirs is.
#[must_use]
pub fn question(contact: &ContactId) -> Key {
    Key { pk: format!("{CONTACT}{contact}"), sk: format!("{QUESTION}question") }
}

/// The rarely changing part of a thread: contact, subject, tags, `merged_into`.
#[must_use]
pub fn thread(id: &ThreadId) -> Key {
    Key::alone(format!("{THREAD}{id}"))
}

/// The thread that a partition key is of.
pub(in crate::store) fn thread_of(pk: &str) -> Option<ThreadId> {
    pk.strip_prefix(THREAD).map(ThreadId::new)
}

/// The person that a partition key is of.
pub(in crate::store) fn contact_of(pk: &str) -> Option<ContactId> {
    pk.strip_prefix(CONTACT).map(ContactId::new)
}

/// The name in a sort key behind the digit of its kind: a thread, a correction.
pub(in crate::store) fn named_by(sk: &str) -> Option<&str> {
    sk.split_once('#').map(|(_, name)| name)
}

/// A case of another system: which thread is about it.
#[must_use]
pub fn case(kind: &str, id: &str) -> Key {
    Key::alone(format!("{CASE}{kind}#{id}"))
}

/// The wishes of a person and the words that we call them by.
#[must_use]
pub fn profile(contact: &ContactId) -> Key {
    Key { pk: format!("{CONTACT}{contact}"), sk: format!("{PROFILE}profile") }
}

/// An item that could not be read or that nobody said, by its event's deduplication id.
#[must_use]
pub fn unknown(deduplication_id: &str) -> Key {
    Key::alone(format!("{UNKNOWN}{deduplication_id}"))
}

/// Whether a partition key is of an item that is in no thread.
pub(in crate::store) fn is_unknown(pk: &str) -> bool {
    pk.starts_with(UNKNOWN)
}

/// One of our accounts: what its platform last said of it.
#[must_use]
pub fn account(channel: &Channel, account: &AccountId) -> Key {
    Key::alone(format!("{ACCOUNT}{channel}#{account}"))
}

/// A template in one locale.
#[must_use]
pub fn template(channel: &Channel, account: &AccountId, name: &str, locale: &str) -> Key {
    Key { pk: format!("{TEMPLATE}{channel}#{account}"), sk: format!("{name}#{locale}") }
}

/// The counts of the confidence with which the messages of a week were filed.
#[must_use]
pub fn confidences(week: i64) -> Key {
    Key { pk: CONFIDENCES.to_owned(), sk: format!("{week:08}") }
}

/// The thing that a link code stands for, by the SHA-256 of the code.
#[must_use]
pub fn link(sha256: &str) -> Key {
    Key::alone(format!("{LINK}{sha256}"))
}

/// An API token, by the SHA-256 of its text.
#[must_use]
pub fn token(sha256: &str) -> Key {
    Key::alone(format!("{TOKEN}{sha256}"))
}

/// The line of the list of API tokens that leads to one of them.
pub(in crate::store) fn listed_token(id: &str, sha256: &str) -> Key {
    Key { pk: TOKENS.to_owned(), sk: format!("{id}#{sha256}") }
}

/// The SHA-256 that the sort key of a line of that list ends with.
pub(in crate::store) fn token_of(sk: &str) -> Option<&str> {
    sk.split_once('#').map(|(_, sha256)| sha256)
}

#[cfg(test)]
mod tests {
    use domain::bounds::MAX_ID;

    use super::*;

    /// DynamoDB takes 2,048 bytes of a partition key and 1,024 of a sort key.
    #[test]
    fn the_longest_ids_that_are_taken_in_make_keys_that_the_table_takes() {
        let (channel, id) = (Channel::new("c".repeat(32)), "x".repeat(MAX_ID));
        let (ours, half) = (AccountId::new(&*id), "x".repeat(MAX_ID / 2));
        for key in [
            identity(&IdentityId::from_stored(&*id)),
            account(&channel, &ours),
            template(&channel, &ours, &half, &half),
            outbound(&MessageId::new(&*id)),
        ] {
            assert!(
                key.pk.len() <= 2_048 && key.sk.len() <= 1_024,
                "{} {}",
                key.pk.len(),
                key.sk.len()
            );
        }
    }
}
