//! The things that a message refers to: codes, quoted messages, mail references. Only the person's own threads count, and the one
//! thread of another person that they showed a code of.

use domain::event::{Direction, InboundEvent, Message};
use domain::filing::Referred;
use domain::filing::arbiter::{CustomerAnswer, answer};
use domain::id::{ProviderId, ThreadId};
use domain::threading::Certain;

use crate::store::filing::Filing;
use crate::store::filing::scene::{Said, Scene};
use crate::store::keys;
use crate::store::messages::stored::Stored;
use crate::store::threads::live::Found;

/// The number of messages named by one that are looked up: each costs a read.
const MOST_NAMED: usize = 4;

impl Filing<'_> {
    /// Looks up what a message refers to.
    pub(in crate::store) async fn refer(
        self,
        said: &Said<'_>,
        scene: &mut Scene,
    ) -> anyhow::Result<()> {
        scene.shown = self.shown(said).await?;
        if let Some(shown) = &scene.shown {
            let found = shown.found.clone();
            scene.referrals.certain = Some((Certain::LinkCode, found.live.thread.clone()));
            scene.add(found);
        }
        if let Some(chosen) = self.chosen(said.message, scene).await? {
            scene.referrals.certain = Some((Certain::Choice, chosen));
        }
        if let Some(claimed) = scene.own.claimed.clone().filter(|_| scene.foreign.is_none()) {
            // The person may be theirs by now, and the thread among their own.
            if let Some(found) =
                self.store.threads().reach(&claimed.contact, &claimed.thread).await?
                && !scene.is_own(&found)
            {
                scene.add(found);
            }
        }
        if let Some(of) = &said.message.reply_to {
            scene.referrals.quoted = self.referred(said.event, of, scene).await?;
        }
        for of in said.message.refs.iter().take(MOST_NAMED) {
            let named = self.referred(said.event, of, scene).await?.map(|it| it.thread);
            let is_new = |it: &ThreadId| !scene.referrals.named.contains(it);
            if let Some(thread) = named.filter(is_new) {
                scene.referrals.named.push(thread);
            }
        }
        Ok(())
    }

    /// The thread that a person chose when we asked which topic a message of theirs is about.
    async fn chosen(self, message: &Message, scene: &Scene) -> anyhow::Result<Option<ThreadId>> {
        let thread = match answer(&message.content) {
            None => None,
            Some(CustomerAnswer::Thread(thread)) => Some(thread),
            Some(CustomerAnswer::New) => {
                self.question(&scene.threads.contact).await?.map(|it| it.new)
            }
        };
        Ok(thread.filter(|it| scene.threads.live.iter().any(|live| live.thread == *it)))
    }

    /// The thread that a message is in, if it is one that this message may go to. A thread that was moved out is read, so
    /// that it can be chosen.
    async fn referred(
        self,
        event: &InboundEvent,
        of: &ProviderId,
        scene: &mut Scene,
    ) -> anyhow::Result<Option<Referred>> {
        let Some(mut stored) = self
            .store
            .messages()
            .message(&keys::message(&event.channel, &event.account, of))
            .await?
        else {
            return Ok(None);
        };
        if let Some(ours) = stored.ours.as_ref().filter(|_| stored.thread.is_none()) {
            let Some(sent) =
                self.store.messages().message(&keys::outbound(&ours.parts().0)).await?
            else {
                return Ok(None);
            };
            stored = Stored { direction: Direction::Out, ..sent };
        }
        let Some(mut thread) = stored.thread else { return Ok(None) };
        let contact = scene.threads.contact.clone();
        if !self.may_go_to(&thread, scene).await? {
            // It may be a part of another one by now.
            let foreign = scene.foreign.as_ref().map(|it| &it.contact);
            let home = self.store.threads().resolve(&thread).await?;
            let home = home.filter(|it| it.contact == contact || Some(&it.contact) == foreign);
            let Some(home) = home.filter(|it| it.thread != thread) else { return Ok(None) };
            if !self.may_go_to(&home.thread, scene).await? {
                return Ok(None);
            }
            thread = home.thread;
        }
        Ok(Some(Referred { thread, at: stored.at, direction: stored.direction }))
    }

    /// Whether a message may go to a thread of the person: a live one, or one that was archived, which is read so that it
    /// can be chosen.
    async fn may_go_to(self, thread: &ThreadId, scene: &mut Scene) -> anyhow::Result<bool> {
        if scene.candidates().any(|it| it.thread == *thread) {
            return Ok(true);
        }
        let contact = scene.threads.contact.clone();
        let read = self.store.threads().thread_at(&keys::archived(&contact, thread)).await?;
        let is_there = read.is_some();
        if let Some(live) = read {
            scene.add(Found { contact, live, is_live: false });
        }
        Ok(is_there)
    }
}
