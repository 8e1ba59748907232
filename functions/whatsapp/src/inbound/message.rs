//! The words of a person, or of a colleague in the WhatsApp Business app.

use domain::content::{Content, Raw, Referral};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message, digest};
use domain::id::{IdentityId, ProviderId};
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::{ChangeContext, printable};
use super::{call, cards, content, people};
use crate::CHANNEL;

/// The scope of a group's identity: a group is spoken to as one.
pub(crate) const GROUP: &str = "group";

/// The turn to speak: its speaker, and the person that it is with.
struct Turn {
    identity: Identity,
    direction: Direction,
    author: Option<String>,
    opens_window: bool,
}

/// An entry of `messages`.
pub(super) fn inbound(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    if item.text("type").is_some_and(|it| it == "system") {
        return people::system(scene, item);
    }
    // A list that does not say who speaks holds what we said, too.
    if item.text("from").is_some_and(|it| scene.is_our_number(&it)) {
        return echo(scene, item, raw);
    }
    let speaker = scene.identity(item, &["from_user_id", "from", "from_parent_user_id"]);
    let turn = if let Some(group) = group(item, "group_id", speaker.as_ref()) {
        Turn {
            identity: group,
            direction: Direction::In,
            // A pseudonym tells the speakers of a group apart without printing an address.
            author: speaker.map(|it| digest(&[it.id.as_str()]).chars().take(12).collect()),
            opens_window: false,
        }
    } else {
        let identity = with_own_number(speaker?, item);
        Turn { identity, direction: Direction::In, author: None, opens_window: true }
    };
    event(scene, item, raw, turn)
}

/// A person who is known by an id alone, with the number that they shared because we asked for it.
fn with_own_number(mut person: Identity, item: &Fields<'_>) -> Identity {
    let is_known = person.id.is_phone() || person.aliases.iter().any(IdentityId::is_phone);
    if item.text("type").is_some_and(|it| it == "contacts") && !is_known {
        person.aliases.extend(cards::own_number(item));
    }
    person
}

/// An entry of `message_echoes`: what we sent from the phone.
pub(super) fn echo(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let to = scene.identity(item, &["to_user_id", "to", "to_parent_user_id"]);
    let identity = group(item, "group_id", None).or(to)?;
    let turn = Turn { identity, direction: Direction::Out, author: None, opens_window: false };
    event(scene, item, raw, turn)
}

/// The identity of the group that this field names, under the name of whoever speaks in it.
pub(super) fn group(item: &Fields<'_>, name: &str, speaker: Option<&Identity>) -> Option<Identity> {
    let id = IdentityId::scoped(&CHANNEL, GROUP, &item.text(name)?);
    Some(Identity { id, aliases: Vec::new(), name: speaker.and_then(|it| it.name.clone()) })
}

fn event(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
    turn: Turn,
) -> Option<InboundEvent> {
    let id = item.text("id")?;
    let kind = item.text("type").unwrap_or_default();
    let time = item.time("timestamp");
    let at = time.unwrap_or(scene.at);
    let target = |of: &Fields<'_>, name: &str| of.string(name).map(ProviderId::new);
    let kind = match kind.as_ref() {
        kind if WORDLESS.contains(&kind) => notice(kind, scene.kept(raw)),
        "edit" => {
            let edit = item.object("edit");
            let inner = edit.object("message");
            Kind::Edited {
                of: target(&edit, "original_message_id")?,
                // Edits are not counted; the latest wins.
                n: u64::try_from(at.ms()).unwrap_or_default(),
                content: content::read(&inner, &inner.text("type").unwrap_or_default())
                    .unwrap_or_else(|| unsupported("edit", scene.kept(raw))),
            }
        }
        "revoke" => Kind::Deleted { of: target(&item.object("revoke"), "original_message_id")? },
        "reaction" => {
            let reaction = item.object("reaction");
            let of = target(&reaction, "message_id")?;
            // A group is spoken to as one, so of its members' reactions to a message the last one counts.
            Kind::Reaction { of, emoji: reaction.string("emoji"), direction: turn.direction }
        }
        kind => {
            let content = match content::read(item, kind) {
                Some(content) => content,
                // Without a time of its own it is too little known to be put on a timeline.
                None if time.is_none() => return None,
                // The platform's own word for what it does not hand over is the better one.
                None => {
                    let what = item.object("unsupported").text("type");
                    unsupported(what.as_deref().unwrap_or(kind), scene.kept(raw))
                }
            };
            Kind::from(Message {
                direction: turn.direction,
                author: turn.author,
                opens_window: turn.opens_window,
                reply_to: item.object("context").text("id").map(|it| quoted(&it)),
                referral: referral(item),
                ..Message::inbound(ProviderId::new(id.as_ref()), content)
            })
        }
    };
    Some(scene.event(id, Some(turn.identity), at, kind))
}

/// Types of events in a chat without anybody's words: the person opened it for the first time. Meta switched this type off and
/// on again; it is documented, and nothing in it waits for an answer.
const WORDLESS: [&str; 1] = ["request_welcome"];

/// Something that happened and that nobody said.
pub(super) fn notice(what: &str, raw: Raw) -> Kind {
    Kind::Notice { what: printable(what).into_owned(), raw }
}

/// The message of an id that is quoted: of a call that is its report.
fn quoted(id: &str) -> ProviderId {
    if id.starts_with("wacid.") { call::report_id(id) } else { ProviderId::new(id) }
}

fn unsupported(kind: &str, raw: Raw) -> Content {
    Content::Unsupported { kind: printable(kind).into_owned(), raw }
}

/// The origin of a message: an ad or a post, a product, or another chat from which the message was forwarded.
fn referral(item: &Fields<'_>) -> Option<Referral> {
    let (ad, context) = (item.object("referral"), item.object("context"));
    let product = context.object("referred_product");
    if !ad.is_empty() {
        return Some(Referral {
            source: printable(&ad.text("source_type").unwrap_or("ad".into())).into_owned(),
            id: ad.string("source_id"),
            url: ad.string("source_url"),
            headline: ad.string("headline"),
            r#ref: None,
            click_id: ad.string("ctwa_clid"),
        });
    }
    if !product.is_empty() {
        let id = product.string("product_retailer_id");
        return Some(Referral { source: "product".to_owned(), id, ..Referral::default() });
    }
    let forwarded = context.flag("forwarded") || context.flag("frequently_forwarded");
    forwarded.then(|| Referral { source: "forwarded".to_owned(), ..Referral::default() })
}
