//! Content that another program of ours showed the person: a question with buttons or a list, a template. Here it is only read,
//! so it is its words, in the order in which the person sees them.

use domain::content::Content;
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::printable;

/// The objects with fields that the person reads: a price, a date, a place, the name and address of a file.
const SHOWN: [(&str, &[&str]); 7] = [
    ("currency", &["fallback_value"]),
    ("date_time", &["fallback_value"]),
    ("limited_time_offer", &["text"]),
    ("location", &["name", "address"]),
    ("image", FILE),
    ("video", FILE),
    ("document", FILE),
];
const FILE: &[&str] = &["filename", "link"];

/// An interactive message that is no reply; `None` if it has no words.
pub(super) fn interactive(shown: &Fields<'_>) -> Option<Content> {
    let lines = lines(shown);
    (!lines.is_empty()).then(|| Content::text(lines.join("\n")))
}

/// The lines of an interactive message, or of one of its cards, which are built like it.
fn lines(shown: &Fields<'_>) -> Vec<String> {
    let mut lines = part(&shown.object("header"));
    lines.extend(["body", "footer"].iter().filter_map(|it| shown.object(it).string("text")));
    let action = shown.object("action");
    let link = action.object("parameters");
    lines.extend(["display_text", "url", "flow_cta"].iter().filter_map(|it| link.string(it)));
    lines.extend(action.string("button"));
    for button in objects(action.list("buttons")) {
        lines.extend(button.object("reply").string("title"));
    }
    for section in objects(action.list("sections")) {
        lines.extend(section.string("title"));
        for row in objects(section.list("rows")) {
            lines.extend(["title", "description"].iter().filter_map(|it| row.string(it)));
        }
    }
    lines.extend(objects(action.list("cards")).flat_map(|it| self::lines(&it)));
    lines
}

/// A template: of its words a webhook has the parameters alone.
pub(super) fn template(template: &Fields<'_>) -> Option<Content> {
    let language = template.object("language").string("code");
    let locale = language.or_else(|| template.string("language")).unwrap_or_default();
    Some(Content::Template {
        name: template.string("name")?,
        locale: printable(&locale).into_owned(),
        text: parameters(template).join("\n"),
    })
}

/// The parameters of a template, a component or a card: each may hold the next. The envelope caps how deep.
fn parameters(of: &Fields<'_>) -> Vec<String> {
    let mut words: Vec<_> = objects(of.list("parameters")).flat_map(|it| part(&it)).collect();
    for list in ["components", "cards"] {
        words.extend(objects(of.list(list)).flat_map(|it| parameters(&it)));
    }
    words
}

/// The text of a header or a parameter, as the person reads it.
fn part(part: &Fields<'_>) -> Vec<String> {
    let own = ["text", "coupon_code"].iter().filter_map(|it| part.string(it));
    let inner = SHOWN.iter().flat_map(|(object, names)| {
        let object = part.object(object);
        names.iter().filter_map(move |it| object.string(it))
    });
    own.chain(inner).collect()
}

fn objects(list: Vec<&RawValue>) -> impl Iterator<Item = Fields<'_>> {
    list.into_iter().filter_map(Fields::of)
}
