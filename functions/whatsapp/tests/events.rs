//! What every channel must pass, on the fixtures of `events/whatsapp`.

kit::conformance!(whatsapp);
