//! Templates: the variables of an approved message, as its parameters.

use domain::outbound::{SendError, SendProblem, TemplateUse};
use serde_json::{Value, json};

use super::refused;

/// The longest run of spaces that the platform takes in a parameter.
const SPACES: usize = 3;

/// The `template` of a message.
pub(super) fn payload(template: &TemplateUse) -> Result<Value, SendError> {
    let mut components = match &template.components {
        None => Vec::new(),
        Some(Value::Array(components)) => components.clone(),
        Some(_) => return Err(invalid("The components of a template are a list.")),
    };
    components.iter_mut().try_for_each(tidy)?;
    let has_body = components.iter().any(|it| it.get("type").is_some_and(|it| it == "body"));
    match (template.variables.is_empty(), has_body) {
        (true, _) => {}
        (false, false) => {
            components.push(json!({ "type": "body", "parameters": parameters(template)? }));
        }
        (false, true) => {
            return Err(invalid(
                "Give the body's parameters once: as variables or in the components.",
            ));
        }
    }
    let (name, language) = (&template.name, json!({ "code": template.locale }));
    Ok(if components.is_empty() {
        json!({ "name": name, "language": language })
    } else {
        json!({ "name": name, "language": language, "components": components })
    })
}

/// A component as the platform takes it. Its type is written in capitals where templates are made and in small letters
/// where they are sent: either is meant. Text parameters, a carousel's cards' too, are cleaned as variables are.
fn tidy(component: &mut Value) -> Result<(), SendError> {
    let Some(fields) = component.as_object_mut() else { return Ok(()) };
    if let Some(Value::String(kind)) = fields.get_mut("type") {
        kind.make_ascii_lowercase();
    }
    let is_text = fields.get("type").is_some_and(|it| it == "text");
    if let Some(Value::String(text)) = fields.get_mut("text").filter(|_| is_text) {
        *text = clean(text)?;
    }
    for within in ["parameters", "cards", "components"] {
        if let Some(Value::Array(parts)) = fields.get_mut(within) {
            parts.iter_mut().try_for_each(tidy)?;
        }
    }
    Ok(())
}

/// The variables in order where their names are numbers, else each with its name.
fn parameters(template: &TemplateUse) -> Result<Vec<Value>, SendError> {
    let positions: Option<Vec<(usize, &String)>> = template
        .variables
        .iter()
        .map(|(name, value)| name.parse().ok().map(|position| (position, value)))
        .collect();
    match positions {
        Some(mut positions) => {
            positions.sort_by_key(|(position, _)| *position);
            if positions.iter().map(|(position, _)| *position).ne(1..=positions.len()) {
                return Err(invalid("Variables by position are 1, 2, 3 … without a gap."));
            }
            positions
                .into_iter()
                .map(|(_, value)| Ok(json!({ "type": "text", "text": clean(value)? })))
                .collect()
        }
        None => template
            .variables
            .iter()
            .map(|(name, value)| {
                Ok(json!({ "type": "text", "parameter_name": name, "text": clean(value)? }))
            })
            .collect(),
    }
}

/// A parameter without what the platform refuses in one: line ends, tabs, long runs of spaces.
fn clean(value: &str) -> Result<String, SendError> {
    let mut clean = String::with_capacity(value.len());
    let mut spaces = 0;
    for character in value.trim().chars() {
        let character =
            if character.is_control() || character.is_whitespace() { ' ' } else { character };
        spaces = if character == ' ' { spaces + 1 } else { 0 };
        if spaces <= SPACES {
            clean.push(character);
        }
    }
    if clean.is_empty() {
        return Err(invalid("A variable of the template is empty."));
    }
    Ok(clean)
}

fn invalid(why: &str) -> SendError {
    refused(SendProblem::TemplateParameterInvalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters_of(variables: &[(&str, &str)]) -> Result<Vec<Value>, SendError> {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        parameters(&TemplateUse {
            name: "n".into(),
            locale: "en".into(),
            variables,
            components: None,
        })
    }

    #[test]
    fn ten_positions_are_in_the_order_of_numbers_not_of_text() {
        let names: Vec<_> = (1..=10).map(|it| it.to_string()).collect();
        let variables: Vec<_> = names.iter().map(|it| (it.as_str(), it.as_str())).collect();
        let found = parameters_of(&variables).unwrap();
        let texts: Vec<_> = found.iter().map(|it| it["text"].as_str().unwrap()).collect();
        assert_eq!(texts, names);
    }

    #[test]
    fn a_gap_in_the_positions_and_an_empty_value_are_refused() {
        for variables in
            [&[("1", "a"), ("3", "b")][..], &[("0", "a")], &[("1", " \n")], &[("name", "")]]
        {
            let error = parameters_of(variables).unwrap_err();
            assert_eq!(error.failure().problem, SendProblem::TemplateParameterInvalid);
        }
    }

    #[test]
    fn a_component_is_meant_in_capitals_too_and_a_carousel_s_parameter_loses_its_line_ends() {
        let text = |it: &str| json!({ "type": "TEXT", "text": it });
        let body = |it: &str| json!({ "type": "BODY", "parameters": [text(it)] });
        let given = json!([
            { "type": "CAROUSEL", "cards": [{ "card_index": 0, "components": [body("a\nb")] }] },
            body("c\td"),
        ]);
        let mut template = TemplateUse {
            name: "n".into(),
            locale: "en".into(),
            variables: std::collections::BTreeMap::default(),
            components: Some(given),
        };
        let sent = payload(&template).unwrap();
        let of_card = "/components/0/cards/0/components/0/parameters/0";
        assert_eq!(sent.pointer(of_card), Some(&json!({ "type": "text", "text": "a b" })));
        assert_eq!(sent.pointer("/components/1/type"), Some(&json!("body")));
        assert_eq!(sent.pointer("/components/1/parameters/0/text"), Some(&json!("c d")));
        template.variables.insert("1".into(), "x".into());
        assert!(payload(&template).is_err(), "the body's parameters twice");
    }

    #[test]
    fn a_value_loses_line_ends_tabs_and_long_runs_of_spaces() {
        assert_eq!(clean("a\nb\tc\r\nd      e  f").unwrap(), "a b c  d   e  f");
    }
}
