//! The schemas of the document, made of the types of bodies and answers.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::bodies::{self, NULLABLE};
use crate::show;

/// The place of the schemas in the document.
pub(super) const SCHEMAS: &str = "/components/schemas";

/// The schemas that are no types: the document itself, and what the gateway says.
fn others() -> [(String, Value); 2] {
    let document = json!({ "type": "object", "description": "An OpenAPI document." });
    let gateway = json!({
        "type": "object",
        "description": "An answer of the gateway's own, where the API gave none.",
        "properties": { "message": { "type": "string", "description": "The gateway's words." } },
        "required": ["message"],
    });
    [("Document".to_owned(), document), ("GatewayError".to_owned(), gateway)]
}

/// Every schema by its name.
pub(super) fn all() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|it| it.definitions_path = SCHEMAS.into());
    let mut answers = settings.clone().for_serialize().into_generator();
    add::<show::Accepted>(&mut answers);
    add::<show::SendPlan>(&mut answers);
    add::<show::Message>(&mut answers);
    add::<show::ThreadList>(&mut answers);
    add::<show::ThreadChanged>(&mut answers);
    add::<show::Timeline>(&mut answers);
    add::<show::ContactList>(&mut answers);
    add::<show::ContactChanged>(&mut answers);
    add::<show::CorrectionList>(&mut answers);
    add::<show::Problem>(&mut answers);
    let mut requests = settings.for_deserialize().into_generator();
    add::<bodies::MessageRequest>(&mut requests);
    add::<bodies::ThreadPatch>(&mut requests);
    add::<bodies::ContactPatch>(&mut requests);
    add::<bodies::MergeRequest>(&mut requests);
    add::<bodies::SplitRequest>(&mut requests);
    add::<bodies::MoveRequest>(&mut requests);
    add::<bodies::RevertRequest>(&mut requests);
    add::<bodies::LinkRequest>(&mut requests);
    // Ids that stand in paths alone.
    add::<crate::ids::IdentityName>(&mut requests);
    add::<domain::id::CorrectionId>(&mut requests);
    let mut all = answers.take_definitions(true);
    all.extend(requests.take_definitions(true));
    all.extend(others());
    for schema in all.values_mut() {
        tidy(schema);
    }
    name_variants(&mut all);
    all
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    let _: Schema = generator.subschema_for::<T>();
}

/// Makes a schema one that people and generators of clients read well, and all within it.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            // The sizes of Rust's integers are none of JSON's.
            if fields.get("format").is_some_and(|it| it != "date-time" && it != "uri") {
                fields.remove("format");
            }
            // Some readers of documents know no schema but an object.
            for of in ["items", "additionalProperties"] {
                if fields.get(of) == Some(&json!(true)) {
                    fields.insert(of.to_owned(), json!({}));
                }
            }
            without_null(fields);
            describe_only(fields);
            one_line(fields);
            one_enum(fields);
            fields.values_mut().for_each(tidy);
        }
        Value::Array(entries) => entries.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes null out of the values of an optional field, which is left out rather than null; and puts it in where a patch may say it.
fn without_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(arms)) = fields.get_mut("anyOf") {
        arms.retain(|it| *it != json!({ "type": "null" }));
        if let [Value::Object(only)] = arms.as_slice() {
            let only = only.clone();
            fields.remove("anyOf");
            for (name, value) in only {
                fields.entry(name).or_insert(value);
            }
        }
    }
    if fields.remove(NULLABLE).is_some()
        && let Some(kind) = fields.get("type").cloned()
    {
        fields.insert("type".to_owned(), json!([kind, "null"]));
    }
}

/// Lets the only property of an object say what the object says, if it says nothing itself.
fn describe_only(fields: &mut Map<String, Value>) {
    let Some(description) = fields.get("description").cloned() else { return };
    let Some(Value::Object(properties)) = fields.get_mut("properties") else { return };
    let n = properties.len();
    let only = properties.values_mut().next().and_then(Value::as_object_mut);
    if let (1, Some(only)) = (n, only) {
        only.entry("description").or_insert(description);
    }
}

/// Takes the line ends of the source out of a description.
fn one_line(fields: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = fields.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}

/// Makes the words of an enumeration one `enum`, and their meanings a part of its description.
fn one_enum(fields: &mut Map<String, Value>) {
    let Some(Value::Array(arms)) = fields.get("oneOf") else { return };
    let mut words = Vec::new();
    let mut meanings = Vec::new();
    for arm in arms {
        let found: Vec<_> = match (arm.get("const"), arm.get("enum")) {
            (Some(word), _) => vec![word.clone()],
            (None, Some(Value::Array(words))) => words.clone(),
            (None, _) => return,
        };
        if let ([word], Some(meaning)) = (found.as_slice(), arm["description"].as_str()) {
            let (word, meaning) =
                (word.as_str().unwrap_or_default(), meaning.trim_end_matches('.'));
            meanings.push(format!("`{word}`: {meaning}."));
        }
        words.extend(found);
    }
    fields.remove("oneOf");
    fields.insert("type".to_owned(), json!("string"));
    fields.insert("enum".to_owned(), Value::Array(words));
    let said = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{said} {}", meanings.join(" "));
    fields.insert("description".to_owned(), json!(description.trim()));
}

/// Gives the variants of a tagged union names of their own, and says how they are told apart: generators of clients make types of
/// what has a name.
fn name_variants(all: &mut Map<String, Value>) {
    let mut named = Map::new();
    for (union, schema) in all.iter_mut() {
        let Some(Value::Array(arms)) = schema.get_mut("oneOf") else { continue };
        let mut mapping = Map::new();
        for arm in arms {
            let Some(tag) = arm.pointer("/properties/type/const").and_then(Value::as_str) else {
                break;
            };
            let name = format!("{union}{}", pascal(tag));
            let target = format!("#{SCHEMAS}/{name}");
            mapping.insert(tag.to_owned(), json!(target));
            let tag = json!({ "type": "string", "const": tag, "description": "The kind." });
            if let Some(it) = arm.pointer_mut("/properties/type") {
                *it = tag;
            }
            named.insert(name, std::mem::replace(arm, json!({ "$ref": target })));
        }
        if let (Some(fields), false) = (schema.as_object_mut(), mapping.is_empty()) {
            let discriminator = json!({ "propertyName": "type", "mapping": mapping });
            fields.insert("discriminator".to_owned(), discriminator);
        }
    }
    all.extend(named);
}

/// `call_report` as `CallReport`.
pub(super) fn pascal(words: &str) -> String {
    let words = words.split(['_', '-']).filter(|it| !it.is_empty());
    let capital = |it: &str| {
        let (first, rest) = it.split_at_checked(1).unwrap_or((it, ""));
        first.to_ascii_uppercase() + rest
    };
    words.map(capital).collect()
}
