//! What every channel must pass, on the fixtures of `events/messenger`.

kit::conformance!(messenger);
