//! The ground of a decision about a message: the message, the person it is from, and the threads that it may go to.

use domain::event::{Direction, Identity, InboundEvent, Message};
use domain::filing::identity::Address;
use domain::filing::{Change, Live, Referrals};
use domain::id::ThreadId;
use domain::threading::{Decision, ProfileEntry, Reading};
use domain::time::Timestamp;

use crate::store::contacts::identities::Claims;
use crate::store::keys::Key;
use crate::store::messages::stored::{Stored, write_message};
use crate::store::patch::Patch;
use crate::store::rules::Rules;
use crate::store::threads::fold::Place;
use crate::store::threads::live::{Found, LiveThreads};

/// A message on its way into the table.
pub(in crate::store) struct Said<'a> {
    pub(in crate::store) event: &'a InboundEvent,
    pub(in crate::store) message: &'a Message,
    pub(in crate::store) identity: &'a Identity,
    pub(in crate::store) key: Key,
    pub(in crate::store) reading: Reading,
    pub(in crate::store) rules: &'a Rules,
}

/// A code that a message shows and that is good for it.
pub(in crate::store) struct Shown {
    pub(in crate::store) key: Key,
    pub(in crate::store) code: String,
    /// Whether this message redeemed it already and was stopped then.
    pub(in crate::store) is_redeemed: bool,
    /// The thread that it stands for.
    pub(in crate::store) found: Found,
}

/// The person that a message is from, and the threads that it may go to.
pub(in crate::store) struct Scene {
    pub(in crate::store) own: Address,
    pub(in crate::store) claims: Claims,
    pub(in crate::store) threads: LiveThreads,
    pub(in crate::store) referrals: Referrals,
    /// Threads that were moved out and that the message names.
    pub(in crate::store) archived: Vec<Live>,
    /// The one thread of another person that this one showed a code of.
    pub(in crate::store) foreign: Option<Found>,
    /// The code that the message shows.
    pub(in crate::store) shown: Option<Shown>,
}

impl Scene {
    /// The threads that the message may go to.
    pub(in crate::store) fn candidates(&self) -> impl Iterator<Item = &Live> {
        let foreign = self.foreign.iter().map(|it| &it.live);
        self.threads.live.iter().chain(&self.archived).chain(foreign)
    }

    /// Lets the message go to a thread.
    pub(in crate::store) fn add(&mut self, found: Found) {
        if self.candidates().any(|it| it.thread == found.live.thread) {
            return;
        }
        if self.is_own(&found) {
            self.archived.push(found.live);
        } else {
            self.foreign = Some(found);
        }
    }

    /// Whether a thread is one of the person who wrote.
    pub(in crate::store) fn is_own(&self, found: &Found) -> bool {
        found.contact == self.threads.contact
    }

    /// The place of a message that joins a thread, with the thread as it was read if it is a live one.
    pub(in crate::store) fn place(&self, thread: &ThreadId) -> Place {
        let foreign = self.foreign.as_ref().filter(|it| it.live.thread == *thread);
        let own = || self.threads.live.iter().find(|it| it.thread == *thread);
        let (contact, live) = foreign.map_or_else(
            || (&self.threads.contact, own()),
            |it| (&it.contact, it.is_live.then_some(&it.live)),
        );
        Place { contact: contact.clone(), thread: thread.clone(), live: live.cloned() }
    }
}

impl Said<'_> {
    pub(in crate::store) fn write(
        &self,
        thread: &ThreadId,
        at: Timestamp,
        decision: &Decision,
    ) -> anyhow::Result<Patch> {
        write_message((self.event, self.message), (thread, at), decision, self.rules)
    }

    pub(in crate::store) fn entry(&self, at: Timestamp) -> ProfileEntry {
        ProfileEntry {
            key: self.key.short(),
            edit: 0,
            at,
            direction: self.message.direction,
            channel: self.event.channel.clone(),
            reading: Some(self.reading.clone()),
        }
    }

    /// The entry, with the words of an edit that came first.
    pub(in crate::store) fn entry_with(
        &self,
        at: Timestamp,
        before: Option<&Stored>,
    ) -> ProfileEntry {
        let edit = before.and_then(|it| Some((it.edited, it.content.as_ref()?)));
        match edit {
            Some((edit, content)) => {
                ProfileEntry { edit, reading: Some(Reading::of_content(content)), ..self.entry(at) }
            }
            None => self.entry(at),
        }
    }

    pub(in crate::store) fn change(&self, confidence: f32) -> Change {
        Change::Said { unsure: self.rules.doubt(confidence) }
    }

    /// Counts what was decided of a message of the person.
    pub(in crate::store) fn count(&self, confidence: f32) {
        if self.message.direction == Direction::In {
            self.rules.tally.note(confidence);
        }
    }
}
