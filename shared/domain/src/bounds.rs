//! The parts of a proven webhook that cannot be kept as they are: ids that are longer than a key may be, names without an end,
//! and times that lie ahead.

use crate::content::Raw;
use crate::event::{InboundEvent, Kind, ReceiptOf, digest};
use crate::id::{AccountId, EventKey};
use crate::time::Timestamp;
use crate::webhook::Verified;

/// The longest id that is taken in, in bytes. Ids become parts of keys, which have 1,024 or 2,048 bytes, and are cut like any
/// text over [`EXCERPT`](crate::overflow::EXCERPT) when their event is large. No platform has ids of half this length.
pub const MAX_ID: usize = 1_000;
/// The longest key of an event: it is made of several ids.
const MAX_KEY: usize = 4 * MAX_ID;
/// The length at which a person's name is cut, in bytes: it stands in each event of theirs, beside the content that is kept apart
/// when it is large.
const MAX_NAME: usize = 1_000;
/// The time that a platform's clock may be ahead of ours, in milliseconds.
pub const MAX_AHEAD_MS: i64 = 10 * 60 * 1_000;

/// An event that can be kept. One whose ids are too long becomes unknown, with the webhook that it came in; a moment that lies
/// ahead is moved near, as it would hold a window open, or be the last word, until then.
#[must_use]
pub fn within(event: InboundEvent, webhook: &Verified<'_>) -> InboundEvent {
    let event = named(near(event, webhook.received().plus_ms(MAX_AHEAD_MS)));
    if is_short(&event) { event } else { unread(event, webhook) }
}

/// Every id of an event that a key is made of, or that is one.
fn is_short(event: &InboundEvent) -> bool {
    let fits = |id: &str| id.len() <= MAX_ID;
    let of_person = event.identity.iter().flat_map(|it| std::iter::once(&it.id).chain(&it.aliases));
    let of_event = event.key.as_str().len() <= MAX_KEY
        && fits(event.account.as_str())
        && of_person.into_iter().all(|it| fits(it.as_str()));
    of_event
        && match &event.kind {
            Kind::Message(message) => {
                let named = message.reply_to.iter().chain(&message.refs);
                named.chain([&message.id]).all(|it| fits(it.as_str()))
            }
            Kind::Edited { of, .. } | Kind::Deleted { of } | Kind::Reaction { of, .. } => {
                fits(of.as_str())
            }
            Kind::Receipt(receipt) => {
                let of = match &receipt.of {
                    ReceiptOf::Message(id) => fits(id.as_str()),
                    ReceiptOf::UpTo(_) => true,
                };
                of && receipt.our_ref.as_ref().is_none_or(|it| fits(it.as_str()))
            }
            Kind::IdentityChanged { previous, .. } => {
                previous.as_ref().is_none_or(|it| fits(it.as_str()))
            }
            // Both stand in one key.
            Kind::TemplateChanged(it) => it.name.len().saturating_add(it.locale.len()) <= MAX_ID,
            Kind::ConsentChanged { purpose, .. } => fits(purpose),
            Kind::AccountChanged { what, .. } => fits(what),
            Kind::Notice { .. } | Kind::Unknown { .. } => true,
        }
}

fn unread(event: InboundEvent, webhook: &Verified<'_>) -> InboundEvent {
    let raw = || Raw(String::from_utf8_lossy(webhook.body()).into_owned());
    let short = |id: &str, max| if id.len() <= max { id.to_owned() } else { digest(&[id]) };
    let kind = if matches!(event.kind, Kind::Unknown { .. }) {
        event.kind
    } else {
        Kind::Unknown { what: "an id that is too long".to_owned(), raw: raw() }
    };
    InboundEvent {
        key: EventKey::new(short(event.key.as_str(), MAX_KEY)),
        account: AccountId::new(short(event.account.as_str(), MAX_ID)),
        identity: None,
        kind,
        ..event
    }
}

fn near(event: InboundEvent, latest: Timestamp) -> InboundEvent {
    let mut kind = event.kind;
    if let Kind::Receipt(receipt) = &mut kind
        && let ReceiptOf::UpTo(mark) = &mut receipt.of
    {
        *mark = latest.min(*mark);
    }
    if let Kind::Edited { n, .. } = &mut kind {
        // Where edits are not counted it is a moment; none is counted as far.
        *n = u64::try_from(latest.ms()).unwrap_or_default().min(*n);
    }
    if let Kind::Message(message) = &mut kind
        && latest < event.at
    {
        message.said_at = Some(event.at);
    }
    InboundEvent { at: latest.min(event.at), kind, ..event }
}

