//! The conformance tests of every channel, on the fixtures of `events/telegram`.

kit::conformance!(telegram);
