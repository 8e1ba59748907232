//! Things that were said: a message, a tap on a button, a click on a link; by the person, or by a colleague in another tool.

use domain::content::{Content, Referral};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message};
use domain::id::ProviderId;
use domain::json::Fields;

use super::talk::{Talk, short};
use super::{content, printable, receipt, referral};

/// `message`: said, taken back, or the echo of what we or a colleague sent.
pub(super) fn said(talk: &Talk<'_>, message: &Fields<'_>) -> Option<InboundEvent> {
    let mid = message.text("mid")?;
    let from_us = message.flag("is_echo") || talk.is_from_us();
    let person = talk.other(from_us)?;
    if message.flag("is_deleted") {
        // It has its message's own id: under that key it would be lost as a repetition.
        let kind = Kind::Deleted { of: ProviderId::new(mid.as_ref()) };
        return Some(talk.item.event(format!("{mid}:del"), Some(person), kind));
    }
    if from_us && let Some(ours) = receipt::our_ref(message) {
        return receipt::sent(talk, &mid, ours);
    }
    let content = match content::read(message) {
        Ok(content) => content,
        // Without a time it is too little known to stand on a timeline.
        Err(_) if !talk.item.has_time() => return None,
        Err(kind) => talk.unsupported(&kind),
    };
    let direction = if from_us { Direction::Out } else { Direction::In };
    let app = message.string("app_id").filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
    let referral = referral::read(&message.object("referral"));
    let referral = referral
        .or_else(|| beside(talk))
        .or_else(|| referral::story(message))
        .or_else(|| content::story_mention(message));
    let said = Message {
        direction,
        author: app.filter(|_| from_us),
        reply_to: message.object("reply_to").string("mid").map(ProviderId::new),
        opens_window: !from_us,
        ..brought(Message::inbound(ProviderId::new(mid.as_ref()), content), referral)
    };
    Some(talk.item.event(mid, Some(person), said))
}

/// `postback`: a tap on a button, an ice breaker or a menu entry.
pub(super) fn tapped(talk: &Talk<'_>, postback: &Fields<'_>) -> Option<InboundEvent> {
    let person = talk.other(false)?;
    let (payload, title) = (postback.string("payload"), postback.string("title"));
    let which = short(payload.as_deref().or(title.as_deref()).unwrap_or_default());
    let id = postback.string("mid").unwrap_or_else(|| talk.key("postback", &which));
    let content = match (payload, title) {
        (Some(id), title) => Content::Choice { id, title: title.unwrap_or_default() },
        // Another tool's button: its words are all that we get.
        (None, Some(title)) => Content::text(title),
        (None, None) => return None,
    };
    let referral = referral::read(&postback.object("referral")).or_else(|| beside(talk));
    Some(event(talk, person, id, brought(message(content), referral)))
}

/// `referral`: a click on one of our links, or on an ad, in a conversation that exists. It opens the window.
pub(super) fn came(talk: &Talk<'_>, part: &Fields<'_>) -> Option<InboundEvent> {
    let person = talk.other(false)?;
    let referral = referral::read(part)?;
    let tapped = referral.r#ref.clone().or_else(|| referral.id.clone());
    let tapped = tapped.unwrap_or_else(|| referral.source.clone());
    let id = talk.key("referral", &tapped);
    let content = Content::Choice { id: tapped, title: String::new() };
    Some(event(talk, person, id, brought(message(content), Some(referral))))
}

/// `optin`: a tick in a checkbox on a page, or a consent to messages on a topic.
pub(super) fn opted_in(talk: &Talk<'_>, optin: &Fields<'_>) -> Option<InboundEvent> {
    let person = talk.other(false)?;
    if let Some(kind) = optin.text("type") {
        let token = optin.text("notification_messages_token").or_else(|| optin.text("payload"));
        let status = optin.text("notification_messages_status");
        let stopped = status.as_deref() == Some("STOP_NOTIFICATIONS");
        let which = format!("{stopped}:{}", short(&token.unwrap_or_default()));
        let is_marketing = kind == "notification_messages";
        let consent = Kind::ConsentChanged {
            purpose: if is_marketing { "marketing".to_owned() } else { printable(&kind) },
            granted: !stopped,
            detail: printable(&status.unwrap_or(kind)),
        };
        return Some(talk.item.event(talk.key("optin", &which), Some(person), consent));
    }
    let code = optin.string("ref");
    let tapped = code.clone().unwrap_or_else(|| "optin".to_owned());
    let id = talk.key("optin", &tapped);
    let referral = Referral { source: "optin".to_owned(), r#ref: code, ..Referral::default() };
    let ticked = message(Content::Choice { id: tapped, title: String::new() });
    // A tick is a consent to be written to; only the person's own words open the window.
    let ticked = Message { opens_window: false, ..brought(ticked, Some(referral)) };
    Some(event(talk, person, id, ticked))
}

fn event(talk: &Talk<'_>, person: Identity, id: String, said: Message) -> InboundEvent {
    let said = Message { id: ProviderId::new(id.as_str()), ..said };
    talk.item.event(id, Some(person), said)
}

fn message(content: Content) -> Message {
    Message::inbound(ProviderId::new(""), content)
}

/// The same message with what brought it, and our own link code if that is in it.
fn brought(message: Message, referral: Option<Referral>) -> Message {
    let thread_ref = referral.as_ref().and_then(|it| it.r#ref.clone());
    Message { referral, thread_ref, ..message }
}

/// A referral that stands beside a message instead of in it.
fn beside(talk: &Talk<'_>) -> Option<Referral> {
    referral::read(&talk.fields.object("referral"))
}
