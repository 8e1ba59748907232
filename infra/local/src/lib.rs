//! The local cloud: the real template with the real functions on this machine, strict models of the platforms, and what
//! is done with both: a demo, a place to develop, a replay. Everything talks to loopback only; the one exception is the
//! preparation of [`tools`].

pub mod adopt;
pub mod awscli;
pub mod cloud;
pub mod demo;
pub mod deploy;
pub mod dev;
pub mod functions;
pub mod http;
pub mod models;
pub mod place;
pub mod replay;
pub mod report;
pub mod rethread;
pub mod secrets;
pub mod stage;
pub mod story;
pub mod template;
pub mod tools;
