//! The template as data, read by the very code that the SAM transform reads it with.

use std::process::Command;

use anyhow::Context;
use serde_json::{Map, Value};

use crate::place;
use crate::tools::{Tools, run};

/// Turns the short forms (`!Ref`) into long ones and YAML into JSON.
const TO_JSON: &str = "\
import json, sys
from samtranslator.yaml_helper import yaml_parse
print(json.dumps(yaml_parse(open(sys.argv[1]).read()), default=str))
";

/// The template.
#[derive(Clone, Debug)]
pub struct Template(pub Value);

impl Template {
    /// Reads it.
    pub fn read(tools: &Tools) -> anyhow::Result<Self> {
        let mut python = Command::new(tools.path("python"));
        let json =
            run(python.args(["-c", TO_JSON]).arg(place::template()), "read infra/template.yaml")?;
        Ok(Self(serde_json::from_str(&json).context("the template is not JSON")?))
    }

    /// Its resources of a type, with their names.
    #[must_use]
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let is_of =
            |it: &&(&String, &Value)| it.1.get("Type").and_then(Value::as_str) == Some(kind);
        let all =
            self.0.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::iter);
        all.filter(|it| is_of(&it)).map(|(name, resource)| (name.as_str(), resource)).collect()
    }

    /// One resource.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&Value> {
        self.0.get("Resources")?.get(name)
    }

    /// The channels that have a block, in order: the blocks' comments are their marks.
    pub fn channels() -> anyhow::Result<Vec<String>> {
        let text = std::fs::read_to_string(place::template())
            .context("cannot read infra/template.yaml")?;
        let name = |line: &str| {
            Some(line.trim().strip_prefix("# ---- channel: ")?.split(' ').next()?.to_owned())
        };
        Ok(text.lines().filter_map(name).collect())
    }
}

/// The resource that a value refers to: by `Ref`, by `GetAtt`, or inside a `Sub`.
#[must_use]
pub fn refers_to(value: &Value, resource: &str) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, it)| match (key.as_str(), it) {
            ("Ref", Value::String(name)) => name == resource,
            ("Fn::GetAtt", Value::Array(path)) => {
                path.first().and_then(Value::as_str) == Some(resource)
            }
            ("Fn::GetAtt", Value::String(path)) => path.split('.').next() == Some(resource),
            ("Fn::Sub", Value::String(text)) => {
                text.contains(&format!("${{{resource}}}"))
                    || text.contains(&format!("${{{resource}."))
            }
            _ => refers_to(it, resource),
        }),
        Value::Array(entries) => entries.iter().any(|it| refers_to(it, resource)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
