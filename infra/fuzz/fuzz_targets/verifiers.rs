//! Fuzzes every channel's verifier and handshake: all that strangers reach.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for inbound in [
        &whatsapp::INBOUND,
        &messenger::INBOUND,
        &instagram::INBOUND,
        &telegram::INBOUND,
        &x::INBOUND,
    ] {
        fuzz::verifier(inbound, data);
    }
});
