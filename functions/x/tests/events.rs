//! The conformance tests of every channel, on the fixtures of `events/x`.

kit::conformance!(x);
