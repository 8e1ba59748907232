//! Messages as they are kept.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::content::Content;
use domain::event::{Direction, InboundEvent, Message, Visibility};
use domain::id::{Channel, MessageId, Reference, ThreadId};
use domain::threading::{Decision, ProfileEntry, Reading};
use domain::time::Timestamp;

use crate::store::item::{
    Item, get_flag, get_moment, get_number, get_text, moment, number, seconds, text,
};
use crate::store::keys::{self, Key};
use crate::store::kind::ItemKind;
use crate::store::messages::Messages;
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::schema::{
    ACCOUNT, AT, AUTHOR, CHANNEL, CONFIDENCE, CONTENT, CONTENT_REF, DELETED, DIRECTION, EDITED,
    EVIDENCE, EXPIRES, ID, IDENTITY, KIND, LEG, OUT, PLACE, QUOTE, REFERRAL, REPLY_TO, SAID_AT,
    THREAD, UNSURE_BELOW, VISIBILITY,
};

/// A message as it is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The kind of the item; `None` for one that only a newer version knows.
    pub kind: Option<ItemKind>,
    /// The thread that it is in; `None` for what waits for its message: an early edit, a tombstone, a pointer.
    pub thread: Option<ThreadId>,
    /// When it was sent.
    pub at: Timestamp,
    /// The side that said it.
    pub direction: Direction,
    /// The channel on which it was said.
    pub channel: Option<Channel>,
    /// The present content.
    pub content: Option<Content>,
    /// The number of the edit that it says now.
    pub edited: u64,
    /// Whether it was taken back.
    pub deleted: bool,
    /// On a pointer: which leg of which message of ours it is.
    pub ours: Option<Reference>,
    /// The confidence that its thread is right.
    pub confidence: Option<f32>,
    /// The threshold of the week when it was filed, where it matters.
    pub(in crate::store) unsure_below: Option<f32>,
}

impl Stored {
    /// The message in an item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        Self {
            kind: get_text(item, KIND).and_then(ItemKind::parse),
            thread: get_text(item, THREAD).map(ThreadId::new),
            at: get_moment(item, AT).unwrap_or_default(),
            direction: if get_text(item, DIRECTION) == Some(Direction::Out.name()) {
                Direction::Out
            } else {
                Direction::In
            },
            channel: get_text(item, CHANNEL).map(Channel::new),
            content: get_text(item, CONTENT).and_then(|it| serde_json::from_str(it).ok()),
            edited: get_number(item, EDITED).unwrap_or(0),
            deleted: get_flag(item, DELETED),
            ours: pointed(item),
            confidence: get_number(item, CONFIDENCE),
            unsure_below: get_number(item, UNSURE_BELOW),
        }
    }

    /// Whether somebody should have a look: by the threshold of the week when it was filed, so that what comes again is
    /// what it was.
    #[must_use]
    pub fn is_unsure(&self, rules: &Rules) -> bool {
        let threshold = self.unsure_below.unwrap_or(rules.unsure_below);
        self.confidence.is_some_and(|it| it < threshold)
    }

    /// Whether it was kept unread, so that a later parser may replace what it says.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        !self.deleted && matches!(self.content, Some(Content::Unsupported { .. }))
    }

    /// Whether there is nothing more to decide: it has its thread, was taken back, or is ours.
    #[must_use]
    pub(in crate::store) fn is_settled(&self) -> bool {
        // An item that went away since it was read has no kind: nothing is decided by it.
        self.deleted || self.kind.is_some_and(|it| it != ItemKind::Early)
    }

    /// The number of the edit that came before the message, as it is kept.
    pub(in crate::store) fn edit_number(&self) -> Option<AttributeValue> {
        (0 < self.edited).then(|| number(self.edited))
    }

    /// Whether it was said to or by the person. What only a newer version knows may be anything, and is left to it.
    #[must_use]
    pub fn is_said(&self) -> bool {
        matches!(self.kind, Some(ItemKind::Message | ItemKind::Own))
    }

    /// The message as its thread's profile takes it in.
    #[must_use]
    pub fn entry(&self, key: &Key) -> Option<ProfileEntry> {
        if !self.is_said() {
            return None;
        }
        Some(ProfileEntry {
            key: key.short(),
            edit: if self.deleted { u64::MAX } else { self.edited },
            at: self.at,
            direction: self.direction,
            channel: self.channel.clone()?,
            reading: self.content.as_ref().filter(|_| !self.deleted).map(Reading::of_content),
        })
    }
}

impl Messages<'_> {
    /// A message as it is at this moment.
    pub async fn message(self, key: &Key) -> anyhow::Result<Option<Stored>> {
        Ok(self.store.get(key).await?.as_ref().map(Stored::of))
    }
}

