//! The HTTP API that contact-center tools call.
//!
//! `routes` lists every route; `api` leads each request through authentication to its handler; a handler reads the
//! request, asks the table, and answers or refuses with a [`problem::ApiProblem`]. What is Lambda's is in `edge` only.

mod api;
mod auth;
pub mod bodies;
pub mod call;
mod contacts;
mod corrections;
mod cursor;
mod edge;
mod fields;
mod ids;
mod links;
mod message;
mod messages;
pub mod openapi;
pub mod problem;
mod refusals;
mod request;
pub mod route;
pub mod routes;
mod show;
mod tags;
mod thread_patch;
mod threads;
mod timeline;
pub mod whole;

pub use api::Api;
pub use auth::{Auth, Caller, Issuer};
