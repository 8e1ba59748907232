//! Contact cards: what the platform read of them, and what it left in the vCard.

use domain::content::{Card, Content};
use domain::id::IdentityId;
use domain::json::Fields;
use domain::vcard::{self, postal};

use super::people;

/// The cards of a message.
pub(super) fn read(item: &Fields<'_>) -> Option<Content> {
    let cards: Vec<_> = item.list("contacts").into_iter().map(Fields::of).collect();
    let cards: Vec<_> =
        cards.iter().map(|it| card(&it.clone().unwrap_or_default(), item)).collect();
    (!cards.is_empty()).then_some(Content::Contacts { cards })
}

/// The number of the person who sent the message, if it is the card that we asked them for and theirs alone.
pub(super) fn own_number(item: &Fields<'_>) -> Option<IdentityId> {
    let [only] = item.list("contacts")[..] else { return None };
    let fields = Fields::of(only)?;
    let card = card(&fields, item);
    let context = item.object("context");
    let is_passed_on = context.flag("forwarded") || context.flag("frequently_forwarded");
    if card.own && !is_passed_on { people::of_own_card(&fields, &card.phones) } else { None }
}

fn card(card: &Fields<'_>, item: &Fields<'_>) -> Card {
    let asked_for = |it: &Fields<'_>| it.text("origin").is_some_and(|it| it == "contact_request");
    let all = |list: &str, name: &str| {
        card.list(list).into_iter().filter_map(|it| Fields::of(it)?.string(name)).collect()
    };
    let company = card.object("org");
    let others = [("title", company.string("title")), ("birthday", card.string("birthday"))];
    let others = others.into_iter().filter_map(|(name, it)| Some(format!("{name}: {}", it?)));
    let read = Card {
        name: name(&card.object("name")),
        phones: phones(card),
        emails: all("emails", "email"),
        company: joined(&company, &["company", "department"], ", "),
        addresses: card
            .list("addresses")
            .into_iter()
            .filter_map(|it| address(&Fields::of(it)?))
            .collect(),
        sites: all("urls", "url"),
        others: others.collect(),
        // The platform documents it on the card; it has been seen on the message.
        own: asked_for(card) || asked_for(item),
    };
    match card.text("vcard").and_then(|it| vcard::read(&it)) {
        Some(written) => read.with(written),
        None => read,
    }
}

fn name(name: &Fields<'_>) -> Option<String> {
    let parts = ["prefix", "first_name", "middle_name", "last_name", "suffix"];
    name.string("formatted_name").or_else(|| joined(name, &parts, " "))
}

/// The numbers as written, else as the platform knows them.
fn phones(card: &Fields<'_>) -> Vec<String> {
    let phone =
        |it: Fields<'_>| it.string("phone").or_else(|| it.text("wa_id").map(|it| format!("+{it}")));
    card.list("phones").into_iter().filter_map(|it| phone(Fields::of(it)?)).collect()
}

fn address(address: &Fields<'_>) -> Option<String> {
    let part = |name: &str| address.text(name).unwrap_or_default();
    let country = address.text("country").unwrap_or_else(|| part("country_code"));
    postal(&[&part("street")], (&part("zip"), &part("city")), &part("state"), &country)
}

fn joined(fields: &Fields<'_>, names: &[&str], between: &str) -> Option<String> {
    let parts: Vec<_> = names.iter().filter_map(|it| fields.string(it)).collect();
    (!parts.is_empty()).then(|| parts.join(between))
}
