//! What every channel must pass, on the fixtures of `events/whatsapp`.

use whatsapp::{INBOUND, OUTBOUND};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn webhooks_become_the_events_of_their_fixtures() {
    kit::check_inbound(&INBOUND, HERE);
}

#[test]
fn ten_thousand_forgeries_are_refused() {
    kit::check_mutations(&INBOUND, HERE, 10_000);
}

#[test]
fn a_broken_item_never_loses_its_neighbours() {
    kit::check_robust(&INBOUND, HERE);
}

#[test]
fn nothing_personal_is_printed() {
    kit::check_no_personal_data(&INBOUND, HERE);
}

#[test]
fn sends_become_the_calls_of_their_fixtures() {
    kit::check_outbound(&OUTBOUND, HERE);
}

#[test]
fn limits_are_obeyed_before_a_call() {
    kit::check_limits(&OUTBOUND, HERE);
}
