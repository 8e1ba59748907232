//! Fuzzes what strangers can send to the WhatsApp channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::webhook(&whatsapp::INBOUND, include_str!("../../../events/whatsapp/accounts.json"), data);
});
