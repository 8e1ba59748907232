//! What every channel must pass, on the fixtures of `events/instagram`.

kit::conformance!(instagram);

#[test]
fn what_is_kept_is_read_again_as_the_same_event() {
    kit::check_replay(&instagram::INBOUND, env!("CARGO_MANIFEST_DIR"));
}
