//! An attestation object, within a registration that is right in everything else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::ceremony::AttestationPolicy;
use portcullis_fuzz::ceremony::register;

fuzz_target!(|object: &[u8]| {
    register(object, AttestationPolicy::Verify, &[]);
    // A root that nothing leads to: the whole path is searched for it.
    register(object, AttestationPolicy::Trusted, &[b"no certificate"]);
});
