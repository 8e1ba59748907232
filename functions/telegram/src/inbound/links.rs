//! Addresses that stand behind words: Telegram sends the words, and beside them where they lead.

use domain::json::Fields;
use serde_json::value::RawValue;

/// A text of an item with the addresses that it hides written behind their words, `here (https://…)`; `entities` is the
/// field that says where they are.
pub(super) fn written_out(item: &Fields<'_>, text: &str, entities: &str) -> Option<String> {
    let text = item.string(text)?;
    let mut hidden: Vec<_> = item
        .list(entities)
        .into_iter()
        .filter_map(|raw| hidden(&Fields::of(raw)?, &text))
        .collect();
    hidden.sort_by_key(|(at, _)| *at);
    let mut written = String::with_capacity(text.len());
    let mut from = 0;
    for (at, address) in hidden {
        written.push_str(text.get(from..at).unwrap_or_default());
        written.push_str(&address);
        from = at;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    Some(written)
}

/// The buttons under a message.
pub(super) fn buttons<'a>(item: &Fields<'a>) -> impl Iterator<Item = Fields<'a>> {
    let rows = item.object("reply_markup").list("inline_keyboard").into_iter();
    let rows =
        rows.flat_map(|row| serde_json::from_str::<Vec<&RawValue>>(row.get()).unwrap_or_default());
    rows.filter_map(Fields::of)
}

/// Words with the buttons under them that lead somewhere, a line each: what is passed on keeps them.
pub(super) fn with_buttons(item: &Fields<'_>, text: Option<String>) -> Option<String> {
    let line = |button: Fields<'_>| {
        let (title, url) = (button.string("text")?, button.string("url")?);
        Some(format!("{title}{}", behind(&title, &url).unwrap_or_default()))
    };
    let lines: Vec<_> = text.into_iter().chain(buttons(item).filter_map(line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The end of an entity's words, and what is to be written there.
fn hidden(entity: &Fields<'_>, text: &str) -> Option<(usize, String)> {
    let address = address(entity)?;
    let number = |name: &str| entity.text(name)?.parse::<usize>().ok();
    let (offset, length) = (number("offset")?, number("length")?);
    let (start, end) = (place(text, offset), place(text, offset.checked_add(length)?));
    Some((end, behind(text.get(start..end)?, &address)?))
}

/// The address that an entity of a text or of a rich text stands for.
pub(super) fn address(entity: &Fields<'_>) -> Option<String> {
    match entity.text("type")?.as_ref() {
        "text_link" | "url" => entity.string("url"),
        "text_mention" => {
            let id = entity.object("user").string("id")?;
            Some(format!("tg://user?id={id}"))
        }
        "email_address" => entity.string("email_address"),
        "phone_number" => entity.string("phone_number"),
        _ => None,
    }
}

/// The text to be written behind words that lead to an address; nothing if they say it themselves.
pub(super) fn behind(words: &str, address: &str) -> Option<String> {
    (bare(words) != bare(address)).then(|| format!(" ({address})"))
}

/// An address as people write it, who leave out what browsers add.
fn bare(address: &str) -> &str {
    let address = address.trim();
    let without = ["https://", "http://", "mailto:", "tel:"];
    let address = without.into_iter().find_map(|it| address.strip_prefix(it)).unwrap_or(address);
    address.trim_end_matches('/')
}

/// The place in a text that so many UTF-16 units stand before: Telegram counts those.
fn place(text: &str, units: usize) -> usize {
    let mut n = 0;
    let found = text.char_indices().find(|(_, it)| {
        let is_there = units <= n;
        n += it.len_utf16();
        is_there
    });
    found.map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use domain::json::envelope;

    use super::*;

    fn written(text: &str, entities: &serde_json::Value) -> String {
        let item = serde_json::json!({ "text": text, "entities": entities }).to_string();
        written_out(&envelope(item.as_bytes()).unwrap(), "text", "entities").unwrap()
    }

    fn link(offset: usize, length: usize, url: &str) -> serde_json::Value {
        serde_json::json!({ "type": "text_link", "offset": offset, "length": length, "url": url })
    }

    #[test]
    fn an_address_stands_behind_its_words_whatever_is_before_them() {
        let two = serde_json::json!([
            link(14, 4, "https://a.example/2"),
            link(3, 4, "https://a.example/1")
        ]);
        assert_eq!(
            written("🪔 this, then that.", &two),
            "🪔 this (https://a.example/1), then that (https://a.example/2)."
        );
    }

    #[test]
    fn words_that_are_their_own_address_are_not_said_twice() {
        let it = serde_json::json!([link(0, 12, "http://shop.example/")]);
        assert_eq!(written("shop.example", &it), "shop.example");
    }

    #[test]
    fn an_entity_that_cannot_be_read_loses_nothing() {
        let far = link(3, 4000, "https://a.example");
        let odd = serde_json::json!([{ "type": "text_link" }, 7, far, { "type": "bold", "offset": 0, "length": 2 }]);
        assert_eq!(written("so here", &odd), "so here (https://a.example)");
        assert_eq!(written("so here", &serde_json::json!("x")), "so here");
    }
}
