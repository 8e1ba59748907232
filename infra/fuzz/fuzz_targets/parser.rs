//! Fuzzes the parser of the channel that the environment's `CHANNEL` names.
#![no_main]

use std::sync::LazyLock;

use fuzz::Reader;

static READER: LazyLock<Reader> = LazyLock::new(|| {
    Reader::of(&std::env::var("CHANNEL").expect("CHANNEL names the channel that is fuzzed"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| READER.read(data));
