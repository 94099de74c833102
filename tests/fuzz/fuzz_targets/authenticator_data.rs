//! Authenticator data, parsed and within ceremonies that are right in everything else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::ceremony::AttestationPolicy;
use portcullis_core::data::AuthenticatorData;
use portcullis_fuzz::ceremony::{register, sign_in_with};

/// `{"fmt": "none", "attStmt": {}, "authData": ` and the head of a string of 16 bits of length.
const NO_ATTESTATION: &[u8] = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(data) = AuthenticatorData::parse(bytes) {
        assert_eq!(data.bytes(), bytes);
        assert_eq!(data.flags().bits(), bytes[32]);
        assert_eq!(data.sign_count().to_be_bytes(), bytes[33..37]);
        let attested = data.attested_credential_data().map_or(0, |attested| {
            18 + attested.credential_id().len() + attested.credential_public_key().len()
        });
        let extensions = data.extensions().unwrap_or_default().len();
        assert_eq!(
            37 + attested + extensions,
            bytes.len(),
            "every byte is read"
        );
    }
    sign_in_with(bytes);
    if let Ok(length) = u16::try_from(bytes.len()) {
        let object = [NO_ATTESTATION, &length.to_be_bytes(), bytes].concat();
        register(&object, AttestationPolicy::Verify, &[]);
    }
});
