//! What every channel must pass, on the fixtures of `events/instagram`.

kit::conformance!(instagram);
