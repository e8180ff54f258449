//! `typereg_fuzz::link` on libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| typereg_fuzz::link(bytes));
