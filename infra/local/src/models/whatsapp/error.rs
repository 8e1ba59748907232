//! The Graph API's errors.

use serde_json::{Value, json};

use crate::models::strict::{Reader, What, Wrong};

/// A reader that says in the Graph API's words what is wrong.
pub(super) type Fields<'a> = Reader<'a, GraphError>;

/// The result of such a reader.
pub(super) type Read<T> = Result<T, GraphError>;

/// An error as the Graph API answers it, or as a `failed` status carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    /// The code: the only part that a client may decide by.
    pub code: u32,
    /// The second code, which tells it apart from others of the same first one.
    subcode: Option<u32>,
    /// The exact fault, in words.
    pub details: String,
}

impl GraphError {
    /// An error with this code.
    pub(super) fn new(code: u32, details: impl Into<String>) -> Self {
        Self { code, subcode: None, details: details.into() }
    }

    /// A number that does not exist, or not for this token: the same answer to both, code 100 with a subcode, as in
    /// <https://github.com/netflie/whatsapp-cloud-api/issues/42>.
    pub(super) fn no_such_object(id: &str) -> Self {
        let why = "does not exist, cannot be loaded due to missing permissions, or does not support this operation";
        let details = format!("Unsupported post request. Object with ID '{id}' {why}");
        Self { subcode: Some(33), ..Self::new(100, details) }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub(super) fn status(&self) -> u16 {
        match self.code {
            190 => 401,
            132_001 => 404,
            _ => 400,
        }
    }

    /// Its title: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>.
    #[must_use]
    pub(super) fn title(&self) -> &'static str {
        match self.code {
            33 | 100 => "Invalid parameter",
            190 => "Access token has expired",
            131_008 => "Required parameter is missing",
            131_009 => "Parameter value is not valid",
            131_026 => "Message undeliverable",
            131_047 => "Re-engagement message",
            131_051 => "Unsupported message type",
            131_053 => "Media upload error",
            132_000 => "Number of parameters does not match the expected number of params",
            132_001 => "Template name does not exist in the translation",
            132_005 => "Translated text too long",
            132_012 => "Parameter format does not match format in the created template",
            132_015 => "Template is paused",
            132_016 => "Template is disabled",
            132_018 => "There's an issue with the parameters in your template",
            _ => "Unknown error",
        }
    }

    /// The body of the HTTP answer.
    #[must_use]
    pub(super) fn body(&self) -> Value {
        if let Some(subcode) = self.subcode {
            return json!({ "error": {
                "message": self.details,
                "type": "GraphMethodException",
                "code": self.code,
                "error_subcode": subcode,
                "fbtrace_id": "AModelOfATraceId",
            }});
        }
        json!({ "error": {
            "message": format!("(#{}) {}", self.code, self.title()),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": "AModelOfATraceId",
        }})
    }

    /// The entry of a `failed` status.
    #[must_use]
    pub(super) fn status_entry(&self) -> Value {
        json!({
            "code": self.code,
            "title": self.title(),
            "message": self.title(),
            "error_data": { "details": self.details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

impl From<Wrong> for GraphError {
    fn from(Wrong { at, field, what }: Wrong) -> Self {
        let place = if field.is_empty() { at.clone() } else { format!("{at}['{field}']") };
        match what {
            What::Missing => Self::new(131_008, format!("Parameter {place} is required")),
            What::Empty => Self::new(131_008, format!("Param {place} must not be empty")),
            What::Not(kind) => Self::new(100, format!("Param {place} must be {kind}")),
            What::TooLong(max) => {
                Self::new(100, format!("Param {place} must be at most {max} characters long."))
            }
            What::Above(most) => Self::new(100, format!("Param {place} must be at most {most}")),
            What::Other(expected) => {
                Self::new(100, format!("Param {place} must be one of {{{expected}}}"))
            }
            What::Count(n, min, max) => {
                Self::new(131_009, format!("{place} must have {min} to {max} entries, has {n}"))
            }
            What::Unexpected => {
                Self::new(100, format!("Unexpected key \"{field}\" on param \"{at}\""))
            }
        }
    }
}
