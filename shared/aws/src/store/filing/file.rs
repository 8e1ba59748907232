//! Filing an event: the write protocol.
//!
//! Nothing rests on one writer per person. What is decided is recorded by the conditional write of the message, so that
//! nothing is ever decided twice; whatever comes again, or was stopped half-way, is completed from what is recorded.

use domain::content::Content;
use domain::event::{InboundEvent, Kind};
use domain::filing::identity::Consent;
use domain::filing::{Change, LinkCode, Live, Referrals, choose};
use domain::id::{Reference, ThreadId};
use domain::threading::{self, Decision, Reading};

use crate::store::base::Attempt;
use crate::store::contacts::identities::{Claims, add_claims};
use crate::store::filing::Filing;
use crate::store::filing::scene::{Said, Scene};
use crate::store::keys;
use crate::store::messages::stored::{Stored, kept_until};
use crate::store::patch::Written;
use crate::store::rules::{Fresh, Rules};
use crate::store::schema::EDITED;
use crate::store::threads::live::LiveThreads;
use crate::store::threads::open::{add_opening, next_head};
use crate::store::threads::subjects::{Subject, naming};
use crate::store::transaction::{Committed, Transaction};

/// The outcome of filing an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// The message joined this thread.
    Joined(ThreadId),
    /// The message opened this thread.
    Opened(ThreadId),
    /// The message was there already, in this thread.
    Repeated(ThreadId),
    /// The message was taken back before it came: nothing of it is kept.
    TakenBack,
    /// It is a message of ours that the platform shows us: the caller records it as sent.
    Ours(Reference),
    /// A fact about a message, a person, a template or an account was recorded.
    Noted,
    /// It could not be read and was kept.
    Kept,
}

