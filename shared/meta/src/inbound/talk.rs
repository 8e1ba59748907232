//! An item between a person and us: who they are, and what happened between them and us.

use std::borrow::Cow;

use domain::content::{Content, Raw};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message, digest};
use domain::id::ProviderId;
use domain::json::Fields;

use super::item::Item;
use super::{message, printable, receipt};
use crate::USER_REF;

/// An item with its two sides.
pub(super) struct Talk<'a> {
    pub(super) item: Item<'a>,
    pub(super) fields: &'a Fields<'a>,
    sender: Option<Cow<'a, str>>,
    recipient: Option<Cow<'a, str>>,
}

/// Reads one thing that happened; `None` if it cannot be read.
type Reader = fn(talk: &Talk<'_>, part: &Fields<'_>) -> Option<InboundEvent>;

/// The things that may have happened, by the field that says so.
const KINDS: &[(&str, Reader)] = &[
    ("message", message::said),
    ("postback", message::tapped),
    ("message_edit", edited),
    ("referral", message::came),
    ("optin", message::opted_in),
    ("reaction", reacted),
];

/// Facts about our account. Which tool holds a conversation is none: that is about one person, and stays as it came.
const ACCOUNT: &[&str] = &["policy-enforcement", "app_roles"];

/// Turns one item into its events: one for each thing that it says happened, and one if it says nothing that we know.
pub(super) fn read(item: Item<'_>, fields: &Fields<'_>, events: &mut Vec<InboundEvent>) {
    let side = |name: &str| fields.object(name).text("id");
    let talk = Talk { sender: side("sender"), recipient: side("recipient"), item, fields };
    let before = events.len();
    for (name, read) in KINDS {
        // Beside a message, a referral is what brought the person to write it.
        let is_part = *name == "referral" && ["message", "postback"].iter().any(|it| talk.has(it));
        if talk.has(name) && !is_part {
            let event = read(&talk, &fields.object(name));
            events.push(event.unwrap_or_else(|| talk.item.unknown(name)));
        }
    }
    for name in ["delivery", "read"] {
        if talk.has(name) {
            receipt::read(&talk, name, events);
        }
    }
    for name in ACCOUNT.iter().filter(|it| talk.has(it)) {
        events.push(talk.item.account_changed(name));
    }
    if events.len() == before {
        let about = ["sender", "recipient", "timestamp"];
        let what = fields.names().find(|it| !about.contains(it)).unwrap_or("item");
        events.push(talk.item.unknown(what));
    }
}

impl Talk<'_> {
    fn has(&self, name: &str) -> bool {
        self.fields.raw(name).is_some()
    }

    /// Whether our own account did it.
    pub(super) fn is_from_us(&self) -> bool {
        self.sender.as_deref() == Some(self.item.account().as_str())
    }

    /// The one who did it, as text for a key.
    pub(super) fn who(&self) -> Cow<'_, str> {
        match (&self.sender, self.user_ref()) {
            (Some(sender), _) => Cow::Borrowed(sender),
            (None, Some(reference)) => Cow::Owned(reference),
            (None, None) => Cow::Borrowed(""),
        }
    }

    /// The person: whoever is not us.
    pub(super) fn other(&self, from_us: bool) -> Option<Identity> {
        let side = if from_us { &self.recipient } else { &self.sender };
        let (address, alias) = match (side.as_deref(), self.user_ref()) {
            (Some(id), reference) => (Cow::Borrowed(id), reference),
            (None, Some(reference)) => (Cow::Owned(reference), None),
            (None, None) => return None,
        };
        if address == self.item.account().as_str() {
            return None;
        }
        let alias = alias.map(|it| self.item.person(&it, None).id);
        Some(Identity { aliases: alias.into_iter().collect(), ..self.item.person(&address, None) })
    }

    /// The name that a checkbox plugin gave the person before they had an id. It says that both are the same person.
    fn user_ref(&self) -> Option<String> {
        let object = |name: &str| self.fields.object(name);
        let said = object("sender").string("user_ref");
        let said = said.or_else(|| object("optin").string("user_ref"));
        said.or_else(|| object("prior_message").string("identifier"))
            .map(|it| format!("{USER_REF}{it}"))
    }

    /// The key of what has no id: what, who, when, and what else tells it apart.
    pub(super) fn key(&self, what: &str, which: &str) -> String {
        format!("{what}:{}:{}:{which}", self.who(), self.item.at().ms())
    }

    /// The item as it came, as the content of a message that cannot be read.
    pub(super) fn unsupported(&self, kind: &str) -> Content {
        Content::Unsupported { kind: printable(kind), raw: self.item.kept() }
    }
}

/// A short digest, to tell apart what has no id.
pub(super) fn short(text: &str) -> String {
    digest(&[text]).chars().take(16).collect()
}

/// `message_edit`: it has its message's own id, and may come before it.
fn edited(talk: &Talk<'_>, edit: &Fields<'_>) -> Option<InboundEvent> {
    let mid = edit.text("mid")?;
    let person = talk.other(talk.is_from_us())?;
    let counted = edit.text("num_edit").and_then(|it| it.parse().ok());
    if counted == Some(0) {
        // No edit at all: the words as they were first written. Instagram has been seen to send this in place of the message,
        // and only text can be edited, so nothing of the message is missing.
        let said = Message {
            direction: if talk.is_from_us() { Direction::Out } else { Direction::In },
            opens_window: !talk.is_from_us(),
            ..Message::inbound(ProviderId::new(mid.as_ref()), Content::text(edit.string("text")?))
        };
        return Some(talk.item.event(mid, Some(person), said));
    }
    let n = counted.unwrap_or_else(|| u64::try_from(talk.item.at().ms()).unwrap_or_default());
    let content = Content::text(edit.string("text")?);
    let key = format!("{mid}:edit:{n}");
    Some(talk.item.event(key, Some(person), Kind::Edited { of: ProviderId::new(mid), n, content }))
}

fn reacted(talk: &Talk<'_>, reaction: &Fields<'_>) -> Option<InboundEvent> {
    let mid = reaction.text("mid")?;
    let person = talk.other(talk.is_from_us())?;
    let action = reaction.text("action").unwrap_or("react".into());
    let shown = reaction.string("emoji").or_else(|| reaction.string("reaction"));
    let emoji = match action.as_ref() {
        "unreact" => None,
        "react" => Some(shown.unwrap_or_else(|| "other".to_owned())),
        _ => return None,
    };
    let which = format!("{action}:{}", emoji.as_deref().unwrap_or_default());
    let key = talk.key(&format!("{mid}:reaction"), &which);
    let direction = if talk.is_from_us() { Direction::Out } else { Direction::In };
    let kind = Kind::Reaction { of: ProviderId::new(mid), emoji, direction };
    Some(talk.item.event(key, Some(person), kind))
}

/// A part of an item, wrapped so that it can be read alone.
pub(super) fn alone(talk: &Talk<'_>, name: &str, part: &str) -> Raw {
    let mut json = String::from("{");
    for side in ["sender", "recipient", "timestamp"] {
        if let Some(value) = talk.fields.raw(side) {
            json.extend(["\"", side, "\":", value.get(), ","]);
        }
    }
    json.extend(["\"", name, "\":", part, "}"]);
    talk.item.kept_as(&json)
}
