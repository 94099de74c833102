//! The two structures of a TPM's statement.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::fuzzing::{is_tpm_attest, is_tpm_public_area};

fuzz_target!(|bytes: &[u8]| {
    let attest = is_tpm_attest(bytes);
    let public_area = is_tpm_public_area(bytes);
    assert!(
        !(attest && public_area),
        "one begins with a magic number that is no type of the other"
    );
    // Neither has a shorter form within itself.
    if let Some((_, shorter)) = bytes.split_last() {
        assert!(!(attest && is_tpm_attest(shorter)));
        assert!(!(public_area && is_tpm_public_area(shorter)));
    }
});