impl Filing<'_> {
    /// Files an event. Filed again, by whomever and however often, it ends the same.
    pub async fn file(
        self,
        event: &InboundEvent,
        fresh: &Fresh,
        rules: &Rules,
    ) -> anyhow::Result<Filed> {
        let Some(identity) = &event.identity else { return self.file_unowned(event, rules).await };
        match &event.kind {
            Kind::Message(message) => {
                let key = keys::message(&event.channel, &event.account, &message.id);
                let reading = Reading::of_content(&message.content);
                let said = Said { event, message, identity, key, reading, rules };
                let filed = self.say(&said, fresh).await?;
                self.store.messages().keep_whole_if_named(event, &said.key).await?;
                if let (Some(_), Some(of)) = (&message.quote, &message.reply_to) {
                    self.store.messages().note_copy(event, of, &said.key, rules).await?;
                }
                return Ok(filed);
            }
            // Words that can be read stay: what came in their place is kept for a later parser.
            Kind::Edited { of, content: Content::Unsupported { .. }, .. } => {
                let filed = self.file_unowned(event, rules).await?;
                self.store
                    .messages()
                    .note_copy(event, of, &keys::unknown(&event.deduplication_id()), rules)
                    .await?;
                return Ok(filed);
            }
            Kind::Edited { of, n, content } => {
                self.store.messages().edit(event, of, *n, content, rules).await?;
                let key = keys::message(&event.channel, &event.account, of);
                self.store.messages().keep_whole_if_named(event, &key).await?;
            }
            Kind::Deleted { of } => self.store.messages().take_back(event, of, rules).await?,
            Kind::Reaction { of, emoji, direction } => {
                self.store.messages().react(event, of, emoji.as_deref(), *direction, rules).await?;
            }
            Kind::IdentityChanged { previous, reason } => {
                self.store
                    .contacts()
                    .identity_changed(event, identity, previous.as_ref(), reason)
                    .await?;
            }
            Kind::ConsentChanged { purpose, granted, detail } => {
                self.store
                    .contacts()
                    .consent(identity, purpose, Consent { granted: *granted, at: event.at }, detail)
                    .await?;
            }
            Kind::TemplateChanged(_)
            | Kind::AccountChanged { .. }
            | Kind::Notice { .. }
            | Kind::Unknown { .. } => return self.file_unowned(event, rules).await,
            Kind::Receipt(_) => anyhow::bail!("a receipt is recorded, not filed"),
        }
        Ok(Filed::Noted)
    }

    async fn say(self, said: &Said<'_>, fresh: &Fresh) -> anyhow::Result<Filed> {
        let attempt = || async {
            let Some(scene) = self.scene(said, fresh).await? else {
                return Ok(Attempt::Again(()));
            };
            if let Some(shown) = &scene.shown
                && !self.redeem(said, &scene, shown).await?
            {
                return Ok(Attempt::Again(()));
            }
            let filed = match decide(said, &scene) {
                (threading::Filing::Thread(thread), decision) => {
                    self.join(said, &scene, &thread, &decision).await?
                }
                (threading::Filing::New, decision) => {
                    self.open(said, &scene, &fresh.thread, &decision).await?
                }
            };
            if let Some(filed) = filed {
                if is_theirs(&scene, &filed) {
                    self.store.contacts().remember(said.event, said.identity, &scene.own).await?;
                }
                return Ok(Attempt::Done(filed));
            }
            Ok(Attempt::Again(()))
        };
        self.store.retrying("a message was filed", attempt).await
    }

    /// Reads all that the decision rests on. `None` when the person was given an address first: read again.
    async fn scene(self, said: &Said<'_>, fresh: &Fresh) -> anyhow::Result<Option<Scene>> {
        let (own, resolution) = self.store.contacts().whom(said.identity).await?;
        let claims = Claims::of(resolution.claims, said.event);
        let threads = match &resolution.contact {
            None => LiveThreads::none(fresh.contact.clone()),
            Some(contact) if claims.claims.is_empty() => {
                let threads = self.store.threads().live(contact).await?;
                if threads.linked_into.is_some() {
                    // The address went with its person since it was read.
                    return Ok(None);
                }
                threads
            }
            Some(contact) => {
                self.store.contacts().attach(contact, &claims).await?;
                return Ok(None);
            }
        };
        let mut scene = Scene {
            own,
            claims,
            threads,
            referrals: Referrals::default(),
            archived: Vec::new(),
            foreign: None,
            shown: None,
        };
        if resolution.contact.is_some() || LinkCode::shown_by(said.message).is_some() {
            self.refer(said, &mut scene).await?;
        }
        Ok(Some(scene))
    }

    /// Joins a thread: the message first, then its thread. `None` when it has to be decided again.
    async fn join(
        self,
        said: &Said<'_>,
        scene: &Scene,
        thread: &ThreadId,
        decision: &Decision,
    ) -> anyhow::Result<Option<Filed>> {
        let at = self.said_at(scene, thread, said.event.at).await?;
        let patch = said.write(thread, at, decision)?;
        match self.store.write(patch).await? {
            Written::Busy => Ok(None),
            Written::Refused(item) => self.repeat(said, scene, &Stored::of(&item)).await.map(Some),
            Written::Done(item) => {
                let place = scene.place(thread);
                // What was edited before it came is folded as it is now.
                let entry = Stored::of(&item).entry(&said.key).unwrap_or_else(|| said.entry(at));
                self.store
                    .threads()
                    .fold_at(place, &said.key, &entry, said.change(decision.confidence))
                    .await?;
                said.count(decision.confidence);
                Ok(Some(Filed::Joined(thread.clone())))
            }
        }
    }

    /// Opens a thread, and the person with it if they are new. `None` when it has to be decided again.
    async fn open(
        self,
        said: &Said<'_>,
        scene: &Scene,
        thread: &ThreadId,
        decision: &Decision,
    ) -> anyhow::Result<Option<Filed>> {
        let contact = &scene.threads.contact;
        // A repeated message would cost a whole refused transaction; and an early edit is part of what is folded.
        let before = self.store.messages().message(&said.key).await?;
        if let Some(stored) = before.as_ref().filter(|it| it.is_settled()) {
            return self.repeat(said, scene, stored).await.map(Some);
        }
        let mut transaction = Transaction::default();
        let at = scene.said_at(said.event.at);
        let patch = said.write(thread, at, decision)?;
        let patch = match &before {
            Some(stored) => patch.if_is(EDITED, stored.edit_number()),
            None => patch.if_absent(EDITED),
        };
        // What was edited before it came opens as it is now.
        let edited = before.as_ref().and_then(|it| Some((it.content.as_ref()?, it.edited)));
        let (words, edit) = edited.unwrap_or((&said.message.content, 0));
        let subject = Subject::of(words, edit, kept_until(said.event.at, said.rules));
        let patch = if subject.is_some() { naming(patch, thread) } else { patch };
        let mut live = Live { needs_subject: subject.is_none(), ..Live::new(thread.clone()) };
        live.fold(&said.entry_with(at, before.as_ref()), said.change(decision.confidence));
        let message = transaction.patch(patch);
        transaction.patch(scene.claims.to_head(next_head(&scene.threads), contact));
        add_opening(&mut transaction, &scene.threads, &live, at, subject.as_ref());
        add_claims(&mut transaction, contact, &scene.claims);
        match self.store.commit(transaction).await? {
            Committed::Done => {
                said.count(decision.confidence);
                Ok(Some(Filed::Opened(thread.clone())))
            }
            Committed::Refused(refused) => {
                let there = refused.into_iter().find(|(place, _)| *place == message);
                match there.map(|(_, item)| Stored::of(&item)).filter(Stored::is_settled) {
                    Some(stored) => self.repeat(said, scene, &stored).await.map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    /// The message is there: what is recorded is the decision, and only what is missing is done. Its item was read after the
    /// live threads, as [`fold`](crate::store::threads::fold) asks for.
    async fn repeat(
        self,
        said: &Said<'_>,
        scene: &Scene,
        stored: &Stored,
    ) -> anyhow::Result<Filed> {
        if let Some(ours) = &stored.ours {
            return Ok(Filed::Ours(ours.clone()));
        }
        let Some(thread) = &stored.thread else { return Ok(Filed::TakenBack) };
        let says = &said.message.content;
        let is_readable = !matches!(says, Content::Unsupported { .. });
        let stored = if is_readable && stored.is_unsupported() {
            &self.store.messages().replace_unsupported(said.event, says, &said.key).await?
        } else {
            stored
        };
        if let Some(entry) = stored.entry(&said.key) {
            let change = Change::Said { unsure: stored.is_unsure(said.rules) };
            self.store.threads().fold_at(scene.place(thread), &said.key, &entry, change).await?;
        }
        Ok(Filed::Repeated(thread.clone()))
    }
}

fn decide(said: &Said<'_>, scene: &Scene) -> (threading::Filing, Decision) {
    let candidates: Vec<Live> = scene.candidates().cloned().collect();
    let decision = choose(
        &said.rules.model,
        said.event,
        said.message,
        &said.reading,
        &candidates,
        &scene.referrals,
    );
    (decision.filing.clone(), decision)
}

/// Whether the person whom the address belongs to said it. A first message brought its window with its address; one
/// that comes again long after may be from a number that is somebody else's by now.
fn is_theirs(scene: &Scene, filed: &Filed) -> bool {
    match filed {
        Filed::Joined(_) | Filed::Opened(_) => scene.threads.version.is_some(),
        Filed::Repeated(thread) => scene.candidates().any(|it| it.thread == *thread),
        Filed::TakenBack | Filed::Ours(_) | Filed::Noted | Filed::Kept => false,
    }
}
