//! Fuzzes the parser of the WhatsApp channel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz::parser(&whatsapp::INBOUND, include_str!("../../../events/whatsapp/accounts.json"), data);
});
