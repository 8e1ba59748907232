//! What another program of ours showed the person: a question with buttons or a list, a template. Here it is only read, so
//! it is its words, in the order in which the person sees them.

use domain::content::Content;
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::printable;

/// An interactive message that is no reply; `None` if it has no words.
pub(super) fn interactive(shown: &Fields<'_>) -> Option<Content> {
    let mut lines: Vec<_> = ["header", "body", "footer"]
        .iter()
        .filter_map(|it| shown.object(it).string("text"))
        .collect();
    if lines.is_empty() {
        return None;
    }
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
    Some(Content::text(lines.join("\n")))
}

/// A template: of its words a webhook has the parameters alone.
pub(super) fn template(template: &Fields<'_>) -> Option<Content> {
    let mut words = Vec::new();
    for component in objects(template.list("components")) {
        let parameters = objects(component.list("parameters"));
        words.extend(parameters.filter_map(|it| it.string("text")));
    }
    let language = template.object("language").string("code");
    let locale = language.or_else(|| template.string("language")).unwrap_or_default();
    Some(Content::Template {
        name: template.string("name")?,
        locale: printable(&locale).into_owned(),
        text: words.join("\n"),
    })
}

fn objects(list: Vec<&RawValue>) -> impl Iterator<Item = Fields<'_>> {
    list.into_iter().filter_map(Fields::of)
}
