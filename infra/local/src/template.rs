//! The template as data, read by the very code that the SAM transform reads it with.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::{Map, Value, json};

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
        Self::of(tools, &place::template())
    }

    /// Reads another file of it, as one that was packaged.
    pub fn of(tools: &Tools, file: &Path) -> anyhow::Result<Self> {
        let mut python = Command::new(tools.path("python"));
        let what = format!("read {}", file.display());
        let json = run(python.args(["-c", TO_JSON]).arg(file), &what)?;
        Ok(Self(serde_json::from_str(&json).context("the template is not JSON")?))
    }

    /// The template with what the local cloud asks for beside AWS. It has no TLS, so what comes from this machine need not be
    /// encrypted; and it knows a permission of its own for a batch that is put into a queue.
    #[must_use]
    pub fn for_local_cloud(mut self) -> Self {
        ease(&mut self.0);
        self
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

fn ease(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(action) = fields.get_mut("Action") {
                let mut actions =
                    action.as_array().cloned().unwrap_or_else(|| vec![action.clone()]);
                if actions.iter().any(|it| it == "sqs:SendMessage") {
                    actions.push(json!("sqs:SendMessageBatch"));
                    *action = Value::Array(actions);
                }
            }
            if let Some(Value::Object(condition)) = fields.get_mut("Condition")
                && condition.get("Bool").is_some_and(|it| it.get("aws:SecureTransport").is_some())
            {
                let loopback = json!({ "aws:SourceIp": "127.0.0.0/8" });
                condition.insert("NotIpAddress".to_owned(), loopback);
            }
            fields.values_mut().for_each(ease);
        }
        Value::Array(entries) => entries.iter_mut().for_each(ease),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
