//! Fuzzes what strangers can send to the Messenger channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::webhook(
        &messenger::INBOUND,
        include_str!("../../../events/messenger/accounts.json"),
        data,
    );
});