fn named(mut event: InboundEvent) -> InboundEvent {
    if let Some(name) = event.identity.as_mut().and_then(|it| it.name.as_mut()) {
        name.0.truncate(name.0.floor_char_boundary(MAX_NAME));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;
    use crate::event::{Identity, Message, PersonName, Receipt, TemplateChanged};
    use crate::id::{Channel, IdentityId, ProviderId, Reference};
    use crate::status::Status;

    const CHANNEL: Channel = Channel::from_static("pigeon");

    fn received() -> Timestamp {
        Timestamp::from_secs(1_795_000_000)
    }

    fn event(kind: Kind) -> InboundEvent {
        let id = IdentityId::scoped(&CHANNEL, "", "ada");
        InboundEvent {
            key: EventKey::new("k"),
            channel: CHANNEL,
            account: AccountId::new("loft"),
            identity: Some(Identity { id, aliases: vec![], name: None }),
            at: received(),
            kind,
            content_ref: None,
        }
    }

    fn message(id: &str) -> Message {
        Message::inbound(ProviderId::new(id), Content::text("hello"))
    }

    fn read(event: InboundEvent) -> InboundEvent {
        within(event, &Verified::vouched(b"[1]", &[], received()))
    }

    fn person(id: &str, alias: &str) -> Identity {
        let of = |it| IdentityId::scoped(&CHANNEL, "", it);
        Identity { id: of(id), aliases: vec![of(alias)], name: None }
    }

    #[test]
    fn an_id_that_is_longer_than_a_key_makes_its_event_unknown_and_no_other() {
        let long = "x".repeat(MAX_ID + 1);
        let id = || ProviderId::new(long.clone());
        let plain = || event(message("m").into());
        let said = |message: Message| event(message.into());
        let receipt = |of: ReceiptOf, our_ref: Option<&str>| {
            let our_ref = our_ref.map(Reference::new);
            event(Kind::Receipt(Receipt { of, status: Status::Sent, error: None, our_ref }))
        };
        let template = |name: &str, locale: &str| {
            let (name, locale, raw) = (name.to_owned(), locale.to_owned(), Raw("{}".to_owned()));
            event(Kind::TemplateChanged(TemplateChanged {
                name,
                locale,
                id: None,
                status: None,
                reason: None,
                raw,
            }))
        };
        let previous = Some(IdentityId::scoped(&CHANNEL, "", &long));
        let cases = [
            InboundEvent { key: EventKey::new("x".repeat(MAX_KEY + 1)), ..plain() },
            InboundEvent { account: AccountId::new(long.clone()), ..plain() },
            InboundEvent { identity: Some(person(&long, "a")), ..plain() },
            InboundEvent { identity: Some(person("a", &long)), ..plain() },
            said(message(&long)),
            said(Message { reply_to: Some(id()), ..message("m") }),
            said(Message { refs: vec![ProviderId::new("a"), id()], ..message("m") }),
            event(Kind::Edited { of: id(), n: 1, content: Content::text("a") }),
            event(Kind::Deleted { of: id() }),
            event(Kind::Reaction { of: id(), emoji: None, direction: crate::event::Direction::In }),
            receipt(ReceiptOf::Message(id()), None),
            receipt(ReceiptOf::Message(ProviderId::new("m")), Some(&long)),
            event(Kind::IdentityChanged { previous, reason: String::new() }),
            template(&"n".repeat(600), &"l".repeat(600)),
            event(Kind::ConsentChanged {
                purpose: long.clone(),
                granted: true,
                detail: String::new(),
            }),
            event(Kind::AccountChanged { what: long.clone(), raw: Raw("{}".to_owned()) }),
        ];
        for (n, case) in cases.into_iter().enumerate() {
            let read = read(case.clone());
            let Kind::Unknown { raw, .. } = &read.kind else { panic!("case {n} stays") };
            assert_eq!((&*raw.0, &read.identity), ("[1]", &None), "case {n}");
            assert!(read.key.as_str().len() <= MAX_KEY && read.account.as_str().len() <= MAX_ID);
        }
        let most = "x".repeat(MAX_ID);
        for fits in [
            plain(),
            said(message(&most)),
            InboundEvent { account: AccountId::new(most), ..plain() },
        ] {
            assert_eq!(read(fits.clone()), fits);
        }
    }

    #[test]
    fn an_edit_is_not_the_last_word_until_a_year_that_lies_ahead_nor_a_deletion() {
        let edit =
            |n| event(Kind::Edited { of: ProviderId::new("m"), n, content: Content::text("a") });
        let latest = u64::try_from(received().plus_ms(MAX_AHEAD_MS).ms()).unwrap();
        assert_eq!(read(edit(4_102_444_800_000)), edit(latest));
        assert_eq!(read(edit(u64::MAX)), edit(latest));
        for n in [0, 1, latest] {
            assert_eq!(read(edit(n)), edit(n));
        }
    }

    #[test]
    fn a_name_is_cut_that_is_longer_than_a_message_may_be() {
        let named = |name: String| {
            let identity = Identity { name: Some(PersonName(name)), ..person("ada", "a") };
            InboundEvent { identity: Some(identity), ..event(message("m").into()) }
        };
        let most = "é".repeat(MAX_NAME / 2);
        assert_eq!(read(named("é".repeat(200_000))), named(most.clone()));
        assert_eq!(read(named(most.clone())), named(most));
    }

    #[test]
    fn what_is_unknown_keeps_what_it_holds() {
        let kind = Kind::Unknown { what: "w".to_owned(), raw: Raw("{}".to_owned()) };
        let odd =
            InboundEvent { account: AccountId::new("x".repeat(5_000)), ..event(kind.clone()) };
        assert_eq!(read(odd).kind, kind);
    }

    #[test]
    fn a_moment_that_lies_ahead_is_moved_near_and_the_platforms_word_is_kept() {
        let future = Timestamp::parse("2100-01-01T00:00:00Z").unwrap();
        let latest = received().plus_ms(MAX_AHEAD_MS);
        let moved = read(InboundEvent { at: future, ..event(message("m").into()) });
        let Kind::Message(said) = &moved.kind else { panic!("a message stays one") };
        assert_eq!((moved.at, said.said_at), (latest, Some(future)));
        let consent = Kind::ConsentChanged {
            purpose: "all".to_owned(),
            granted: true,
            detail: String::new(),
        };
        assert_eq!(read(InboundEvent { at: future, ..event(consent) }).at, latest);
        let mark = |at| {
            Kind::Receipt(Receipt {
                of: ReceiptOf::UpTo(at),
                status: Status::Read,
                error: None,
                our_ref: None,
            })
        };
        assert_eq!(read(event(mark(future))).kind, mark(latest));
        let near = InboundEvent { at: latest, ..event(message("m").into()) };
        assert_eq!(read(near.clone()), near);
    }
}
