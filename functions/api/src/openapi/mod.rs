//! The published description of this API: an OpenAPI 3.1 document that is made of the routes and the types of their bodies.

mod document;
mod schemas;

use http::Method;

pub use document::document;

use crate::call::{ApiAnswer, Body};
use crate::route::{Access, AnswerDoc, Doc, Route};

/// The document as it is served. A test holds it to [`document()`].
pub const DOCUMENT: &str = include_str!("../../openapi.json");

/// The groups of routes, and their meanings.
pub const TAGS: [(&str, &str); 5] = [
    ("messages", "Messages that are sent, and what became of them."),
    ("threads", "All that is said about one topic, on every channel."),
    ("contacts", "People: their addresses, what they allowed and what they prefer."),
    ("corrections", "People's word that messages belong elsewhere. Each can be taken back."),
    ("document", "This document."),
];

/// `GET /v1/openapi.json`.
pub(crate) const GET: Route = Route {
    method: Method::GET,
    path: "/v1/openapi.json",
    access: Access::Public,
    handler: |_, _| Box::pin(std::future::ready(Ok(get()))),
    doc: Doc {
        id: "getDocument",
        tag: "document",
        summary: "Read this document",
        description: "The same for everybody: it says nothing of this deployment. Where the API is called with IAM, the gateway asks for a signature here, too.",
        answers: &[AnswerDoc {
            status: 200,
            description: "OpenAPI 3.1.",
            headers: &[],
            schemas: &["Document"],
            example: r#"{"openapi": "3.1.0"}"#,
        }],
        ..Doc::EMPTY
    },
};

fn get() -> ApiAnswer {
    ApiAnswer { status: 200, headers: Vec::new(), body: Body::Text(DOCUMENT) }
}
