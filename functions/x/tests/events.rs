//! What every channel must pass, on the fixtures of `events/x`.

kit::conformance!(x);
