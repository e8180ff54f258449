//! `typereg_fuzz::section` on libFuzzer.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| typereg_fuzz::section(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max: usize, seed: u32| {
    typereg_fuzz::mutate_section(data, size, max, seed)
});
