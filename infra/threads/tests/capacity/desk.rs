//! Files the lines of a stream as the functions would: what people say, and what we answer.

use aws::store::{Acceptance, Filed, Fresh, OfLeg, Rules, Store, keys};
use domain::content::{CallReport, Content};
use domain::event::{Direction, Identity, InboundEvent, Message};
use domain::id::{AccountId, Channel, EventKey, IdentityId, MessageId, ProviderId};
use domain::outbound::SendContent;
use domain::sending::{Leg, Outgoing};
use embedded::Cloud;
use embedded::events::{answer, known_by};
use embedded::tables::table;
use threads::stream::{Contact, Item};

use crate::bill::Bill;

/// The way by which our words come into the table.
#[derive(Clone, Copy)]
pub(crate) enum Ours {
    /// A colleague wrote it in another tool, and the platform shows it to us.
    Echoed,
    /// It was sent by the API: accepted, begun, sent, pointed to and folded.
    Sent,
}

/// The name of a send on the bill.
pub(crate) const SENT: &str = "our word, sent, in all";

/// A table, and what files into it.
pub(crate) struct Desk {
    pub(crate) cloud: Cloud,
    table: Store,
    rules: Rules,
    ours: Ours,
}

impl Desk {
    pub(crate) async fn open(ours: Ours) -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        Self { cloud, table, rules: Rules::keeping(None), ours }
    }

    /// Files everything that was said to and by a contact.
    pub(crate) async fn file(&self, contact: &Contact, bill: &mut Bill) {
        let mut is_new = true;
        for item in &contact.items {
            let _before = self.cloud.meter.take();
            let act = match item.direction {
                None => continue,
                Some(Direction::Out) if matches!(self.ours, Ours::Sent) => {
                    let Some(act) = self.send(contact, item).await else { continue };
                    act
                }
                Some(direction) => {
                    let event = event(contact, item, direction);
                    let filed =
                        self.table.filing().file(&event, &Fresh::ids(), &self.rules).await.unwrap();
                    act(direction, &filed, std::mem::take(&mut is_new))
                }
            };
            bill.note(act, self.cloud.meter.take());
        }
    }

    /// Sends an answer as `api` and `outbound` do.
    async fn send(&self, contact: &Contact, item: &Item) -> Option<&'static str> {
        let of = contact
            .items
            .iter()
            .find(|it| Some(&it.line.message_id) == item.line.in_topic_of.as_ref())?;
        // An answer to an answer of ours is in the thread of that.
        let key = match of.direction {
            Some(Direction::Out) => keys::outbound(&ours(of)),
            Some(Direction::In) | None => keys::message(&of.channel, &account(of), &id(of)),
        };
        let thread = self.table.messages().message(&key).await.unwrap()?.thread?;
        let address = self.table.contacts().find_identity(&identity(item).id).await.unwrap()?;
        let _reads_of_the_test = self.cloud.meter.take();
        let leg = Leg {
            since_inbound_ms: Some(60_000),
            ..Leg::new(item.channel.clone(), account(item), vec![identity(item).id])
        };
        let content = SendContent::Text { text: item.line.text.clone() };
        let of = (&thread, &address.contact?);
        let accepted = Outgoing { content, ..answer(ours(item), leg, of, item.at) };
        let accepted = self.table.sends().accept(&accepted, None, &self.rules).await.unwrap();
        let Acceptance::Stored(message) = accepted else { return None };
        assert!(
            self.table
                .sends()
                .begin(OfLeg { message: &message, leg: 0 }, 1, false, item.at)
                .await
                .unwrap()
        );
        self.table
            .sends()
            .sent(OfLeg { message: &message, leg: 0 }, 1, Some(&id(item)), item.at)
            .await
            .unwrap();
        let message = self.table.sends().outgoing(&ours(item)).await.unwrap()?;
        self.table.sends().complete(OfLeg { message: &message, leg: 0 }).await.unwrap();
        Some(SENT)
    }
}

fn act(direction: Direction, filed: &Filed, is_new: bool) -> &'static str {
    match (direction, filed) {
        (Direction::In, Filed::Opened(_)) if is_new => "their first word",
        (Direction::In, Filed::Opened(_)) => "their word, opening a thread",
        (Direction::In, _) => "their word, joining",
        (Direction::Out, Filed::Opened(_)) => "our word, opening a thread",
        (Direction::Out, _) => "our word, joining",
    }
}

fn id(item: &Item) -> ProviderId {
    ProviderId::new(format!("wamid.HBgMNDQ3NzAwOTAwMTExFQIAEhgUM0E{:0>14}==", item.line.message_id))
}

fn ours(item: &Item) -> MessageId {
    MessageId::new(format!("msg_{:0>32}", item.line.message_id))
}

fn account(item: &Item) -> AccountId {
    AccountId::new(match item.channel.as_str() {
        "email" => "help@shop.example",
        "voice" | "sms" => "+442079460000",
        _ => "700800900100200",
    })
}

/// A person has one number, by which all of their addresses are one contact: that is what a stream takes for granted.
fn identity(item: &Item) -> Identity {
    let digits = item
        .line
        .contact_id
        .bytes()
        .fold(7u64, |sum, it| sum.wrapping_mul(31).wrapping_add(u64::from(it)));
    let phone = IdentityId::phone(&format!("+44{:010}", digits % 10_000_000_000));
    let whatsapp = Channel::from_static("whatsapp");
    if item.channel == whatsapp {
        let id = IdentityId::scoped(&whatsapp, "", &format!("GB.{digits:020}"));
        return Identity { id, aliases: vec![phone], name: None };
    }
    known_by(phone)
}

fn content(item: &Item) -> Content {
    let text = item.line.text.clone();
    match (item.channel.as_str(), &item.line.subject) {
        ("email", subject) => Content::Email {
            subject: subject.clone().unwrap_or_default(),
            text,
            html_ref: None,
            attachments: Vec::new(),
        },
        ("voice", _) => Content::CallReport(CallReport {
            from: "+447700900111".to_owned(),
            to: "+442079460000".to_owned(),
            started: None,
            ended: None,
            outcome: "answered".to_owned(),
            transcript: Some(text),
            recording_ref: None,
            agent: None,
        }),
        _ => Content::text(text),
    }
}

fn event(contact: &Contact, item: &Item, direction: Direction) -> InboundEvent {
    let named = |name: &String| contact.items.iter().find(|it| it.line.message_id == *name);
    let quoted = match direction {
        Direction::In => item.line.reply_to.as_ref(),
        Direction::Out => item.line.in_topic_of.as_ref(),
    };
    let quoted = quoted.and_then(named).filter(|it| it.channel == item.channel);
    let message = Message {
        direction,
        reply_to: quoted.map(id),
        refs: item.line.refs.iter().filter_map(named).map(id).collect(),
        opens_window: direction == Direction::In,
        ..Message::inbound(id(item), content(item))
    };
    InboundEvent {
        key: EventKey::new(item.line.message_id.clone()),
        channel: item.channel.clone(),
        account: account(item),
        identity: Some(identity(item)),
        at: item.at,
        kind: message.into(),
        content_ref: None,
    }
}
