//! A whole authentication as a check, its parts mutated each in its own encoding.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use portcullis_fuzz::{ceremony::judge_check, mutation::mutate};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});

fuzz_target!(|check: &[u8]| judge_check(check));
