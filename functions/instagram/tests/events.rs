//! The conformance tests of every channel, on the fixtures of `events/instagram`.

kit::conformance!(instagram);
