//! The published description of this API.

use crate::call::{ApiAnswer, Body};

/// The OpenAPI 3.1 document.
pub const DOCUMENT: &str = include_str!("../openapi.json");

/// `GET /v1/openapi.json`.
pub(crate) fn get() -> ApiAnswer {
    ApiAnswer { status: 200, headers: Vec::new(), body: Body::Text(DOCUMENT) }
}
