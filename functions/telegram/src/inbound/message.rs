//! What people say: messages, their edits, and taps on our buttons.

use domain::content::{Content, Referral};
use domain::event::{Direction, InboundEvent, Kind, Message, Receipt, ReceiptOf, Visibility};
use domain::id::IdentityId;
use domain::json::Fields;
use domain::status::Status;

use super::content;
use super::place::{self, Place, Speaker};
use super::update::{Update, whole};
use crate::address::{self, Chat};

/// A message, in a chat with the bot or a business account, in a group, or in a channel of ours.
pub(super) fn said(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let mut place = Place::of(update, item)?;
    let id = place.message(&whole(item, "message_id")?);
    let at = item.time("date")?;
    let author = match &place.speaker {
        Speaker::Us => {
            // The bot's own words come back from where others can read along: they prove that it was sent.
            let of = ReceiptOf::Message(id);
            let receipt = Receipt { of, status: Status::Sent, error: None, our_ref: None };
            return Some(update.event(Some(place.identity), at, Kind::Receipt(receipt)));
        }
        Speaker::Colleague(author) => author.as_deref().map(str::to_owned),
        Speaker::Person => None,
    };
    let direction = place.speaker.direction();
    let is_private = place.visibility == Visibility::Private;
    let content = content::of(update, item);
    let start = if is_private { start_parameter(&content) } else { None };
    if let Some(phone) = own_phone(&content) {
        place.identity.aliases.push(phone);
    }
    let external = place.named(&item.object("external_reply"));
    let message = Message {
        direction,
        author,
        reply_to: place.named(&item.object("reply_to_message")),
        refs: external.into_iter().collect(),
        referral: start
            .as_ref()
            .map(|_| Referral { source: "link".to_owned(), ..Referral::default() }),
        thread_ref: start,
        visibility: place.visibility,
        opens_window: is_private && direction == Direction::In,
        ..Message::inbound(id, content)
    };
    Some(update.event(Some(place.identity), at, message))
}

/// A message as its author changed it. Telegram counts no edits; their times do.
pub(super) fn edited(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let place = Place::of(update, item)?;
    let of = place.message(&whole(item, "message_id")?);
    let at = item.time("edit_date").or_else(|| item.time("date"))?;
    let n = u64::try_from(at.ms()).unwrap_or_default();
    let content = content::of(update, item);
    Some(update.event(Some(place.identity), at, Kind::Edited { of, n, content }))
}

/// A tap on a button under a message of ours. It has no time of its own.
pub(super) fn tapped(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let id = item.text("id")?;
    let asked = item.object("message");
    let chat = asked.object("chat");
    let connection = place::connection(&asked);
    let from = item.object("from");
    let identity = place::person(update, connection.as_deref(), &whole(&from, "id")?, &from);
    let is_private = chat.text("type").is_none_or(|it| it == "private");
    let visibility = if is_private { Visibility::Private } else { Visibility::Public };
    let question = match (whole(&chat, "id"), whole(&asked, "message_id")) {
        (Some(chat), Some(id)) => {
            Some(Chat { connection: connection.as_deref(), id: &chat }.message(&id))
        }
        (Some(_) | None, _) => None,
    };
    let content = match item.string("data") {
        Some(data) => Content::Choice { title: title(&asked, &data), id: data },
        None => Content::Unsupported { kind: "callback_query".to_owned(), raw: update.raw() },
    };
    let message = Message {
        reply_to: question,
        visibility,
        opens_window: is_private,
        ..Message::inbound(address::tap(&id), content)
    };
    Some(update.event(Some(identity), update.received, message))
}

/// What stands on the button that carries this data.
fn title(asked: &Fields<'_>, data: &str) -> String {
    let rows = asked.object("reply_markup").list("inline_keyboard");
    let buttons = rows.into_iter().flat_map(|row| {
        serde_json::from_str::<Vec<&serde_json::value::RawValue>>(row.get()).unwrap_or_default()
    });
    let mut buttons = buttons.filter_map(Fields::of);
    let button = buttons.find(|it| it.text("callback_data").is_some_and(|it| it == data));
    button.and_then(|it| it.string("text")).unwrap_or_default()
}

/// What our deep link carried: the word after `/start`, by the alphabet that Telegram lets a link have.
fn start_parameter(content: &Content) -> Option<String> {
    let Content::Text { text } = content else { return None };
    let parameter = text.strip_prefix("/start ")?.trim();
    let fits = (1..=64).contains(&parameter.len())
        && parameter.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
    fits.then(|| parameter.to_owned())
}

/// The person's phone number, if they shared it themselves.
fn own_phone(content: &Content) -> Option<IdentityId> {
    let Content::Contacts { cards } = content else { return None };
    let card = cards.iter().find(|it| it.own)?;
    let digits: String = card.phones.first()?.chars().filter(char::is_ascii_digit).collect();
    let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
    fits.then(|| IdentityId::phone(&format!("+{digits}")))
}
