//! Fuzzes every channel's verifier and handshake: all that strangers reach.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for inbound in channels::ALL.iter().flat_map(channels::Channel::webhooks) {
        fuzz::verifier(inbound, data);
    }
});
