#![no_main]
//! Binary frames: any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    shardlink_fuzz::check(shardlink_shared::codec::Frame::Binary(bytes));
});
