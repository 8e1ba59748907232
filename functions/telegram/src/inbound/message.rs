//! The words of people: messages, their edits, and taps on our buttons.

use domain::content::{Content, Referral};
use domain::event::{Direction, InboundEvent, Kind, Message, Receipt, ReceiptOf, Visibility};
use domain::id::IdentityId;
use domain::json::Fields;
use domain::status::Status;
use domain::time::Timestamp;

use super::links::buttons;
use super::notice::MOVES;
use super::place::{Place, Speaker};
use super::update::Update;
use super::{content, origin};
use crate::address;

/// A message, in a chat with the bot or a business account, in a group, or in a channel of ours.
pub(super) fn said(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let mut place = Place::of(update, item)?;
    let id = place.named(item)?;
    let at = item.time("date")?;
    if let Some(event) = happened(update, item, &place, at) {
        return Some(event);
    }
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
    let referral = origin::referral(item);
    // A link that was passed on was somebody else's to follow.
    let start = start_parameter(&content).filter(|_| is_private && referral.is_none());
    let by_link = || Referral { source: "link".to_owned(), ..Referral::default() };
    // What a colleague shares is the colleague's own number, and not the person's.
    if direction == Direction::In
        && let Some(phone) = own_phone(&content)
    {
        place.identity.aliases.push(phone);
    }
    let message = Message {
        direction,
        author,
        reply_to: origin::reply_to(&place, item),
        refs: origin::refs(&place, item),
        quote: origin::quote(item),
        referral: referral.or_else(|| start.as_ref().map(|_| by_link())),
        thread_ref: start,
        place: place.topic(update, item),
        visibility: place.visibility,
        opens_window: is_private && direction == Direction::In,
        ..Message::inbound(id, content)
    };
    Some(update.event(Some(place.identity), at, message))
}

/// An event without anybody saying it. A post that Telegram copies from a channel into its group is no message of a
/// person: the channel said it, and where the bot is in that it came as `channel_post`.
fn happened(
    update: &Update<'_>,
    item: &Fields<'_>,
    place: &Place<'_>,
    at: Timestamp,
) -> Option<InboundEvent> {
    if let Some(what) = MOVES.into_iter().find(|it| item.raw(it).is_some()) {
        let kind = Kind::AccountChanged { what: what.to_owned(), raw: update.raw() };
        return Some(update.event(None, at, kind));
    }
    let copied = item.flag(COPY).then_some(COPY);
    let what = copied.or_else(|| content::notice(item))?.to_owned();
    let kind = Kind::Notice { what, raw: update.raw() };
    Some(update.event(Some(place.identity.clone()), at, kind))
}

/// The mark of a message that is a copy of a channel's post in the group of that channel.
const COPY: &str = "is_automatic_forward";

/// A message as its author changed it. Telegram counts no edits; their times do.
pub(super) fn edited(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let place = Place::of(update, item)?;
    let of = place.named(item)?;
    let at = item.time("edit_date").or_else(|| item.time("date"))?;
    if let Some(event) = happened(update, item, &place, at) {
        return Some(event);
    }
    let n = u64::try_from(at.ms()).unwrap_or_default();
    let content = content::of(update, item);
    Some(update.event(Some(place.identity), at, Kind::Edited { of, n, content }))
}

/// A tap on a button under a message of ours. It has no time of its own.
pub(super) fn tapped(update: &Update<'_>, item: &Fields<'_>) -> Option<InboundEvent> {
    let id = item.text("id")?;
    let asked = item.object("message");
    let from = item.object("from");
    // The question was ours; where it stands says where the tap is and who else saw it.
    let place = Place::tapped(update, &asked, &from)?;
    let content = match item.string("data") {
        Some(data) => Content::Choice { title: title(&asked, &data), id: data },
        None => Content::Unsupported { kind: "callback_query".to_owned(), raw: update.raw() },
    };
    let message = Message {
        reply_to: place.named(&asked),
        place: place.topic(update, &asked),
        visibility: place.visibility,
        opens_window: place.visibility == Visibility::Private,
        ..Message::inbound(address::tap(&id), content)
    };
    Some(update.event(Some(place.identity), update.received, message))
}

/// The title of the button that carries this data.
fn title(asked: &Fields<'_>, data: &str) -> String {
    let mut buttons = buttons(asked);
    let button = buttons.find(|it| it.text("callback_data").is_some_and(|it| it == data));
    button.and_then(|it| it.string("text")).unwrap_or_default()
}

/// The word that our deep link carried: the one after `/start`, by the alphabet that Telegram lets a link have.
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
