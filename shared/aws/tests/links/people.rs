//! Two people, what they say, and codes.

use std::collections::BTreeSet;

use aws::store::item::Item;
use aws::store::{Filed, Order, PersonRefusal, ProfileChange, Store, keys};
use domain::event::{Identity, InboundEvent, Message};
use domain::filing::{ChannelLink, Correction, LinkCode, Proof};
use domain::id::{AccountId, Channel, ContactId, IdentityId, ThreadId};
use domain::time::Timestamp;
use embedded::events::{self, START, WHATSAPP, ada, bsuid, event, known_by, message, says};
use embedded::tables::{file, of_kind, rules, table, text};
use embedded::{Cloud, answered};

pub(crate) const TELEGRAM: Channel = Channel::from_static("telegram");

pub(crate) const LAMP: &str =
    "Hello, I would like to return the lamp of order 18-4471, it is broken";
pub(crate) const CHAIR: &str =
    "Good morning, do you still sell the green garden chairs, article 99-1200?";
/// Goes on about the lamp.
pub(crate) const MORE: &str = "the lamp of order 18-4471 is broken, here is what it looks like";

/// Ada has two threads, one of a lamp and one of a chair.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) table: Store,
    pub(crate) ada: ContactId,
    pub(crate) lamp: ThreadId,
    pub(crate) chair: ThreadId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        let lamp = opened(&table, &says("lamp", 0, LAMP)).await;
        let chair = opened(&table, &says("chair", 300_000, CHAIR)).await;
        let ada = contact_of(&table, &ada().id).await;
        Self { cloud, table, ada, lamp, chair }
    }

    /// A code of the thread of the lamp.
    pub(crate) async fn code(&self, n: u128) -> LinkCode {
        let code = LinkCode::of_random(n);
        let link = ChannelLink {
            thread: self.lamp.clone(),
            contact: self.ada.clone(),
            until: Timestamp::from_secs(START + 500_000),
            author: "desk".to_owned(),
            purpose: Some("photos".to_owned()),
        };
        assert!(self.table.filing().make_link(&code, &link).await.unwrap());
        code
    }

    /// Bob prefers Telegram and French and is a VIP, Ada is a customer of many.
    pub(crate) async fn prefer(&self) {
        let bob = contact_of(&self.table, &bob().id).await;
        let his = ProfileChange {
            channels: Some(vec![Channel::from_static("telegram")]),
            locale: Some(Some("fr".to_owned())),
            segments: Some(segments(&["vip", "b2c"])),
        };
        self.table.contacts().change_profile(&bob, &his, None).await.unwrap();
        let hers = ProfileChange {
            segments: Some(segments(&["b2c"])),
            locale: Some(Some("en".to_owned())),
            ..ProfileChange::default()
        };
        self.table.contacts().change_profile(&self.ada, &hers, None).await.unwrap();
    }

    pub(crate) async fn link(
        &self,
        id: &str,
        identity: &IdentityId,
    ) -> Result<Correction, PersonRefusal> {
        answered(self.table.links().link(&order(id), identity, &self.ada, Proof::Agent).await)
    }

    pub(crate) async fn unlink(
        &self,
        id: &str,
        identity: &IdentityId,
    ) -> Result<Correction, PersonRefusal> {
        answered(self.table.links().unlink(&order(id), &self.ada, identity, &rules()).await)
    }

    /// The thread that a message is in.
    pub(crate) async fn thread_of(&self, event: &InboundEvent) -> ThreadId {
        thread_of(&self.table, event).await
    }
}

pub(crate) fn order(id: &str) -> Order {
    let at = Timestamp::from_secs(START + 400_000);
    let order = events::order(&format!("cor_{id:0>32}"), "desk", at);
    Order { reason: Some("she said so on the phone".to_owned()), ..order }
}

/// Somebody on Telegram.
pub(crate) fn bob() -> Identity {
    known_by(IdentityId::scoped(&TELEGRAM, "", "5550002"))
}

/// Somebody on WhatsApp whose number does not show.
pub(crate) fn eve() -> Identity {
    known_by(bsuid("GB.666"))
}

pub(crate) fn by(who: Identity, after: i64, said: Message) -> InboundEvent {
    let event = event(who, after, said);
    let space = event.identity.as_ref().map(|it| it.id.space().to_owned());
    if space.as_deref() == Some(WHATSAPP.as_str()) {
        return event;
    }
    InboundEvent { channel: TELEGRAM, account: AccountId::new("bot"), ..event }
}

/// A message of Bob's on Telegram.
pub(crate) fn bob_says(name: &str, after: i64, words: &str) -> InboundEvent {
    by(bob(), after, message(name, words))
}

/// Bob follows a link.
pub(crate) fn bob_shows(name: &str, after: i64, code: &LinkCode) -> InboundEvent {
    let said = Message { thread_ref: Some(code.reveal()), ..message(name, "/start") };
    by(bob(), after, said)
}

pub(crate) async fn opened(table: &Store, event: &InboundEvent) -> ThreadId {
    let filed = file(table, event).await.unwrap();
    let Filed::Opened(thread) = filed else { panic!("it opens no thread: {filed:?}") };
    thread
}

pub(crate) async fn thread_of(table: &Store, event: &InboundEvent) -> ThreadId {
    let domain::event::Kind::Message(message) = &event.kind else { panic!("not a message") };
    let key = keys::message(&event.channel, &event.account, &message.id);
    table.messages().message(&key).await.unwrap().unwrap().thread.unwrap()
}

pub(crate) async fn contact_of(table: &Store, id: &IdentityId) -> ContactId {
    table.contacts().find_identity(id).await.unwrap().unwrap().contact.unwrap()
}

/// The owner of a thread, by its own item and by the place of its live one: they must agree.
pub(crate) fn owner(items: &[Item], thread: &ThreadId) -> ContactId {
    let own = of_kind(items, &format!("THR#{thread}"), "0");
    let contact = text(own[0], "contact");
    let lives: Vec<_> = items
        .iter()
        .filter(|it| text(it, "pk").starts_with("CON#"))
        .filter(|it| text(it, "sk").ends_with(&format!("#{thread}")))
        .map(|it| text(it, "pk"))
        .collect();
    assert_eq!(lives, [format!("CON#{contact}")], "{thread} is at one place");
    ContactId::new(contact)
}

pub(crate) fn segments(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}
