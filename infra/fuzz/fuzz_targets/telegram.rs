//! Fuzzes what strangers can send to the Telegram channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::webhook(&telegram::INBOUND, include_str!("../../../events/telegram/accounts.json"), data);
});
