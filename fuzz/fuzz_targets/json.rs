#![no_main]
//! Text frames: any UTF-8.

libfuzzer_sys::fuzz_target!(|text: &str| {
    shardlink_fuzz::check(shardlink_shared::codec::Frame::Text(text));
});
