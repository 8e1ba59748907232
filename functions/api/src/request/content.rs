//! The content of a message, as a request writes it.

use std::collections::BTreeMap;

use domain::content::MediaKind;
use domain::outbound::{ChoiceOption, SendContent, SendMedia, TemplateUse};
use serde_json::Value;

use crate::fields::Fields;
use crate::ids::MOST_LOCALE;

/// The longest text of any channel. The channel's own limit is the planner's.
pub(crate) const MAX_TEXT: usize = 16 * 1024;
/// The longest title, name, id or address of a place.
pub(crate) const MAX_WORDS: usize = 1024;
/// The longest address of a file.
pub(crate) const MAX_URL: usize = 2048;
/// The most options of any channel.
pub(crate) const MAX_OPTIONS: usize = 50;
/// The most variables of a template.
pub(crate) const MAX_VARIABLES: usize = 100;

#[derive(Clone, Copy)]
enum Type {
    Text,
    Media,
    Choices,
    Location,
    Template,
}

pub(super) fn read(mut fields: Fields<'_>) -> Option<SendContent> {
    let types = [
        ("text", Type::Text),
        ("media", Type::Media),
        ("choices", Type::Choices),
        ("location", Type::Location),
        ("template", Type::Template),
    ];
    let content = match fields.need("type", |it, name| it.word(name, &types))? {
        Type::Text => text(&mut fields).map(|text| SendContent::Text { text }),
        Type::Media => media(&mut fields),
        Type::Choices => choices(&mut fields),
        Type::Location => location(&mut fields),
        Type::Template => {
            let template = fields.need("template", Fields::object).and_then(template);
            template.map(|template| SendContent::Template { template })
        }
    };
    fields.end();
    content
}

fn text(fields: &mut Fields<'_>) -> Option<String> {
    fields.need("text", |it, name| it.text(name, MAX_TEXT))
}

fn media(fields: &mut Fields<'_>) -> Option<SendContent> {
    let kinds = [
        ("image", MediaKind::Image),
        ("video", MediaKind::Video),
        ("audio", MediaKind::Audio),
        ("voice_note", MediaKind::VoiceNote),
        ("document", MediaKind::Document),
        ("sticker", MediaKind::Sticker),
    ];
    let kind = fields.need("kind", |it, name| it.word(name, &kinds));
    let source = fields.need("source", Fields::object).and_then(source);
    let caption = fields.text("caption", MAX_TEXT);
    let filename = fields.text("filename", MAX_WORDS);
    Some(SendContent::Media { kind: kind?, source: source?, caption, filename })
}

fn source(mut fields: Fields<'_>) -> Option<SendMedia> {
    let source = match (fields.has("url"), fields.has("id")) {
        (true, false) => fields
            .parsed("url", "must be an https address", https)
            .map(|url| SendMedia::Url(url.to_string())),
        (false, true) => fields.text("id", MAX_WORDS).map(SendMedia::Id),
        (true, true) | (false, false) => {
            fields.note("url", "exactly one of url and id is required");
            return None;
        }
    };
    fields.end();
    source
}

fn https(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    (url.scheme() == "https" && url.username().is_empty() && url.password().is_none())
        .then_some(url)
}

fn choices(fields: &mut Fields<'_>) -> Option<SendContent> {
    let text = text(fields);
    let button = fields.text("button", MAX_WORDS);
    let options = fields.need("options", |it, name| it.objects(name, MAX_OPTIONS))?;
    let options: Option<Vec<_>> = options.into_iter().map(option).collect();
    let options = options?;
    for (n, option) in options.iter().enumerate() {
        if options.iter().take(n).any(|it| it.id == option.id) {
            fields.note("options", format!("the id of option {n} is another option's too"));
        }
    }
    Some(SendContent::Choices { text: text?, options, button })
}

fn option(mut fields: Fields<'_>) -> Option<ChoiceOption> {
    let id = fields.need("id", |it, name| it.text(name, MAX_WORDS));
    let title = fields.need("title", |it, name| it.text(name, MAX_WORDS));
    let description = fields.text("description", MAX_WORDS);
    fields.end();
    Some(ChoiceOption { id: id?, title: title?, description })
}

fn location(fields: &mut Fields<'_>) -> Option<SendContent> {
    let latitude = fields.need("latitude", |it, name| it.number(name, -90.0, 90.0));
    let longitude = fields.need("longitude", |it, name| it.number(name, -180.0, 180.0));
    let name = fields.text("name", MAX_WORDS);
    let address = fields.text("address", MAX_WORDS);
    Some(SendContent::Location { latitude: latitude?, longitude: longitude?, name, address })
}

