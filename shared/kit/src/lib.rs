//! The conformance kit: what every channel must pass.
