//! Words of people and news of platforms, to be filed in tests: Ada's on WhatsApp, unless they say otherwise.

use aws::store::Order;
use aws::store::keys::{self, Key};
use domain::content::{CallReport, Content, Media, MediaKind, MediaSource};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message};
use domain::filing::Decider;
use domain::id::{
    AccountId, Channel, ContactId, CorrectionId, EventKey, IdentityId, MessageId, ProviderId,
    ThreadId,
};
use domain::outbound::{Author, SendContent};
use domain::sending::{Leg, Outgoing};
use domain::time::Timestamp;

/// The channel of most events.
pub const WHATSAPP: Channel = Channel::from_static("whatsapp");
/// The channel of calls.
pub const VOICE: Channel = Channel::from_static("voice");
/// When everything begins, in seconds.
pub const START: i64 = 1_795_000_000;

/// Ada's number.
#[must_use]
pub fn phone() -> IdentityId {
    IdentityId::phone("+447700900111")
}

/// A user id of WhatsApp.
#[must_use]
pub fn bsuid(name: &str) -> IdentityId {
    IdentityId::scoped(&WHATSAPP, "", name)
}

/// The person that most events are from: a WhatsApp user whose number shows.
#[must_use]
pub fn ada() -> Identity {
    Identity { id: bsuid("GB.5550001112223334"), aliases: vec![phone()], name: None }
}

/// Our account on WhatsApp.
#[must_use]
pub fn account() -> AccountId {
    AccountId::new("700800900100200")
}

/// Somebody whom we know by one id alone.
#[must_use]
pub fn known_by(id: IdentityId) -> Identity {
    Identity { id, aliases: vec![], name: None }
}

/// Something that happened on WhatsApp.
pub fn told(by: Option<Identity>, key: &str, at: Timestamp, kind: impl Into<Kind>) -> InboundEvent {
    InboundEvent {
        key: EventKey::new(key),
        channel: WHATSAPP,
        account: account(),
        identity: by,
        at,
        kind: kind.into(),
        content_ref: None,
    }
}

/// Something that happened so many seconds after the start.
pub fn event(identity: Identity, after: i64, kind: impl Into<Kind>) -> InboundEvent {
    let kind = kind.into();
    let key = format!("{after} {}", serde_json::to_string(&kind).unwrap());
    told(Some(identity), &key, Timestamp::from_secs(START + after), kind)
}

/// The same message, said by us in another tool.
#[must_use]
pub fn by_us(message: Message) -> Message {
    Message { direction: Direction::Out, opens_window: false, ..message }
}

/// A message id as long as the real ones.
#[must_use]
pub fn id(name: &str) -> ProviderId {
    ProviderId::new(format!("wamid.HBgMNDQ3NzAwOTAwMTExFQIAEhgUM0E{name:0>12}AA=="))
}

/// A text that somebody writes.
#[must_use]
pub fn message(name: &str, text: &str) -> Message {
    Message::inbound(id(name), Content::text(text))
}

/// A text of Ada's.
#[must_use]
pub fn says(name: &str, after: i64, text: &str) -> InboundEvent {
    event(ada(), after, message(name, text))
}

/// A text of Ada's that quotes another message.
#[must_use]
pub fn quotes(name: &str, after: i64, text: &str, quoted: &str) -> InboundEvent {
    event(ada(), after, Message { reply_to: Some(id(quoted)), ..message(name, text) })
}

/// A message that a colleague wrote to Ada in another tool.
#[must_use]
pub fn echo(name: &str, after: i64, text: &str) -> InboundEvent {
    event(ada(), after, by_us(message(name, text)))
}

/// A colleague's answer to a message of Ada's in another tool.
#[must_use]
pub fn answers(name: &str, after: i64, text: &str, quoted: &str) -> InboundEvent {
    event(ada(), after, Message { reply_to: Some(id(quoted)), ..by_us(message(name, text)) })
}

/// A picture of Ada's without words.
#[must_use]
pub fn image(name: &str, after: i64) -> InboundEvent {
    let item = Media {
        kind: MediaKind::Image,
        source: MediaSource::Id("411000000000003".into()),
        mime: Some("image/jpeg".into()),
        sha256: None,
        filename: None,
    };
    event(
        ada(),
        after,
        Message::inbound(id(name), Content::Media { items: vec![item], caption: None }),
    )
}

/// A call from Ada's number about her order.
#[must_use]
pub fn call(name: &str, after: i64) -> InboundEvent {
    calls(name, after, "Hello, I want to know where my order is")
}

/// A call from Ada's number.
#[must_use]
pub fn calls(name: &str, after: i64, transcript: &str) -> InboundEvent {
    let report = CallReport {
        from: "+447700900111".into(),
        to: "+442079460000".into(),
        started: None,
        ended: None,
        outcome: "answered".into(),
        transcript: Some(transcript.into()),
        recording_ref: None,
        agent: None,
    };
    let said = Message::inbound(id(name), Content::CallReport(report));
    InboundEvent {
        channel: VOICE,
        account: AccountId::new("+442079460000"),
        ..event(known_by(phone()), after, said)
    }
}

/// Ada changes a text of hers for the n-th time.
#[must_use]
pub fn edited(of: &str, after: i64, n: u64, text: &str) -> InboundEvent {
    event(ada(), after, Kind::Edited { of: id(of), n, content: Content::text(text) })
}

/// Ada takes back a message.
#[must_use]
pub fn deleted(of: &str, after: i64) -> InboundEvent {
    event(ada(), after, Kind::Deleted { of: id(of) })
}

/// Messages that each open a thread: a day apart, each a greeting and a wish for something else.
#[must_use]
pub fn topics(n: usize) -> Vec<InboundEvent> {
    const THINGS: [&str; 13] = [
        "lamp", "chair", "kettle", "mirror", "bicycle", "curtain", "printer", "blanket", "toaster",
        "wardrobe", "ladder", "carpet", "clock",
    ];
    let text = |n: usize| {
        let thing = THINGS[n % THINGS.len()];
        format!(
            "Hello, I would like to buy another {thing} from your catalogue, article 55{n:02}-{n:02}71, could you help me?"
        )
    };
    (0..n).map(|n| says(&n.to_string(), 300_000 * i64::try_from(n).unwrap(), &text(n))).collect()
}

/// The key of a message that somebody wrote.
#[must_use]
pub fn key(name: &str) -> Key {
    keys::message(&WHATSAPP, &account(), &id(name))
}

/// A text of ours that goes by one way, as it is accepted.
#[must_use]
pub fn answer(
    id: MessageId,
    leg: Leg,
    (thread, contact): (&ThreadId, &ContactId),
    at: Timestamp,
) -> Outgoing {
    Outgoing {
        id,
        content: SendContent::Text { text: "On its way.".to_owned() },
        author: Author::Human,
        legs: vec![leg],
        passed: vec![],
        thread: thread.clone(),
        contact: contact.clone(),
        at,
        expires_at: None,
        hash: "a".repeat(64),
        client_ref: None,
        kept_until: None,
    }
}

/// A correction that one of us asks for.
#[must_use]
pub fn order(id: &str, author: &str, at: Timestamp) -> Order {
    let (id, author) = (CorrectionId::new(id), author.to_owned());
    Order { id, author, decider: Decider::Person, reason: None, at }
}
