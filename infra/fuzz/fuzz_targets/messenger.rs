//! Fuzzes the parser of the Messenger channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::parser(
        &messenger::INBOUND,
        include_str!("../../../events/messenger/accounts.json"),
        data,
    );
});
