//! Fuzzes the parser of the Telegram channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::parser(&telegram::INBOUND, include_str!("../../../events/telegram/accounts.json"), data);
});