/// Writes a message into its thread as said at this moment, if it is not there. What came before it (an edit, a reaction, a receipt) stays; a
/// message that was taken back before it came is refused.
pub(in crate::store) fn write_message(
    (event, message): (&InboundEvent, &Message),
    (thread, at): (&ThreadId, Timestamp),
    decision: &Decision,
    rules: &Rules,
) -> anyhow::Result<Patch> {
    let refers = message.quote.is_some() || message.referral.is_some();
    let quoted =
        message.reply_to.as_ref().map(|it| keys::message(&event.channel, &event.account, it).pk);
    let replied = quoted.or_else(|| refers.then(String::new));
    let identity = event.identity.as_ref().map(|it| text(it.id.as_str()));
    let referral = message.referral.as_ref().map(serde_json::to_string).transpose()?;
    let quote = message.quote.as_ref().map(serde_json::to_string).transpose()?;
    let patch = Patch::of(keys::message(&event.channel, &event.account, &message.id))
        .kind(ItemKind::Message)
        .if_absent_or(ItemKind::Early)
        .if_absent(DELETED)
        .set(THREAD, text(thread.as_str()))
        .set(AT, moment(at))
        .set(ID, text(message.id.as_str()))
        .set(CHANNEL, text(event.channel.as_str()))
        .set(ACCOUNT, text(event.account.as_str()))
        .set_some(IDENTITY, identity)
        .set(DIRECTION, text(message.direction.name()))
        .set_some(AUTHOR, message.author.clone().map(text))
        .set_some(REPLY_TO, replied.map(text))
        .set_some(PLACE, message.place.clone().map(text))
        .set_some(SAID_AT, message.said_at.map(moment))
        .set_some(VISIBILITY, (message.visibility == Visibility::Public).then(|| text("public")))
        .set_some(REFERRAL, referral.map(text))
        .set_some(QUOTE, quote.map(text))
        .set_if_absent(CONTENT, content(&message.content)?)
        .set(CONFIDENCE, number(thousandths(decision.confidence)))
        .set_some(UNSURE_BELOW, told_threshold(decision, rules));
    // What waited for the message may have had an end of its own.
    let patch = match expires(event.at, rules) {
        Some(at) => patch.set(EXPIRES, at),
        None => patch.remove(EXPIRES),
    };
    let patch = match &event.content_ref {
        Some(whole) => patch.set_if_absent(CONTENT_REF, text(whole)),
        None => patch,
    };
    if decision.evidence.is_empty() {
        return Ok(patch);
    }
    Ok(patch.set(EVIDENCE, text(serde_json::to_string(&decision.evidence)?)))
}

/// The threshold, if it is to be remembered.
fn told_threshold(decision: &Decision, rules: &Rules) -> Option<AttributeValue> {
    let usual = decision.is_unsure(rules.unsure_below);
    rules.this_week.filter(|it| decision.is_unsure(*it) != usual).map(number)
}

/// A confidence in thousandths, rounded down: what is below a threshold stays below it when it is read again.
pub(in crate::store) fn thousandths(confidence: f32) -> String {
    format!("{:.3}", (confidence * 1000.0).floor() / 1000.0)
}

/// The content of a message, as it is kept.
pub(in crate::store) fn content(content: &Content) -> anyhow::Result<AttributeValue> {
    Ok(text(serde_json::to_string(content)?))
}

/// Until when an item is kept; for ever without it.
pub(in crate::store) fn runs_out(item: &Item) -> Option<Timestamp> {
    get_number(item, EXPIRES).map(Timestamp::from_secs)
}

/// The time from which something of this moment may be removed.
pub(in crate::store) fn expires(at: Timestamp, rules: &Rules) -> Option<AttributeValue> {
    kept_until(at, rules).map(seconds)
}

/// The same for what is kept so long.
pub(in crate::store) fn expiry(at: Timestamp, retention: Duration) -> AttributeValue {
    seconds(at.plus_ms(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX)))
}

/// Until when something of this moment is kept; for ever without it.
pub(in crate::store) fn kept_until(at: Timestamp, rules: &Rules) -> Option<Timestamp> {
    rules.retention_ms().map(|it| at.plus_ms(it))
}

/// The leg that a pointer leads to, with our id of its message.
pub(in crate::store) fn pointed(item: &Item) -> Option<Reference> {
    if get_text(item, KIND) != Some(ItemKind::Pointer.name()) {
        return None;
    }
    let message = MessageId::new(get_text(item, OUT)?);
    Some(Reference::of(&message, get_number(item, LEG).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_edit_that_ran_out_while_its_message_was_written_decides_nothing() {
        assert!(!Stored::of(&Item::new()).is_settled());
    }

    #[test]
    fn what_is_below_a_threshold_is_kept_below_it() {
        let read = |confidence: f32| {
            let item = Item::from([(CONFIDENCE.to_owned(), number(thousandths(confidence)))]);
            Stored::of(&item).confidence.unwrap()
        };
        for (confidence, is_below) in [(0.599_7, true), (0.6, false), (0.600_3, false)] {
            assert_eq!(read(confidence) < 0.6, is_below, "{confidence}");
        }
        assert!(read(1.0) >= 1.0);
    }
}
