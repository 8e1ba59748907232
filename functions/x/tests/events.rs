//! What every channel must pass, on the fixtures of `events/x`.

kit::conformance!(x);

#[test]
fn what_is_kept_is_read_again_as_the_same_event() {
    kit::check_replay(&x::INBOUND, env!("CARGO_MANIFEST_DIR"));
}