fn template(mut fields: Fields<'_>) -> Option<TemplateUse> {
    let name = fields.need("name", |it, name| it.text(name, MAX_WORDS));
    let locale = fields.need("locale", |it, name| it.text(name, MOST_LOCALE));
    let variables = fields.object("variables").and_then(variables);
    let components = match fields.value("components") {
        None => None,
        Some(list @ Value::Array(_)) => Some(list),
        Some(_) => {
            fields.note("components", "must be a list");
            None
        }
    };
    fields.end();
    let (name, locale, variables) = (name?, locale?, variables.unwrap_or_default());
    Some(TemplateUse { name, locale, variables, components })
}

fn variables(mut fields: Fields<'_>) -> Option<BTreeMap<String, String>> {
    let names = fields.names();
    if MAX_VARIABLES < names.len() {
        let last = names.get(MAX_VARIABLES).cloned().unwrap_or_default();
        fields.note(&last, format!("there may be {MAX_VARIABLES} variables"));
        return None;
    }
    names.into_iter().map(|name| Some((name.clone(), fields.any_text(&name, MAX_TEXT)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::Errors;

    fn check(content: Value) -> Result<SendContent, Vec<String>> {
        let errors = Errors::default();
        let read = Fields::of(content, &errors).and_then(read);
        errors.or(read).map_err(|problem| {
            let body = json!(problem.body("r"));
            let errors = body["errors"].as_array().unwrap();
            errors.iter().map(|it| it["pointer"].as_str().unwrap().to_owned()).collect()
        })
    }

    #[test]
    fn every_type_of_content_is_read() {
        let contents = [
            json!({ "type": "text", "text": "hello" }),
            json!({ "type": "media", "kind": "image", "source": { "url": "https://example.com/a.png" }, "caption": "a" }),
            json!({ "type": "media", "kind": "document", "source": { "id": "17" }, "filename": "a.pdf" }),
            json!({ "type": "choices", "text": "which?", "options": [{ "id": "1", "title": "one" }], "button": "see" }),
            json!({ "type": "location", "latitude": 48.85, "longitude": 2.35, "name": "Paris" }),
            json!({ "type": "template", "template": { "name": "delay", "locale": "fr", "variables": { "order": "A-1" } } }),
            json!({ "type": "template", "template": { "name": "delay", "locale": "fr", "components": [{ "type": "body" }] } }),
        ];
        for content in contents {
            assert!(check(content.clone()).is_ok(), "{content}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_content_is_pointed_to() {
        let cases = [
            (json!({}), "/type"),
            (json!({ "type": "carrier-pigeon" }), "/type"),
            (json!({ "type": "text", "text": "" }), "/text"),
            (json!({ "type": "text", "text": "a", "html": "b" }), "/html"),
            (
                json!({ "type": "media", "kind": "image", "source": { "url": "http://example.com" } }),
                "/source/url",
            ),
            (
                json!({ "type": "media", "kind": "image", "source": { "url": "https://a:b@example.com" } }),
                "/source/url",
            ),
            (json!({ "type": "media", "kind": "image", "source": {} }), "/source/url"),
            (
                json!({ "type": "media", "kind": "image", "source": { "object": { "key": "content/x" } } }),
                "/source/url",
            ),
            (json!({ "type": "choices", "text": "a", "options": [] }), "/options"),
            (
                json!({ "type": "choices", "text": "a", "options": [{ "id": "1" }] }),
                "/options/0/title",
            ),
            (
                json!({ "type": "choices", "text": "a", "options": [{ "id": "1", "title": "a" }, { "id": "1", "title": "b" }] }),
                "/options",
            ),
            (json!({ "type": "location", "latitude": 91, "longitude": 0 }), "/latitude"),
            (json!({ "type": "template", "template": { "name": "a" } }), "/template/locale"),
            (
                json!({ "type": "template", "template": { "name": "a", "locale": "fr", "variables": { "n": 1 } } }),
                "/template/variables/n",
            ),
            (
                json!({ "type": "template", "template": { "name": "a", "locale": "fr", "components": {} } }),
                "/template/components",
            ),
        ];
        for (content, pointer) in cases {
            assert_eq!(check(content.clone()).unwrap_err(), [pointer], "{content}");
        }
    }
}
