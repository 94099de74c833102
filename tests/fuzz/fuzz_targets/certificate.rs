//! A certificate and everything that is read from it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::data::Certificate;
use portcullis_fuzz::ceremony::takes_signature;

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];

fuzz_target!(|bytes: &[u8]| {
    let Ok(certificate) = Certificate::parse(bytes) else {
        return;
    };
    assert!((1..=3).contains(&certificate.version()));
    for name in [certificate.issuer(), certificate.subject()] {
        let _texts = name.texts(COMMON_NAME).count();
    }
    let extensions = certificate.extensions().count();
    assert!(extensions <= portcullis_core::limits::CERTIFICATE_EXTENSIONS_MAX);
    for extension in certificate.extensions() {
        let found = certificate.extension(extension.oid);
        assert_eq!(found.map(|found| found.value), Some(extension.value));
    }
    let _constraints = certificate.basic_constraints();
    let _signs = certificate.may_sign_certificates();
    let _usage = certificate.has_extended_key_usage(SERVER_AUTHENTICATION);
    let _valid = certificate.is_valid_at(certificate.not_before());
    assert!(!takes_signature(
        certificate.public_key(),
        certificate.signature()
    ));
});
