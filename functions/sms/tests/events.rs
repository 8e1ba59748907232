//! The conformance tests of every channel, on the fixtures of `events/sms`.

kit::conformance!(sms);
