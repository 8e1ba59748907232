//! Approved templates, and the check of what a send fills them with.
//!
//! <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components>

use serde_json::Value;

use super::error::GraphError;
use super::error::{Fields, Read};

/// A template in one language. Its identity is name and language together.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its name.
    pub name: &'static str,
    /// Its language, which a send must repeat exactly.
    pub language: &'static str,
    /// Only `APPROVED` may be sent.
    pub status: &'static str,
    /// Its words, with a variable as `{{name}}` or `{{1}}`.
    pub body: &'static str,
}

impl Template {
    /// The names of the variables, in order.
    fn variables(&self) -> Vec<&'static str> {
        self.body.split("{{").skip(1).filter_map(|it| it.split_once("}}")).map(|it| it.0).collect()
    }
}

/// Checks a template object of a send against the approved ones; gives the words that the customer sees.
pub(super) fn check(value: &Value, approved: &[Template]) -> Read<String> {
    let fields = Fields::at(value, "template")?;
    let name = fields.text_within("name", 512)?;
    let language = fields.object("language")?;
    let code = language.text_within("code", 16)?;
    if language.maybe("policy").is_some() {
        language.exactly("policy", "deterministic")?;
    }
    language.done()?;
    // "Approved in another language" is the same error: the code must match to the letter.
    let found = approved.iter().find(|it| it.name == name && it.language == code);
    let missing =
        || GraphError::new(132_001, format!("template name ({name}) does not exist in {code}"));
    let template = found.ok_or_else(missing)?;
    match template.status {
        "APPROVED" => {}
        "PAUSED" => {
            return Err(GraphError::new(132_015, "The template is paused due to low quality"));
        }
        "DISABLED" => return Err(GraphError::new(132_016, "The template is disabled")),
        _ => return Err(missing()),
    }
    let mut given = Vec::new();
    if fields.maybe("components").is_some() {
        for component in fields.list("components", 0, 12)? {
            let component = Fields::at(component, "template['components']")?;
            // The models' templates have a body only: any other component has nothing to fill.
            component
                .exactly("type", "body")
                .map_err(|error| GraphError::new(132_012, error.details))?;
            for parameter in component.list("parameters", 1, 64)? {
                given.push(parameter_of(parameter)?);
            }
            component.done()?;
        }
    }
    fields.done()?;
    fill(template, &given)
}

/// A parameter's name, if it has one, and its text.
fn parameter_of(value: &Value) -> Read<(Option<&str>, &str)> {
    let parameter = Fields::at(value, "parameters")?;
    parameter.exactly("type", "text")?;
    let text = parameter.text_within("text", 1024)?;
    // "Param text cannot have new-line/tab characters or more than 4 consecutive spaces".
    if text.contains(['\n', '\t']) || text.contains("     ") {
        let why =
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(GraphError::new(132_018, why));
    }
    let name = parameter.maybe_text_within("parameter_name", 64)?;
    parameter.done()?;
    Ok((name, text))
}

fn fill(template: &Template, given: &[(Option<&str>, &str)]) -> Read<String> {
    let variables = template.variables();
    if given.len() != variables.len() {
        let why = format!(
            "body: number of localizable_params ({}) does not match the expected number of params ({})",
            given.len(),
            variables.len()
        );
        return Err(GraphError::new(132_000, why));
    }
    let positional = variables.iter().all(|it| it.bytes().all(|it| it.is_ascii_digit()));
    let mut words = template.body.to_owned();
    for (n, (name, text)) in given.iter().enumerate() {
        // Names only and always with named variables: a position means nothing there, nor a name here.
        let variable = match name {
            None if positional => variables.get(n).copied(),
            Some(name) if !positional => variables.iter().copied().find(|it| it == name),
            None | Some(_) => None,
        };
        let variable = variable
            .ok_or_else(|| GraphError::new(132_012, "Parameter name is missing or unknown"))?;
        words = words.replace(&format!("{{{{{variable}}}}}"), text);
    }
    if words.contains("{{") {
        return Err(GraphError::new(132_012, "A parameter is given twice and another not at all"));
    }
    if 1024 < words.chars().count() {
        return Err(GraphError::new(132_005, "The translated text is too long"));
    }
    Ok(words)
}
