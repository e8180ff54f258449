//! `typereg_fuzz::register` on libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| typereg_fuzz::register(bytes));
