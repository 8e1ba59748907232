//! Fuzzes what strangers can send to the Instagram channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::webhook(
        &instagram::INBOUND,
        include_str!("../../../events/instagram/accounts.json"),
        data,
    );
});
