//! The conformance tests of every channel, on the fixtures of `events/whatsapp`.

kit::conformance!(whatsapp);
