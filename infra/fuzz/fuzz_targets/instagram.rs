//! Fuzzes the parser of the Instagram channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::parser(
        &instagram::INBOUND,
        include_str!("../../../events/instagram/accounts.json"),
        data,
    );
});
