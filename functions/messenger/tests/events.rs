//! The conformance tests of every channel, on the fixtures of `events/messenger`.

kit::conformance!(messenger);
