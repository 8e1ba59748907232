//! The form of fields and a file: JSON without a file, a multipart form with one.

use domain::event::digest;
use domain::outbound::Body;
use serde_json::{Map, Value};

/// A file of our bucket on its way.
pub(super) struct File<'a> {
    /// The form's field that holds it.
    pub(super) field: &'static str,
    pub(super) name: &'a str,
    /// Its media type.
    pub(super) mime: &'a str,
    /// Its key in our bucket.
    pub(super) key: &'a str,
    /// The seed of the form's boundary, so that no file can hold it by chance and it is the same when asked again.
    pub(super) seed: String,
}

/// The media type of a body, and the body.
pub(super) fn body(fields: Map<String, Value>, file: Option<File<'_>>) -> (String, Body) {
    match file {
        None => {
            let bytes = Value::Object(fields).to_string().into_bytes();
            ("application/json".to_owned(), Body::Inline(bytes))
        }
        Some(file) => form(fields, &file),
    }
}

fn form(fields: Map<String, Value>, file: &File<'_>) -> (String, Body) {
    let boundary = digest(&["form", &file.seed]);
    let fields = fields.into_iter().map(|(name, value)| {
        let value = if let Value::String(text) = value { text } else { value.to_string() };
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    });
    let (field, name, mime) = (file.field, header_safe(file.name), header_safe(file.mime));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n"
    );
    let before: String = fields.chain([head]).collect();
    let after = format!("\r\n--{boundary}--\r\n").into_bytes();
    let body = Body::Object { before: before.into_bytes(), key: file.key.to_owned(), after };
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A text that cannot end the header that it stands in.
fn header_safe(text: &str) -> String {
    text.chars().filter(|it| !it.is_control() && *it != '"' && *it != '\\').collect()
}
