//! What every channel must pass, on the fixtures of `events/telegram`.

kit::conformance!(telegram);
