//! Fuzzes the parser of the X channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::parser(&x::INBOUND, include_str!("../../../events/x/accounts.json"), data);
});
