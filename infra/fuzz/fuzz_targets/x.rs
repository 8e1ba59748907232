//! Fuzzes what strangers can send to the X channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::webhook(&x::INBOUND, include_str!("../../../events/x/accounts.json"), data);
});
